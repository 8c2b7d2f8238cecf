//! `library:PATH[#NAME]` instead of a plugin's name: calls, descriptions, and unusable files.

use std::fs;

use crate::libraries::{A, BAD, POLITE, check_linking, filled};
use crate::{LINKING, app, check_command, seen};

#[test]
fn hello() {
    let folder = A.parent().expect("a file is in a folder");
    let name = A.file_name().and_then(|name| name.to_str()).expect("the name is UTF-8");
    let expected = "hello, x\n---- exit status: 0\n";
    for path in [name.to_owned(), format!("./{name}"), filled("<a>"), filled("<a>#a"), format!("{name}#a")] {
        let plugin = format!("library:{path}");
        let mut typed = app(&LINKING);
        check_command(typed.args(["hello", "--plugin", &plugin, "--name", "x"]).current_dir(folder), expected);
        let mut set = app(&LINKING);
        check_command(set.args(["hello", "--name", "x"]).env("APP_PLUGIN", &plugin).current_dir(folder), expected);
    }
}

#[test]
fn hello_from_a_library_of_several() {
    check_linking(
        &["hello", "--plugin", "library:<polite>#formal"],
        "\
good day, world
---- stderr
warning: plugin `formal` is deprecated: use polite
---- exit status: 0
",
    );
    check_linking(
        &["hello", "--plugin", "library:<polite>"],
        "\
---- stderr
error: `library:<polite>` has several plugins, and none was chosen: `formal`, `polite`
hint: add a `#` and the name: `library:<polite>#formal`
---- exit status: 2
",
    );
}

#[test]
fn a_name_that_is_not_in_the_library() {
    // The `a` of this build does not count.
    let expected = "\
---- stderr
error: unknown plugin `a` of interface `app_interface::Plug`
hint: available: `formal`, `polite`
hint: behind `#` stands the name of a plugin of `library:<polite>`
---- exit status: 2
";
    check_linking(&["hello", "--plugin", "library:<polite>#a"], expected);
    check_linking(&["info", "library:<polite>#a"], expected);
    check_linking(
        &["hello", "--plugin", "library:<polite>#"],
        "\
---- stderr
error: `` cannot be the name of a plugin
hint: a name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes
hint: behind `#` stands the name of a plugin of `library:<polite>`
---- exit status: 2
",
    );
    check_command(
        app(&LINKING).arg("hello").env("APP_PLUGIN", filled("library:<polite>#c")),
        &filled(
            "\
---- stderr
error: unknown plugin `c` of interface `app_interface::Plug`
hint: available: `formal`, `polite`
hint: behind `#` stands the name of a plugin of `library:<polite>`
hint: the name comes from the variable `APP_PLUGIN`
---- exit status: 2
",
        ),
    );
}

#[test]
fn a_hash_in_the_path() {
    let folder = plug_tests::scratch("hash").join("in#folder");
    fs::create_dir(&folder).expect("a folder can be made");
    fs::copy(&*POLITE, folder.join("x#y")).expect("a file can be copied");
    let link = format!("library:{}/x#y", folder.display());
    check_linking(&["hello", "--plugin", &format!("{link}#polite")], "good day, world\n---- exit status: 0\n");
    check_linking(&["list", "--format", "names", "--link", &link], "a\nformal\npolite\n---- exit status: 0\n");
    check_linking(
        &["hello", "--plugin", &link],
        &format!(
            "\
---- stderr
error: `{link}` has several plugins, and none was chosen: `formal`, `polite`
hint: add a `#` and the name: `{link}#formal`
---- exit status: 2
"
        ),
    );
    let folder = folder.display();
    check_linking(
        &["hello", "--plugin", &format!("library:{folder}/y")],
        &format!(
            "\
---- stderr
error: cannot read library `{folder}/y`
caused by: No such file or directory (os error 2)
---- exit status: 2
"
        ),
    );
}

#[test]
fn info() {
    check_linking(
        &["info", "library:<polite>"],
        "\
Name        formal
Deprecated  use polite
Interface   app_interface::Plug
Package     plugin-polite 0.1.0
License     MIT OR Apache-2.0
Source      plugins/polite/src/lib.rs:67
Link        library:<polite>
SHA-256     <sha256 of polite>
Compiler    <rustc>
Plug        0.1.0, ABI 1
Methods     say_hello(String) -> String

Says good day to anybody.

Name       polite
Interface  app_interface::Plug
Package    plugin-polite 0.1.0
License    MIT OR Apache-2.0
Source     plugins/polite/src/lib.rs:33
Link       library:<polite>
SHA-256    <sha256 of polite>
Compiler   <rustc>
Plug       0.1.0, ABI 1
Methods    say_hello(String) -> String
Settings   `--schema` prints them, and runs code of the library

Says good day, and refuses an empty name.
---- exit status: 0
",
    );
    check_linking(
        &["info", "library:<a>#a", "--format", "json"],
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
      "link": "library:<a>",
      "differences": [],
      "takes_settings": false,
      "schema": null,
      "library": {
        "compiler": "<rustc>",
        "plug": "0.1.0",
        "abi": 1,
        "aborts_on_panic": false,
        "sha256": "<sha256 of a>",
        "methods": [
          {
            "name": "say_hello",
            "signature": "(String) -> String",
            "has_default": false
          }
        ]
      }
    }
  ]
}
---- exit status: 0
"#,
    );
}

