//! Plugins that print no handshake, or one that this program cannot use.

use std::time::Duration;

use plug::link::ProcessOptions;
use plug_tests::program;

use crate::{in_time, open, refusal, refusal_of, shell};

const HINT: &str =
    "hint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr";
const LIKE: &str = "hint: a handshake is one line like `1|1|unix|/tmp/plugin123|grpc|`";

/// Asserts the error for a plugin with this script, under a short timeout.
#[track_caller]
fn assert_refused(script: &str, text: &str) {
    let script = script.to_owned();
    let refusal = in_time(move || refusal_of(shell(&script).start_timeout(Duration::from_secs(5))));
    assert_eq!(refusal, text);
}

/// Asserts the error for a plugin that prints this line and keeps running.
#[track_caller]
fn assert_line_refused(line: &str, text: &str) {
    assert_refused(&format!("echo '{line}'; exec sleep 1000"), text);
}

#[test]
fn it_ends_at_once() {
    assert_refused(
        "exit 0",
        "plugin `PATH` exited with status 0 before its handshake\n\
         hint: a plugin's `main` serves until its host stops it: `plug::serve()`",
    );
    assert_refused("exit 3", "plugin `PATH` exited with status 3 before its handshake");
    assert_refused(
        "echo first >&2; printf last >&2; exit 3",
        "plugin `PATH` exited with status 3 before its handshake\nstderr: first\nstderr: last",
    );
    assert_refused("kill -SEGV $$", "plugin `PATH` was killed by signal 11 (SIGSEGV) before its handshake");
    assert_refused("exec >&-; exec sleep 1000", "plugin `PATH` closed its stdout before its handshake");
}

#[test]
fn it_prints_something_first() {
    assert_line_refused("hello", &format!("plugin `PATH` printed `hello` instead of its handshake\n{HINT}"));
    assert_line_refused("", &format!("plugin `PATH` printed an empty line instead of its handshake\n{HINT}"));
    assert_refused(
        "echo hello; echo why >&2; exit 4",
        &format!(
            "plugin `PATH` printed `hello` instead of its handshake, and exited with status 4\n{HINT}\nstderr: why"
        ),
    );
    assert_refused(
        "printf 'no end'",
        &format!("plugin `PATH` printed `no end` instead of its handshake, and exited with status 0\n{HINT}"),
    );
    assert_refused(
        r"printf '\033[31m\377\000\001\n'; exec sleep 1000",
        &format!("plugin `PATH` printed `\\u{{1b}}[31m\u{fffd}\\0\\u{{1}}` instead of its handshake\n{HINT}"),
    );
}

#[test]
fn it_prints_a_line_that_is_too_long() {
    let printed = format!("{}… (65536 bytes)", "x".repeat(200));
    let text =
        format!("plugin `PATH` printed 65536 bytes without a line's end instead of its handshake: `{printed}`\n{LIKE}");
    assert_refused("head -c 1048576 /dev/zero | tr '\\0' x; echo; exec sleep 1000", &text);
    // It prints without end, until the system reports to the shell that the pipe is closed.
    assert_refused("exec tr '\\0' x </dev/zero", &text);
    let noise = in_time(|| refusal_of(shell("exec tr '\\000\\n' '\\377' </dev/zero")));
    let printed = format!("{}… (65536 bytes)", "\u{fffd}".repeat(200));
    assert_eq!(
        noise,
        format!("plugin `PATH` printed 65536 bytes without a line's end instead of its handshake: `{printed}`\n{LIKE}")
    );
}

#[test]
fn it_hangs_before_the_handshake() {
    let soon = |script: &str| {
        let options = shell(script).start_timeout(Duration::from_millis(300));
        in_time(move || refusal_of(options))
    };
    assert_eq!(soon("exec sleep 1000"), "plugin `PATH` printed no handshake within 300ms");
    assert_eq!(
        soon("printf '1|1|un'; echo waiting >&2; exec sleep 1000"),
        "plugin `PATH` printed no handshake within 300ms, only the unfinished line `1|1|un`\nstderr: waiting"
    );
    // A deadline before the start timeout ends the wait.
    let hurried = in_time(|| plug::with_deadline(Duration::from_millis(300), || refusal_of(shell("exec sleep 1000"))));
    assert!(hurried.starts_with("plugin `PATH` printed no handshake within 2"), "{hurried}");
}

