//! Callbacks and streams: over the builtin link beside the language's own, over libraries beside calls, and over processes beside
//! go-plugin's ways of its examples `bidirectional` and `streaming`, without TLS.
//!
//! Host and plugin are both of plug, or both in Go.

use std::path::{Path, PathBuf};
use std::process::Command;

use plug_tests::go;

use crate::measure::{in_turns, median, numbers};
use crate::programs::{library, process_program, process_program_with};
use crate::reports::{figure, report};
use crate::table::Table;

/// Processes that time callbacks and items, each with other addresses.
const CALLERS: usize = 5;
/// Hosts of plug and of Go, in turns.
const ROUNDS: usize = 5;
/// Hosts of each sort that time the long stream.
const LONG_ROUNDS: usize = 3;
/// The most that a side may grow by while 1 GiB streams, in KiB.
const BOUND: f64 = 4096.0;
/// The most that both sides may grow by for 100,000 objects, in KiB.
const GROWTH: f64 = 512.0;

pub fn callbacks(table: &mut Table) {
    let (host, library, plugin) = programs();
    let builtin = medians(&host, &["builtin"]);
    table.row_guarded("ns of a callback of the builtin link, beside a dyn call", builtin[0], builtin[1], 1.0, 1.1);
    let found = medians(&host, &["library", &library]);
    table.row_guarded("ns of a callback of a library, beside a call of it", found[0], found[1], 1.2, 1.5);
    if let Some((go_host, go_plugin)) = programs_in_go() {
        let ours = || numbers(&host, &["process", &plugin])[1];
        let theirs =
            || figure(&report(Command::new(&go_host).args(["-short=0", "-long=0", &go_plugin])), "/callback/p50_ns");
        let [ours, theirs] = in_turns(ROUNDS, [&ours, &|| theirs() / 1e3]);
        table.row_guarded("µs of a call to a process with one callback, against go-plugin", ours, theirs, 0.1, 0.3);
    }
    let grown = numbers(&host, &["given", &plugin, "100000"]);
    table.row_alone("KiB that the host grows by for 100,000 given objects", grown[0], GROWTH);
    table.row_alone("KiB that the plugin grows by for them", grown[1], GROWTH);
}

pub fn streams(table: &mut Table) {
    let (host, library, plugin) = programs();
    let builtin = medians(&host, &["builtin"]);
    let what = "ns of an item of the builtin link, beside a boxed iterator's next";
    table.row_guarded(what, builtin[2], builtin[3], 1.0, 1.1);
    let found = medians(&host, &["library", &library]);
    let what = "ns of an item of 1 KiB of a library, beside a call that returns it";
    table.row_guarded(what, found[2], found[3], 1.5, 2.0);
    if let Some((go_host, go_plugin)) = programs_in_go() {
        let theirs = |place: &str, flags: [&str; 2]| {
            figure(&report(Command::new(&go_host).args(["-calls=0", flags[0], flags[1], &go_plugin])), place)
        };
        let ours = || numbers(&host, &["process", &plugin])[3];
        let [short, peer] = in_turns(ROUNDS, [&ours, &|| theirs("/short/p50_ns", ["-short=100", "-long=0"]) / 1e6]);
        let what = "ms of a stream of 1 MiB in items of 1 KiB from a process, against go-plugin";
        table.row_guarded(what, short, peer, 0.5, 1.0);
        let ours = || numbers(&host, &["stream", &plugin, "1024"])[0];
        let [long, peer] = in_turns(LONG_ROUNDS, [&ours, &|| theirs("/long/p50_ns", ["-short=0", "-long=1"]) / 1e9]);
        let what = "s of a stream of 1 GiB in items of 64 KiB from a process, against go-plugin";
        table.row_guarded(what, long, peer, 0.5, 1.0);
    }
    let grown = numbers(&host, &["stream", &plugin, "1024"]);
    table.row_alone("KiB that the host grows by during it", grown[1], BOUND);
    table.row_alone("KiB that the plugin grows by during it", grown[2], BOUND);
}

/// The host, and the plugin as a library and as a process.
fn programs() -> (PathBuf, String, String) {
    let text = |path: &Path| path.to_str().expect("the path is text").to_owned();
    let plugin = process_program_with("objects-plugin", "process");
    (process_program("objects-host", "objects-host"), text(&library("objects-plugin")), text(&plugin))
}

/// The host and the plugin in Go. `None` without Go.
fn programs_in_go() -> Option<(PathBuf, String)> {
    Some((go("bench-objects")?, go("counter")?.to_str().expect("the path is text").to_owned()))
}

/// The median of each figure.
fn medians(host: &Path, arguments: &[&str]) -> Vec<f64> {
    let found: Vec<_> = (0..CALLERS).map(|_| numbers(host, arguments)).collect();
    (0..found[0].len()).map(|at| median(found.iter().map(|found| found[at]).collect())).collect()
}
