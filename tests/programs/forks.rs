//! A host that forks while plugins of every remote link are open, and prints the results of both
//! processes. It has no log, so the output of its plugins goes to stderr.
//! The argument is the path of the worker.

#![allow(unsafe_code, reason = "a fork is unsafe")]

use std::path::Path;
use std::time::Duration;

use plug::link::{Grpc, Process, ProcessOptions};
use plug::{Error, Link, Registry, Server};
use process_interface::Work;

fn main() -> Result<(), Error> {
    let worker = std::env::args().nth(1).expect("the path of the worker");
    let parent = std::process::id();
    let process = Process::open(&worker)?;
    let netrpc = ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc").open(&worker)?;
    let unused = Process::open(&worker)?;
    let server = Server::new().plugins(process.plugins()?).instances(10).bind("127.0.0.1:0")?;
    let address = server.address();
    std::thread::spawn(move || server.serve());
    let grpc = Grpc::open(&address)?;
    let works = [work(&process)?, work(&netrpc)?, work(&grpc)?];
    let before = facts(&works)?;
    works[0].obey("tell printed by the parent")?;
    // The thread that prints it is not in the fork.
    while !has_thread("plug-stderr") {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(50));
    // SAFETY: the fork has this thread alone. The system's allocator supports that, and this program
    // tests that the links take no lock there that another thread may have held.
    match unsafe { libc::fork() } {
        0 => {
            let processes = format!("process {parent} has opened it, and this is process {}", std::process::id());
            let say = |text: String| {
                let text = text.replace(&address, "ADDRESS");
                println!("{}", text.replace(&processes, "process PARENT has opened it, and this is process FORK"));
            };
            for work in &works {
                say(format!("{:?}", work.sum(1, &[2]).expect_err("it is the parent's")));
            }
            for refused in [process.check(), unused.check(), grpc.check(), grpc.plugins().map(drop)] {
                say(format!("{:?}", refused.expect_err("it is the parent's")));
            }
            drop((works, process, netrpc, unused, grpc));
            for work in [work(&Process::open(&worker)?)?, work(&Grpc::open(&address)?)?] {
                say(format!("a plugin of the fork: {}", work.sum(1, &[2])?));
            }
            work(&Process::open(&worker)?)?.obey("tell printed by the fork")?;
        }
        -1 => return Err(std::io::Error::last_os_error().into()),
        fork => {
            let mut status = 0;
            // SAFETY: the pointer is that of a local variable.
            unsafe { libc::waitpid(fork, &raw mut status, 0) };
            println!("the fork ended with {status}");
            for (before, after) in before.iter().zip(&facts(&works)?) {
                let has_socket = Path::new(&after.1).exists();
                println!("a plugin of the parent: {}", if before == after && has_socket { "the same" } else { "lost" });
            }
        }
    }
    Ok(())
}

fn work(link: &dyn Link) -> Result<Box<dyn Work>, Error> {
    let mut registry = Registry::new();
    registry.add(link)?;
    registry.open::<dyn Work>("worker")
}

/// Whether this process has a thread of this name.
fn has_thread(name: &str) -> bool {
    let threads = std::fs::read_dir("/proc/self/task").expect("it lists the threads").flatten();
    let mut names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.any(|other| other.trim_end() == name)
}

/// The ID and the socket of each worker's process.
fn facts(works: &[Box<dyn Work>]) -> Result<Vec<(String, String)>, Error> {
    works.iter().map(|work| Ok((work.obey("pid")?, work.obey("socket")?))).collect()
}
