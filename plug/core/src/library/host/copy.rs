//! What is loaded: a private copy of a library, which nobody else can reach: whatever becomes of the file, the copy stays, and a file that has been
//! rebuilt under the same path is another library to the loader, which tells them apart by path.

use std::borrow::Cow;
use std::fs::{File, Metadata};
use std::io::{self, Take};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tempfile::TempPath;

/// A file that can be read and loaded, and is gone when this is.
pub(super) struct Loadable {
    file: File,
    path: Known,
    /// Where it has a place in a folder, until it is dropped or told to leave it.
    place: Mutex<Option<TempPath>>,
}

/// What a loader can be told to load it.
enum Known {
    /// This path leads to it, and will.
    By(PathBuf),
    /// This led to it when it was opened, and was this then.
    Where(PathBuf, Metadata),
}

impl Loadable {
    /// A copy of what is left of a file. `original` gives it its name, in a debugger's lists.
    pub(super) fn copy(from: &mut Take<&File>, original: &Path) -> io::Result<Self> {
        match Self::in_memory(from, original)? {
            Some(copy) => Ok(copy),
            None => Self::copy_in(&std::env::temp_dir(), from),
        }
    }

    /// The same, as a file in this folder.
    pub(super) fn copy_in(folder: &Path, from: &mut Take<&File>) -> io::Result<Self> {
        static COPIES: AtomicU64 = AtomicU64::new(0);
        // Numbered, since a loader tells by the path what it has already, and the place of one that is loaded becomes free.
        let prefix = format!("plug-{}-", COPIES.fetch_add(1, Ordering::Relaxed));
        // Of mode 0600, where there are modes.
        let mut file =
            tempfile::Builder::new().prefix(&prefix).suffix(std::env::consts::DLL_SUFFIX).tempfile_in(folder)?;
        io::copy(from, file.as_file_mut())?;
        // Not the handle it was written by, since some systems load nothing that is open for writing.
        let place = file.into_temp_path();
        Ok(Self { file: File::open(&place)?, path: Known::By(place.to_path_buf()), place: Mutex::new(Some(place)) })
    }

    /// The file itself.
    pub(super) fn in_place(file: File, path: &Path, metadata: Metadata) -> Self {
        Self { file, path: Known::Where(path.to_owned(), metadata), place: Mutex::new(None) }
    }

    /// The file itself, by its handle where there is a way to, so that nobody can put another in its place before it is loaded.
    pub(super) fn held(file: File, path: &Path) -> Self {
        let path = by_handle(&file).filter(|path| path.exists()).unwrap_or_else(|| path.to_owned());
        Self { file, path: Known::By(path), place: Mutex::new(None) }
    }

    /// A file that has no place in any folder, sealed so that not even this process can change it. None where the system does not have
    /// such files, or does not let them be run.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn in_memory(from: &mut Take<&File>, original: &Path) -> io::Result<Option<Self>> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

        // The kernel takes 249 bytes of a name.
        let name = original.file_name().map(|name| name.to_string_lossy().replace('\0', " ")).unwrap_or_default();
        let name = &name[..name.floor_char_boundary(200)];
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Kernels before 6.3 do not know EXEC, and need not be told.
        let Ok(file) = memfd_create(name, flags | MemfdFlags::EXEC).or_else(|_| memfd_create(name, flags)) else {
            return Ok(None);
        };
        let mut file = File::from(file);
        // Without /proc there is no way to name it. Before anything of the original is read, which is read once.
        let path = by_handle(&file).filter(|path| path.exists());
        if path.is_none() {
            return Ok(None);
        }
        // The kernel does it, without a buffer here.
        io::copy(from, &mut file)?;
        fcntl_add_seals(&file, SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE)?;
        Ok(path.map(|path| Self { file, path: Known::By(path), place: Mutex::new(None) }))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn in_memory(_: &mut Take<&File>, _: &Path) -> io::Result<Option<Self>> {
        Ok(None)
    }

