//! Asynchronous calls to a plugin in a process, beside synchronous ones.

use crate::measure::{median, numbers};
use crate::programs::process_program;
use crate::table::Table;

/// Hosts, each with a process of its own. Each takes the median of 15 rounds.
const HOSTS: usize = 3;
/// 100 MiB.
const MEMORY: f64 = 104_857_600.0;

pub fn measure(table: &mut Table) {
    let program = process_program("process-asynchronous", "process-asynchronous");
    let hosts: Vec<_> = (0..HOSTS).map(|_| numbers(&program, &[])).collect();
    let figure = |at: usize| median(hosts.iter().map(|host| host[at]).collect());
    let row = "ns of an asynchronous call to a process, median, beside a synchronous one";
    table.row_guarded(row, figure(1), figure(0), 1.6, 2.5);
    let row = "ns for each of 64 asynchronous calls at once from one task, beside 64 threads";
    table.row_guarded(row, figure(3), figure(2), 1.0, 2.0);
    table.row_alone("bytes of memory of a host with 10,000 calls that wait", figure(4), MEMORY);
}
