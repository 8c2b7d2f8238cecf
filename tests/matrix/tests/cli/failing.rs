//! Plugins that fail and plugins that panic.

#[cfg(unix)]
use crate::wrapper::ABORTING;
use crate::wrapper::WRAPPER;
use crate::{app, check, seen};

#[test]
fn a_panic_in_a_method() {
    check(
        &WRAPPER,
        &["hello", "--plugin", "panics", "--name", "x"],
        r#"---- stderr
error: plugin `panics` panicked at src/main.rs:29:26: no greeting for x\u{1b}[31m
hint: with `RUST_BACKTRACE=1` set, the backtrace is shown too
---- exit status: 1
"#,
    );
    check(
        &WRAPPER,
        &["hello", "--plugin", "throws"],
        "\
---- stderr
error: plugin `throws` panicked at src/main.rs:30:23: (no message: the payload is not a text)
hint: with `RUST_BACKTRACE=1` set, the backtrace is shown too
---- exit status: 1
",
    );
}

#[test]
fn a_panic_in_new() {
    check(
        &WRAPPER,
        &["hello", "--plugin", "panics-in-new"],
        "\
---- stderr
error: plugin `panics-in-new` panicked at src/main.rs:50:9: first line
second line
hint: with `RUST_BACKTRACE=1` set, the backtrace is shown too
---- exit status: 1
",
    );
}

#[test]
fn a_panic_in_a_thread_of_the_plugin() {
    let output = plug_tests::run(app(&WRAPPER).args(["hello", "--plugin", "threads"]));
    let (_, stderr) = plug_tests::texts(&output);
    // The first lines are the standard library's: a plugin is responsible for its own threads.
    assert!(stderr.contains("in a thread\n"), "{stderr}");
    assert!(stderr.ends_with("error: the thread is gone\n"), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_backtrace_where_it_is_asked_for() {
    for (wanted, is_shown) in [("0", false), ("1", true), ("full", true)] {
        let command = &mut app(&WRAPPER);
        let output = plug_tests::run(command.args(["hello", "--plugin", "panics"]).env("RUST_BACKTRACE", wanted));
        let seen = seen(&output);
        assert_eq!(seen.contains("wrapper::main"), is_shown, "{wanted}: {seen}");
        assert_eq!(seen.contains("hint:"), !is_shown, "{wanted}: {seen}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn a_panic_that_aborts_is_told_first() {
    check(
        &ABORTING,
        &["hello", "--plugin", "panics", "--name", "x"],
        r#"---- stderr
error: plugin `panics` panicked at src/main.rs:29:26: no greeting for x\u{1b}[31m
hint: with `RUST_BACKTRACE=1` set, the backtrace is shown too
---- signal: 6 (SIGABRT)
"#,
    );
    check(&ABORTING, &["hello", "--plugin", "raw", "--name", "x"], "\u{1b}[1mx\u{1b}[0m\n---- exit status: 0\n");
}

#[test]
fn a_plugin_that_cannot_be_opened() {
    check(
        &WRAPPER,
        &["hello", "--plugin", "fails-in-new"],
        "\
---- stderr
error: cannot open plugin `fails-in-new` of wrapper
caused by: cannot read the greetings
hint: write some
caused by: on the way
caused by: no such file: greetings.txt
---- exit status: 1
",
    );
}

#[test]
fn an_error_that_a_plugin_hands_on_is_the_plugins() {
    check(
        &WRAPPER,
        &["hello", "--plugin", "asks"],
        "\
---- stderr
error: unknown plugin `nobody` of interface `app_interface::Plug`
hint: feature `wrapper/ghost` is on, but plugin-ghost registered nothing as `ghost`; its `#[plug(\"ghost\")]` is missing or compiled out; if the plugin has another name, add `ghost = [\"the-name\"]` under `[package.metadata.plug.names]`
hint: available: `asks`, `fails-in-new`, `loud`, `one`, `panics`, `panics-in-new`, `raw`, `threads`, `throws`, `two`
---- exit status: 1
",
    );
}
