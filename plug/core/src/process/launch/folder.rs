//! The folder that this program's plugins put their sockets into: its own, private, and gone with it. What a host that was killed has
//! left behind, the next one sweeps.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// How a folder of ours is called, so that it is known for one.
const PREFIX: &str = "plug-";
/// The file in it that its owner holds locked, for as long as it lives.
const LOCK: &str = "lock";
/// What fits into the address of a socket on every Unix (`sun_path` has 104 bytes on macOS, 108 on Linux), less what a plugin calls its own:
/// Go's `plugin` and at most ten digits.
const LONGEST: usize = 103 - "/plugin4294967295".len();

/// A folder that only this user can look into. It is removed with what is in it.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    // Closed, and so unlocked, after the folder is gone.
    _lock: Option<File>,
}

impl Folder {
    /// Makes one where temporary files go, or where that is too long a path for a socket, in `/tmp`.
    ///
    /// # Errors
    ///
    /// Where none can be made, with the path that it would have.
    pub(crate) fn make() -> Result<Self, (PathBuf, io::Error)> {
        let first = std::env::temp_dir();
        let mut failure = None;
        for parent in [first.as_path(), Path::new("/tmp")] {
            if parent.as_os_str().len() + PREFIX.len() + "/123456".len() > LONGEST {
                continue;
            }
            match Self::make_in(parent) {
                Ok(folder) => return Ok(folder),
                Err(error) => _ = failure.get_or_insert((parent.to_owned(), error)),
            }
        }
        Err(failure.unwrap_or_else(|| {
            let text = format!("the path is too long for the address of a socket, which has {LONGEST} bytes to spare");
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
                // What is there when the lock is ours, stays.
                Ok(file) if path.join(LOCK).exists() => return Ok(Self { path, _lock: Some(file) }),
                // Somebody who sweeps had the lock before, and has removed it, or is about to.
                Ok(_) => {}
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotFound)
                        && parent.is_dir() => {}
                // Some file systems have no locks. Then nobody can tell whether the folder is in use, and nobody sweeps it.
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

/// Removes the folders of this user's hosts that are gone. What cannot be looked at or removed stays.
pub(crate) fn sweep() {
    sweep_in(&std::env::temp_dir());
    sweep_in(Path::new("/tmp"));
}

fn sweep_in(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())) {
        // Not a link, which could lead anywhere.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_ours(&entry.path()) {
            let lock = File::options().write(true).open(entry.path().join(LOCK));
            // Held until it is gone, lest somebody takes it who has just made it.
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
    fn what_is_being_made_is_not_swept() {
        let parent = tempfile::tempdir().unwrap();
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                        sweep_in(parent.path());
                    }
                });
            }
            let folders: Vec<_> = (0..500).map(|_| Folder::make_in(parent.path()).unwrap()).collect();
            is_over.store(true, std::sync::atomic::Ordering::SeqCst);
            assert!(folders.iter().all(|folder| folder.path().join(LOCK).exists()));
        });
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_what_nobody_holds_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let held = Folder::make_in(parent.path()).unwrap();
        let left = Folder::make_in(parent.path()).unwrap();
        fs::write(left.path().join("plugin1"), "").unwrap();
        let left = {
            // As a kill leaves it: the lock is gone, and the folder is there.
            let mut left = left;
            left._lock = None;
            let path = left.path().to_owned();
            std::mem::forget(left);
            path
        };
        let others = [parent.path().join("plug-without-lock"), parent.path().join("plugin")];
        for other in &others {
            fs::create_dir(other).unwrap();
        }
        std::os::unix::fs::symlink(held.path(), parent.path().join("plug-link")).unwrap();
        sweep_in(parent.path());
        assert!(!left.exists());
        assert!(held.path().exists() && others.iter().all(|other| other.exists()));
        sweep_in(&parent.path().join("none"));
    }
}
