//! Asynchronous methods: of linked plugins beside async-trait, and of plugins in libraries beside async-ffi and stabby.
//!
//! In libraries, the peers' futures are polled where they are, and plug's are boxed, as a `plug::Task` is.
//! So async-ffi's are also measured in a box, which gives its caller the same as that of `plug`.

use std::path::Path;

use crate::measure::{in_turns, instructions, median, numbers};
use crate::programs::{asynchronous, library, task_host};
use crate::table::Table;

/// Processes that time all calls, each with other addresses.
const CALLERS: usize = 11;

pub fn measure(table: &mut Table, has_valgrind: bool) {
    let program = asynchronous();
    for (method, what) in [(0, "add(u64, u64)"), (1, "say_hello(&str), which awaits another")] {
        let figure = |at| move |program: &Path| numbers(program, &[])[4 * method + at];
        let [ours, theirs] = in_turns(CALLERS, [&|| figure(0)(&program), &|| figure(1)(&program)]);
        // Equal code at another address differs by a few percent.
        table.row_guarded(&format!("ns of an asynchronous {what}, beside async-trait"), ours, theirs, 1.0, 1.05);
        let found = numbers(&program, &[]);
        let (ours, theirs) = (found[4 * method + 2], found[4 * method + 3]);
        table.row(&format!("allocations of 1000 asynchronous {what}"), ours, theirs, Some(1.0));
    }
    if has_valgrind {
        let count = |side| {
            let of = |calls| instructions(&program, &[side, calls]);
            (of("20000") - of("10000")) / 10_000.0
        };
        table.row("instructions of both, beside async-trait", count("plug"), count("async-trait"), Some(1.0));
    }
}

/// The methods of the plugins in libraries, and their names in the table.
const METHODS: [(&str, &str); 3] = [
    ("add", "an asynchronous add(u64, u64) of a library, ready at once"),
    ("say_hello", "an asynchronous say_hello(&str) of a library, ready at once"),
    ("pause", "one that is pending once and wakes a clone of its waker"),
];

pub fn libraries(table: &mut Table, has_valgrind: bool) {
    let host = task_host();
    let [ours, async_ffi, stabby] = ["task-plugin", "async-ffi-task-plugin", "stabby-task-plugin"].map(library);
    let text = |path: &Path| path.to_str().expect("the path is text").to_owned();
    let [ours, async_ffi, stabby] = [text(&ours), text(&async_ffi), text(&stabby)];
    for (method, (name, what)) in METHODS.into_iter().enumerate() {
        let found: Vec<_> = (0..CALLERS).map(|_| numbers(&host, &["calls", &ours, &async_ffi, &stabby])).collect();
        let [plug, bare, boxed, peer] =
            std::array::from_fn(|side| median(found.iter().map(|found| found[4 * method + side]).collect()));
        let limit = (method < 2).then_some(1.0);
        row(table, &format!("ns of {what}"), [plug, bare, boxed, peer], limit);
        if has_valgrind {
            let count = |side, path: &str| {
                let of = |calls| instructions(&host, &["count", name, calls, side, path]);
                (of("20000") - of("10000")) / 10_000.0
            };
            let sides = [
                count("plug", &ours),
                count("async-ffi", &async_ffi),
                count("async-ffi-boxed", &async_ffi),
                count("stabby", &stabby),
            ];
            row(table, &format!("instructions of {what}"), sides, None);
        }
    }
}

/// The limit is against the better peer that gives its caller the same as plug.
fn row(table: &mut Table, what: &str, [plug, bare, boxed, stabby]: [f64; 4], limit: Option<f64>) {
    table.row(&format!("{what}, beside async-ffi in place"), plug, bare, None);
    table.row(&format!("{what}, beside async-ffi in a box"), plug, boxed, limit);
    table.row(&format!("{what}, beside stabby in place"), plug, stabby, limit);
}
