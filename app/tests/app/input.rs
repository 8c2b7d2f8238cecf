//! What is typed wrongly.

use std::ffi::OsString;

use crate::{ALL, app, check, check_command};

#[test]
fn an_unknown_plugin() {
    let expected = "\
---- stderr
error: unknown plugin `c` of interface `app_interface::Plug`
hint: available: `a`, `b`, `formal`, `polite`
---- exit status: 2
";
    check(&ALL, &["hello", "--plugin", "c"], expected);
    check(&ALL, &["info", "c"], expected);
    check_command(
        app(&ALL).arg("hello").env("APP_PLUGIN", "c"),
        "\
---- stderr
error: unknown plugin `c` of interface `app_interface::Plug`
hint: available: `a`, `b`, `formal`, `polite`
hint: the name comes from the variable `APP_PLUGIN`
---- exit status: 2
",
    );
}

#[test]
fn a_near_miss() {
    check(
        &ALL,
        &["hello", "--plugin", "polit"],
        "\
---- stderr
error: unknown plugin `polit` of interface `app_interface::Plug`
hint: did you mean `polite`?
hint: available: `a`, `b`, `formal`, `polite`
---- exit status: 2
",
    );
}

#[test]
fn what_cannot_be_a_name() {
    let check_name = |name: &str, shown: &str| {
        let expected = format!(
            "---- stderr\nerror: `{shown}` cannot be the name of a plugin\n\
             hint: a name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes\n\
             ---- exit status: 2\n",
        );
        check(&ALL, &["hello", "--plugin", name], &expected);
        check(&ALL, &["info", "--", name], &expected);
    };
    check_name("", "");
    check_name("a/b", "a/b");
    check_name("../a", "../a");
    check_name("-", "-");
    check_name("A", "A");
    check_name("a\n\u{1b}[31mb\u{7}", "a\\n\\u{1b}[31mb\\u{7}");
    // Linux takes no argument of 128 KiB. A library's test has a whole MiB.
    check_name(&"é".repeat(60_000), &format!("{}… (120000 bytes)", "é".repeat(64)));
}

#[cfg(unix)]
#[test]
fn what_is_not_utf_8() {
    use std::os::unix::ffi::OsStringExt;

    let text = OsString::from_vec(b"a\xff".into());
    let expected = |argument: &str| {
        format!(
            "---- stderr\nerror: invalid value 'a\u{fffd}' for '{argument}': it is not UTF-8\n\n\
             For more information, try '--help'.\n---- exit status: 2\n",
        )
    };
    check_command(app(&ALL).args(["hello", "--plugin"]).arg(&text), &expected("--plugin <NAME>"));
    check_command(app(&ALL).arg("hello").env("APP_PLUGIN", &text), &expected("--plugin <NAME>"));
    check_command(app(&ALL).args(["hello", "--plugin", "a", "--name"]).arg(&text), &expected("--name <WHO>"));
    check_command(app(&ALL).arg("info").arg(&text), &expected("<NAME>"));
}

#[test]
fn a_command_that_there_is_not() {
    check(
        &ALL,
        &["helo"],
        "\
---- stderr
error: unrecognized subcommand 'helo'

  tip: some similar subcommands exist: 'help', 'hello'

Usage: app <COMMAND>

For more information, try '--help'.
---- exit status: 2
",
    );
}

#[test]
fn a_format_that_there_is_not() {
    check(
        &ALL,
        &["list", "--format", "yaml"],
        "\
---- stderr
error: invalid value 'yaml' for '--format <FORMAT>'
  [possible values: table, json, names]

For more information, try '--help'.
---- exit status: 2
",
    );
}
