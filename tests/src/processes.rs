//! The programs that the process link is tested with, built as their users build them, and what it takes to watch them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{cargo, is_linkme, root, succeed, target};

/// The worker of `fixtures/process`.
pub fn worker() -> PathBuf {
    process_program("worker")
}

/// A program of `fixtures/process`.
pub fn process_program(name: &str) -> PathBuf {
    process_variant(name, "now")
}

/// The same, built with another variant of the interface.
pub fn process_variant(name: &str, variant: &str) -> PathBuf {
    let (folder, kept) = (target().join("process/fixture"), target().join("process/built").join(variant));
    once(&kept, || {
        let mut cargo = cargo();
        cargo.args(["build", "--quiet", "--workspace", "--target-dir"]).arg(&folder);
        match variant {
            "now" => cargo.env_remove("PROCESS_INTERFACE"),
            _ => cargo.env("PROCESS_INTERFACE", variant),
        };
        succeed(cargo.current_dir(root().join("tests/fixtures/process")));
        // The next variant is built in the same place.
        fs::create_dir_all(&kept).expect("the folder can be made");
        for program in
            ["host", "store", "twice", "worker"].map(|name| format!("{name}{}", std::env::consts::EXE_SUFFIX))
        {
            let new = kept.join("new");
            fs::copy(folder.join("debug").join(&program), &new).expect("what was built can be copied");
            fs::rename(&new, kept.join(&program)).expect("a file can be renamed");
        }
    });
    kept.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A plugin crate of this workspace as an executable.
pub fn process(package: &str) -> PathBuf {
    let set = if is_linkme() { "linkme" } else { "inventory" };
    let folder = target().join("process").join(set);
    once(&folder.join(package), || {
        let mut cargo = cargo();
        cargo.args(["build", "--quiet", "--package", package, "--features", "process", "--target-dir"]).arg(&folder);
        if is_linkme() {
            cargo.args(["--features", "plug/linkme"]);
        }
        succeed(cargo.current_dir(root()));
    });
    folder.join("debug").join(format!("{package}{}", std::env::consts::EXE_SUFFIX))
}

/// Builds once in this process, and not at the same time as another.
fn once(what: &Path, build: impl FnOnce()) {
    static BUILT: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);
    // A build that failed is tried again by the next test, and fails it too.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if built.contains(what) {
        return;
    }
    fs::create_dir_all(target().join("process")).expect("the folder can be made");
    let lock = File::create(target().join("process/lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    build();
    built.insert(what.to_owned());
}

/// A program that was started, and is killed when this is dropped.
pub struct Started {
    child: Child,
    lines: BufReader<ChildStdout>,
}

/// Starts a program, whose stdout is read in lines, and whose stdin stays open.
pub fn start(command: &mut Command) -> Started {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let lines = BufReader::new(child.stdout.take().expect("its stdout is piped"));
    Started { child, lines }
}

impl Started {
    /// The next line that it prints, or what is left where there is none.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("it can be read");
        line.trim_end_matches('\n').to_owned()
    }

    /// Its number.
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

/// Waits until something is so, and says how long that took.
///
/// # Panics
///
/// Where it is not so within `limit`.
#[track_caller]
pub fn until(limit: Duration, what: &str, is_so: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    start.elapsed()
}
