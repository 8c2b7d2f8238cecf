//! The log of a library reaches the host's logger or subscriber.

use std::process::Command;

use plug_tests::{library, succeed};

use crate::library_host;

fn logged(host: &[&str], plugin: &[&str]) -> String {
    let (host, path) = (library_host(host), library("library-plugin", plugin));
    succeed(Command::new(host).arg(path).arg("log"))
}

const LOG: &[&str] = &["--features", "log"];
const TRACING: &[&str] = &["--features", "tracing"];

#[test]
fn log_to_log() {
    // Records that the host disables are not sent, and each record has its place.
    assert_eq!(
        logged(LOG, LOG),
        "WARN worker::log it is 7 o'clock: Some(\"library_plugin\") Some(\"tests/fixtures/library/plugin/src/lib.rs\") true\nlog: Ok(\"log\")\n",
    );
}

#[test]
fn tracing_to_log() {
    let text = logged(LOG, TRACING);
    assert!(text.starts_with("WARN worker::tracing the time hours=7"), "{text}");
    assert!(text.ends_with("tracing: Ok(\"tracing\")\n") || text.ends_with("log: Ok(\"tracing\")\n"), "{text}");
}

#[test]
fn log_to_tracing() {
    let text = logged(TRACING, LOG);
    assert!(text.starts_with("WARN\n"), "{text}");
    assert!(text.contains("message = it is 7 o'clock"), "{text}");
    assert!(text.contains("log.target = \"worker::log\""), "{text}");
}

#[test]
fn tracing_to_tracing() {
    let text = logged(TRACING, TRACING);
    assert!(text.contains("message = the time hours=7"), "{text}");
    assert!(text.contains("log.target = \"worker::tracing\""), "{text}");
}

#[test]
fn a_host_that_wants_nothing_is_sent_nothing() {
    assert_eq!(logged(&[], LOG), "log: Ok(\"log\")\n");
    assert_eq!(logged(LOG, &[]), "log: Ok(\"\")\n");
}
