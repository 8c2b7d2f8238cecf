//! Plugins in shared libraries, beside abi_stable and stabby: calls, loading, size and building.
//!
//! Arguments and results have std's types on all sides, and each peer's plugin and host follow its
//! documentation.
//! A process has all of the plugins, and times a batch of each in turns.
//! A figure is the median of many such processes: with other addresses of the stack and of the
//! libraries, the same short call takes five cycles in one process and nine in another.
//! Loading is measured in a fresh process each time, in turns.

use std::path::PathBuf;

use crate::measure::{bytes, in_turns, instructions, median, numbers, seconds_of_a_clean_build};
use crate::programs::{library, library_build, library_host};
use crate::table::Table;
use crate::{BUILDS, PROCESSES};

const OURS: &str = "library-plugin";
const ABI_STABLE: &str = "abi-stable-plugin";
const STABBY: &str = "stabby-plugin";

/// Processes that time all calls, each with other addresses.
const CALLERS: usize = 31;

/// The time of one kind of call: through no library, and through each.
struct Call {
    linked: f64,
    ours: f64,
    abi_stable: f64,
    stabby: f64,
}

pub fn calls(table: &mut Table, has_valgrind: bool) {
    let host = library_host();
    let libraries = [OURS, ABI_STABLE, STABBY].map(library);
    let [ours, abi_stable, stabby] = libraries.each_ref().map(|path| path.to_str().expect("the path is text"));

    let runs: Vec<_> = (0..CALLERS).map(|_| numbers(&host, &["calls", ours, abi_stable, stabby])).collect();
    // The host prints a line of four for each kind.
    let figure = |at| median(runs.iter().map(|run| run[at]).collect());
    let call = |kind: usize| {
        let [linked, ours, abi_stable, stabby] = [0, 1, 2, 3].map(|side| figure(4 * kind + side));
        Call { linked, ours, abi_stable, stabby }
    };
    let [add, short, long, say_hello] = [0, 1, 2, 3].map(call);

    table.row("ns of add(u64, u64) in a library, against one that is linked", add.ours, add.linked, Some(3.5));
    beside_both(table, "ns of add(u64, u64)", &add);
    if has_valgrind {
        let count = |side: &[&str]| {
            let of = |calls| instructions(&host, &[&["add", calls], side].concat());
            (of("20000") - of("10000")) / 10_000.0
        };
        let add = Call {
            linked: count(&["linked"]),
            ours: count(&["plug", ours]),
            abi_stable: count(&["abi_stable", abi_stable]),
            stabby: count(&["stabby", stabby]),
        };
        table.row("instructions of the same, against one that is linked", add.ours, add.linked, None);
        beside_both(table, "instructions of the same", &add);
    }

    table.row("ns of passing 1 MiB of bytes, against 16 bytes", long.ours, short.ours, Some(1.2));
    beside_both(table, "ns of passing 1 MiB of bytes", &long);
    beside_both(table, "ns of passing 16 bytes", &short);

    let (better, name) = if say_hello.abi_stable <= say_hello.stabby {
        (say_hello.abi_stable, "abi_stable")
    } else {
        (say_hello.stabby, "stabby")
    };
    let what = format!("ns of say_hello(&str) with a String back, against the better peer, {name}");
    table.row(&what, say_hello.ours, better, Some(1.1));
    beside_both(table, "ns of the same", &say_hello);
    table.row("ns of the same, against one that is linked", say_hello.ours, say_hello.linked, None);
}

fn beside_both(table: &mut Table, what: &str, call: &Call) {
    table.row(&format!("{what}, against abi_stable"), call.ours, call.abi_stable, None);
    table.row(&format!("{what}, against stabby"), call.ours, call.stabby, None);
}

pub fn load(table: &mut Table) {
    let host = library_host();
    let sides = [("plug-in-place", OURS), ("plug", OURS), ("abi_stable", ABI_STABLE), ("stabby", STABBY)];
    let sides = sides.map(|(side, package)| (side, library(package)));
    let microseconds = |(side, library): &(&str, PathBuf)| {
        numbers(&host, &["load", side, library.to_str().expect("the path is text")])[0] / 1e3
    };
    let [in_place, copied, abi_stable, stabby] = &sides;
    let [in_place, copied, abi_stable, stabby] = in_turns(
        PROCESSES,
        [&|| microseconds(in_place), &|| microseconds(copied), &|| microseconds(abi_stable), &|| microseconds(stabby)],
    );
    // The peers load the file itself.
    let what = "µs from a library's path to its first answer, in place";
    table.row_guarded(&format!("{what}, against abi_stable"), in_place, abi_stable, 0.6, 0.75);
    table.row(&format!("{what}, against stabby"), in_place, stabby, None);
    table.row("µs of the same, with a private copy, against abi_stable", copied, abi_stable, None);
}

pub fn size(table: &mut Table) {
    let [ours, abi_stable, stabby] = [OURS, ABI_STABLE, STABBY].map(|package| bytes(&library(package)));
    table.row("bytes of a plugin's library, against abi_stable", ours, abi_stable, Some(0.8));
    table.row("bytes of the same, against stabby", ours, stabby, None);
}

pub fn clean_build(table: &mut Table) {
    let seconds = |package| seconds_of_a_clean_build(|target| library_build(package, target));
    let with_host = || {
        seconds_of_a_clean_build(|target| {
            let mut cargo = library_build(OURS, target);
            cargo.args(["--features", "plug/host"]);
            cargo
        })
    };
    let [ours, with_host, abi_stable, stabby] =
        in_turns(BUILDS, [&|| seconds(OURS), &with_host, &|| seconds(ABI_STABLE), &|| seconds(STABBY)]);
    let what = "seconds of a clean build of a plugin's library, against abi_stable";
    table.row_guarded(what, ours, abi_stable, 0.25, 0.4);
    table.row("seconds of the same, against stabby", ours, stabby, Some(0.25));
    table.row("seconds of the same, against one with the feature `host`", ours, with_host, None);
}
