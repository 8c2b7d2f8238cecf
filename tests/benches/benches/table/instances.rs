//! A thousand instances of a plugin in one process, beside one instance and empty calls.

use std::process::Command;

use crate::measure::median;
use crate::programs::{process_plugin, process_program};
use crate::reports::{figure, report};
use crate::table::Table;

/// Processes of each sort.
const ROUNDS: usize = 5;
/// Instances at once.
const INSTANCES: usize = 1_000;

pub fn measure(table: &mut Table) {
    let (plugin, program) = (process_plugin(), process_program("process-callers", "instances"));
    for (flags, way) in [(&[][..], "without TLS"), (&["-tls"], "with AutoMTLS"), (&["-netrpc"], "over net/rpc")] {
        let (mut many, mut one) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut command = Command::new(&program);
            let report = report(command.args(flags).args(["-calls", &INSTANCES.to_string()]).arg(&plugin));
            many.push(figure(&report, "/many") / 1e6);
            one.push(figure(&report, "/one") / 1e6);
        }
        let what = format!(
            "ms to open {INSTANCES} instances in a process {way}, to call each and to drop all, against \
             {INSTANCES} calls of one and {INSTANCES} empty calls"
        );
        // The floor is that of gRPC, whose health service makes the empty calls.
        // On a busy machine the threads of both sides wait for a processor more often than those of calls.
        if flags.contains(&"-netrpc") {
            table.row(&what, median(many), median(one), None);
        } else {
            table.row_guarded(&what, median(many), median(one), 1.5, 3.0);
        }
    }
}
