//! Builds the programs of `tests/go` with Debian's packages.
//! They are peers that were written independently of plug.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::{leave_out, root, succeed, target};

/// The folder in which Debian's packages install Go's sources.
const PACKAGES: &str = "/usr/share/gocode";

/// A program of `tests/go`, built unless it is up to date.
/// `None` if Go or a package is not installed, which is then reported as an omission.
/// `.ci/omitted` does not name that omission, so `.ci/run` fails on it.
pub fn go(program: &str) -> Option<PathBuf> {
    static BUILT: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(Mutex::default);
    if !has_go() {
        return None;
    }
    // A failed build is repeated by the next test, which then fails too.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    Some(built.entry(program.to_owned()).or_insert_with(|| build(program)).clone())
}

/// The `go` command, set up for `tests/go`. `None` as in [`go`].
pub fn go_command() -> Option<Command> {
    has_go().then(command)
}

/// A program of go-plugin's own examples, unchanged, such as `bidirectional`, and its plugin `bidirectional-plugin-go-grpc`.
/// The variable `PLUG_GO_EXAMPLES` names the folder of the built programs, which are no part of this repository.
/// `None` without it, which is then reported as an omission.
pub fn go_example(program: &str) -> Option<PathBuf> {
    static EXAMPLES: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let folder = std::env::var_os("PLUG_GO_EXAMPLES").map(PathBuf::from);
        if folder.is_none() {
            leave_out("go-examples", "`PLUG_GO_EXAMPLES` names no folder with the built examples of go-plugin");
        }
        folder
    });
    EXAMPLES.as_ref().map(|folder| folder.join(program).with_extension(std::env::consts::EXE_EXTENSION))
}

/// Whether the process exists and is not a zombie.
/// An orphan becomes a zombie if no process waits for it.
pub fn is_running(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat"));
    state.is_ok_and(|state| state.rsplit(") ").next().is_some_and(|state| !state.starts_with(['Z', 'X'])))
}

/// A folder for sockets, which is removed when this is dropped.
/// Its path is short, since the path of a socket may have at most 107 bytes.
pub struct Sockets(PathBuf);

impl Sockets {
    /// Makes an empty folder.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Sockets {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("plug-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder for sockets can be made");
        Sockets(folder)
    }
}

impl Deref for Sockets {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Looks once, so that an omission is reported once.
fn has_go() -> bool {
    static HAS_GO: LazyLock<bool> = LazyLock::new(|| {
        let sources = |path: &str| Path::new(PACKAGES).join("src").join(path).is_dir();
        let packages = [
            ("golang-go", Command::new("go").arg("version").output().is_ok_and(|output| output.status.success())),
            ("golang-github-hashicorp-go-plugin-dev", sources("github.com/hashicorp/go-plugin")),
            ("golang-google-grpc-dev", sources("google.golang.org/grpc")),
        ];
        let missing: Vec<_> = packages.iter().filter(|(_, is_there)| !is_there).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            leave_out("go", &format!("not installed: {}", missing.join(", ")));
        }
        missing.is_empty()
    });
    *HAS_GO
}

fn build(program: &str) -> PathBuf {
    let folder = target().join("go");
    fs::create_dir_all(&folder).expect("the folder can be made");
    // Another process may build the same program.
    let lock = File::create(folder.join("lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    let built = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    // Go links only programs that are out of date.
    // It replaces their files, so that a running program keeps its own.
    succeed(command().args(["build", "-o"]).arg(&built).arg(format!("./{program}")));
    built
}

/// Runs Go without modules, which need the network, without the user's settings, and without C,
/// which needs a compiler.
fn command() -> Command {
    let mut go = Command::new("go");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GO") {
            go.env_remove(name);
        }
    }
    go.envs([("GO111MODULE", "off"), ("GOENV", "off"), ("CGO_ENABLED", "0")]);
    go.env("GOPATH", PACKAGES).env("GOCACHE", target().join("go/cache")).current_dir(root().join("tests/go"));
    go
}
