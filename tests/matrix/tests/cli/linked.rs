//! `--link` and `APP_LINKS`: the plugins of libraries beside the linked-in ones.

#[cfg(target_os = "linux")]
use std::process::Command;

use crate::libraries::{check_linking, filled};
use crate::{LINKING, app, check_command};

#[test]
fn hello() {
    check_linking(
        &["hello", "--link", "library:<polite>", "--plugin", "polite"],
        "good day, world\n---- exit status: 0\n",
    );
    check_linking(&["hello", "--link", "library:<polite>", "--plugin", "a"], "hello, world\n---- exit status: 0\n");
    check_linking(
        &["hello", "--link", "library:<polite>"],
        "\
---- stderr
error: there are several plugins, and none was chosen: `a`, `formal`, `polite`
hint: choose one with `--plugin NAME`, or in the variable `APP_PLUGIN`
---- exit status: 2
",
    );
    // Only the plugin that runs causes a warning.
    let links = ["--link", "library:<polite>", "--link", "library:<b>"];
    check_linking(&[&["hello", "--plugin", "polite"], &links[..]].concat(), "good day, world\n---- exit status: 0\n");
    check_linking(
        &[&["hello", "--plugin", "bonjour"], &links[..]].concat(),
        "\
bonjour, world
---- stderr
warning: library `<b>` was built with panic=abort: a panic in it ends this program
---- exit status: 0
",
    );
}

#[test]
fn list() {
    check_linking(
        &["list", "--link", "library:<polite>"],
        &table(&[
            ["NAME", "PACKAGE", "LINK", "SUMMARY"],
            ["a", "plugin-a 0.1.0", "builtin", "Says hello in English."],
            ["formal", "plugin-polite 0.1.0", "library:<polite>", "Says good day to anybody. (deprecated: use polite)"],
            ["polite", "plugin-polite 0.1.0", "library:<polite>", "Says good day, and refuses an empty name."],
        ]),
    );
    check_linking(
        &["list", "--available", "--link", "library:<b>"],
        &table(&[
            ["NAME", "PACKAGE", "LINK", "SUMMARY"],
            ["a", "plugin-a 0.1.0", "builtin", "Says hello in English."],
            ["b", "plugin-b 0.1.0", "library:<b>", "Says hello in French."],
            ["formal", "", "", "(not in this build: rebuild with `--features polite`)"],
            ["polite", "", "", "(not in this build: rebuild with `--features polite`)"],
        ]),
    );
    check_linking(&["list", "--format", "names", "--link", "library:<odd>"], "a\nbell\nodd\n---- exit status: 0\n");
    check_linking(
        &["list", "--format", "json", "--link", "library:<b>"],
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
    },
    {
      "name": "b",
      "aliases": [
        "bonjour"
      ],
      "deprecated": null,
      "interface": "app_interface::Plug",
      "summary": "Says hello in French.",
      "docs": "Says hello in French.",
      "package": "plugin-b",
      "version": "0.1.0",
      "license": "MIT OR Apache-2.0",
      "repository": null,
      "file": "plugins/b/src/lib.rs",
      "line": 11,
      "link": "library:<b>",
      "differences": []
    }
  ]
}
---- exit status: 0
"#,
    );
}

#[test]
fn a_plugin_that_does_not_fit_is_listed_as_such() {
    check_linking(
        &["list", "--link", "library:<odd>"],
        &table(&[
            ["NAME", "INTERFACE", "PACKAGE", "LINK", "SUMMARY"],
            ["a", "app_interface::Plug", "plugin-a 0.1.0", "builtin", "Says hello in English."],
            [
                "odd",
                "app_interface::Plug",
                "odd 1.0.0",
                "library:<odd>",
                "Greets oddly. (does not fit: built with another `app_interface::Plug`) (deprecated: greet evenly)",
            ],
            ["bell", "odd::Tone", "odd 1.0.0", "library:<odd>", "Rings at 440 Hz."],
        ]),
    );
    let output =
        plug_tests::succeed(app(&LINKING).args(["list", "--format", "json", "--link", &filled("library:<odd>")]));
    let expected = "\
      \"link\": \"library:<odd>\",
      \"differences\": [
        \"method `say_hello` is `(String, u32) -> String` in the plugin, and `(String) -> String` in this program\"
      ]
    },
";
    assert!(output.contains(&filled(expected)), "{output}");
    // An interface that this program lacks has no differences.
    assert!(
        output.ends_with(&filled("      \"link\": \"library:<odd>\",\n      \"differences\": []\n    }\n  ]\n}\n")),
        "{output}"
    );
}

/// Fills the paths into the rows, and lays them out as a table.
fn table<const N: usize>(rows: &[[&str; N]]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| row.map(filled)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let line = |row: &[String; N]| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:0$}", width(column)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect::<String>() + "---- exit status: 0\n"
}

