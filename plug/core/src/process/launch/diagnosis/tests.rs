//! Files that cannot be run: each is made and tried, and the whole text of its fault is compared.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;

/// A folder for files, which a text names `DIR`.
struct Fixture(TempDir);

impl Fixture {
    fn new() -> Self {
        Self(TempDir::new().expect("there is a folder for temporary files"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path
    }

    fn text(&self, fault: &ProcessFault, path: &Path) -> String {
        fault.about(Some(path)).to_string().replace(&self.0.path().display().to_string(), "DIR")
    }

    /// Asserts that the file cannot be started, and the text of the fault.
    #[track_caller]
    fn refused(&self, name: &str, text: &str) {
        let path = self.path(name);
        let error =
            retry_while_busy(|| Command::new(&path).stdout(Stdio::null()).spawn()).expect_err("it cannot be started");
        assert_eq!(self.text(&of_spawn(&path, &error), &path), format!("cannot start plugin `DIR/{name}`: {text}"));
    }

    /// Asserts that the file can be started, perhaps by a shell, and the text of its end.
    #[track_caller]
    fn ended(&self, name: &str, text: &str) {
        let path = self.path(name);
        // A group makes the standard library start the file by `execvp`.
        let gid = rustix::process::getgid().as_raw();
        // A shell takes noise for commands, and may write a file to the current folder.
        let run = || Command::new(&path).gid(gid).current_dir(&self.0).stdin(Stdio::null()).output();
        let output = retry_while_busy(run).expect("it is started");
        let printed = (!output.stdout.is_empty()).then(|| {
            crate::process::handshake::line::Line::parse(&output.stdout, &[1]).expect_err("it is no handshake")
        });
        let fault = of_exit(&path, Some(output.status), printed, vec![]);
        assert_eq!(self.text(&fault, &path), text.replace("PATH", &format!("DIR/{name}")));
    }
}

/// A forked child of another test may hold a file open that was just written, until its exec.
fn retry_while_busy<T>(mut start: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match start() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            done => return done,
        }
    }
}

/// The beginning of this test's executable, up to the loader's path, with a change.
fn own(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = fs::read(std::env::current_exe().expect("it has a path")).expect("it can be read");
    bytes.truncate(1 << 16);
    change(&mut bytes);
    bytes
}

#[test]
fn the_file_is_missing() {
    let folder = Fixture::new();
    folder.refused("none", "there is no such file");
    folder.refused("a/b/none", "there is no such file, and no folder `DIR/a`");
    folder.file("file", "x", 0o755);
    folder.refused("file/none", "there is no such file, and no folder `DIR/file`");
    symlink("/no/such/file", folder.path("link")).unwrap();
    folder.refused("link", "it is a link to `/no/such/file`, which is not there");
}

#[test]
fn it_is_no_file() {
    let folder = Fixture::new();
    fs::create_dir(folder.path("folder")).unwrap();
    folder.refused("folder", "it is no file, but a folder");
    std::os::unix::net::UnixListener::bind(folder.path("socket")).unwrap();
    folder.refused("socket", "it is no file, but a device, a pipe or a socket");
}

#[test]
fn it_may_not_be_executed() {
    let folder = Fixture::new();
    folder.file("plain", "#!/bin/sh\n", 0o644);
    let owner = rustix::process::getuid().as_raw();
    folder.refused(
        "plain",
        &format!("it is not executable, with mode 0644 and owner {owner}\nhint: `chmod +x DIR/plain`"),
    );
}

#[test]
fn it_is_no_program() {
    let folder = Fixture::new();
    for (name, bytes, text) in [
        ("empty", &b""[..], "it is empty"),
        ("text", b"echo hello\n", "it is no program, but a text without a first line like `#!/bin/sh`"),
        ("noise", b"\xff\0\x01", "it is no program, but a file of an unknown sort"),
        ("rlib", b"!<arch>\n/    ", "it is no program, but an archive, such as an rlib"),
        ("wasm", b"\0asm\x01\0\0\0", "it is no program, but WebAssembly"),
        ("gz", b"\x1f\x8b\x08\0", "it is no program, but something packed with gzip"),
        ("zip", b"PK\x03\x04\0", "it is no program, but an archive of zip's"),
    ] {
        folder.file(name, bytes, 0o755);
        folder.refused(name, text);
    }
    let object = own(|bytes| bytes[16] = 1);
    folder.file("object", object, 0o755);
    folder.refused("object", "it is no program, but an object file");
}

