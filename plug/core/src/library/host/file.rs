//! Opens the file of a library once, checks it and copies it.
//! It checks and digests the bytes that are loaded, so they cannot be exchanged in between.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::error::Error;
use crate::error::library::LibraryFault;
use crate::executable_file::Contents;
use crate::library::host::copy::Loadable;
use crate::library::host::image;
use crate::library::host::structure::Depth;

/// The checks of a file before it is loaded.
#[derive(Debug, Clone)]
pub(super) struct FileRules {
    /// The digests of the allowed files.
    pub allowed: Option<Vec<Digest>>,
    pub refuse_writable: bool,
    /// The maximum length, in bytes.
    pub max_len: u64,
    pub copy_mode: CopyMode,
}

/// The way to load a file.
#[derive(Debug, Clone, Default)]
pub(super) enum CopyMode {
    #[default]
    Copy,
    /// A copy that has a place in this folder.
    CopyIn(PathBuf),
    InPlace,
    /// It is inspected, and not loaded.
    Unloaded,
}

impl Default for FileRules {
    fn default() -> Self {
        Self { allowed: None, refuse_writable: false, max_len: 1 << 30, copy_mode: CopyMode::Copy }
    }
}

/// Opens the file at this path, if it is a library and passes the checks.
/// Returns it with its section of records.
pub(super) fn take(path: &Path, rules: &FileRules) -> Result<(Loadable, Vec<u8>), Error> {
    if !path.is_absolute() {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        return Err(Error::library(path, LibraryFault::RelativePath { absolute }));
    }
    let unreadable = |error| Error::library(path, LibraryFault::Unreadable).with_source(error);
    let file = open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "a device, a pipe or a socket" };
        return Err(Error::library(path, LibraryFault::NotAFile { what }));
    }
    let (len, max) = (metadata.len(), rules.max_len);
    if len > max {
        return Err(Error::library(path, LibraryFault::TooLong { len, max }));
    }
    if rules.refuse_writable {
        refuse_writable(path, &metadata).map_err(|fault| Error::library(path, fault))?;
    }
    if matches!(rules.copy_mode, CopyMode::Copy | CopyMode::CopyIn(_)) {
        // Checked before the copy, since a file that is no library can be of any length.
        image::kind(&Contents::new(&file, len)).map_err(|fault| Error::library(path, fault))?;
        (&file).rewind().map_err(unreadable)?;
    }
    // The file may grow in the meantime.
    let whole = &mut (&file).take(len);
    let loadable = match &rules.copy_mode {
        CopyMode::Copy => Loadable::copy(whole, path),
        CopyMode::CopyIn(folder) => Loadable::copy_in(folder, whole),
        CopyMode::InPlace | CopyMode::Unloaded => Ok(Loadable::in_place(file, path)),
    };
    let loadable = loadable.map_err(|error| Error::library(path, LibraryFault::Copy).with_source(error))?;
    if let Some(allowed) = &rules.allowed {
        let sha256 = sha256(&loadable).map_err(unreadable)?;
        if !allowed.contains(&sha256) {
            return Err(Error::library(path, LibraryFault::NotAllowed { sha256: sha256.to_string() }));
        }
    }
    // Read from the copy, since the file may have changed while it was copied.
    let len = loadable.file().metadata().map_err(unreadable)?.len();
    let contents = Contents::new(loadable.file(), len);
    // Loading in place is for speed, and nothing but an installation writes to such a file.
    let depth = if matches!(rules.copy_mode, CopyMode::InPlace) { Depth::Segments } else { Depth::All };
    let section = image::section(&contents, depth).map_err(|fault| Error::library(path, fault))?.to_vec();
    drop(contents);
    Ok((loadable, section))
}

/// The SHA-256 of the file to load.
/// It reads by the handle, since the path may lead to another file by now.
/// It must run before the handle is shared.
pub(super) fn sha256(loadable: &Loadable) -> io::Result<Digest> {
    let mut file = loadable.file();
    file.rewind()?;
    Digest::of(file, |_| Ok(()))
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe without a writer would wait for one.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path);
    #[cfg(windows)]
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    file
}

/// Refuses a file that a user other than this one and root may change or replace.
#[cfg(unix)]
fn refuse_writable(path: &Path, file: &std::fs::Metadata) -> Result<(), LibraryFault> {
    use std::os::unix::fs::MetadataExt;

    let user = rustix::process::geteuid().as_raw();
    let check = |by: &Path, metadata: &std::fs::Metadata| {
        let (mode, owner) = (metadata.mode(), metadata.uid());
        // In a folder like /tmp all users may create files, but may not remove or rename those of
        // others.
        let is_shared = metadata.is_dir() && mode & 0o1000 != 0;
        if (mode & 0o022 != 0 && !is_shared) || (owner != user && owner != 0) {
            return Err(LibraryFault::Writable { by: by.to_owned(), mode, owner });
        }
        Ok(())
    };
    check(path, file)?;
    // If the path leads over a link, the folders of the link count as well as those of its target.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    for folder in path.ancestors().chain(real.ancestors()).filter(|folder| *folder != path && *folder != real) {
        if let Ok(metadata) = std::fs::metadata(folder) {
            check(folder, &metadata)?;
        }
    }
    Ok(())
}

/// On such systems, the metadata does not tell who may change a file.
#[cfg(not(unix))]
fn refuse_writable(path: &Path, _: &std::fs::Metadata) -> Result<(), LibraryFault> {
    Err(LibraryFault::Writable { by: path.to_owned(), mode: 0, owner: 0 })
}