#[test]
fn a_plugin_that_fails() {
    let output = plug_tests::run(app(&LINKING).args(["hello", "--plugin", &filled("library:<bad>#panics")]));
    let (_, stderr) = plug_tests::texts(&output);
    // The lines before these are the library's own.
    let last = stderr.lines().last();
    let expected =
        "error: plugin `panics` panicked in `say_hello` at bad/src/lib.rs:23:9: no greeting for world\\u{1b}[31m";
    assert_eq!(last, Some(expected), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
    check_linking(
        &["hello", "--plugin", "library:<bad>#fails"],
        "\
---- stderr
loaded
error: cannot open plugin `fails` of bad
caused by: cannot read the greetings
caused by: no such file
---- exit status: 1
",
    );
    check_linking(
        &["hello", "--plugin", "library:<polite>#polite", "--name", ""],
        "\
---- stderr
error: cannot greet politely
caused by: the name is empty
---- exit status: 1
",
    );
}

#[test]
fn a_plugin_that_does_not_fit() {
    let differs = "\
error: plugin `odd` of `library:<odd>` was built with another `app_interface::Plug`
  method `say_hello` is `(String, u32) -> String` in the plugin, and `(String) -> String` in this program
hint: build both with one version of the interface
---- exit status: 3
";
    check_linking(
        &["hello", "--plugin", "library:<odd>"],
        &format!("---- stderr\nwarning: plugin `odd` is deprecated: greet evenly\n{differs}"),
    );
    check_linking(
        &["info", "library:<odd>#strange"],
        &format!(
            "\
Name        odd
Aliases     strange
Deprecated  greet evenly
Interface   app_interface::Plug
Package     odd 1.0.0
Source      odd/src/lib.rs:10
Link        library:<odd>
SHA-256     <sha256 of odd>
Compiler    <rustc>
Plug        0.1.0, ABI 1
Methods     say_hello(String, u32) -> String

Greets oddly.
---- stderr
{differs}"
        ),
    );
}

#[test]
fn a_plugin_of_another_interface() {
    check_linking(
        &["hello", "--plugin", "library:<odd>#bell"],
        "\
---- stderr
error: unknown plugin `bell` of interface `app_interface::Plug`
hint: there is one of this name for `odd::Tone`
hint: available: `odd`
hint: behind `#` stands the name of a plugin of `library:<odd>`
---- exit status: 2
",
    );
    check_linking(
        &["info", "library:<odd>#bell"],
        "\
Name       bell
Interface  odd::Tone
Package    odd 1.0.0
Source     odd/src/lib.rs:33
Link       library:<odd>
SHA-256    <sha256 of odd>
Compiler   <rustc>
Plug       0.1.0, ABI 1
Methods    pitch() -> f64
           volume() -> f64 (has a default)

Rings at 440 Hz.
---- exit status: 0
",
    );
}

#[test]
fn a_library_that_aborts_on_panic() {
    check_linking(
        &["hello", "--plugin", "library:<b>"],
        "\
bonjour, world
---- stderr
warning: library `<b>` was built with panic=abort: a panic in it ends this program
---- exit status: 0
",
    );
    check_linking(
        &["info", "library:<b>"],
        "\
Name       b
Aliases    bonjour
Interface  app_interface::Plug
Package    plugin-b 0.1.0
License    MIT OR Apache-2.0
Source     plugins/b/src/lib.rs:11
Link       library:<b>
SHA-256    <sha256 of b>
Compiler   <rustc>, panic=abort
Plug       0.1.0, ABI 1
Methods    say_hello(String) -> String

Says hello in French.
---- exit status: 0
",
    );
}

#[test]
fn a_library_that_is_damaged_is_a_problem() {
    let cut = plug_tests::scratch("cut").join("cut.so");
    let whole = fs::read(&*BAD).expect("a file can be read");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("a file can be written");
    let cut = cut.to_str().expect("the path is UTF-8");
    let (half, len) = (whole.len() / 2, whole.len());
    let fact = format!("library `{cut}` is cut short: it has {half} bytes, and its header tells of {len}");
    let (link, error) = (format!("library:{cut}"), format!("---- stderr\nerror: {fact}\n---- exit status: 3\n"));
    check_linking(&["hello", "--plugin", &link], &error);
    check_linking(&["info", &link], &error);
    check_linking(&["list", "--link", &link], &error);
    // The doctor continues.
    check_linking(
        &["doctor", "--link", &link, "--link", "library:<polite>"],
        &format!(
            "\
problem: {fact}
note: plugin `formal` of plugin-polite 0.1.0 in `library:<polite>` is deprecated: use polite
3 plugins, 1 problem, 1 deprecated
---- exit status: 3
"
        ),
    );
    let json = app(&LINKING).args(["doctor", "--link", &link, "--format", "json"]).output();
    let json = seen(&json.expect("the app can be run"));
    let expected = format!(
        r#"{{
  "format_version": 1,
  "problems": [
    {{
      "kind": "link",
      "name": null,
      "interface": null,
      "feature": null,
      "link": "{link}",
      "places": [],
      "message": "{fact}",
      "hints": []
    }}
  ],
  "warnings": [],
  "deprecated": []
}}
---- exit status: 3
"#
    );
    assert_eq!(json, expected);
}