#[test]
fn info() {
    check_linking(
        &["info", "polite", "--link", "library:<polite>"],
        "\
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
        &["info", "a", "--link", "library:<polite>"],
        "\
Name       a
Interface  app_interface::Plug
Package    plugin-a 0.1.0
License    MIT OR Apache-2.0
Source     plugins/a/src/lib.rs:11

Says hello in English.
---- exit status: 0
",
    );
}

const TWICE: &str = "\
2 plugins of interface `app_interface::Plug` have the name `a`: plugin-a 0.1.0 at plugins/a/src/lib.rs:11 and \
plugin-a 0.1.0 at plugins/a/src/lib.rs:11 in `library:<a>`";

const WAY_OUT: &str = "\
hint: choose one by its link, as `library:<a>#a`, or the builtin one without `--link` and `APP_LINKS`
";

#[test]
fn a_name_of_the_build_and_of_a_library() {
    let expected = format!(
        "---- stderr\nerror: {TWICE}\nhint: rename one, or leave one out of the build\n{WAY_OUT}---- exit status: 3\n"
    );
    check_linking(&["hello", "--plugin", "a", "--link", "library:<a>"], &expected);
    check_linking(&["hello", "--link", "library:<a>"], &expected);
    check_linking(&["info", "a", "--link", "library:<a>"], &expected);
    check_command(
        app(&LINKING).args(["hello", "--plugin", "a"]).env("APP_LINKS", filled("library:<a>")),
        &filled(&expected),
    );
    // The ways out that the hint names.
    for arguments in [
        &["hello", "--plugin", "library:<a>#a", "--link", "library:<a>"][..],
        &["hello", "--plugin", "library:<a>", "--link", "library:<a>"],
        &["hello", "--plugin", "a"],
    ] {
        check_linking(arguments, "hello, world\n---- exit status: 0\n");
    }
}

#[test]
fn doctor() {
    check_linking(
        &["doctor", "--link", "library:<a>", "--link", "library:<b>", "--link", "library:<odd>"],
        &format!(
            "\
problem: {TWICE}
hint: rename one, or leave one out of the build
problem: plugin `odd` of `library:<odd>` was built with another `app_interface::Plug`
  method `say_hello` is `(String, u32) -> String` in the plugin, and `(String) -> String` in this program
hint: build both with one version of the interface
warning: library `<b>` was built with panic=abort: a panic in it ends this program
note: plugin `odd` of odd 1.0.0 in `library:<odd>` is deprecated: greet evenly
5 plugins, 2 problems, 1 deprecated
---- exit status: 3
"
        ),
    );
    check_linking(
        &["doctor", "--format", "json", "--link", "library:<a>", "--link", "library:<b>", "--link", "library:<odd>"],
        &r#"{
  "format_version": 1,
  "problems": [
    {
      "kind": "duplicate",
      "name": "a",
      "interface": "app_interface::Plug",
      "feature": null,
      "link": null,
      "places": [
        {
          "plugin": "a",
          "package": "plugin-a 0.1.0",
          "file": "plugins/a/src/lib.rs",
          "line": 11,
          "link": null
        },
        {
          "plugin": "a",
          "package": "plugin-a 0.1.0",
          "file": "plugins/a/src/lib.rs",
          "line": 11,
          "link": "library:<a>"
        }
      ],
      "message": "TWICE",
      "hints": [
        "rename one, or leave one out of the build"
      ]
    },
    {
      "kind": "incompatible",
      "name": "odd",
      "interface": "app_interface::Plug",
      "feature": null,
      "link": null,
      "places": [
        {
          "plugin": "odd",
          "package": "odd 1.0.0",
          "file": "odd/src/lib.rs",
          "line": 10,
          "link": "library:<odd>"
        }
      ],
      "message": "plugin `odd` of `library:<odd>` was built with another `app_interface::Plug`\n  method `say_hello` is `(String, u32) -> String` in the plugin, and `(String) -> String` in this program",
      "hints": [
        "build both with one version of the interface"
      ]
    }
  ],
  "warnings": [
    {
      "kind": "aborts_on_panic",
      "link": "library:<b>",
      "message": "library `<b>` was built with panic=abort: a panic in it ends this program"
    }
  ],
  "deprecated": [
    {
      "name": "odd",
      "interface": "app_interface::Plug",
      "instead": "greet evenly",
      "link": "library:<odd>"
    }
  ]
}
---- exit status: 3
"#
        .replace("TWICE", TWICE),
    );
    check_linking(
        &["doctor", "--link", "library:<b>"],
        "\
warning: library `<b>` was built with panic=abort: a panic in it ends this program
2 plugins, 0 problems, 0 deprecated
---- exit status: 0
",
    );
}

