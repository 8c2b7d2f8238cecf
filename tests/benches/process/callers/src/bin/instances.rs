//! Measures a thousand instances of a plugin in one process, beside one instance.
//!
//! ```text
//! instances [-tls] [-netrpc] [-calls COUNT] PLUGIN
//! ```
//!
//! It prints the times of two runs, each of them the median of several, in nanoseconds:
//! `many` opens COUNT instances, calls each of them once and drops all,
//! and `one` calls one instance COUNT times and makes as many empty calls.

use std::time::{Duration, Instant};

use plug::link::ProcessOptions;
use plug::{Error, Registry};
use process_callers::{Asked, each, hello};
use process_interface::Plug;

/// Runs of each sort, in turns.
const RUNS: usize = 15;

fn main() -> Result<(), Error> {
    let asked = Asked::read("instances [-tls] [-netrpc] [-calls N] PLUGIN")?;
    let options = ProcessOptions::new();
    let options = if asked.netrpc { options.env("PLUG_PROTOCOL", "netrpc") } else { options };
    let options = if asked.tls { options } else { options.without_tls() };
    let process = options.open(&asked.arguments[0])?;
    let mut registry = Registry::new();
    registry.add(&process)?;
    let name = registry.plugins().next().map(|plugin| plugin.name().to_owned()).unwrap_or_default();
    let open = || registry.open::<dyn Plug>(&name);
    let plugin = open()?;
    let many = || {
        let start = Instant::now();
        let all = (0..asked.calls).map(|_| open()).collect::<Result<Vec<_>, _>>()?;
        all.iter().try_for_each(|plugin| hello(&**plugin))?;
        drop(all);
        Ok(start.elapsed())
    };
    let one = || {
        let start = Instant::now();
        for _ in 0..asked.calls {
            hello(&*plugin)?;
        }
        for _ in 0..asked.calls {
            process.check()?;
        }
        Ok(start.elapsed())
    };
    let (_, _) = (many()?, one()?);
    let (mut many_times, mut one_times) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        many_times.extend(each(1, many)?);
        one_times.extend(each(1, one)?);
    }
    let median = |times: &mut Vec<u64>| {
        times.sort_unstable();
        Duration::from_nanos(times[times.len() / 2]).as_nanos()
    };
    println!("{{\"many\":{},\"one\":{}}}", median(&mut many_times), median(&mut one_times));
    Ok(())
}
