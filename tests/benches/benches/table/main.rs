//! The cost of plug beside its peers in one run, as ratios with an upper limit.
//!
//! ```text
//! cargo bench --bench table [-- [--without-valgrind] [SECTION…]]
//! ```
//!
//! The sections are `start`, `size`, `open`, `lookup`, `async` and `build`; of shared libraries `calls`,
//! `load`, `library-size` and `library-build`; against programs in Go `process`, `netrpc` and
//! `grpc`; over all links `callbacks` and `streams`; of a server under attack `memory`; of plugins with
//! settings `settings`; and of `cargo plug` `builder`.
//! Without a section, all are measured.
//!
//! It fails if a figure exceeds its limit, or the guard of a limit that has one.
//! It fails without valgrind, unless `--without-valgrind` leaves out the counts of valgrind.
//! Without Go, its three sections are left out, and the rows beside it in `callbacks` and `streams`.

mod asynchronous;
mod asynchronous_process;
mod builder;
mod grpc;
mod instances;
mod library;
mod measure;
mod memory;
mod netrpc;
mod objects;
mod process;
mod programs;
mod reports;
mod settings;
mod table;

use std::path::Path;
use std::process::ExitCode;

use measure::{bytes, in_turns, instructions, numbers, seconds_of_a_clean_build};
use programs::{Program, build, debug_build};
use table::Table;

/// Processes of each sort, to measure an event that happens once in a process.
const PROCESSES: usize = 301;
/// Clean builds of each sort.
const BUILDS: usize = 3;

const OURS: Program = Program { package: "ours", features: "inventory" };
const OURS_BY_LINKME: Program = Program { package: "ours", features: "linkme" };
const INVENTORY: Program = Program { package: "peer-inventory", features: "" };
const LINKME: Program = Program { package: "peer-linkme", features: "" };
const METADATA: Program = Program { package: "peer-metadata", features: "" };
const LOOKUP: Program = Program { package: "lookup", features: "" };

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (options, sections): (Vec<_>, Vec<_>) = arguments.partition(|argument| argument.starts_with('-'));
    let known = [
        "start",
        "size",
        "open",
        "lookup",
        "async",
        "build",
        "calls",
        "load",
        "library-size",
        "library-build",
        "settings",
        "process",
        "netrpc",
        "grpc",
        "callbacks",
        "streams",
        "memory",
        "builder",
    ];
    let unknown = |argument: &&String| *argument != "--without-valgrind" && !known.contains(&&argument[..]);
    if let Some(argument) = options.iter().chain(&sections).find(unknown) {
        eprintln!("unknown argument `{argument}`: there are `--without-valgrind`, and {}", known.join(", "));
        return ExitCode::from(2);
    }
    let has_valgrind = options.is_empty();
    if has_valgrind && !measure::has_valgrind() {
        eprintln!("valgrind is missing, which counts the instructions: install it, or pass `--without-valgrind`");
        return ExitCode::from(2);
    }

    let is_asked_for = |section: &str| sections.is_empty() || sections.iter().any(|asked| asked == section);
    let mut table = Table::default();
    if is_asked_for("start") && has_valgrind {
        start(&mut table);
    }
    if is_asked_for("size") {
        size(&mut table);
    }
    if is_asked_for("open") {
        open(&mut table, has_valgrind);
    }
    if is_asked_for("lookup") {
        lookup(&mut table, has_valgrind);
    }
    if is_asked_for("async") {
        asynchronous::measure(&mut table, has_valgrind);
        asynchronous::libraries(&mut table, has_valgrind);
        asynchronous_process::measure(&mut table);
    }
    if is_asked_for("build") {
        clean_build(&mut table);
    }
    if is_asked_for("calls") {
        library::calls(&mut table, has_valgrind);
    }
    if is_asked_for("load") {
        library::load(&mut table);
    }
    if is_asked_for("library-size") {
        library::size(&mut table);
    }
    if is_asked_for("library-build") {
        library::clean_build(&mut table);
    }
    if is_asked_for("settings") {
        settings::open(&mut table, has_valgrind);
        settings::clean_build(&mut table);
    }
    if is_asked_for("builder") {
        builder::measure(&mut table);
    }
    if is_asked_for("process") {
        process::measure(&mut table);
    }
    if is_asked_for("netrpc") {
        netrpc::measure(&mut table);
    }
    if is_asked_for("grpc") {
        grpc::measure(&mut table);
    }
    if is_asked_for("callbacks") {
        objects::callbacks(&mut table);
    }
    if is_asked_for("streams") {
        objects::streams(&mut table);
    }
    if is_asked_for("memory") {
        memory::measure(&mut table);
    }
    if is_asked_for("settings") {
        instances::measure(&mut table);
    }
    println!("{table}");
    if !has_valgrind {
        println!("left out: all that is counted in instructions, since this was run without valgrind");
    }
    if table.is_within_limits() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The cost before `main` of a plugin that is not opened.
fn start(table: &mut Table) {
    for (ours, peer, name) in [(OURS, INVENTORY, "inventory"), (OURS_BY_LINKME, LINKME, "linkme")] {
        for plugins in [1_000, 10_000] {
            let over_none =
                |program| instructions(&build(program, plugins), &[]) - instructions(&build(program, 0), &[]);
            let what = format!("instructions at start-up for {plugins} plugins, by {name}");
            table.row(&what, over_none(ours), over_none(peer), Some(1.05));
        }
    }
}

fn size(table: &mut Table) {
    let each = |program| (bytes(&build(program, 10_000)) - bytes(&build(program, 1_000))) / 9_000.0;
    table.row("bytes of binary for each further plugin", each(OURS), each(METADATA), Some(1.3));
}

/// The first `open` by name against collecting and sorting all entries.
fn open(table: &mut Table, has_valgrind: bool) {
    let (ours, peer) = (build(OURS, 1_000), build(METADATA, 1_000));
    let name = "hello-00042";
    let time = |program: &Path| numbers(program, &[name])[0] / 1e3;
    let [first, second] = in_turns(PROCESSES, [&|| time(&ours), &|| time(&peer)]);
    table.row("µs of the first open among 1000 plugins", first, second, Some(1.5));
    if has_valgrind {
        let over_start = |program: &Path| instructions(program, &[name]) - instructions(program, &[]);
        table.row("instructions of the same", over_start(&ours), over_start(&peer), Some(1.5));
    }
}

fn lookup(table: &mut Table, has_valgrind: bool) {
    for plugins in [10, 1_000, 10_000] {
        let program = build(LOOKUP, plugins);
        let found = numbers(&program, &[]);
        table.row(&format!("ns of a lookup among {plugins} plugins"), found[0], found[1], Some(1.1));
        table.row_alone(&format!("allocations of 1000 lookups among {plugins} plugins"), found[2], 0.0);
        if has_valgrind {
            let of = |sort| {
                let count = |lookups| instructions(&program, &[sort, lookups]);
                (count("20000") - count("10000")) / 10_000.0
            };
            table.row(&format!("instructions of a lookup among {plugins} plugins"), of("plug"), of("map"), None);
        }
    }
}

fn clean_build(table: &mut Table) {
    let seconds_of = |package| seconds_of_a_clean_build(|target| debug_build(package, target));
    let [ours, peer] = in_turns(BUILDS, [&|| seconds_of("ours"), &|| seconds_of("peer-typetag")]);
    table.row("seconds of a clean build, against inventory and typetag", ours, peer, Some(1.2));
}