#[test]
fn links_from_the_environment() {
    let names = |links: &str, expected: &str| {
        let mut command = app(&LINKING);
        command.args(["list", "--format", "names"]).env("APP_LINKS", filled(links));
        check_command(&mut command, &format!("{expected}---- exit status: 0\n"));
    };
    names("library:<polite>,library:<b>", "a\nb\nformal\npolite\n");
    names(" library:<polite>, ", "a\nformal\npolite\n");
    names("", "a\n");
    check_command(
        app(&LINKING).args(["hello", "--plugin", "b"]).env("APP_LINKS", filled("library:<polite>,library:<b>")),
        &filled(
            "\
bonjour, world
---- stderr
warning: library `<b>` was built with panic=abort: a panic in it ends this program
---- exit status: 0
",
        ),
    );
    // The option overrides the variable.
    let mut command = app(&LINKING);
    command.args(["list", "--format", "names", "--link", &filled("library:<b>")]).env("APP_LINKS", "nonsense");
    check_command(&mut command, "a\nb\n---- exit status: 0\n");
    // A named library is the only one that is searched.
    let mut command = app(&LINKING);
    command.args(["hello", "--plugin", &filled("library:<a>")]).env("APP_LINKS", "nonsense");
    check_command(&mut command, "hello, world\n---- exit status: 0\n");
    check_command(
        app(&LINKING).arg("--version").env("APP_LINKS", filled("library:<b>")),
        "app 0.1.0\nplugins: +a -b -formal -polite\n---- exit status: 0\n",
    );
}

#[cfg(unix)]
#[test]
fn a_library_that_is_given_twice_counts_once() {
    let folder = plug_tests::scratch("twice");
    std::os::unix::fs::symlink(filled("<b>"), folder.join("b.so")).expect("a link can be made");
    let link = format!("library:{}/b.so", folder.display());
    let links = ["--link", "library:<b>", "--link", "library:<b>", "--link", &link];
    check_linking(
        &[&["doctor"], &links[..]].concat(),
        "\
warning: library `<b>` was built with panic=abort: a panic in it ends this program
2 plugins, 0 problems, 0 deprecated
---- exit status: 0
",
    );
}

#[test]
fn plugins_of_the_environments_links_complete() {
    let complete = |words: &[&str], links: &str, expected: &str| {
        let mut command = app(&LINKING);
        command.env("COMPLETE", "fish").env("APP_LINKS", filled(links)).arg("--").args(words);
        check_command(&mut command, &format!("{expected}---- exit status: 0\n"));
    };
    let expected = "\
a\tSays hello in English.
formal\tdeprecated: use polite
polite\tSays good day, and refuses an empty name.
";
    complete(&["app", "hello", "--plugin", ""], "library:<polite>,library:<polite>", expected);
    // The command reports a faulty link.
    complete(&["app", "hello", "--plugin", ""], "nonsense,library:missing.so,library:<polite>", expected);
    complete(&["app", "hello", "--plugin", "b"], "library:<odd>", "");
    complete(&["app", "info", "b"], "library:<odd>", "bell\tRings at 440 Hz.\n");
    let mut without = app(&crate::ONE);
    without.env("COMPLETE", "fish").env("APP_LINKS", filled("library:<polite>"));
    check_command(
        without.args(["--", "app", "hello", "--plugin", ""]),
        "a\tSays hello in English.\n---- exit status: 0\n",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_library_is_loaded_when_one_of_its_plugins_is_opened() {
    let link = filled("library:<bad>");
    let is_loaded = |command: &mut Command| {
        let (_, stderr) = plug_tests::texts(&plug_tests::run(command));
        stderr.contains("loaded")
    };
    for arguments in [&["list"][..], &["info", "fails"], &["doctor"], &["hello", "--plugin", "a"]] {
        assert!(!is_loaded(app(&LINKING).args(arguments).args(["--link", &link])), "{arguments:?}");
    }
    assert!(!is_loaded(app(&LINKING).args(["info", &link])));
    let mut completing = app(&LINKING);
    completing.env("COMPLETE", "fish").env("APP_LINKS", &link).args(["--", "app", "hello", "--plugin", "f"]);
    assert_eq!(plug_tests::succeed(&mut completing), "fails\tCannot be made.\n");
    assert!(!is_loaded(&mut completing));
    assert!(is_loaded(app(&LINKING).args(["hello", "--plugin", "fails", "--link", &link])));
}

#[test]
fn nothing_is_opened_unasked() {
    let mut command = app(&LINKING);
    let library = std::path::PathBuf::from(filled("<polite>"));
    command.args(["list", "--format", "names"]).current_dir(library.parent().expect("a file is in a folder"));
    check_command(&mut command, "a\n---- exit status: 0\n");
}
