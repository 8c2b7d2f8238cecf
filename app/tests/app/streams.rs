//! Where it is printed to: pipes that close, devices that are full, terminals that are narrow, and colours.

use std::process::Command;

use crate::{ALL, app, check_command, seen};

const LIST_AT_20: &str = "\
a
  plugin-a 0.1.0
  Says hello in
  English.
b
  plugin-b 0.1.0
  Says hello in
  French.
formal
  plugin-polite
  0.1.0
  Says good day to
  anybody.
  (deprecated: use
  polite)
polite
  plugin-polite
  0.1.0
  Says good day, and
  refuses an empty
  name.
---- exit status: 0
";

const COMMANDS: [&[&str]; 7] = [
    &["hello", "--plugin", "a"],
    &["list"],
    &["list", "--format", "json"],
    &["info", "a"],
    &["doctor"],
    &["completions", "bash"],
    &["--help"],
];

#[test]
fn a_reader_that_has_gone_is_no_error() {
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().expect("there is a pipe");
        drop(reader);
        check_command(app(&ALL).args(arguments).stdout(writer), "---- exit status: 0\n");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error() {
    for arguments in COMMANDS {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has /dev/full");
        check_command(
            app(&ALL).args(arguments).stdout(full),
            "\
---- stderr
error: cannot write to standard output
caused by: No space left on device (os error 28)
---- exit status: 1
",
        );
    }
}

#[cfg(unix)]
#[test]
fn a_closed_output_is_no_error() {
    let mut shell = app("sh".as_ref());
    shell.args(["-c", "exec \"$0\" list >&-"]).arg(&*ALL);
    check_command(&mut shell, "---- exit status: 0\n");
}

#[cfg(unix)]
#[test]
fn a_closed_error_output_changes_no_exit_status() {
    let mut shell = app("sh".as_ref());
    shell.args(["-c", "exec \"$0\" hello --plugin c 2>/dev/full"]).arg(&*ALL);
    check_command(&mut shell, "---- exit status: 2\n");
}

#[test]
fn a_table_fits_the_columns() {
    check_command(app(&ALL).arg("list").env("COLUMNS", "20"), LIST_AT_20);
    check_command(
        app(&ALL).arg("list").env("COLUMNS", "52"),
        "\
NAME    PACKAGE              SUMMARY
a       plugin-a 0.1.0       Says hello in English.
b       plugin-b 0.1.0       Says hello in French.
formal  plugin-polite 0.1.0  Says good day to
                             anybody. (deprecated:
                             use polite)
polite  plugin-polite 0.1.0  Says good day, and
                             refuses an empty name.
---- exit status: 0
",
    );
    check_command(
        app(&ALL).args(["info", "formal"]).env("COLUMNS", "20"),
        "\
Name
  formal
Deprecated
  use polite
Interface
  app_interface::Plu
  g
Package
  plugin-polite
  0.1.0
License
  MIT OR Apache-2.0
Source
  plugins/polite/src
  /lib.rs:67

Says good day to
anybody.
---- exit status: 0
",
    );
}

#[test]
fn no_number_of_columns_is_too_small() {
    for columns in ["1", "2", "3", "7", "18446744073709551615"] {
        for arguments in [["list", "--available"], ["info", "formal"]] {
            let output = plug_tests::run(app(&ALL).args(arguments).env("COLUMNS", columns));
            assert!(output.status.success() && output.stderr.is_empty(), "{columns}: {}", seen(&output));
        }
    }
    // Nor is what is no number one.
    let plain = seen(&plug_tests::run(app(&ALL).arg("list")));
    for columns in ["", "0", "-1", "wide"] {
        check_command(app(&ALL).arg("list").env("COLUMNS", columns), &plain);
    }
}

const DOCTOR_IN_COLOUR: &str = "\
\u{1b}[1m\u{1b}[36mnote:\u{1b}[0m plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
4 plugins, 0 problems, 1 deprecated
---- exit status: 0
";

const ERROR_IN_COLOUR: &str = "\
---- stderr
\u{1b}[1m\u{1b}[31merror:\u{1b}[0m unknown plugin `c` of interface `app_interface::Plug`
\u{1b}[1m\u{1b}[32mhint:\u{1b}[0m available: `a`, `b`, `formal`, `polite`
---- exit status: 2
";

#[test]
fn colours_are_forced_and_forbidden() {
    check_command(app(&ALL).arg("doctor").env("CLICOLOR_FORCE", "1"), DOCTOR_IN_COLOUR);
    check_command(app(&ALL).args(["info", "c"]).env("CLICOLOR_FORCE", "1"), ERROR_IN_COLOUR);
    check_command(
        app(&ALL).args(["hello", "--plugin", "polite", "--name", ""]).env("CLICOLOR_FORCE", "1"),
        "\
---- stderr
\u{1b}[1m\u{1b}[31merror:\u{1b}[0m cannot greet politely
\u{1b}[1mcaused by:\u{1b}[0m the name is empty
---- exit status: 1
",
    );
    check_command(
        app(&ALL).args(["hello", "--plugin", "formal"]).env("CLICOLOR_FORCE", "1"),
        "\
good day, world
---- stderr
\u{1b}[1m\u{1b}[33mwarning:\u{1b}[0m plugin `formal` is deprecated: use polite
---- exit status: 0
",
    );
    let list = seen(&plug_tests::run(app(&ALL).arg("list").env("CLICOLOR_FORCE", "1")));
    assert!(list.starts_with("\u{1b}[1mNAME    PACKAGE              SUMMARY\u{1b}[0m\n"), "{list:?}");
    // Clap's own output is no exception.
    let help = seen(&plug_tests::run(app(&ALL).arg("--help").env("CLICOLOR_FORCE", "1")));
    assert!(help.contains("\u{1b}[1m\u{1b}[4mUsage:\u{1b}[0m"), "{help:?}");
    // What is printed for programs is never coloured.
    let json = plug_tests::succeed(app(&ALL).args(["list", "--format", "json"]).env("CLICOLOR_FORCE", "1"));
    assert!(!json.contains('\u{1b}'), "{json:?}");
}

/// Lists the plugins on a terminal of so many columns, and returns what that shows.
#[cfg(target_os = "linux")]
fn on_terminal(columns: u16, variables: &[(&str, &str)]) -> Option<String> {
    if Command::new("script").arg("--version").output().is_err() {
        plug_tests::leave_out("script", "it is not installed, so the app was not tried on a terminal");
        return None;
    }
    let mut script = app("script".as_ref());
    // A terminal without rows would have no size.
    let command = format!("stty cols {columns} rows 10; '{}' list", ALL.display());
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).envs(variables.iter().copied());
    Some(seen(&plug_tests::run(script.stdin(std::process::Stdio::null()))).replace('\r', ""))
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_has_a_width_and_colours() {
    let Some(shown) = on_terminal(20, &[]) else { return };
    assert_eq!(shown, LIST_AT_20);
    let shown = on_terminal(80, &[]).unwrap_or_default();
    assert!(shown.starts_with("\u{1b}[1mNAME    PACKAGE"), "{shown:?}");
    for off in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let shown = on_terminal(80, &[off]).unwrap_or_default();
        assert!(shown.starts_with("NAME    PACKAGE"), "{off:?}: {shown:?}");
    }
}
