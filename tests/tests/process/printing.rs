//! Hosts without a log: they print the output of their plugins on stderr.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use plug_tests::{program, start};

use crate::in_time;

/// The lines that a host prints on stderr while it carries out these orders.
fn printed(orders: &'static [&str], count: usize) -> Vec<String> {
    in_time(move || {
        let mut host = Command::new(program("host"));
        host.arg(program("worker")).args(orders).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut host = host.spawn().unwrap();
        let mut lines = BufReader::new(host.stderr.take().unwrap()).lines().map(Result::unwrap);
        let first: Vec<_> = lines.by_ref().take(count).collect();
        // The host ends with its stdin.
        drop(host.stdin.take());
        let rest: Vec<_> = lines.collect();
        assert!(host.wait().unwrap().success(), "{first:?} {rest:?}");
        [first, rest].concat()
    })
}

#[test]
fn each_line_has_the_name_of_its_plugin() {
    let orders = &[
        "tell plain",
        "tell [WARN] with a level",
        "tell \u{1b}[31mred",
        r#"tell {"@level":"error","@message":"two\nlines","@module":"kv","n":1}"#,
        "tell [DEBUG] the last",
    ];
    let expected = [
        "worker: plain",
        "worker: [WARN] with a level",
        "worker: \\u{1b}[31mred",
        "worker: [ERROR] two",
        "worker: lines module=\"kv\" n=1",
        "worker: the last",
    ];
    assert_eq!(printed(orders, expected.len()), expected);
    assert_eq!(printed(&["speak on stdout"], 1), ["worker: on stdout"]);
}

/// The last lines come before the end of the host, which does not wait for them in any other way.
#[test]
fn the_last_words_are_printed() {
    let mut host = Command::new(program("host"));
    host.args([&program("worker").display().to_string(), "tell good", "tell bye"]).stdin(Stdio::null());
    for _ in 0..10 {
        let output = host.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "worker: good\nworker: bye\n");
    }
}

/// Nobody reads the stderr of the host, and a child of the plugin fills it.
#[test]
fn a_full_stderr_delays_no_call_and_fills_no_memory() {
    let path = plug_tests::scratch("process-full").join("plugin");
    std::fs::write(&path, format!("#!/bin/sh\nyes >&2 &\nexec '{}'\n", program("worker").display())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    in_time(move || {
        let mut command = Command::new(program("host"));
        let orders = ["pid", "count", "memory", "sleep 500", "count", "memory", "pid"];
        let mut host = start(command.arg(path).args(orders).stderr(Stdio::piped()));
        let id = host.line();
        assert_eq!(host.line(), "1");
        let before: u64 = host.line().parse().unwrap();
        assert_eq!([host.line(), host.line()], ["sleeping", "2"]);
        let grown = host.line().parse::<u64>().unwrap() - before;
        assert!(grown < 8 * 1024, "the host keeps {grown} KiB more");
        assert_eq!(host.line(), id);
        assert!(host.end().success());
    });
}
