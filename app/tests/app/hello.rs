//! `app hello`.

use crate::{ALL, app, check, check_command};

#[test]
fn hello() {
    check(&ALL, &["hello", "--plugin", "a", "--name", "x"], "hello, x\n---- exit status: 0\n");
    check(&ALL, &["hello", "--plugin", "b"], "bonjour, world\n---- exit status: 0\n");
    check(&ALL, &["hello", "--plugin=bonjour"], "bonjour, world\n---- exit status: 0\n");
    check_command(app(&ALL).arg("hello").env("APP_PLUGIN", "b"), "bonjour, world\n---- exit status: 0\n");
    // What is typed counts more than what is set.
    check_command(
        app(&ALL).args(["hello", "--plugin", "a"]).env("APP_PLUGIN", "b"),
        "hello, world\n---- exit status: 0\n",
    );
}

#[test]
fn several_plugins_and_no_choice() {
    check(
        &ALL,
        &["hello"],
        "\
---- stderr
error: there are several plugins, and none was chosen: `a`, `b`, `formal`, `polite`
hint: choose one with `--plugin NAME`, or in the variable `APP_PLUGIN`
---- exit status: 2
",
    );
}

#[test]
fn a_plugin_that_fails() {
    check(
        &ALL,
        &["hello", "--plugin", "polite", "--name", ""],
        "\
---- stderr
error: cannot greet politely
caused by: the name is empty
---- exit status: 1
",
    );
}

#[test]
fn a_deprecated_plugin() {
    check(
        &ALL,
        &["hello", "--plugin", "formal"],
        "\
good day, world
---- stderr
warning: plugin `formal` is deprecated: use polite
---- exit status: 0
",
    );
}
