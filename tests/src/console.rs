//! The app as a user sees it: runs a program, and compares what it prints with what is expected.

use std::path::Path;
use std::process::{Command, Output};

use crate::{clean, root, run, texts};

/// The program, ready to run in an environment without relevant variables.
pub fn app(program: &Path) -> Command {
    let mut app = Command::new(program);
    // The app takes `CI` for a terminal with colours.
    clean(&mut app).env_remove("COMPLETE").env_remove("CI").env("TERM", "xterm").current_dir(root());
    app
}

/// Runs the program, and compares its output and exit status with the expected text.
#[track_caller]
pub fn check(program: &Path, arguments: &[&str], expected: &str) {
    check_command(app(program).args(arguments), expected);
}

/// Runs the command, and compares its output and exit status with the expected text.
#[track_caller]
pub fn check_command(command: &mut Command, expected: &str) {
    let seen = seen(&run(command));
    let arguments: Vec<_> = command.get_args().collect();
    // `assert_eq!` would print all lines as one.
    assert!(seen == expected, "{arguments:?}\n==== expected\n{expected}\n==== seen\n{seen}\n====\n{seen:?}");
}

/// Standard output, standard error and the exit status, in one text.
pub fn seen(output: &Output) -> String {
    let (stdout, stderr) = texts(output);
    let stderr = if stderr.is_empty() { stderr } else { format!("---- stderr\n{stderr}") };
    format!("{stdout}{stderr}---- {}\n", output.status)
}
