//! A job of a test: its file, its run, and what it needs of the world.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use etl::Job;
use plug::Error;

pub const LINKS: &[&str] = &["builtin", "library", "process", "grpc"];
pub const PLUGINS: &str = env!("CARGO_BIN_EXE_etl-plugins");

/// A file in a folder of these tests.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

pub fn write(name: &str, text: &str) -> PathBuf {
    let path = path(name);
    fs::write(&path, text).unwrap();
    path
}

/// A path for which there is no file.
pub fn free(name: &str) -> PathBuf {
    let path = path(name);
    let _ = fs::remove_file(&path);
    path
}

/// The section `[links]`. It comes last, so that the lines of the stages count from 1.
pub fn links() -> String {
    // Cargo has built the shared libraries beside this test.
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap();
    format!("\n[links]\nlibrary = {library:?}\nprocess = {PLUGINS:?}\ngrpc = {:?}\n", server())
}

/// The address of a server, which ends with the tests.
fn server() -> &'static str {
    static SERVER: LazyLock<String> = LazyLock::new(|| {
        let server = plug::Server::new().instances(100).bind("127.0.0.1:0").unwrap();
        let address = server.address();
        thread::spawn(move || server.serve());
        address
    });
    &SERVER
}

/// Runs the job of a file with these stages. Returns the number of records and the reports.
pub fn run(name: &str, stages: &str) -> (Result<u64, Error>, Vec<String>) {
    let file = write(name, &(stages.to_owned() + &links()));
    let reports = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&reports);
    let note = move |stage: &str, text: &str| noted.lock().unwrap().push(format!("{stage}: {text}"));
    let job = Job::open(file.to_str().unwrap());
    let written = job.and_then(|job| pollster::block_on(job.run(Arc::new(note))));
    let reports = reports.lock().unwrap().clone();
    (written, reports)
}

/// The error of such a job, with its causes.
pub fn failure(name: &str, stages: &str) -> String {
    format!("{:?}", run(name, stages).0.unwrap_err())
}

/// The program `etl` with such a file. It ends with the test.
pub struct Running(pub Child);

impl Running {
    pub fn start(name: &str, stages: &str) -> Self {
        let file = write(name, &(stages.to_owned() + &links()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_etl"));
        let command = command.arg(file).env("RUST_BACKTRACE", "0").stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// The processes of its stages.
    pub fn stages(&self) -> Vec<u32> {
        let processes =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        processes.filter(|process| status(*process, "PPid") == Some(self.0.id().into())).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A number in the status of a process.
pub fn status(process: u32, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The address of a server for `feed`, which gives each client what `feed` writes.
/// It first reads the token, which is `open sesame`.
pub fn feeder(feed: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, mut token) = (client.unwrap(), String::new());
            BufReader::new(&client).read_line(&mut token).unwrap();
            match &token[..] {
                "open sesame\n" => _ = thread::spawn(move || feed(client)),
                _ => _ = (&client).write_all(b"denied\n"),
            }
        }
    });
    address
}
