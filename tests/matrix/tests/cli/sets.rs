//! The messages of the app in builds without some of the features.

use crate::{NONE, ONE, REMOTE, app, check, check_command};

#[test]
fn hello_needs_no_choice_where_there_is_none() {
    check(&ONE, &["hello"], "hello, world\n---- exit status: 0\n");
    check_command(app(&ONE).arg("hello").env("APP_PLUGIN", ""), "hello, world\n---- exit status: 0\n");
    check(
        &NONE,
        &["hello"],
        "\
---- stderr
error: no plugin is in this build
hint: rebuild with one of the features `a`, `b`, `polite`
---- exit status: 4
",
    );
}

#[test]
fn a_plugin_that_is_not_in_this_build() {
    let expected = "\
---- stderr
error: plugin `formal` is known but not in this build
hint: rebuild with `--features polite`
---- exit status: 4
";
    check(&ONE, &["hello", "--plugin", "formal"], expected);
    check(&ONE, &["info", "formal"], expected);
}

#[test]
fn a_plugin_that_is_not_in_this_build_is_neither_served_nor_isolated() {
    check(
        &REMOTE,
        &["serve", "--grpc", "127.0.0.1:0", "--plugin", "b"],
        "\
---- stderr
error: plugin `b` is known but not in this build
hint: rebuild with `--features b`
---- exit status: 4
",
    );
    check(
        &REMOTE,
        &["hello", "--isolate", "--plugin", "b"],
        "\
---- stderr
error: plugin `b` is known but not in this build
hint: rebuild with `--features b`
---- exit status: 4
",
    );
}

#[test]
fn an_unknown_plugin_where_there_is_none() {
    check(
        &NONE,
        &["info", "c"],
        "\
---- stderr
error: unknown plugin `c` of interface `app_interface::Plug`
hint: no plugin of this interface is linked, and these features, which bring plugins, are off: `a`, `b`, `polite`
---- exit status: 2
",
    );
}

#[test]
fn list_of_one() {
    check(
        &ONE,
        &["list", "--available"],
        "\
NAME    PACKAGE         SUMMARY
a       plugin-a 0.1.0  Says hello in English.
b                       (not in this build: rebuild with `--features b`)
formal                  (not in this build: rebuild with `--features polite`)
polite                  (not in this build: rebuild with `--features polite`)
---- exit status: 0
",
    );
    check(&ONE, &["list", "--available", "--format", "names"], "a\nb\nformal\npolite\n---- exit status: 0\n");
}

#[test]
fn list_of_nothing() {
    check(
        &NONE,
        &["list"],
        "\
---- stderr
note: no plugin is in this build
hint: `app list --available` lists those that could be
---- exit status: 0
",
    );
    check(&NONE, &["list", "--format", "names"], "---- exit status: 0\n");
    check(
        &NONE,
        &["list", "--format", "json"],
        "{\n  \"format_version\": 1,\n  \"plugins\": []\n}\n---- exit status: 0\n",
    );
}

#[test]
fn list_as_json() {
    check(
        &ONE,
        &["list", "--available", "--format", "json"],
        r#"{
  "format_version": 1,
  "plugins": [
    {
      "name": "a",
      "aliases": [],
      "deprecated": null,
      "interface": "app_interface::Plug",
      "summary": "Says hello in English.",
      "docs": "Says hello in English.",
      "package": "plugin-a",
      "version": "0.1.0",
      "license": "MIT OR Apache-2.0",
      "repository": null,
      "file": "plugins/a/src/lib.rs",
      "line": 11,
      "link": null,
      "differences": []
    }
  ],
  "available": [
    {
      "name": "b",
      "features": [
        "b"
      ]
    },
    {
      "name": "formal",
      "features": [
        "polite"
      ]
    },
    {
      "name": "polite",
      "features": [
        "polite"
      ]
    }
  ]
}
---- exit status: 0
"#,
    );
}

#[test]
fn doctor_of_one() {
    check(&ONE, &["doctor"], "1 plugin, 0 problems, 0 deprecated\n---- exit status: 0\n");
}

#[test]
fn version() {
    check(&NONE, &["--version"], "app 0.1.0\nplugins: -a -b -formal -polite\n---- exit status: 0\n");
    check(&ONE, &["-V"], "app 0.1.0\nplugins: +a -b -formal -polite\n---- exit status: 0\n");
}

#[test]
fn a_plugin_that_is_not_in_this_build_does_not_complete() {
    let mut command = app(&ONE);
    command.env("COMPLETE", "fish").args(["--", "app", "hello", "--plugin", ""]);
    check_command(&mut command, "a\tSays hello in English.\n---- exit status: 0\n");
}

#[test]
fn a_build_that_knows_no_protobuf() {
    check(
        &ONE,
        &["proto"],
        "\
---- stderr
error: this build of app knows nothing of protobuf
hint: rebuild with one of the features `grpc`, `process`
---- exit status: 4
",
    );
}

#[test]
fn a_build_that_isolates_nothing() {
    check(
        &ONE,
        &["hello", "--isolate"],
        "\
---- stderr
error: this build of app starts no processes
hint: rebuild with `--features process`
---- exit status: 4
",
    );
}
