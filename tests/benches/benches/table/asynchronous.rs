//! Asynchronous methods of linked plugins that are ready at once, beside async-trait.

use std::path::Path;

use crate::measure::{in_turns, instructions, numbers};
use crate::programs::asynchronous;
use crate::table::Table;

/// Processes that time all calls, each with other addresses.
const CALLERS: usize = 11;

pub fn measure(table: &mut Table, has_valgrind: bool) {
    let program = asynchronous();
    for (method, what) in [(0, "add(u64, u64)"), (1, "say_hello(&str), which awaits another")] {
        let figure = |at| move |program: &Path| numbers(program, &[])[4 * method + at];
        let [ours, theirs] = in_turns(CALLERS, [&|| figure(0)(&program), &|| figure(1)(&program)]);
        // Equal code differs by a few percent, by where it lies.
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
