//! The cache: for each program, the package that was built last, and Cargo's intermediate files.

use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use etcetera::BaseStrategy;

use crate::failure::{At, Failure};
use crate::{interrupt, shell};

/// The most programs that the cache has.
const MAX_PROGRAMS: usize = 8;
/// The most bytes of all of them, without the last one.
const MAX_BYTES: u64 = 10 << 30;
/// The longest time for which a program stays without being built.
const MAX_AGE: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// The file with the names of packages in repositories.
pub(crate) const NAMES: &str = "names";

/// The folder of one program. Other processes wait for it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub folder: PathBuf,
    _lock: File,
}

impl Entry {
    /// Takes the folder of the program with this name and identity.
    pub(crate) fn take(name: &str, identity: &str) -> Result<Self, Failure> {
        // The value may change with the compiler, which costs one build.
        let mut hasher = DefaultHasher::new();
        identity.hash(&mut hasher);
        let folder = root()?.join(format!("{name}-{:016x}", hasher.finish()));
        fs::create_dir_all(&folder).at("make the folder", &folder)?;
        let path = folder.join("lock");
        let lock = File::create(&path).at("write", &path)?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            shell::status("Blocking", &format!("waiting for another build of `{name}`"));
            interrupt::waiting(|| lock.lock()).at("lock", &path)?;
        }
        // Writing sets its time, by which the oldest is known.
        let _ = lock.set_modified(SystemTime::now());
        Ok(Self { folder, _lock: lock })
    }

    /// Cargo's intermediate files.
    pub(crate) fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// Removes programs that were not built for long, and the oldest ones beyond the limits.
    pub(crate) fn remove_others(&self) {
        if let Ok(root) = root() {
            evict(&root, &self.folder, SystemTime::now());
        }
    }
}

fn evict(root: &Path, kept: &Path, now: SystemTime) {
    let mut others: Vec<_> = entries(root).into_iter().filter(|(_, folder)| folder != kept).collect();
    others.sort_by_key(|other| std::cmp::Reverse(other.0));
    let mut bytes = 0;
    for (at, (used, folder)) in others.iter().enumerate() {
        bytes += size(folder);
        let is_old = now.duration_since(*used).is_ok_and(|age| age > MAX_AGE);
        if at + 1 >= MAX_PROGRAMS || bytes > MAX_BYTES || is_old {
            remove(folder);
        }
    }
}

/// The folder of the cache. A variable changes it.
pub(crate) fn root() -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("CARGO_PLUG_CACHE").filter(|folder| !folder.is_empty()) {
        return std::path::absolute(&folder).at("find", Path::new(&folder));
    }
    let strategy = etcetera::choose_base_strategy();
    let strategy = strategy.map_err(|error| {
        Failure::new(format!("there is no folder for the cache: {error}")).hint("set `CARGO_PLUG_CACHE` to a folder")
    })?;
    Ok(strategy.cache_dir().join("cargo-plug"))
}

/// Removes the cache. Returns the number of programs, and their bytes.
pub(crate) fn clean() -> Result<(usize, u64), Failure> {
    // The names of packages in repositories are found again.
    let _ = fs::remove_file(root()?.join(NAMES));
    let entries = entries(&root()?);
    let bytes = entries.iter().map(|(_, folder)| size(folder)).sum();
    let removed = entries.iter().filter(|(_, folder)| remove(folder)).count();
    match entries.len() - removed {
        0 => Ok((removed, bytes)),
        left => Err(Failure::new(format!("{left} of {} programs in the cache could not be removed", entries.len()))
            .hint("a build may be under way")),
    }
}

/// The folders of programs, each with the time of its last build.
fn entries(root: &Path) -> Vec<(SystemTime, PathBuf)> {
    let folders = fs::read_dir(root).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    // A folder without the file is not of this program.
    folders.filter_map(|folder| Some((fs::metadata(folder.join("lock")).ok()?.modified().ok()?, folder))).collect()
}

/// Removes a folder that no other process uses.
fn remove(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join("lock")) else { return false };
    lock.try_lock().is_ok() && fs::remove_dir_all(folder).is_ok()
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Writes a file as a whole or not at all, and only if it changes.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).at("make the folder", folder)?;
    let mut file = tempfile::Builder::new().prefix(".plug-").tempfile_in(folder).at("write to", folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).at("write", path)?;
    keep_permissions(file.as_file(), path);
    file.persist(path).map_err(|error| error.error).at("write", path)?;
    Ok(())
}

/// Gives a temporary file, which is for its owner alone, the permissions of the file that it
/// replaces, or of a new file.
fn keep_permissions(file: &File, path: &Path) {
    let permissions = fs::metadata(path).map(|metadata| metadata.permissions());
    #[cfg(unix)]
    let permissions = permissions.or_else(|_| {
        use std::os::unix::fs::PermissionsExt;
        Ok::<_, std::io::Error>(fs::Permissions::from_mode(0o644))
    });
    if let Ok(permissions) = permissions {
        let _ = file.set_permissions(permissions);
    }
}

/// Copies a lock file, if there is one, so that Cargo can write it.
pub(crate) fn copy_lock(lock: &Path, folder: &Path) -> Result<(), Failure> {
    if !lock.exists() {
        return Ok(());
    }
    // The file of a program can be read-only, and its copy must not be.
    let text = fs::read_to_string(lock).at("read", lock)?;
    write(&folder.join("Cargo.lock"), &text)
}

/// Refuses a folder in which no file can be made.
pub(crate) fn check_writable(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).at("make the folder", folder)?;
    tempfile::Builder::new().prefix(".plug-").tempfile_in(folder).map(drop).at("write to", folder)
}

/// Copies a file as a whole or not at all.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).at("make the folder", folder)?;
    let mut source = File::open(from).at("read", from)?;
    let mut file = tempfile::Builder::new().prefix(".plug-").tempfile_in(folder).at("write to", folder)?;
    std::io::copy(&mut source, &mut file).at("write", to)?;
    if let Ok(metadata) = source.metadata() {
        let _ = file.as_file().set_permissions(metadata.permissions());
    }
    file.persist(to).map_err(|error| error.error).at("write", to)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_programs_and_those_beyond_the_limit_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
        let program = |name: &str, age: Duration| {
            let folder = root.path().join(name);
            fs::create_dir(&folder).unwrap();
            File::create(folder.join("lock")).unwrap().set_modified(now - age).unwrap();
            folder
        };
        let kept = program("kept", days(90));
        program("old", days(61));
        let busy = program("busy", days(62));
        (0..8).for_each(|age| _ = program(&format!("of-day-{age}"), days(age)));
        fs::create_dir(root.path().join("somebody's")).unwrap();
        let lock = File::open(busy.join("lock")).unwrap();
        lock.lock().unwrap();
        evict(root.path(), &kept, now);
        let mut left: Vec<_> =
            fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        // Eight programs with the one that is kept, and one that another process builds.
        let days = (0..7).map(|age| format!("of-day-{age}"));
        let expected = ["busy", "kept"].map(str::to_owned).into_iter().chain(days).chain(["somebody's".to_owned()]);
        assert_eq!(left, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_file_is_written_if_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b");
        write(&file, "one").unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        File::options().append(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        write(&file, "one").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), long_ago);
        write(&file, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
    }
}
