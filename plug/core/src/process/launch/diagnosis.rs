//! Finds why a plugin did not start, from the file and from the end of the process.

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

/// The fault of a file that the system refused to start.
pub(crate) fn of_spawn(path: &Path, error: &io::Error) -> ProcessFault {
    let why = match error.kind() {
        // These errors have another cause than the file.
        ErrorKind::OutOfMemory
        | ErrorKind::WouldBlock
        | ErrorKind::ExecutableFileBusy
        | ErrorKind::ResourceBusy
        | ErrorKind::ArgumentListTooLong => None,
        _ => unrunnable(path),
    };
    ProcessFault::Spawn { why }
}

/// Refuses a file that the system cannot run, before a shell gets it.
///
/// The standard library may start a file by `execvp`, which passes a refused file to a shell.
/// A shell takes any bytes for a script, even those of a program for another machine.
///
/// # Errors
///
/// The fault of the file, and the system's error.
#[cfg(target_os = "linux")]
pub(crate) fn beforehand(path: &Path) -> Result<(), (ProcessFault, io::Error)> {
    let is_empty = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0);
    let defect = image::inspect(path);
    let why = match defect {
        _ if is_empty => Unrunnable::Empty,
        Some(why @ (Unrunnable::NotAProgram { .. } | Unrunnable::WrongTarget { .. })) if !has_emulators() => why,
        _ => return Ok(()),
    };
    // Without the right to execute the file, the start fails, and its error says that.
    match rustix::fs::access(path, rustix::fs::Access::EXEC_OK) {
        Ok(()) => Err((ProcessFault::Spawn { why: Some(why) }, rustix::io::Errno::NOEXEC.into())),
        Err(_) => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn beforehand(_: &Path) -> Result<(), (ProcessFault, io::Error)> {
    Ok(())
}

/// Whether the system has emulators or other interpreters for foreign programs:
/// <https://docs.kernel.org/admin-guide/binfmt-misc.html>.
#[cfg(target_os = "linux")]
fn has_emulators() -> bool {
    let entries = std::fs::read_dir("/proc/sys/fs/binfmt_misc").into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name() != "register" && entry.file_name() != "status").count() > 0
}

/// The fault of a process that ended before its handshake.
/// `printed` is the fault of the line that it printed, if any.
pub(crate) fn of_exit(
    path: &Path,
    status: Option<ExitStatus>,
    printed: Option<HandshakeFault>,
    stderr: Vec<String>,
) -> ProcessFault {
    match printed {
        Some(fault) => ProcessFault::Handshake { fault, status, stderr },
        None => match status.and_then(|status| unrunnable_after_exit(path, status)) {
            Some(why) => ProcessFault::Spawn { why: Some(why) },
            None => ProcessFault::Exited { status, stderr },
        },
    }
}

/// Whether the exit status comes from a file that the system cannot run.
///
/// `execvp` passes such a file to a shell, which fails with one of these codes.
/// A shared library is run, and crashes.
fn unrunnable_after_exit(path: &Path, status: ExitStatus) -> Option<Unrunnable> {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    if !matches!(status.code(), Some(2 | 126 | 127)) && signal.is_none() {
        return None;
    }
    match image::inspect(path)? {
        why @ Unrunnable::Library if signal.is_some() => Some(why),
        why @ (Unrunnable::WrongTarget { .. } | Unrunnable::NotAProgram { .. }) if signal.is_none() => Some(why),
        _ => None,
    }
}

/// Why the file cannot be run; none if nothing is wrong with it.
fn unrunnable(path: &Path) -> Option<Unrunnable> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return missing(path, &error),
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
    image::inspect(path)
}

/// Why the file has no metadata.
fn missing(path: &Path, error: &io::Error) -> Option<Unrunnable> {
    if let Ok(to) = std::fs::read_link(path) {
        return Some(Unrunnable::DanglingLink { to });
    }
    // From the root to the parent.
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
    let is_denied = |folder: &&&Path| rustix::fs::access(**folder, rustix::fs::Access::EXEC_OK).is_err();
    let folder = folders.iter().find(is_denied)?;
    Some(Unrunnable::Unreachable { folder: folder.to_path_buf(), user: rustix::process::getuid().as_raw() })
}

#[cfg(not(unix))]
fn unreachable(_: &[&Path]) -> Option<Unrunnable> {
    None
}

#[cfg(unix)]
fn forbidden(path: &Path, metadata: &Metadata) -> Option<Unrunnable> {
    use std::os::unix::fs::MetadataExt;

    // Root too needs at least one bit of execution.
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

/// Outside of Unix, the name of a file decides whether it can be executed.
#[cfg(not(unix))]
fn forbidden(_: &Path, _: &Metadata) -> Option<Unrunnable> {
    None
}
