//! A host that forks: its plugins belong to the parent.

use std::process::Command;

use plug_tests::{program, run, texts};

use crate::in_time;

#[test]
fn a_fork_neither_calls_nor_ends_its_parents_plugins() {
    let worker = program("worker");
    let output = in_time({
        let worker = worker.clone();
        move || run(Command::new(program("forks")).arg(worker))
    });
    let (printed, stderr) = texts(&output);
    assert_eq!(stderr, "worker: printed by the parent\nworker: printed by the fork\n");
    let printed = printed.replace(&*worker.to_string_lossy(), "PATH");
    let refused = |start: &str, method: &str| {
        format!(
            "{start} is not there for `{method}`: process PARENT has opened it, and this is process FORK, a fork\n\
             hint: open the plugin in the fork too\n"
        )
    };
    let expected = [
        refused("plugin `worker` in `process:PATH`", "sum"),
        refused("plugin `worker` in `process:PATH`", "sum"),
        refused("plugin `worker` in `ADDRESS`", "sum"),
        refused("plugin `worker` in `process:PATH`", "open"),
        refused("plugin `worker` in `process:PATH`", "open"),
        refused("`ADDRESS`", "check"),
        refused("`ADDRESS`", "List"),
        "a plugin of the fork: 3\n".repeat(2),
        "the fork ended with 0\n".to_owned(),
        "a plugin of the parent: the same\n".repeat(3),
    ];
    assert_eq!(printed, expected.concat());
    assert!(output.status.success());
}
