//! A host that follows orders: `host [--plain] PATH ORDER…`.
//! It carries out some orders itself, passes the others to the worker, and prints the replies.
//! Then it waits until its stdin is closed.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use plug::link::{Process, ProcessOptions};
use plug::plug;
use process_interface::{Number, Work};

/// A plugin of the host itself.
#[derive(Default)]
struct Lodger;

/// Runs in the host's own executable.
#[plug("lodger")]
impl Work for Lodger {
    fn echo(&self, data: &[u8]) -> Result<Vec<u8>, plug::Error> {
        Ok(data.to_vec())
    }

    fn fail(&self, text: &str) -> Result<(), plug::Error> {
        Err(plug::Error::msg(text))
    }

    fn sum(&self, start: u64, numbers: &[Number]) -> Result<u64, plug::Error> {
        Ok(start + numbers.iter().copied().sum::<u64>())
    }

    fn sleep(&self, _: u64) -> Result<(), plug::Error> {
        Ok(())
    }

    fn die(&self, _: &str) -> Result<(), plug::Error> {
        std::process::abort()
    }

    fn obey(&self, _: &str) -> Result<String, plug::Error> {
        Ok(std::process::id().to_string())
    }
}

fn main() -> ExitCode {
    if let Some(code) = plug::serve_isolated() {
        return code;
    }
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<(), plug::Error> {
    // Only then is an interrupt not the end of this host.
    let interrupts = arguments.iter().any(|order| order == "interrupted").then(interrupts);
    let mut arguments = arguments.into_iter().peekable();
    let options = ProcessOptions::new();
    let options = if arguments.next_if(|first| first == "--plain").is_some() { options.without_tls() } else { options };
    let path = arguments.next().unwrap_or_default();
    let process = if path == "isolated" { options.isolated()? } else { options.open(&path)? };
    let mut registry = plug::Registry::new();
    let mut work: Option<Box<dyn Work>> = None;
    for order in arguments {
        match order.split_once(' ').unwrap_or((&order, "")) {
            // The process need not have an interface.
            ("start", _) => say(&format!("started {}", started(&process)?)),
            ("memory", _) => say(&memory()),
            ("sleep", millis) => {
                let work = open(&mut registry, &process, &mut work)?;
                say("sleeping");
                work.sleep(millis.parse().expect("it is a number"))?;
            }
            ("interrupted", _) => {
                interrupts.as_ref().expect("it listens").recv().expect("the listener lives");
                say("interrupted");
            }
            _ => say(&open(&mut registry, &process, &mut work)?.obey(&order)?),
        }
    }
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    Ok(())
}

fn open<'a>(
    registry: &mut plug::Registry,
    process: &Process,
    work: &'a mut Option<Box<dyn Work>>,
) -> Result<&'a dyn Work, plug::Error> {
    if work.is_none() {
        registry.add(process)?;
        let name = registry.plugins().next().map(|plugin| plugin.name().to_owned()).unwrap_or_default();
        *work = Some(registry.open(&name)?);
    }
    Ok(&**work.as_ref().expect("it was just opened"))
}

fn started(process: &Process) -> Result<u32, plug::Error> {
    process.version()
}

fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).expect("stdout is open");
}

/// The peak memory of this process, in KiB.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("it is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the line exists");
    line.trim().trim_end_matches(" kB").to_owned()
}

/// An interrupt at the terminal does not end this host.
fn interrupts() -> mpsc::Receiver<()> {
    let (send, receive) = mpsc::channel();
    let (ready, is_ready) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut interrupts =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).expect("a signal");
            ready.send(()).expect("the receiver lives");
            while interrupts.recv().await.is_some() && send.send(()).is_ok() {}
        });
    });
    is_ready.recv().expect("it listens");
    receive
}
