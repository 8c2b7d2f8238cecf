//! The app, as whoever runs it sees it: every text, exit status and form of JSON, in whole and once. It knows no function
//! of the app.

mod commands;
mod completion;
mod failing;
mod grpc;
mod help;
mod input;
mod isolate;
mod libraries;
mod library;
mod linked;
mod process;
mod proto;
mod remote;
mod streams;
mod unlinked;
mod wrapped;
mod wrapper;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// With no plugin.
static NONE: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::app(&[], "dev"));

/// With the plugin `a` alone.
static ONE: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::app(&["a"], "dev"));

/// With all of them: `a`, `b`, and from one crate `formal` and `polite`.
static ALL: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::app(&["a", "b", "polite"], "dev"));

/// With the plugin `a`, and opening libraries.
static LINKING: LazyLock<PathBuf> = LazyLock::new(|| plug_tests::app(&["a", "library"], "dev"));

/// The program, ready to run in an environment that says nothing.
fn app(program: &Path) -> Command {
    let mut app = Command::new(program);
    // `CI` counts as a terminal with colours.
    plug_tests::clean(&mut app)
        .env_remove("COMPLETE")
        .env_remove("CI")
        .env("TERM", "xterm")
        .current_dir(plug_tests::root());
    app
}

/// Runs the program, and compares all that can be seen of it with what is expected.
#[track_caller]
fn check(program: &Path, arguments: &[&str], expected: &str) {
    check_command(app(program).args(arguments), expected);
}

#[track_caller]
fn check_command(command: &mut Command, expected: &str) {
    let seen = seen(&plug_tests::run(command));
    let arguments: Vec<_> = command.get_args().collect();
    // Not `assert_eq!`, which would show the lines in one.
    assert!(seen == expected, "{arguments:?}\n==== expected\n{expected}\n==== seen\n{seen}\n====\n{seen:?}");
}

/// Standard output, standard error and the exit status, in one text.
fn seen(output: &Output) -> String {
    let (stdout, stderr) = plug_tests::texts(output);
    let stderr = if stderr.is_empty() { stderr } else { format!("---- stderr\n{stderr}") };
    format!("{stdout}{stderr}---- {}\n", output.status)
}