#[test]
fn its_handshake_is_for_others() {
    assert_line_refused(
        "2|1|unix|/tmp/x|grpc|",
        "plugin `PATH` speaks version 2 of go-plugin's core protocol, and this program speaks version 1\n\
         hint: build the plugin with a library that speaks that one",
    );
    assert_line_refused(
        "1|7|unix|/tmp/x|grpc|",
        "plugin `PATH` speaks version 7 of the application's protocol, and this program versions 1, 2\n\
         hint: install a plugin that is made for this version of the program",
    );
    assert_line_refused(
        "1|one|unix|/tmp/x|grpc|",
        &format!("plugin `PATH` names `one` as its version of the application's protocol, which is no number\n{LIKE}"),
    );
    assert_line_refused(
        "1|1|quic|/tmp/x|grpc|",
        &format!("plugin `PATH` listens on network `quic`, which is neither `unix` nor `tcp`\n{LIKE}"),
    );
    assert_line_refused(
        "1|1|tcp|nowhere|grpc|",
        "plugin `PATH` names `nowhere` as its address of network `tcp`\n\
         hint: that would be a host and a port, as in `127.0.0.1:10000`",
    );
    assert_line_refused(
        "1|1|unix",
        &format!("plugin `PATH` printed a handshake of 3 fields, and needs at least 4: `1|1|unix`\n{LIKE}"),
    );
    assert_line_refused(
        "1|1|unix|/tmp/x|http|",
        &format!("plugin `PATH` speaks protocol `http`, which is neither `grpc` nor `netrpc`\n{LIKE}"),
    );
}

#[test]
fn a_handshake_with_a_dead_address_is_refused() {
    let refused = |line: &str| refusal_of(shell(&format!("echo '{line}'; exec sleep 1000")).without_tls());
    assert_eq!(
        refused("1|1|unix|/no/such/socket|grpc|"),
        "plugin `PATH` does not answer at `unix:/no/such/socket`\ncaused by: No such file or directory (os error 2)"
    );
    for netrpc in ["|netrpc|", "|netrpc", ""] {
        assert_eq!(
            refused(&format!("1|1|unix|/no/such/socket{netrpc}")),
            "plugin `PATH` does not answer at `unix:/no/such/socket`\ncaused by: No such file or directory (os error 2)"
        );
    }
    assert_eq!(
        refused("1|1|tcp|127.0.0.1:1|grpc|"),
        "plugin `PATH` does not answer at `tcp:127.0.0.1:1`\ncaused by: Connection refused (os error 111)"
    );
}

#[test]
#[ignore = "slow"]
fn it_listens_and_never_answers() {
    let options = ProcessOptions::new().arg("silent").without_tls().start_timeout(Duration::from_millis(500));
    let process = options.open(program("worker")).unwrap();
    let error = in_time(move || plug::Registry::new().add(&process).map(|_| ()).unwrap_err());
    let text = "plugin `process:PATH` did not answer `List` in time, and the call was cancelled";
    assert_eq!(crate::worker_message(&error), text);
}

#[test]
fn its_cookie_is_another() {
    let path = program("worker");
    let hint = "hint: it did not find its magic cookie: `plug::handshake!` must name the same for both";
    let rest = "stderr:   second  Is there from version 2 on.\n\
         stderr:   worker  Works as it is told.";
    let with = |handshake| refusal(&open(ProcessOptions::new().handshake(handshake)), &path);
    assert_eq!(
        with(plug::link::Handshake::new("HASHI", "mundo")),
        format!(
            "plugin `PATH` exited with status 1 before its handshake\n{hint}\n\
             stderr: `worker` holds plugins of another program than the one that started it: `HASHI` has another value than theirs\n{rest}"
        )
    );
    assert_eq!(
        with(plug::link::Handshake::new("OTHER", "hola")),
        format!(
            "plugin `PATH` exited with status 1 before its handshake\n{hint}\n\
             stderr: `worker` holds plugins: it is started by the program that uses them, and not by hand\n{rest}"
        )
    );
}
