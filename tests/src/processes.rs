//! Finds, builds, starts and watches the programs that the tests run.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::nested::Build;
use crate::{is_linkme, root};

/// A program of this package, which Cargo builds before the tests.
///
/// # Panics
///
/// Panics if the file does not exist, as in the tests of another package.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    let folder = test.ancestors().nth(2).expect("a test is in the folder `deps` of a profile");
    let path = folder.join(executable(name));
    assert!(path.exists(), "there is no {}: `cargo test -p plug-tests` builds it", path.display());
    path
}

/// A program of this package for the tests of another package, built by a nested Cargo.
pub fn built_program(name: &str) -> PathBuf {
    build("plug-tests", &["--bin", name], name)
}

/// A plugin crate of this workspace as an executable.
pub fn process(package: &str) -> PathBuf {
    build(package, &["--features", &registered(&["process"])], package)
}

/// The app with these features and this profile.
pub fn app_with(features: &[&str], profile: &str) -> PathBuf {
    build("app", &["--bin", "app", "--features", &registered(features), "--profile", profile], "app")
}

/// These features, and linkme's if the builds register with linkme.
fn registered(features: &[&str]) -> String {
    let linkme: &[&str] = if is_linkme() { &["plug/linkme"] } else { &[] };
    [features, linkme].concat().join(",")
}

/// A program of a package of this workspace.
pub fn build(package: &str, arguments: &[&str], name: &str) -> PathBuf {
    let (workspace, file) = (root(), executable(name));
    Build { command: "build", package, arguments, common: &[], workspace: &workspace, file: &file }.file()
}

/// The file of a program.
fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// A started program, which is killed when this is dropped.
pub struct Started {
    child: Child,
    lines: BufReader<ChildStdout>,
}

/// Starts a program, reads its stdout in lines, and keeps its stdin open.
pub fn start(command: &mut Command) -> Started {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let lines = BufReader::new(child.stdout.take().expect("its stdout is piped"));
    Started { child, lines }
}

impl Started {
    /// The next line that it prints, or the rest of its output if it has ended.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("it can be read");
        line.trim_end_matches('\n').to_owned()
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes its stdin, and waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        drop(self.child.stdin.take());
        self.child.wait().expect("it can be waited for")
    }

    /// Kills it, and waits for its end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits until the condition holds, and returns how long that took.
///
/// # Panics
///
/// Panics if the condition does not hold within `limit`.
#[track_caller]
pub fn until(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    start.elapsed()
}

/// The bytes of memory that a process has. 0 on systems without `/proc`.
pub fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0_usize) << 10
}
