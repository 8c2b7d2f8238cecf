//! Executables that cannot be run, and executables that must not be run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use plug::link::{Process, ProcessOptions};
use plug_tests::{program, scratch, succeed};

use crate::{message_of, refusal, work};

fn file(folder: &Path, name: &str, bytes: impl AsRef<[u8]>, mode: u32) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[track_caller]
fn is_refused(path: &Path, text: &str) {
    assert_eq!(refusal(&Process::open(path).unwrap(), path), text);
}

#[test]
fn a_file_that_is_not_executable_is_refused() {
    let folder = scratch("process-files");
    is_refused(
        &folder.join("none"),
        "cannot start plugin `PATH`: there is no such file\ncaused by: No such file or directory (os error 2)",
    );
    is_refused(
        &folder,
        "cannot start plugin `PATH`: it is no file, but a folder\ncaused by: Permission denied (os error 13)",
    );
    let path = file(&folder, "plain", "#!/bin/sh\n", 0o644);
    is_refused(
        &path,
        "cannot start plugin `PATH`: it is not executable, with mode 0644 and owner 0\nhint: `chmod +x PATH`\n\
         caused by: Permission denied (os error 13)",
    );
    let path = file(&folder, "text", "echo hello\n", 0o755);
    is_refused(
        &path,
        "cannot start plugin `PATH`: it is no program, but a text without a first line like `#!/bin/sh`\n\
         caused by: Exec format error (os error 8)",
    );
    let path = file(&folder, "empty", "", 0o755);
    is_refused(&path, "cannot start plugin `PATH`: it is empty\ncaused by: Exec format error (os error 8)");
    let path = file(&folder, "script", "#!/no/such/interpreter\n", 0o755);
    is_refused(
        &path,
        "cannot start plugin `PATH`: it is a script for `/no/such/interpreter`, which is not there\n\
         caused by: No such file or directory (os error 2)",
    );
    let mut other = fs::read(program("worker")).unwrap();
    // e_machine 243 is RISC-V. This processor's is 62 (x86-64) or 183 (AArch64).
    other[18..20].copy_from_slice(&[243, 0]);
    let path = file(&folder, "riscv", &other[..1 << 16], 0o755);
    let host = std::env::consts::ARCH;
    is_refused(
        &path,
        &format!(
            "cannot start plugin `PATH`: it is for riscv64 (ELF, 64-bit, little-endian), and this system is {host} (ELF, 64-bit, little-endian)\n\
             caused by: Exec format error (os error 8)"
        ),
    );
}

fn sha256(path: &Path) -> String {
    let line = succeed(Command::new("sha256sum").arg(path));
    line.split_whitespace().next().unwrap().to_owned()
}

/// A small executable that runs the worker.
fn small(folder: &Path) -> PathBuf {
    file(folder, "small", format!("#!/bin/sh\nexec '{}'\n", program("worker").display()), 0o755)
}

#[test]
fn one_file_alone_is_run_where_its_digest_is_given() {
    let folder = scratch("process-digest");
    let path = small(&folder);
    let digest = sha256(&path);
    let pinned = || ProcessOptions::new().sha256(&digest.to_uppercase()).unwrap().open(&path).unwrap();
    let (running, late) = (pinned(), pinned());
    let worker = work(&running);
    assert_eq!(worker.sum(1, &[2]).unwrap(), 3);
    // The process runs a copy that others cannot write.
    let copy = Path::new(&worker.obey("socket").unwrap()).with_file_name("executable");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o500);
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&path).unwrap());

    // Another file replaces it before it is started.
    let other = file(&folder, "other", "#!/bin/sh\necho gotcha\n", 0o755);
    fs::rename(&other, &path).unwrap();
    let found = sha256(&path);
    assert_eq!(
        refusal(&late, &path),
        format!("plugin `PATH` is another file than the one that is allowed: its SHA-256 is {found}, not {digest}")
    );
    assert_eq!(worker.sum(1, &[2]).unwrap(), 3);
    drop((worker, running));
    assert!(!copy.exists());

    let error = ProcessOptions::new().sha256("abc").err().unwrap();
    assert_eq!(
        error.to_string(),
        "`abc` is no SHA-256 digest, which is 64 hexadecimal digits, as `sha256sum` prints them"
    );
}

/// A copy is started even if the system takes it for one that is being written, because another
/// thread has just forked.
#[test]
fn copies_are_started_by_many_at_once() {
    let path = small(&scratch("process-copies"));
    let digest = sha256(&path);
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                for _ in 0..3 {
                    let process = ProcessOptions::new().without_tls().sha256(&digest).unwrap().open(&path).unwrap();
                    process.check().map_err(|error| message_of(&error, &path)).unwrap();
                }
            });
        }
    });
}
