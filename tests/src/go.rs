//! The programs of `tests/go`, built with Debian's packages: the other side of the wire, from people who know nothing of us.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::{leave_out, root, succeed, target};

/// Where Debian's packages put Go's sources.
const PACKAGES: &str = "/usr/share/gocode";

/// A program of `tests/go`, built if need be, or none where Go or what the programs use is not installed: then that has been said.
/// `.ci/omitted` does not name it, so `.ci/run` fails there.
pub fn go(program: &str) -> Option<PathBuf> {
    static BUILT: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(Mutex::default);
    if !has_go() {
        return None;
    }
    // A build that failed is tried again by the next test, and fails it too.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    Some(built.entry(program.to_owned()).or_insert_with(|| build(program)).clone())
}

/// The `go` command, set up for `tests/go`, or none as above.
pub fn go_command() -> Option<Command> {
    has_go().then(command)
}

/// Whether the process is there and not a zombie, which is what an orphan becomes where nobody waits for it.
pub fn is_running(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat"));
    state.is_ok_and(|state| state.rsplit(") ").next().is_some_and(|state| !state.starts_with(['Z', 'X'])))
}

/// A folder for sockets, removed with its owner. Its path is short, since a socket's may have no more than 107 bytes.
pub struct Sockets(PathBuf);

impl Sockets {
    /// An empty folder of its own.
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

/// Looked for once, and so said once.
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
    // Another process may build the same.
    let lock = File::create(folder.join("lock")).expect("the lock can be made");
    lock.lock().expect("the lock can be taken");
    let built = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    // Go links nothing again that is up to date, and replaces what is not: a program that runs keeps its file.
    succeed(command().args(["build", "-o"]).arg(&built).arg(format!("./{program}")));
    built
}

/// Without modules, which would want the network, without the user's settings, and without C, which would want a compiler.
fn command() -> Command {
    let mut go = Command::new("go");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GO") {
            go.env_remove(name);
        }
    }
    go.envs([("GO111MODULE", "off"), ("GOENV", "off"), ("GOPATH", PACKAGES), ("CGO_ENABLED", "0")]);
    go.env("GOCACHE", target().join("go/cache")).current_dir(root().join("tests/go"));
    go
}
