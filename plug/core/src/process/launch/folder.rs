//! The private folder for the socket of a plugin, which is removed after use.
//! A host that is killed leaves its folders behind, and the next host removes them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The beginning of the names of all such folders.
const PREFIX: &str = "plug-";
/// The file in the folder that its host keeps locked.
const LOCK: &str = "lock";
/// The longest path of a folder, so that the address of a socket in it fits on every Unix.
/// `sun_path` has 104 bytes on macOS and 108 on Linux.
/// A plugin in Go names its socket `plugin` and at most ten digits.
const MAX_LEN: usize = 103 - "/plugin4294967295".len();

/// A folder that this user alone can open. It is removed with its contents.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    // Closed, and so unlocked, after the folder was removed.
    _lock: Option<File>,
}

impl Folder {
    /// Makes a folder in the folder for temporary files, or in `/tmp` if that path is too long.
    ///
    /// # Errors
    ///
    /// If none can be made; with the path of the parent.
    pub(crate) fn make() -> Result<Self, (PathBuf, io::Error)> {
        let first = std::env::temp_dir();
        let mut failure = None;
        for parent in [first.as_path(), Path::new("/tmp")] {
            if parent.as_os_str().len() + PREFIX.len() + "/123456".len() > MAX_LEN {
                continue;
            }
            match Self::make_in(parent) {
                Ok(folder) => return Ok(folder),
                Err(error) => _ = failure.get_or_insert((parent.to_owned(), error)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            let text = format!("the path is too long for the address of a socket, which has {MAX_LEN} bytes to spare");
            (first, io::Error::new(io::ErrorKind::InvalidInput, text))
        }))
    }

    fn make_in(parent: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        loop {
            let path = builder.prefix(PREFIX).rand_bytes(6).tempdir_in(parent)?.keep();
            let lock =
                File::create(path.join(LOCK)).and_then(|file| file.try_lock().map(|()| file).map_err(Into::into));
            match lock {
                // The lock is held and the folder exists, so no sweep removes it.
                Ok(file) if path.join(LOCK).exists() => return Ok(Self { path, _lock: Some(file) }),
                // Another host's sweep had the lock, and has removed the folder, or is about to.
                Ok(_) => {}
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotFound)
                        && parent.is_dir() => {}
                // Some file systems have no locks.
                // A sweep does not remove a folder that it cannot lock.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(Self { path, _lock: None }),
                Err(error) => {
                    let _ = fs::remove_dir_all(&path);
                    return Err(error);
                }
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of this user's hosts that have ended.
/// A folder that cannot be read or removed stays.
pub(crate) fn sweep() {
    sweep_in(&std::env::temp_dir());
    sweep_in(Path::new("/tmp"));
}

fn sweep_in(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())) {
        // A link is skipped: it may lead anywhere.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_ours(&entry.path()) {
            let lock = File::options().write(true).open(entry.path().join(LOCK));
            // The lock is held until the folder is gone, so that a host that just made it does not
            // use it.
            if let Ok(lock) = lock
                && lock.try_lock().is_ok()
            {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

#[cfg(unix)]
fn is_ours(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(path)
        .is_ok_and(|data| data.uid() == rustix::process::geteuid().as_raw() && data.mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_ours(_: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_private_and_goes() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::make().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(path.join("plugin1"), "").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_is_not_swept_while_it_is_made() {
        let parent = tempfile::tempdir().unwrap();
        let is_done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !is_done.load(std::sync::atomic::Ordering::SeqCst) {
                        sweep_in(parent.path());
                    }
                });
            }
            let folders: Vec<_> = (0..500).map(|_| Folder::make_in(parent.path()).unwrap()).collect();
            is_done.store(true, std::sync::atomic::Ordering::SeqCst);
            assert!(folders.iter().all(|folder| folder.path().join(LOCK).exists()));
        });
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_an_unlocked_folder_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let held = Folder::make_in(parent.path()).unwrap();
        let abandoned = Folder::make_in(parent.path()).unwrap();
        fs::write(abandoned.path().join("plugin1"), "").unwrap();
        let abandoned = {
            // A kill leaves an unlocked folder.
            let mut abandoned = abandoned;
            abandoned._lock = None;
            let path = abandoned.path().to_owned();
            std::mem::forget(abandoned);
            path
        };
        let others = [parent.path().join("plug-without-lock"), parent.path().join("plugin")];
        for other in &others {
            fs::create_dir(other).unwrap();
        }
        std::os::unix::fs::symlink(held.path(), parent.path().join("plug-link")).unwrap();
        sweep_in(parent.path());
        assert!(!abandoned.exists());
        assert!(held.path().exists() && others.iter().all(|other| other.exists()));
        sweep_in(&parent.path().join("none"));
    }
}
