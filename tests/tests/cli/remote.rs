//! The app that starts processes and reaches servers, the plugins it is given there, and a server that ends with its test.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::{app, check_command};

/// With the plugins `a`, `formal` and `polite`, and all that is remote.
pub static REMOTE: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::app(&["a", "grpc", "polite", "process"], "dev"));

/// A package that wraps it with the plugins of `far/lib.rs`.
pub static FAR: LazyLock<PathBuf> = LazyLock::new(|| BUILT.join(format!("far{}", std::env::consts::EXE_SUFFIX)));

/// Those plugins as a process.
pub static FAR_PLUGIN: LazyLock<PathBuf> =
    LazyLock::new(|| BUILT.join(format!("far-plugin{}", std::env::consts::EXE_SUFFIX)));

pub static A: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::process("plugin-a"));

pub static POLITE: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::process("plugin-polite"));

/// Runs the app, and compares all that can be seen of it with what is expected. In both, `<a>` and so on is a path.
#[track_caller]
pub fn check_remote(arguments: &[&str], expected: &str) {
    check_command(app(&REMOTE).args(arguments.iter().map(|argument| filled(argument))), &filled(expected));
}

/// The text with the paths of the executables.
pub fn filled(text: &str) -> String {
    let mut filled = text.to_owned();
    for (name, path) in [("<a>", &A), ("<polite>", &POLITE), ("<far-plugin>", &FAR_PLUGIN), ("<far>", &FAR)] {
        // Those that are not named are not built.
        if text.contains(name) {
            filled = filled.replace(name, path.to_str().expect("the path is UTF-8"));
        }
    }
    filled
}

/// An app that serves, and is killed where its test does not end it.
pub struct Serving {
    child: Child,
    pub address: String,
}

impl Serving {
    /// With these arguments of `app serve`.
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

    /// Whether it has ended yet.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it can be waited for")
    }

    /// What it has written since, and how it ended.
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

/// The folder with the programs of `far`.
static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
    let (root, folder) = (plug_tests::root(), plug_tests::scratch("far"));
    let root_path = root.to_str().expect("the path is UTF-8").replace('\\', "/");
    let manifest = format!(
        r#"[package]
name = "far"
description = "Greets from afar"
version = "1.2.3"
edition = "2024"

[workspace]

[[bin]]
name = "far"
path = "src/main.rs"

[[bin]]
name = "far-plugin"
path = "src/plugin.rs"

[dependencies]
app = {{ path = "{root_path}/app", features = ["grpc", "process"] }}
app-interface.path = "{root_path}/app/interface"
plug.path = "{root_path}/plug"
"#
    );
    fs::create_dir_all(folder.join("src")).expect("a folder can be made");
    for (file, text) in [
        ("Cargo.toml", &manifest[..]),
        ("src/lib.rs", include_str!("far/lib.rs")),
        ("src/main.rs", include_str!("far/main.rs")),
        ("src/plugin.rs", include_str!("far/plugin.rs")),
    ] {
        fs::write(folder.join(file), text).expect("a file can be written");
    }
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a file can be copied");
    // Beside the app with the same features, whose dependencies are the same and so are built once.
    let built = REMOTE.parent().expect("it is in the folder of a profile");
    let mut cargo = plug_tests::cargo();
    cargo.args(["build", "--quiet", "--target-dir"]).arg(built.parent().expect("which is in another"));
    plug_tests::succeed(cargo.current_dir(&folder));
    built.to_owned()
});
