//! Why a plugin did not start: looks at the file, when something has gone wrong with it, and at what the process left behind. It starts
//! nothing itself.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitStatus;

use crate::error::handshake::HandshakeFault;
use crate::error::process::ProcessFault;
use crate::error::process::unrunnable::Unrunnable;

mod image;
#[cfg(all(test, target_os = "linux"))]
mod tests;

/// Why the system refused to start it.
pub(crate) fn of_spawn(path: &Path, error: &io::Error) -> ProcessFault {
    let why = match error.kind() {
        // Of these the file is not to blame.
        ErrorKind::OutOfMemory
        | ErrorKind::WouldBlock
        | ErrorKind::ExecutableFileBusy
        | ErrorKind::ResourceBusy
        | ErrorKind::ArgumentListTooLong => None,
        _ => unrunnable(path),
    };
    ProcessFault::Spawn { why }
}

/// Refuses what the system would refuse, where the way that it is started by would give it to a shell instead (`execvp`, which cannot be
/// had otherwise): a shell takes any bytes for a script, and what it makes of those of a program for another machine, nobody knows.
///
/// # Errors
///
/// What is wrong with the file, and the system's error.
#[cfg(target_os = "linux")]
pub(crate) fn beforehand(path: &Path) -> Result<(), (ProcessFault, io::Error)> {
    let is_empty = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0);
    let seen = image::look(path);
    let why = match seen {
        _ if is_empty => Unrunnable::Empty,
        Some(why @ (Unrunnable::NotAProgram { .. } | Unrunnable::WrongTarget { .. })) if !has_emulators() => why,
        _ => return Ok(()),
    };
    // Whoever may not execute it hears of that.
    match rustix::fs::access(path, rustix::fs::Access::EXEC_OK) {
        Ok(()) => Err((ProcessFault::Spawn { why: Some(why) }, rustix::io::Errno::NOEXEC.into())),
        Err(_) => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn beforehand(_: &Path) -> Result<(), (ProcessFault, io::Error)> {
    Ok(())
}

/// Whether the system was told of programs that run other programs: <https://docs.kernel.org/admin-guide/binfmt-misc.html>.
#[cfg(target_os = "linux")]
fn has_emulators() -> bool {
    let entries = std::fs::read_dir("/proc/sys/fs/binfmt_misc").into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name() != "register" && entry.file_name() != "status").count() > 0
}

/// What to say of a process that ended before its handshake, having printed something that is none, or nothing.
pub(crate) fn of_exit(
    path: &Path,
    status: Option<ExitStatus>,
    printed: Option<HandshakeFault>,
    stderr: Vec<String>,
) -> ProcessFault {
    match printed {
        Some(fault) => ProcessFault::Handshake { fault, status, stderr },
        None => match status.and_then(|status| misunderstood(path, status)) {
            Some(why) => ProcessFault::Spawn { why: Some(why) },
            None => ProcessFault::Exited { status, stderr },
        },
    }
}

/// What the system cannot run is given to a shell, by `execvp`, which fails with these; and a shared library is run, and crashes.
fn misunderstood(path: &Path, status: ExitStatus) -> Option<Unrunnable> {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    if !matches!(status.code(), Some(2 | 126 | 127)) && signal.is_none() {
        return None;
    }
    match image::look(path)? {
        why @ Unrunnable::Library if signal.is_some() => Some(why),
        why @ (Unrunnable::WrongTarget { .. } | Unrunnable::NotAProgram { .. }) if signal.is_none() => Some(why),
        _ => None,
    }
}

/// What is wrong with the file, where something is.
fn unrunnable(path: &Path) -> Option<Unrunnable> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return unseen(path, &error),
    };
    if metadata.is_dir() {
        return Some(Unrunnable::NotAFile { what: "a folder" });
    }
    if !metadata.is_file() {
        return Some(Unrunnable::NotAFile { what: "a device, a pipe or a socket" });
    }
    if let Some(why) = forbidden(path, &metadata) {
        return Some(why);
    }
    if metadata.len() == 0 {
        return Some(Unrunnable::Empty);
    }
    image::look(path)
}

/// Why there is nothing to be seen.
fn unseen(path: &Path, error: &io::Error) -> Option<Unrunnable> {
    if let Ok(to) = std::fs::read_link(path) {
        return Some(Unrunnable::DanglingLink { to });
    }
    // From the root on, and without the path itself.
    let mut folders: Vec<_> = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()).collect();
    folders.reverse();
    match error.kind() {
        ErrorKind::NotFound => {
            let folder = folders.into_iter().find(|folder| !folder.exists());
            Some(Unrunnable::Missing { folder: folder.map(Path::to_owned) })
        }
        ErrorKind::NotADirectory => {
            let folder = folders.into_iter().find(|folder| !folder.is_dir());
            Some(Unrunnable::Missing { folder: folder.map(Path::to_owned) })
        }
        ErrorKind::PermissionDenied => unreachable(&folders),
        _ => None,
    }
}

#[cfg(unix)]
fn unreachable(folders: &[&Path]) -> Option<Unrunnable> {
    let is_closed = |folder: &&&Path| rustix::fs::access(**folder, rustix::fs::Access::EXEC_OK).is_err();
    let folder = folders.iter().find(is_closed)?;
    Some(Unrunnable::Unreachable { folder: folder.to_path_buf(), user: rustix::process::getuid().as_raw() })
}

#[cfg(not(unix))]
fn unreachable(_: &[&Path]) -> Option<Unrunnable> {
    None
}

#[cfg(unix)]
fn forbidden(path: &Path, metadata: &Metadata) -> Option<Unrunnable> {
    use std::os::unix::fs::MetadataExt;

    // It says so of root too, where nobody may execute the file.
    if rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() {
        return None;
    }
    #[cfg(target_os = "linux")]
    if rustix::fs::statvfs(path).is_ok_and(|system| system.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC)) {
        return Some(Unrunnable::NoExec);
    }
    let user = rustix::process::getuid().as_raw();
    Some(Unrunnable::NotExecutable { mode: metadata.mode(), owner: metadata.uid(), user })
}

/// There, what may be executed is a matter of the name.
#[cfg(not(unix))]
fn forbidden(_: &Path, _: &Metadata) -> Option<Unrunnable> {
    None
}
