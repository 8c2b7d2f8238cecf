//! Tests with real Go programs as peers: the hosts, plugins, clients and servers of `tests/go`.

mod app;
mod asynchronous;
mod baseline;
mod broker;
mod callbacks;
mod client;
mod document;
mod host;
mod log;
mod plugin;
mod rpc;
mod server;
mod streams;
mod tls;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use plug_tests::{go_command, is_running, root, run, succeed, texts};

plug::link!();

/// 8 MiB, twice the limit of gRPC's default.
const LARGE: &str = "8388608";

#[test]
fn the_programs_are_formatted_and_vetted() {
    let Some(mut vet) = go_command() else { return };
    let packages = plug_tests::entries(&root().join("tests/go"));
    succeed(vet.arg("vet").args(packages.iter().map(|path| format!("./{}", path.file_name().unwrap().display()))));
    assert_eq!(succeed(Command::new("gofmt").arg("-l").args(&packages)), "");
}

/// A Go program that calls, and its peer.
struct Caller<'a> {
    program: &'a Path,
    flags: &'a [&'a str],
    to: &'a str,
    sockets: &'a Path,
}

impl Caller<'_> {
    fn command(&self, call: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(self.flags).args(["-call", call, self.to]).args(arguments).env("TMPDIR", self.sockets);
        command
    }

    fn answer(&self, call: &str, arguments: &[&str]) -> String {
        succeed(&mut self.command(call, arguments)).trim_end_matches('\n').to_owned()
    }

    /// The last line of stderr, `CODE: MESSAGE`.
    fn error(&self, call: &str, arguments: &[&str]) -> String {
        let output: Output = run(&mut self.command(call, arguments));
        let (stdout, stderr) = texts(&output);
        assert_eq!(output.status.code(), Some(1), "{call} {arguments:?}: {stdout}\n{stderr}");
        stderr.lines().last().unwrap_or_default().to_owned()
    }
}

/// Asserts the replies of a server of `Plug`.
fn greets(caller: &Caller) {
    assert_eq!(caller.answer("hello", &["x"]), "hello, x");
    assert_eq!(caller.answer("hello", &[]), "hello, ");
    assert_eq!(caller.answer("hello", &["Zoë"]), "hello, Zoë");
}

/// Asserts the replies of a server of `Work`.
fn works(caller: &Caller) {
    assert_eq!(caller.answer("echo", &["0"]), "0 bytes");
    assert_eq!(caller.answer("echo", &[LARGE]), format!("{LARGE} bytes"));
    assert_eq!(caller.answer("sum", &["5"]), "5");
    assert_eq!(caller.answer("sum", &["5", "1", "2", "18446744073709551600"]), "18446744073709551608");
    assert_eq!(caller.answer("sleep", &["20"]), "slept");
    assert_eq!(caller.error("fail", &["no such luck"]), "Unknown: no such luck");
    assert_eq!(caller.error("fail", &["50 % of Zoë's: luck"]), "Unknown: 50 % of Zoë's: luck");
    let hurried = Caller { flags: &[caller.flags, &["-deadline", "100ms"]].concat(), ..*caller };
    assert_eq!(hurried.error("sleep", &["60000"]), "DeadlineExceeded: context deadline exceeded");
}

/// Asserts the errors for a plugin that ends during a call.
fn deaths(host: &Caller, ways: &[&str]) {
    for how in ways {
        let error = host.error("die", &[how]);
        assert!(error.starts_with("Unavailable: "), "{how}: {error}");
    }
    let start = Instant::now();
    let killing = Caller { flags: &[host.flags, &["-kill-after", "100ms"]].concat(), ..*host };
    let error = killing.error("sleep", &["60000"]);
    assert!(error.starts_with("Unavailable: "), "{error}");
    assert!(start.elapsed() < Duration::from_secs(30));
}

/// A plugin that a host in Go started.
struct Running {
    pid: u32,
    /// `PID NETWORK ADDRESS`
    line: String,
}

/// A host that has started a plugin, and keeps it until the host's stdin ends.
fn hang(host: &Path, flags: &[&str], plugin: &Path, sockets: &Path) -> (Child, Running) {
    let mut command = Command::new(host);
    command.args(flags).arg("-hang").arg(plugin).env("TMPDIR", sockets).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut host = command.spawn().unwrap();
    let line = first_line(host.stdout.take().unwrap());
    let pid = line.split(' ').next().and_then(|pid| pid.parse().ok());
    (host, Running { pid: pid.unwrap_or_else(|| panic!("{line:?} is no pid")), line })
}

/// A listening server, which is killed when this is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(program: &Path, flags: &[&str], address: &str) -> Server {
        let mut server = Server::spawn(program, flags, address);
        let listening = first_line(server.child.stdout.take().unwrap());
        assert_ne!(listening, "", "no server at {address}");
        if !address.starts_with("unix:") {
            server.address = listening;
        }
        server
    }

    /// Starts a server without waiting until it listens.
    fn spawn(program: &Path, flags: &[&str], address: &str) -> Server {
        let child = Command::new(program).args(flags).arg(address).stdout(Stdio::piped()).spawn().unwrap();
        Server { child, address: address.to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn first_line(stdout: ChildStdout) -> String {
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn kill(pid: u32) {
    succeed(Command::new("kill").args(["-9", &pid.to_string()]));
}

fn not_running_within(pid: u32, time: Duration) {
    let start = Instant::now();
    while is_running(pid) {
        assert!(start.elapsed() < time, "it is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}
