//! A host that calls asynchronous methods of the same plugin through plug, async-ffi and stabby, and measures the calls.
//!
//! * `calls PLUG ASYNC_FFI STABBY`, with the paths of the libraries, prints a line for each of [`METHODS`]:
//!   the median nanoseconds of a call on the four sides, of which two are of async-ffi, in place and in a box.
//! * `count METHOD COUNT SIDE PATH` makes that many calls, for a profiler.

mod side;

use std::time::Instant;

use side::{Calls, async_ffi, plug, stabby};

const METHODS: [&str; 3] = ["add", "say_hello", "pause"];
const BATCH: usize = 1_000;
const ROUNDS: usize = 1_001;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["calls", plug, async_ffi, stabby] => {
            calls([
                plug::open(plug),
                async_ffi::open(async_ffi),
                async_ffi::open_boxed(async_ffi),
                stabby::open(stabby),
            ]);
        }
        ["count", method, count, side, path] => {
            let calls = match side {
                "plug" => plug::open(path),
                "async-ffi" => async_ffi::open(path),
                "async-ffi-boxed" => async_ffi::open_boxed(path),
                _ => stabby::open(path),
            };
            let method = METHODS.iter().position(|name| *name == method).expect("there is this method");
            calls[method](count.parse().expect("a number"));
        }
        _ => panic!("wrong arguments: {arguments:?}"),
    }
}

/// Times all in one process, in rounds with a batch of each, so that other load affects all alike.
fn calls(sides: [Calls; 4]) {
    for method in 0..METHODS.len() {
        let mut times: [Vec<f64>; 4] = Default::default();
        for _ in 0..ROUNDS {
            for (times, side) in times.iter_mut().zip(&sides) {
                let start = Instant::now();
                side[method](BATCH);
                times.push(start.elapsed().as_nanos() as f64 / BATCH as f64);
            }
        }
        let [plug, async_ffi, boxed, stabby] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        println!("{plug} {async_ffi} {boxed} {stabby}");
    }
}
