//! A host that lends objects to a plugin, in a process of its own.
//!
//! It starts the plugin with the argument `PLUGIN_ARGUMENT`, if that is set, and prints its pid.
//! `counter-host PLUGIN KEY put TIMES` counts, and says how many descriptors the calls have left open
//! here and in the plugin.
//! `counter-host PLUGIN KEY die` ends itself while the plugin calls it back.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use counter_plugins::{AddHelper, Adds, Counter};
use plug::link::{Handshake, ProcessOptions};
use plug::{Error, Registry, plug};

/// Ends its process.
struct Dies;

#[plug(_)]
impl AddHelper for Dies {
    fn sum(&self, _: i64, _: i64) -> Result<i64, Error> {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}

fn descriptors(pid: &str) -> Result<usize, Error> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [path, key, command, rest @ ..] = &arguments[..] else {
        return Err(Error::msg("name a plugin, a key and a command"));
    };
    let handshake = Handshake::new("BASIC_PLUGIN", "hello").interface::<dyn Counter>(1);
    // Debian's go-plugin cannot dial with AutoMTLS.
    let mut options = ProcessOptions::new().handshake(handshake).dispense("counter").without_tls();
    if let Ok(argument) = std::env::var("PLUGIN_ARGUMENT") {
        options = options.arg(argument);
    }
    let process = options.open(path)?;
    let mut registry = Registry::new();
    registry.add(&process)?;
    let counter = registry.plugins_of::<dyn Counter>().next().expect("it has one").open::<dyn Counter>()?;
    let pid = process.pid()?.to_string();
    println!("{pid}");
    if command == "die" {
        return counter.put(&Dies, key, 1);
    }
    let times = rest.first().map_or(Ok(1), |times| times.parse::<u32>()).map_err(Error::new)?;
    // The first call opens what stays open.
    counter.put(&Adds, key, 1)?;
    let before = [descriptors("self")?, descriptors(&pid)?];
    for _ in 1..times {
        counter.put(&Adds, key, 1)?;
    }
    let start = Instant::now();
    let mut more = [0, 0];
    // The last connection may still be closing.
    while start.elapsed() < Duration::from_secs(5) {
        let after = [descriptors("self")?, descriptors(&pid)?];
        more = [after[0].saturating_sub(before[0]), after[1].saturating_sub(before[1])];
        if more == [0, 0] {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    println!("{}, {} and {} descriptors more", counter.get(key)?, more[0], more[1]);
    Ok(())
}
