//! The file of a library: opens it, once, and has it copied. What is looked at and digested is what is loaded, so that nobody can exchange it in between.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::ops::Range;
use std::path::{Path, PathBuf};

use object::ReadRef;
use once_cell::unsync::OnceCell;

use crate::abi::view::Scratch;
use crate::digest::Digest;
use crate::error::Error;
use crate::error::library::LibraryFault;
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

/// The most that is read of a file to find out what it says. Of ELF it is some thousand bytes, and more of Mach-O and PE, where `object` reads the
/// tables of symbols too.
const MOST_READ: u64 = 64 << 20;

/// How many of the last bytes of a file are read at once.
const END: u64 = 4096;

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
    let (mut len, most) = (metadata.len(), demands.longest);
    if len > most {
        return Err(Error::library(path, LibraryFault::TooLong { len, max: most }));
    }
    if demands.refuse_writable {
        refuse_writable(path, &metadata).map_err(|fault| Error::library(path, fault))?;
    }
    // Before it is copied, since what is no library can be of any length.
    let mut start = read_start(&file, len).map_err(unreadable)?;
    image::check_start(&start).map_err(|fault| Error::library(path, fault))?;
    // As long as it was said to be, should it grow.
    let whole = &mut (&file).take(len);
    let loadable = match &demands.way {
        Way::Copy => Loadable::copy(whole, path),
        Way::CopyIn(folder) => Loadable::copy_in(folder, whole),
        Way::InPlace => Ok(Loadable::in_place(file, path)),
    };
    let loadable = loadable.map_err(|error| Error::library(path, LibraryFault::Copy).with_source(error))?;
    if !matches!(demands.way, Way::InPlace) {
        // It is the copy that is looked at, and the file may have become another, or shorter, while it was made.
        len = loadable.file().metadata().map_err(unreadable)?.len();
        start = read_start(loadable.file(), len).map_err(unreadable)?;
    }
    if let Some(allowed) = &demands.allowed {
        let sha256 = sha256(&loadable).map_err(unreadable)?;
        if !allowed.contains(&sha256) {
            return Err(Error::library(path, LibraryFault::NotAllowed { sha256: sha256.to_string() }));
        }
    }
    // Of the rest only the headers are read.
    let pieces =
        Pieces { file: loadable.file(), len, start, end: OnceCell::new(), read: Cell::new(0), kept: Scratch::new() };
    let section = image::section(&pieces).map_err(|fault| Error::library(path, fault))?.to_vec();
    drop(pieces);
    Ok((loadable, section))
}

/// A file of which pieces are read, and kept as long as this.
struct Pieces<'f> {
    file: &'f File,
    len: u64,
    /// The first bytes, in which most of the headers are.
    start: Vec<u8>,
    /// The last bytes, where linkers put the headers of sections, and their names before these.
    end: OnceCell<Vec<u8>>,
    /// How much has been read.
    read: Cell<u64>,
    kept: Scratch,
}

impl Pieces<'_> {
    fn read(&self, offset: u64, size: u64) -> io::Result<&[u8]> {
        // What is asked for can be any number, and is not to be made room for.
        if offset.checked_add(size).is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if offset + size <= self.start.len() as u64 {
            return Ok(&self.start[offset as usize..][..size as usize]);
        }
        let end_start = self.len.saturating_sub(END);
        if offset >= end_start {
            let end = self.end.get_or_try_init(|| read(self.file, end_start, self.len - end_start))?;
            return Ok(&end[(offset - end_start) as usize..][..size as usize]);
        }
        // Nor is all of it kept that headers could ask for, which may tell of one place again and again.
        self.read.set(self.read.get().saturating_add(size));
        if self.read.get() > MOST_READ {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(self.kept.keep(read(self.file, offset, size)?).get())
    }
}

/// The first bytes of a file of this length, as many as tell what it is.
fn read_start(file: &File, len: u64) -> io::Result<Vec<u8>> {
    read(file, 0, len.min(image::START as u64))
}

/// A piece of a file that has it, or had.
fn read(file: &File, offset: u64, size: u64) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; size as usize];
    read_at(file, &mut piece, offset)?;
    Ok(piece)
}

/// Reads all of these bytes.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    file.seek(io::SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

impl<'a> ReadRef<'a> for &'a Pieces<'_> {
    fn len(self) -> Result<u64, ()> {
        Ok(self.len)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        self.read(offset, size).map_err(drop)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let bytes = self.read(range.start, range.end.saturating_sub(range.start)).map_err(drop)?;
        bytes.iter().position(|byte| *byte == delimiter).map(|end| &bytes[..end]).ok_or(())
    }
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
