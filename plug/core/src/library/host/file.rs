//! The file of a library: opens it, once, and has it copied. What is looked at and digested is what is loaded, so that nobody can exchange it in between.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::error::Error;
use crate::error::library::LibraryFault;
use crate::executable_file::Contents;
use crate::library::host::copy::Loadable;
use crate::library::host::image;

/// What is asked of a file before it is loaded.
#[derive(Debug, Clone)]
pub(super) struct Demands {
    /// The digests of the files that are allowed.
    pub allowed: Option<Vec<Digest>>,
    pub refuse_writable: bool,
    /// How many bytes it may have.
    pub longest: u64,
    pub way: Way,
}

/// What is loaded for a file.
#[derive(Debug, Clone, Default)]
pub(super) enum Way {
    #[default]
    Copy,
    /// A copy that has a place in this folder.
    CopyIn(PathBuf),
    InPlace,
}

impl Default for Demands {
    fn default() -> Self {
        Self { allowed: None, refuse_writable: false, longest: 1 << 30, way: Way::Copy }
    }
}

/// What is loaded for the file at this path, if it is a library and meets the demands; and the section of that with the records.
pub(super) fn take(path: &Path, demands: &Demands) -> Result<(Loadable, Vec<u8>), Error> {
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
    let (len, most) = (metadata.len(), demands.longest);
    if len > most {
        return Err(Error::library(path, LibraryFault::TooLong { len, max: most }));
    }
    if demands.refuse_writable {
        refuse_writable(path, &metadata).map_err(|fault| Error::library(path, fault))?;
    }
    if !matches!(demands.way, Way::InPlace) {
        // Before it is copied: a file that is no library can be of any length.
        image::kind(&Contents::new(&file, len)).map_err(|fault| Error::library(path, fault))?;
        (&file).rewind().map_err(unreadable)?;
    }
    // The file may grow in the meantime.
    let whole = &mut (&file).take(len);
    let loadable = match &demands.way {
        Way::Copy => Loadable::copy(whole, path),
        Way::CopyIn(folder) => Loadable::copy_in(folder, whole),
        Way::InPlace => Ok(Loadable::in_place(file, path)),
    };
    let loadable = loadable.map_err(|error| Error::library(path, LibraryFault::Copy).with_source(error))?;
    if let Some(allowed) = &demands.allowed {
        let sha256 = sha256(&loadable).map_err(unreadable)?;
        if !allowed.contains(&sha256) {
            return Err(Error::library(path, LibraryFault::NotAllowed { sha256: sha256.to_string() }));
        }
    }
    // Of the copy, since the file may have become another while it was copied.
    let len = loadable.file().metadata().map_err(unreadable)?.len();
    let contents = Contents::new(loadable.file(), len);
    let section = image::section(&contents).map_err(|fault| Error::library(path, fault))?.to_vec();
    drop(contents);
    Ok((loadable, section))
}

/// The SHA-256 of the file to load. It reads by the handle, whatever is at the path by now, and before the handle is shared.
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
        // A pipe without a writer would make this wait for one.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path);
    #[cfg(windows)]
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    file
}

/// Refuses a file that another user than this one and root may change, or may put another in the place of.
#[cfg(unix)]
fn refuse_writable(path: &Path, file: &std::fs::Metadata) -> Result<(), LibraryFault> {
    use std::os::unix::fs::MetadataExt;

    let user = rustix::process::geteuid().as_raw();
    let check = |by: &Path, metadata: &std::fs::Metadata| {
        let (mode, owner) = (metadata.mode(), metadata.uid());
        // In a folder like /tmp everybody may make files, and nobody may remove or rename another's.
        let is_shared = metadata.is_dir() && mode & 0o1000 != 0;
        if (mode & 0o022 != 0 && !is_shared) || (owner != user && owner != 0) {
            return Err(LibraryFault::Writable { by: by.to_owned(), mode, owner });
        }
        Ok(())
    };
    check(path, file)?;
    // Where the path leads over a link, the folders of the link count as well as those it leads to.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    for folder in path.ancestors().chain(real.ancestors()).filter(|folder| *folder != path && *folder != real) {
        if let Ok(metadata) = std::fs::metadata(folder) {
            check(folder, &metadata)?;
        }
    }
    Ok(())
}

/// There, who may change a file is not in its metadata.
#[cfg(not(unix))]
fn refuse_writable(path: &Path, _: &std::fs::Metadata) -> Result<(), LibraryFault> {
    Err(LibraryFault::Writable { by: path.to_owned(), mode: 0, owner: 0 })
}
