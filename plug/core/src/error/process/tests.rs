//! The whole text of each failure.

use std::os::unix::process::ExitStatusExt;

use super::*;

#[track_caller]
fn check(fault: ProcessFault, text: &str) {
    assert_eq!(fault.about(Some(Path::new("/opt/p"))).to_string(), text);
    // Without a path, the same text is about "the plugin", but for the hints that name the path.
    let without = text.replace("plugin `/opt/p`", "the plugin");
    assert_eq!(fault.to_string(), without);
}

#[test]
fn a_hint_with_a_path_has_a_form_without_it() {
    let plain = ProcessFault::Spawn { why: Some(Unrunnable::NotExecutable { mode: 0o100644, owner: 0, user: 7 }) };
    let library = ProcessFault::Spawn { why: Some(Unrunnable::Library) };
    for (fault, with, without) in [
        (
            plain,
            "cannot start plugin `/opt/p`: it is not executable, with mode 0644 and owner 0\nhint: `chmod +x /opt/p`",
            "cannot start the plugin: it is not executable, with mode 0644 and owner 0\n\
             hint: `chmod +x` makes it executable",
        ),
        (
            library,
            "cannot start plugin `/opt/p`: it is no program, but a shared library\n\
             hint: open it as one: `library:/opt/p`",
            "cannot start the plugin: it is no program, but a shared library\nhint: open it as one: `library:PATH`",
        ),
    ] {
        assert_eq!(fault.about(Some(Path::new("/opt/p"))).to_string(), with);
        assert_eq!(fault.to_string(), without);
    }
}

#[test]
fn the_faults_are_errors() {
    let handshake = HandshakeFault::NotAHandshake { printed: "hello".into() };
    let process = ProcessFault::Handshake { fault: handshake.clone(), status: None, stderr: vec![] };
    let hint = "hint: a plugin prints its handshake before all else on stdout; \
                what it has to say before that belongs on stderr";
    let errors: [(Box<dyn std::error::Error>, String); 3] = [
        (Box::new(handshake), format!("the plugin printed `hello` instead of its handshake\n{hint}")),
        (Box::new(process), format!("the plugin printed `hello` instead of its handshake\n{hint}")),
        (Box::new(Unrunnable::Empty), "it is empty".to_owned()),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}

fn code(code: i32) -> Option<ExitStatus> {
    Some(ExitStatus::from_raw(code << 8))
}

fn signal(number: i32) -> Option<ExitStatus> {
    Some(ExitStatus::from_raw(number))
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| line.to_string()).collect()
}

#[test]
fn how_a_process_ended() {
    let stderr = lines(&["panic: boom", "", "goroutine 1 [running]:"]);
    check(
        ProcessFault::Exited { status: code(2), stderr: stderr.clone() },
        "plugin `/opt/p` exited with status 2 before its handshake\n\
         stderr: panic: boom\nstderr: \nstderr: goroutine 1 [running]:",
    );
    check(
        ProcessFault::Exited { status: code(0), stderr: vec![] },
        "plugin `/opt/p` exited with status 0 before its handshake\n\
         hint: a plugin's `main` serves until its host stops it: `plug::serve()`",
    );
    for cookie in [
        "This binary is a plugin. These are not meant to be executed directly.",
        "`p` holds plugins: it is started by the program that uses them, and not by hand",
        "`p` holds gRPC services: it is started by the program that uses them, and not by hand",
    ] {
        check(
            ProcessFault::Exited { status: code(1), stderr: lines(&[cookie]) },
            &format!(
                "plugin `/opt/p` exited with status 1 before its handshake\n\
                 hint: it did not find its magic cookie: `plug::handshake!` must name the same for both\nstderr: {cookie}"
            ),
        );
    }
    check(
        ProcessFault::Exited { status: None, stderr: lines(&["x"]) },
        "plugin `/opt/p` closed its stdout before its handshake\nstderr: x",
    );
    check(
        ProcessFault::Died { was_called: true, status: signal(11), stderr: stderr[..1].to_vec() },
        "plugin `/opt/p` was killed by signal 11 (SIGSEGV) while it was being called\nstderr: panic: boom",
    );
    check(
        ProcessFault::Died { was_called: true, status: signal(9), stderr: vec![] },
        "plugin `/opt/p` was killed by signal 9 (SIGKILL) while it was being called\n\
         hint: if nobody else killed it, the system did, because it was short of memory",
    );
    check(
        ProcessFault::Died { was_called: false, status: signal(64), stderr: vec![] },
        "plugin `/opt/p` was killed by signal 64 before it was called",
    );
    let fault = ProcessFault::Died { was_called: true, status: None, stderr: vec![] };
    check(fault, "plugin `/opt/p` ended while it was being called");
}

#[test]
fn what_it_printed() {
    let fault = HandshakeFault::NotAHandshake { printed: "hello".into() };
    check(
        ProcessFault::Handshake { fault: fault.clone(), status: None, stderr: lines(&["x"]) },
        "plugin `/opt/p` printed `hello` instead of its handshake\n\
         hint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr\n\
         stderr: x",
    );
    check(
        ProcessFault::Handshake { fault, status: code(0), stderr: vec![] },
        "plugin `/opt/p` printed `hello` instead of its handshake, and exited with status 0\n\
         hint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr",
    );
    check(
        ProcessFault::StartTimeout { after: Duration::from_secs(60), printed: String::new(), stderr: lines(&["x"]) },
        "plugin `/opt/p` printed no handshake within 60s\nstderr: x",
    );
    check(
        ProcessFault::StartTimeout { after: Duration::from_millis(1500), printed: "1|1".into(), stderr: vec![] },
        "plugin `/opt/p` printed no handshake within 1.5s, only the unfinished line `1|1`",
    );
}

#[test]
fn what_it_wants_or_lacks() {
    check(
        ProcessFault::Digest { expected: "ab".into(), found: "cd".into() },
        "plugin `/opt/p` is another file than the one that is allowed: its SHA-256 is cd, not ab",
    );
    check(
        ProcessFault::NoCertificate,
        "plugin `/opt/p` answered without a certificate, and this program wants TLS\n\
         hint: build the plugin with a library that has AutoMTLS, or turn TLS off: `ProcessOptions::without_tls`",
    );
    check(ProcessFault::Tls, "the TLS connection to plugin `/opt/p` failed");
    let address = "unix:/tmp/plugin1".to_owned();
    check(ProcessFault::Connect { address }, "plugin `/opt/p` does not answer at `unix:/tmp/plugin1`");
    check(ProcessFault::Spawn { why: None }, "cannot start plugin `/opt/p`");
    check(
        ProcessFault::Spawn { why: Some(Unrunnable::Unreachable { folder: "/opt".into(), user: 7 }) },
        "cannot start plugin `/opt/p`: user 7 may not look into folder `/opt`",
    );
    check(
        ProcessFault::Spawn { why: Some(Unrunnable::NotExecutable { mode: 0o100700, owner: 0, user: 7 }) },
        "cannot start plugin `/opt/p`: user 7 may not execute it, with mode 0700 and owner 0",
    );
    check(
        ProcessFault::Spawn { why: Some(Unrunnable::NoExec) },
        "cannot start plugin `/opt/p`: its file system is mounted with `noexec`",
    );
}
