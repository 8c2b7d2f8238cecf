//! The command line of `cargo plug`, as far as it builds nothing.

use std::process::Command;

use plug_tests::{clean, run, texts};

/// The exit status, standard output and standard error.
fn plug(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-plug"));
    // A folder without a plug.toml.
    let folder = plug_tests::root().join("docs");
    clean(&mut command).current_dir(folder).args(arguments).env("CARGO_TERM_COLOR", "never");
    let output = run(&mut command);
    let (stdout, stderr) = texts(&output);
    (output.status.code(), stdout, stderr)
}

#[test]
fn cargo_gives_the_name_of_the_command_and_a_user_may_leave_it_out() {
    let version = format!("cargo-plug {}\n", env!("CARGO_PKG_VERSION"));
    for arguments in [&["plug", "--version"][..], &["--version"]] {
        assert_eq!(plug(arguments), (Some(0), version.clone(), String::new()));
    }
    let (status, stdout, _) = plug(&["build", "--help"]);
    assert_eq!(status, Some(0));
    assert!(stdout.contains("Usage: cargo plug build [OPTIONS] [PROGRAM]"), "{stdout}");
}

#[test]
fn wrong_usage_is_a_failure_as_with_cargo() {
    for arguments in [&["plug", "bulid"][..], &["plug", "build", "--frobnicate"], &["plug"], &["plug", "list"]] {
        let (status, stdout, stderr) = plug(arguments);
        assert_eq!((status, &*stdout), (Some(1), ""), "{stderr}");
    }
    let (status, _, stderr) = plug(&["plug", "update"]);
    let message = "error: there is no plug.toml in this folder\nhint: `cargo plug build PROGRAM --with SOURCE --save` writes one\n";
    assert_eq!((status, &*stderr), (Some(1), message));
    let (_, _, stderr) = plug(&["build", "./app", "--as", "library"]);
    let message = "error: `./app` is not built with `--as`, which builds plugins alone\nhint: name the plugins with `--with SOURCE`\n";
    assert_eq!(stderr, message);
}

#[test]
fn a_script_completes_the_program_and_leaves_cargo_alone() {
    for shell in ["bash", "zsh", "fish"] {
        let (status, stdout, stderr) = plug(&["completions", shell]);
        assert_eq!(status, Some(0), "{stderr}");
        assert!(stdout.contains("cargo-plug") && stdout.contains("no-default-features"), "{stdout}");
        assert!(!stdout.contains("-o default cargo\n") && !stdout.contains("#compdef cargo\n"), "{stdout}");
    }
}
