//! The file that is loaded: a private copy of a library, or the library itself by its handle.
//!
//! No other program can reach the copy, so changes of the file do not affect it.
//! A loader identifies libraries by path, so each copy and each handle is another library to it,
//! also after the file was rebuilt.

use std::fs::File;
use std::io::{self, Take};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tempfile::TempPath;

/// A file that can be read and loaded. Dropping it removes a copy.
pub(super) struct Loadable {
    file: File,
    /// The path for the loader.
    path: PathBuf,
    /// The place of a copy in a folder, until it is dropped or cleared.
    place: Mutex<Option<TempPath>>,
}

impl Loadable {
    /// Copies the rest of a file. `original` gives the copy its name in a debugger's lists.
    pub(super) fn copy(from: &mut Take<&File>, original: &Path) -> io::Result<Self> {
        match Self::in_memory(from, original)? {
            Some(copy) => Ok(copy),
            None => Self::copy_in(&std::env::temp_dir(), from),
        }
    }

    /// The same, as a file in this folder.
    pub(super) fn copy_in(folder: &Path, from: &mut Take<&File>) -> io::Result<Self> {
        static COPIES: AtomicU64 = AtomicU64::new(0);
        // Numbered, since a loader identifies libraries by path, and a loaded library's place
        // becomes free.
        let prefix = format!("plug-{}-", COPIES.fetch_add(1, Ordering::Relaxed));
        // Of mode 0600, on systems with modes.
        let mut file =
            tempfile::Builder::new().prefix(&prefix).suffix(std::env::consts::DLL_SUFFIX).tempfile_in(folder)?;
        io::copy(from, file.as_file_mut())?;
        // Not the handle that wrote it, since some systems load no file that is open for writing.
        let place = file.into_temp_path();
        Ok(Self { file: File::open(&place)?, path: place.to_path_buf(), place: Mutex::new(Some(place)) })
    }

    /// Uses the file itself.
    /// The path leads to its handle, so that no other file can replace it before it is loaded.
    /// On systems without such paths, it is the path of the file.
    pub(super) fn in_place(file: File, path: &Path) -> Self {
        let path = by_handle(&file).unwrap_or_else(|| path.to_owned());
        Self { file, path, place: Mutex::new(None) }
    }

    /// Copies to a file without a place in any folder, sealed so that not even this process can
    /// change it.
    /// `None` on systems without such files, or if they may not be executed.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn in_memory(from: &mut Take<&File>, original: &Path) -> io::Result<Option<Self>> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

        // The kernel takes 249 bytes of a name.
        let name = original.file_name().map(|name| name.to_string_lossy().replace('\0', " ")).unwrap_or_default();
        let name = &name[..name.floor_char_boundary(200)];
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Kernels before 6.3 do not know EXEC, and do not need it.
        let Ok(file) = memfd_create(name, flags | MemfdFlags::EXEC).or_else(|_| memfd_create(name, flags)) else {
            return Ok(None);
        };
        let mut file = File::from(file);
        // Checked before the original is read, which can be read only once.
        let Some(path) = by_handle(&file) else { return Ok(None) };
        // The kernel copies, without a buffer here.
        io::copy(from, &mut file)?;
        fcntl_add_seals(&file, SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE)?;
        Ok(Some(Self { file, path, place: Mutex::new(None) }))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn in_memory(_: &mut Take<&File>, _: &Path) -> io::Result<Option<Self>> {
        Ok(None)
    }

    /// The path to load it by.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Removes a copy from its folder, which a loaded library no longer needs.
    /// Some systems, such as Windows, do not allow that.
    pub(super) fn clear_place(&self) {
        drop(self.place.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// A path to an open file of this process. `None` on systems without such paths or without `/proc`.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn by_handle(file: &File) -> Option<PathBuf> {
    use std::os::fd::AsRawFd;
    Path::new("/proc/self").exists().then(|| format!("/proc/self/fd/{}", file.as_raw_fd()).into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn by_handle(_: &File) -> Option<PathBuf> {
    None
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
        let path = copy.path().to_owned();
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
        drop(copy);
        // If the copy was in memory, another thread's file may have the number by now.
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

    #[test]
    fn a_file_in_place_is_the_one_that_was_opened_where_handles_have_paths() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.so");
        std::fs::write(&path, b"first").unwrap();
        let loadable = Loadable::in_place(File::open(&path).unwrap(), &path);
        if cfg!(any(target_os = "linux", target_os = "android")) {
            std::fs::rename(&path, folder.path().join("old.so")).unwrap();
            std::fs::write(&path, b"second").unwrap();
            assert_eq!(std::fs::read(loadable.path()).unwrap(), b"first");
        } else {
            assert_eq!(loadable.path(), path);
        }
    }
}