    /// A path to load it by. Of a file in its place this is by its own path while it is there, which debuggers find later, and in
    /// which `$ORIGIN` is its folder; and by its handle when another has come in its place, since this one has been looked at.
    pub(super) fn path(&self) -> Cow<'_, Path> {
        match &self.path {
            Known::By(path) => path.into(),
            Known::Where(path, metadata) if is_at(path, metadata) => spelled_anew(path),
            Known::Where(path, _) => by_handle(&self.file).filter(|path| path.exists()).map_or(path.into(), Cow::Owned),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives up its place in a folder, which what has been loaded needs no more. Some systems do not let it go, as Windows.
    pub(super) fn clear_place(&self) {
        drop(self.place.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The path of what this process has open, where the system has such paths.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn by_handle(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;
    Some(format!("/proc/self/fd/{}", file.as_raw_fd()).into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn by_handle(_: &File) -> Option<PathBuf> {
    None
}

/// Whether the file of which this is told is what is at the path. It is open, so that no other one has its number.
#[cfg(unix)]
fn is_at(path: &Path, of: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (of.dev(), of.ino()))
}

/// There, std does not tell one file from another, and there is no other way to name this one.
#[cfg(not(unix))]
fn is_at(_: &Path, _: &Metadata) -> bool {
    true
}

/// The same path, in letters that it never had before: a loader that has loaded something by a path takes what is there for it, whatever that is by
/// now. A number, of which each digit is `/` or `/.`, stands before the name of the file.
#[cfg(unix)]
fn spelled_anew(path: &Path) -> Cow<'_, Path> {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    static SPELLINGS: AtomicU64 = AtomicU64::new(1);
    let bytes = path.as_os_str().as_bytes();
    let Some(slash) = bytes.iter().rposition(|byte| *byte == b'/') else { return path.into() };
    let (folder, name) = bytes.split_at(slash);
    let number = SPELLINGS.fetch_add(1, Ordering::Relaxed);
    let digits = (0..=number.ilog2()).rev().flat_map(|digit| &b"/."[..1 + (number >> digit & 1) as usize]);
    let spelled: Vec<u8> = folder.iter().chain(digits).chain(name).copied().collect();
    Cow::Owned(OsString::from_vec(spelled).into())
}

#[cfg(not(unix))]
fn spelled_anew(path: &Path) -> Cow<'_, Path> {
    path.into()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::*;

    fn original() -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"bytes, and more").unwrap();
        file.rewind().unwrap();
        file
    }

    #[test]
    fn a_copy_has_the_bytes_and_is_gone_with_its_owner() {
        let copy = Loadable::copy(&mut (&original()).take(5), Path::new("/some/where/lib.so")).unwrap();
        let path = copy.path().into_owned();
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
        drop(copy);
        // Where it was in memory, another thread's file may have the number by now.
        assert_ne!(std::fs::read(&path).ok().as_deref(), Some(&b"bytes"[..]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_copy_in_memory_cannot_be_written_to() {
        let copy = Loadable::copy(&mut (&original()).take(5), Path::new(&format!("/{}", "é".repeat(300)))).unwrap();
        assert!(copy.path().starts_with("/proc"), "{}", copy.path().display());
        assert!(std::fs::write(copy.path(), b"other").is_err());
        assert_eq!(std::fs::read(copy.path()).unwrap(), b"bytes");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_is_never_spelled_the_same() {
        let spellings: std::collections::BTreeSet<_> =
            (0..1000).map(|_| spelled_anew(Path::new("/some/where/lib.so")).into_owned().into_os_string()).collect();
        assert_eq!(spellings.len(), 1000);
        assert!(spellings.iter().all(|path| Path::new(path) == Path::new("/some/where/lib.so") && path.len() < 64));
        assert_eq!(spelled_anew(Path::new("/lib.so")), Path::new("/lib.so"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_loaded_by_its_path_while_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.so");
        std::fs::write(&path, b"first").unwrap();
        let file = File::open(&path).unwrap();
        let metadata = file.metadata().unwrap();
        let loadable = Loadable::in_place(file, &path, metadata);
        assert_eq!(loadable.path(), path);
        std::fs::rename(&path, folder.path().join("old.so")).unwrap();
        std::fs::write(&path, b"second").unwrap();
        let read = std::fs::read(loadable.path()).unwrap();
        assert_eq!(
            read,
            if cfg!(any(target_os = "linux", target_os = "android")) { b"first".to_vec() } else { b"second".to_vec() }
        );
    }
}