#[test]
fn it_is_for_another_machine() {
    let folder = Fixture::new();
    let host = format!("{} (ELF, 64-bit, little-endian)", std::env::consts::ARCH);
    let s390x = own(|bytes| {
        bytes[5] = 2;
        bytes[18..20].copy_from_slice(&[0, 22]);
    });
    folder.file("s390x", s390x, 0o755);
    let text = format!("it is for s390x (ELF, 64-bit, big-endian), and this system is {host}");
    folder.refused("s390x", &text);
    folder.ended("s390x", &format!("cannot start plugin `PATH`: {text}"));
    folder.file("odd", own(|bytes| bytes[18..20].copy_from_slice(&[0xfe, 0xca])), 0o755);
    folder
        .refused("odd", &format!("it is for processor 51966 (ELF, 64-bit, little-endian), and this system is {host}"));

    // After the header: the size and the magic number of the optional header, which has 16
    // directories.
    let mut pe = [&b"MZ"[..], &[0; 58], &[64, 0, 0, 0], b"PE\0\0\x64\xaa", &[0; 300]].concat();
    pe[84] = 240;
    pe[88..90].copy_from_slice(&[0x0b, 0x02]);
    pe[196] = 16;
    folder.file("windows.exe", pe, 0o755);
    folder.refused("windows.exe", &format!("it is for aarch64 (PE, 64-bit, little-endian), and this system is {host}"));
    folder.file("apple", [&b"\xcf\xfa\xed\xfe\x0c\0\0\x01"[..], &[0; 24]].concat(), 0o755);
    folder.refused("apple", &format!("it is for aarch64 (Mach-O, 64-bit, little-endian), and this system is {host}"));
    folder.file("apples", b"\xca\xfe\xba\xbe\0\0\0\x02\0\0\0\0\0\0\0\0", 0o755);
    folder.refused("apples", &format!("it is for several processors (Mach-O), and this system is {host}"));
    folder.file("java", b"\xca\xfe\xba\xbe\0\0\0\x41\xff\0\0\0\0\0\0\0", 0o755);
    folder.refused("java", "it is no program, but a file of an unknown sort");
}

#[test]
fn its_interpreter_or_loader_is_missing() {
    let folder = Fixture::new();
    folder.file("script", "#! /no/such/interpreter -x\n", 0o755);
    folder.refused("script", "it is a script for `/no/such/interpreter`, which is not there");
    folder.file("windows.sh", "#!/bin/sh\r\necho\r\n", 0o755);
    folder.refused(
        "windows.sh",
        "it is a script for `/bin/sh\\r`, which is not there\n\
         hint: its lines end as on Windows, so that the `\\r` counts as part of the name",
    );
    let loader = own(|bytes| {
        let at = bytes.windows(5).position(|window| window == b"/lib6" || window == b"/lib/").expect("it has a loader");
        bytes[at + 1..at + 4].copy_from_slice(b"bil");
    });
    folder.file("dynamic", &loader, 0o755);
    let fault = unrunnable(&folder.path("dynamic"));
    let Some(Unrunnable::NoLoader { loader }) = fault else { panic!("{fault:?}") };
    assert!(loader.starts_with("/bil"), "{loader}");
    folder.refused(
        "dynamic",
        &format!(
            "it wants the loader `{loader}`, which is not there\n\
             hint: it was built for a system with another C library, or in another place: build it for this one"
        ),
    );
}

#[test]
fn it_ran_and_ended() {
    let folder = Fixture::new();
    folder.file("fails", "#!/bin/sh\nexit 3\n", 0o755);
    folder.ended("fails", "plugin `PATH` exited with status 3 before its handshake");
    folder.file("killed", "#!/bin/sh\nkill -TERM $$\n", 0o755);
    folder.ended("killed", "plugin `PATH` was killed by signal 15 (SIGTERM) before its handshake");
    folder.file("greets", "#!/bin/sh\nprintf 'hello \\033[1m'\n", 0o755);
    folder.ended(
        "greets",
        "plugin `PATH` printed `hello \\u{1b}[1m` instead of its handshake, and exited with status 0\n\
         hint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr",
    );
    // A shell may exit with this status too, but nothing is wrong with the file.
    folder.file("two", "#!/bin/sh\nexit 2\n", 0o755);
    folder.ended("two", "plugin `PATH` exited with status 2 before its handshake");
}

#[test]
fn a_shared_library_is_recognized() {
    let folder = Fixture::new();
    // Without the loader's path, an executable looks like a shared library.
    let library = own(|bytes| {
        let (table, count) = (64, usize::from(bytes[56]));
        let entries = bytes[table..table + 56 * count].chunks_exact_mut(56);
        entries.filter(|entry| entry[0] == 3).for_each(|entry| entry[0] = 0);
    });
    let path = folder.file("libplugin_a.so", library, 0o755);
    assert_eq!(unrunnable(&path), Some(Unrunnable::Library));
    let fault = of_exit(&path, Some(ExitStatus::from_raw(11)), None, vec![]);
    assert_eq!(
        folder.text(&fault, &path),
        "cannot start plugin `DIR/libplugin_a.so`: it is no program, but a shared library\n\
         hint: open it as one: `library:DIR/libplugin_a.so`"
    );
}

#[test]
fn nothing_is_wrong_with_the_file() {
    let own = std::env::current_exe().unwrap();
    assert_eq!(unrunnable(&own), None);
    assert_eq!(of_spawn(&own, &ErrorKind::OutOfMemory.into()), ProcessFault::Spawn { why: None });
    assert_eq!(of_spawn(Path::new("/no/such/file"), &ErrorKind::OutOfMemory.into()), ProcessFault::Spawn { why: None });
}

#[test]
fn any_bytes_can_be_inspected() {
    for magic in
        [&b"\x7fELF\x02\x01"[..], b"\x7fELF\x01\x02", b"MZ", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe", b"#!", b""]
    {
        for fill in [0, 1, 3, 0x7f, 0xff] {
            for len in [0, 1, 10, 16, 40, 64, 100, 5000] {
                let bytes = [magic, &vec![fill; len]].concat();
                let _ = image::inspect_bytes(&bytes[..], Path::new("x"));
            }
        }
    }
    // A header that declares too many entries does not read beyond the file.
    let mut bytes = own(|_| ());
    bytes[54..58].fill(0xff);
    assert_eq!(image::inspect_bytes(&bytes[..], Path::new("x")), None);
}
