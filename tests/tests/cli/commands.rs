//! What each command does where all is well, and where a plugin is missing.

use crate::{ALL, NONE, ONE, app, check, check_command};

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
fn hello_needs_no_choice_where_there_is_none() {
    check(&ONE, &["hello"], "hello, world\n---- exit status: 0\n");
    check_command(app(&ONE).arg("hello").env("APP_PLUGIN", ""), "hello, world\n---- exit status: 0\n");
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
fn hello_tells_how_a_plugin_failed() {
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
fn hello_warns_of_a_deprecated_plugin() {
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
fn list() {
    check(
        &ALL,
        &["list"],
        "\
NAME    PACKAGE              SUMMARY
a       plugin-a 0.1.0       Says hello in English.
b       plugin-b 0.1.0       Says hello in French.
formal  plugin-polite 0.1.0  Says good day to anybody. (deprecated: use polite)
polite  plugin-polite 0.1.0  Says good day, and refuses an empty name.
---- exit status: 0
",
    );
    check(&ALL, &["list", "--format", "names"], "a\nb\nformal\npolite\n---- exit status: 0\n");
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
fn info() {
    let expected = "\
Name       b
Aliases    bonjour
Interface  app_interface::Plug
Package    plugin-b 0.1.0
License    MIT OR Apache-2.0
Source     plugins/b/src/lib.rs:11

Says hello in French.
---- exit status: 0
";
    check(&ALL, &["info", "b"], expected);
    check(&ALL, &["info", "bonjour"], expected);
    check(
        &ALL,
        &["info", "formal", "--format", "json"],
        r#"{
  "format_version": 1,
  "plugins": [
    {
      "name": "formal",
      "aliases": [],
      "deprecated": "use polite",
      "interface": "app_interface::Plug",
      "summary": "Says good day to anybody.",
      "docs": "Says good day to anybody.",
      "package": "plugin-polite",
      "version": "0.1.0",
      "license": "MIT OR Apache-2.0",
      "repository": null,
      "file": "plugins/polite/src/lib.rs",
      "line": 24,
      "link": null,
      "differences": [],
      "library": null
    }
  ]
}
---- exit status: 0
"#,
    );
}

#[test]
fn doctor() {
    check(&ONE, &["doctor"], "1 plugin, 0 problems, 0 deprecated\n---- exit status: 0\n");
    check(
        &ALL,
        &["doctor"],
        "\
note: plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
4 plugins, 0 problems, 1 deprecated
---- exit status: 0
",
    );
    check(
        &ALL,
        &["doctor", "--format", "json"],
        r#"{
  "format_version": 1,
  "problems": [],
  "warnings": [],
  "deprecated": [
    {
      "name": "formal",
      "interface": "app_interface::Plug",
      "instead": "use polite",
      "link": null
    }
  ]
}
---- exit status: 0
"#,
    );
}

#[test]
fn version() {
    check(&NONE, &["--version"], "app 0.1.0\nplugins: -a -b -formal -polite\n---- exit status: 0\n");
    check(&ONE, &["-V"], "app 0.1.0\nplugins: +a -b -formal -polite\n---- exit status: 0\n");
    check(&ALL, &["--version"], "app 0.1.0\nplugins: +a +b +formal +polite\n---- exit status: 0\n");
}
