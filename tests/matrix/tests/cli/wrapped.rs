//! The app wrapped by another package: it has the package's plugins, and escapes their texts.

use crate::wrapper::WRAPPER;
use crate::{app, check, check_command};

#[test]
fn all_plugins_of_all_packages_are_there() {
    check(
        &WRAPPER,
        &["--version"],
        "\
app 0.1.0
plugins: -a -absent +asks -b +fails-in-new -formal +gong +loud +one +panics +panics-in-new -polite +raw +threads +throws +two
---- exit status: 0
",
    );
    check(
        &WRAPPER,
        &["list", "--available"],
        r#"NAME           INTERFACE            PACKAGE        SUMMARY
asks           app_interface::Plug  wrapper 1.2.3  Greets badly
fails-in-new   app_interface::Plug  wrapper 1.2.3  Greets badly
loud           app_interface::Plug  wrapper 1.2.3  Rings the bell. (deprecated: use \u{200f}raw)
one            app_interface::Plug  wrapper 1.2.3  Greets badly
panics         app_interface::Plug  wrapper 1.2.3  Greets badly
panics-in-new  app_interface::Plug  wrapper 1.2.3  Greets badly
raw            app_interface::Plug  wrapper 1.2.3  Greets badly
threads        app_interface::Plug  wrapper 1.2.3  Greets badly
throws         app_interface::Plug  wrapper 1.2.3  Greets badly
two            app_interface::Plug  wrapper 1.2.3  Greets badly
gong           wrapper::Tone        wrapper 1.2.3  Greets badly
raw            wrapper::Tone        wrapper 1.2.3  Rings at 440 Hz.
a                                                  (not in this build: rebuild with `--features app/a`)
absent                                             (not in this build: rebuild with `--features wrapper/absent`)
b                                                  (not in this build: rebuild with `--features app/b`)
formal                                             (not in this build: rebuild with `--features app/polite`)
polite                                             (not in this build: rebuild with `--features app/polite`)
---- exit status: 0
"#,
    );
    check(
        &WRAPPER,
        &["hello", "--plugin", "absent"],
        "\
---- stderr
error: plugin `absent` is known but not in this build
hint: rebuild with `--features wrapper/absent`
---- exit status: 4
",
    );
}

#[cfg(unix)]
#[test]
fn a_greeting_is_printed_as_it_is() {
    check(&WRAPPER, &["hello", "--plugin", "raw", "--name", "x"], "\u{1b}[1mx\u{1b}[0m\n---- exit status: 0\n");
}

#[test]
fn the_texts_of_a_plugin_are_escaped() {
    check(
        &WRAPPER,
        &["info", "loud"],
        r#"Name        loud
Deprecated  use \u{200f}raw
Interface   app_interface::Plug
Package     wrapper 1.2.3
License     0BSD
Repository  https://example.org/wrapper
Source      src/main.rs:36

Rings the bell.

Then it greets, in a sentence that is longer than many a terminal is wide, and so it has to wrap.

    indented
\u{7}\u{1b}]0;title\u{7}
---- exit status: 0
"#,
    );
    check_command(
        app(&WRAPPER).args(["info", "loud"]).env("COLUMNS", "30"),
        r#"Name
  loud
Deprecated
  use \u{200f}raw
Interface
  app_interface::Plug
Package
  wrapper 1.2.3
License
  0BSD
Repository
  https://example.org/wrapper
Source
  src/main.rs:36

Rings the bell.

Then it greets, in a sentence
that is longer than many a
terminal is wide, and so it
has to wrap.

    indented
\u{7}\u{1b}]0;title\u{7}
---- exit status: 0
"#,
    );
    check(
        &WRAPPER,
        &["hello", "--plugin", "loud"],
        r#"HELLO
---- stderr
warning: plugin `loud` is deprecated: use \u{200f}raw
---- exit status: 0
"#,
    );
}

#[test]
fn a_name_of_two_interfaces() {
    check(
        &WRAPPER,
        &["info", "raw"],
        "\
Name        raw
Interface   app_interface::Plug
Package     wrapper 1.2.3
License     0BSD
Repository  https://example.org/wrapper
Source      src/main.rs:32

Greets badly

Name        raw
Interface   wrapper::Tone
Package     wrapper 1.2.3
License     0BSD
Repository  https://example.org/wrapper
Source      src/main.rs:94

Rings at 440 Hz.
---- exit status: 0
",
    );
    check(
        &WRAPPER,
        &["info", "gong", "--format", "json"],
        r#"{
  "format_version": 1,
  "plugins": [
    {
      "name": "gong",
      "aliases": [],
      "deprecated": null,
      "interface": "wrapper::Tone",
      "summary": "Greets badly",
      "docs": "Greets badly",
      "package": "wrapper",
      "version": "1.2.3",
      "license": "0BSD",
      "repository": "https://example.org/wrapper",
      "file": "src/main.rs",
      "line": 104,
      "link": null,
      "differences": [],
      "takes_settings": false,
      "schema": null,
      "library": null
    }
  ]
}
---- exit status: 0
"#,
    );
    check(
        &WRAPPER,
        &["hello", "--plugin", "gong"],
        "\
---- stderr
error: unknown plugin `gong` of interface `app_interface::Plug`
hint: there is one of this name for `wrapper::Tone`
hint: available: `asks`, `fails-in-new`, `loud`, `one`, `panics`, `panics-in-new`, `raw`, `threads`, `throws`, `two`
---- exit status: 2
",
    );
}

