//! Plugins in processes over net/rpc, beside HashiCorp's go-plugin: calls, throughput and starts.
//! All with and without AutoMTLS.
//!
//! Host and plugin are both of plug, or both of Go, as in `process`.

use plug_tests::go;

use crate::programs::{process_plugin, process_program};
use crate::reports::{Measured, Reports, Wanted};
use crate::table::Table;

/// Processes of each sort.
const ROUNDS: usize = 9;
/// Calls that each process times.
const CALLS: usize = 4_000;
/// Starts that each process times.
const STARTS: usize = 15;
/// The time of calls from many threads, in milliseconds.
const SPAN: u64 = 400;

pub fn measure(table: &mut Table) {
    let (Some(go_host), Some(go_plugin)) = (go("bench-rpc-host"), go("rpc-plugin")) else { return };
    let (plugin, host) = (process_plugin(), process_program("process-callers", "host"));
    let [plugin, go_plugin] = [&plugin, &go_plugin].map(|path| path.to_str().expect("the path is text"));
    let sides = [
        Measured::ours(&host, &["-netrpc", plugin]),
        Measured::go(&go_host, &[go_plugin]),
        Measured::ours(&host, &["-netrpc", "-tls", plugin]),
        Measured::go(&go_host, &["-tls", go_plugin]),
    ];
    let ways = ["without TLS", "with AutoMTLS"];

    let calls = Reports::of(ROUNDS, &sides, Wanted::Calls(CALLS));
    for (place, which) in [("/call/p50_ns", ""), ("/call/p99_ns", ", the 99th of 100")] {
        let times = calls.medians(place).map(|ns| ns / 1e3);
        for (at, way) in ways.into_iter().enumerate() {
            let what = format!("µs of a call by net/rpc {way}{which}, against go-plugin");
            table.row_guarded(&what, times[2 * at], times[2 * at + 1], 0.6, 1.2);
        }
    }

    let load = Reports::of(ROUNDS.div_ceil(2), &sides, Wanted::Load(SPAN));
    for threads in [1, 8, 64] {
        let rates = load.medians(&format!("/calls_per_second/{threads}"));
        for (at, way) in ways.into_iter().enumerate() {
            let [ours, theirs] = [2 * at, 2 * at + 1].map(|side| 1e6 / rates[side]);
            let what = format!("µs for each call by net/rpc from {threads} threads {way}, against go-plugin");
            match threads {
                64 => table.row_guarded(&what, ours, theirs, 1.0 / 1.5, 2.0),
                _ => table.row(&what, ours, theirs, None),
            }
        }
    }

    let starts = Reports::of(ROUNDS, &sides, Wanted::Starts(STARTS)).medians("/cold/p50_ns");
    for (at, way) in ways.into_iter().enumerate() {
        let what = format!("ms from a plugin's path to its first answer by net/rpc {way}, against go-plugin");
        table.row_guarded(&what, starts[2 * at] / 1e6, starts[2 * at + 1] / 1e6, 0.6, 1.2);
    }
}
