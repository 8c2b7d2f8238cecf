//! Plugins in processes, beside HashiCorp's go-plugin: calls, throughput, starts and memory.
//! All with and without AutoMTLS.
//!
//! Host and plugin are both of plug, or both of Go.
//! All run several times, in turns, and each figure is the median.

use std::process::Command;

use plug_tests::go;

use crate::measure::median;
use crate::programs::{process_plugin, process_program};
use crate::reports::{Measured, Reports, Wanted, figure, report};
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
    let (Some(go_host), Some(go_plugin)) = (go("bench-host"), go("plugin")) else { return };
    let (plugin, host) = (process_plugin(), process_program("process-callers", "host"));
    let [plugin, go_plugin] = [&plugin, &go_plugin].map(|path| path.to_str().expect("the path is text"));
    let sides = [
        Measured::ours(&host, &[plugin]),
        Measured::go(&go_host, &[go_plugin]),
        Measured::ours(&host, &["-tls", plugin]),
        Measured::go(&go_host, &["-tls", go_plugin]),
    ];

    let (socket, mut bare) = (process_program("process-callers", "socket"), Vec::new());
    let calls = Reports::with(ROUNDS, &sides, Wanted::Calls(CALLS), || {
        let report = report(Command::new(&socket).args(["-calls", &CALLS.to_string()]));
        bare.push(figure(&report, "/call/p50_ns") / 1e3);
    });
    let (bare, ways) = (median(bare), ["without TLS", "with AutoMTLS"]);
    let [p50, p99] = ["/call/p50_ns", "/call/p99_ns"].map(|place| calls.medians(place).map(|ns| ns / 1e3));
    for (at, way) in ways.into_iter().enumerate() {
        let (ours, theirs) = (2 * at, 2 * at + 1);
        let what = format!("µs of a call to a process {way}");
        table.row_guarded(&format!("{what}, against go-plugin"), p50[ours], p50[theirs], 0.6, 1.2);
        // The lower bound of a call without TLS.
        table.row(&format!("{what}, against a bare write and read"), p50[ours], bare, None);
        table.row(&format!("{what}, the 99th of 100, against go-plugin"), p99[ours], p99[theirs], None);
    }

    let load = Reports::of(ROUNDS.div_ceil(2), &sides, Wanted::Load(SPAN));
    for threads in [1, 8, 64] {
        let rates = load.medians(&format!("/calls_per_second/{threads}"));
        for (at, way) in ways.into_iter().enumerate() {
            let [ours, theirs] = [2 * at, 2 * at + 1].map(|side| 1e6 / rates[side]);
            let what = format!("µs for each call from {threads} threads {way}, against go-plugin");
            table.row_guarded(&what, ours, theirs, 1.0 / 1.5, 2.0);
        }
    }
    for (place, when) in [("/fresh_rss_kib", "that has answered once"), ("/used_rss_kib", "after many calls")] {
        let resident = load.medians(place);
        for (at, way) in ways.into_iter().enumerate() {
            let what = format!("KiB of memory of a plugin {when} {way}, against go-plugin");
            table.row_guarded(&what, resident[2 * at], resident[2 * at + 1], 0.35, 0.7);
        }
    }

    let starts = Reports::of(ROUNDS, &sides, Wanted::Starts(STARTS)).medians("/cold/p50_ns");
    for (at, (way, limit, guard)) in [(ways[0], 0.6, 1.2), (ways[1], 0.2, 0.5)].into_iter().enumerate() {
        let what = format!("ms from a plugin's path to its first answer {way}, against go-plugin");
        table.row_guarded(&what, starts[2 * at] / 1e6, starts[2 * at + 1] / 1e6, limit, guard);
    }
}