#[test]
fn names_that_several_claim() {
    check(
        &WRAPPER,
        &["hello", "--plugin", "same"],
        r#"---- stderr
error: alias `same` of interface `app_interface::Plug` belongs to `one` (wrapper 1.2.3 at src/main.rs:33) and `two` (wrapper 1.2.3 at src/main.rs:34)
hint: drop it from one, or leave one of them out of the build
---- exit status: 3
"#,
    );
    check(
        &WRAPPER,
        &["hello", "--plugin", "two"],
        r#"---- stderr
error: `two` is a plugin of interface `app_interface::Plug` (wrapper 1.2.3 at src/main.rs:34) and an alias of `one` (wrapper 1.2.3 at src/main.rs:33)
hint: drop the alias, or leave one of them out of the build
---- exit status: 3
"#,
    );
    check(
        &WRAPPER,
        &["info", "two"],
        r#"---- stderr
error: `two` is a plugin of interface `app_interface::Plug` (wrapper 1.2.3 at src/main.rs:34) and an alias of `one` (wrapper 1.2.3 at src/main.rs:33)
hint: drop the alias, or leave one of them out of the build
---- exit status: 3
"#,
    );
    check(&WRAPPER, &["hello", "--plugin", "deux"], "two\n---- exit status: 0\n");
    check(
        &WRAPPER,
        &["hello", "--plugin", "ghost"],
        r#"---- stderr
error: feature `wrapper/ghost` is on, but plugin-ghost registered nothing as `ghost`
hint: its `#[plug("ghost")]` is missing or compiled out; if the plugin has another name, add `ghost = ["the-name"]` under `[package.metadata.plug.names]`
---- exit status: 3
"#,
    );
}

#[test]
fn the_doctor_tells_of_every_problem() {
    check(
        &WRAPPER,
        &["doctor"],
        r#"problem: alias `same` of interface `app_interface::Plug` belongs to `one` (wrapper 1.2.3 at src/main.rs:33) and `two` (wrapper 1.2.3 at src/main.rs:34)
hint: drop it from one, or leave one of them out of the build
problem: `two` is a plugin of interface `app_interface::Plug` (wrapper 1.2.3 at src/main.rs:34) and an alias of `one` (wrapper 1.2.3 at src/main.rs:33)
hint: drop the alias, or leave one of them out of the build
problem: feature `wrapper/ghost` is on, but plugin-ghost registered nothing as `ghost`
hint: its `#[plug("ghost")]` is missing or compiled out; if the plugin has another name, add `ghost = ["the-name"]` under `[package.metadata.plug.names]`
note: plugin `loud` of wrapper 1.2.3 is deprecated: use \u{200f}raw
12 plugins, 3 problems, 1 deprecated
---- exit status: 3
"#,
    );
    check(
        &WRAPPER,
        &["doctor", "--format", "json"],
        r#"{
  "format_version": 1,
  "problems": [
    {
      "kind": "hidden_by_alias",
      "name": "same",
      "interface": "app_interface::Plug",
      "feature": null,
      "link": null,
      "places": [
        {
          "plugin": "one",
          "package": "wrapper 1.2.3",
          "file": "src/main.rs",
          "line": 33,
          "link": null
        },
        {
          "plugin": "two",
          "package": "wrapper 1.2.3",
          "file": "src/main.rs",
          "line": 34,
          "link": null
        }
      ],
      "message": "alias `same` of interface `app_interface::Plug` belongs to `one` (wrapper 1.2.3 at src/main.rs:33) and `two` (wrapper 1.2.3 at src/main.rs:34)",
      "hints": [
        "drop it from one, or leave one of them out of the build"
      ]
    },
    {
      "kind": "hidden_by_alias",
      "name": "two",
      "interface": "app_interface::Plug",
      "feature": null,
      "link": null,
      "places": [
        {
          "plugin": "two",
          "package": "wrapper 1.2.3",
          "file": "src/main.rs",
          "line": 34,
          "link": null
        },
        {
          "plugin": "one",
          "package": "wrapper 1.2.3",
          "file": "src/main.rs",
          "line": 33,
          "link": null
        }
      ],
      "message": "`two` is a plugin of interface `app_interface::Plug` (wrapper 1.2.3 at src/main.rs:34) and an alias of `one` (wrapper 1.2.3 at src/main.rs:33)",
      "hints": [
        "drop the alias, or leave one of them out of the build"
      ]
    },
    {
      "kind": "not_registered",
      "name": "ghost",
      "interface": null,
      "feature": "wrapper/ghost",
      "link": null,
      "places": [],
      "message": "feature `wrapper/ghost` is on, but plugin-ghost registered nothing as `ghost`",
      "hints": [
        "its `#[plug(\"ghost\")]` is missing or compiled out; if the plugin has another name, add `ghost = [\"the-name\"]` under `[package.metadata.plug.names]`"
      ]
    }
  ],
  "warnings": [],
  "deprecated": [
    {
      "name": "loud",
      "interface": "app_interface::Plug",
      "instead": "use ‏raw",
      "link": null
    }
  ]
}
---- exit status: 3
"#,
    );
}

#[test]
fn the_script_completes_the_program_by_its_own_name() {
    let script = plug_tests::succeed(app(&WRAPPER).args(["completions", "bash"]));
    assert!(script.contains("-F _clap_complete_wrapper wrapper"), "{script}");
}
