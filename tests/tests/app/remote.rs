//! The apps and plugins of these tests, and a server that ends with its test.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use plug_tests::{app, check_command};

/// The app with all plugins and all links.
pub static FULL: LazyLock<PathBuf> = LazyLock::new(|| PathBuf::from(env!("CARGO_BIN_EXE_full-app")));

/// The app with the plugins of `programs/far/plugins.rs`.
pub static FAR: LazyLock<PathBuf> = LazyLock::new(|| PathBuf::from(env!("CARGO_BIN_EXE_far")));

/// The plugins of `programs/far/plugins.rs` as a process.
pub static FAR_PLUGIN: LazyLock<PathBuf> = LazyLock::new(|| PathBuf::from(env!("CARGO_BIN_EXE_far-plugin")));

static A: LazyLock<PathBuf> = LazyLock::new(|| PathBuf::from(env!("CARGO_BIN_EXE_process-a")));

static POLITE: LazyLock<PathBuf> = LazyLock::new(|| PathBuf::from(env!("CARGO_BIN_EXE_process-polite")));

/// Runs the app, and compares its output and exit status with the expected text.
/// In both, `<a>` and similar names stand for paths.
#[track_caller]
pub fn check_remote(arguments: &[&str], expected: &str) {
    check_command(app(&FULL).args(arguments.iter().map(|argument| filled(argument))), &filled(expected));
}

/// Puts the paths of the executables into the text.
pub fn filled(text: &str) -> String {
    let mut filled = text.to_owned();
    for (name, path) in [("<a>", &A), ("<polite>", &POLITE), ("<far-plugin>", &FAR_PLUGIN), ("<far>", &FAR)] {
        filled = filled.replace(name, path.to_str().expect("the path is UTF-8"));
    }
    filled
}

/// An app that serves. It is killed unless its test ends it.
pub struct Serving {
    child: Child,
    pub address: String,
}

impl Serving {
    /// Starts `app serve` with these arguments.
    pub fn start(command: &mut Command, arguments: &[&str]) -> Self {
        let mut child = command
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the app can be run");
        let mut address = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        stdout.read_line(&mut address).expect("the app writes UTF-8");
        child.stdout = Some(stdout.into_inner());
        Self { child, address: address.trim_end().to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
        assert!(sent.expect("there is `kill`").success());
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it can be waited for")
    }

    /// The rest of its output, and its exit status.
    pub fn end(mut self) -> Output {
        let until = Instant::now() + Duration::from_secs(60);
        while self.has_ended().is_none() {
            assert!(Instant::now() < until, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut output = Output { status: self.has_ended().expect("it has ended"), stdout: vec![], stderr: vec![] };
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        std::io::Read::read_to_end(&mut stdout.expect("it is piped"), &mut output.stdout).expect("it can be read");
        std::io::Read::read_to_end(&mut stderr.expect("it is piped"), &mut output.stderr).expect("it can be read");
        output
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
