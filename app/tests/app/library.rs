//! `library:PATH[#NAME]` in place of a plugin's name, with one library of all greeters: what runs, what is told of it, and
//! what can be wrong with the file.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use plug::link::{Inspection, Library};
use plug_tests::shared_library;

use crate::{ALL, app, check, check_command};

static GREETERS: LazyLock<PathBuf> = LazyLock::new(|| shared_library("library-greeters"));

static UNFIT: LazyLock<PathBuf> = LazyLock::new(|| shared_library("library-unfit"));

/// The text with the path of the library, and with what else differs from one machine to the other.
fn filled(text: &str) -> String {
    static INSPECTION: LazyLock<Inspection> = LazyLock::new(|| Library::inspect(&*GREETERS).expect("it is a library"));
    text.replace("<greeters>", GREETERS.to_str().expect("the path is UTF-8"))
        .replace("<sha256>", INSPECTION.sha256())
        .replace("<rustc>", INSPECTION.compiler())
}

/// The same as `check`, with both texts filled in.
#[track_caller]
fn check_filled(arguments: &[&str], expected: &str) {
    check_command(app(&ALL).args(arguments.iter().map(|argument| filled(argument))), &filled(expected));
}

#[test]
fn hello() {
    let folder = GREETERS.parent().expect("a file is in a folder");
    let name = GREETERS.file_name().and_then(|name| name.to_str()).expect("the name is UTF-8");
    let expected = "bonjour, x\n---- exit status: 0\n";
    for path in [format!("./{name}#b"), filled("<greeters>#b"), format!("{name}#bonjour")] {
        let plugin = format!("library:{path}");
        let mut typed = app(&ALL);
        check_command(typed.args(["hello", "--plugin", &plugin, "--name", "x"]).current_dir(folder), expected);
        let mut set = app(&ALL);
        check_command(set.args(["hello", "--name", "x"]).env("APP_PLUGIN", &plugin).current_dir(folder), expected);
    }
    check_filled(
        &["hello", "--plugin", "library:<greeters>#formal"],
        "\
good day, world
---- stderr
warning: plugin `formal` is deprecated: use polite
---- exit status: 0
",
    );
    check_filled(
        &["hello", "--plugin", "library:<greeters>#polite", "--name", ""],
        "\
---- stderr
error: cannot greet politely
caused by: the name is empty
---- exit status: 1
",
    );
}

#[test]
fn several_plugins_and_a_name_that_is_not_there() {
    check_filled(
        &["hello", "--plugin", "library:<greeters>"],
        "\
---- stderr
error: `library:<greeters>` has several plugins, and none was chosen: `a`, `b`, `formal`, `polite`
hint: add a `#` and the name: `library:<greeters>#a`
---- exit status: 2
",
    );
    check_filled(
        &["hello", "--plugin", "library:<greeters>#c"],
        "\
---- stderr
error: unknown plugin `c` of interface `app_interface::Plug`
hint: available: `a`, `b`, `formal`, `polite`
hint: behind `#` stands the name of a plugin of `library:<greeters>`
---- exit status: 2
",
    );
    check_filled(
        &["hello", "--plugin", "library:<greeters>#"],
        "\
---- stderr
error: `` cannot be the name of a plugin
hint: a name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes
hint: behind `#` stands the name of a plugin of `library:<greeters>`
---- exit status: 2
",
    );
}

#[test]
fn info() {
    check_filled(
        &["info", "library:<greeters>#polite"],
        "\
Name       polite
Interface  app_interface::Plug
Package    plugin-polite 0.1.0
License    MIT OR Apache-2.0
Source     plugins/polite/src/lib.rs:33
Link       library:<greeters>
SHA-256    <sha256>
Compiler   <rustc>
Plug       0.1.0, ABI 1
Methods    say_hello(String) -> String
Settings   `--schema` prints them, and runs code of the library

Says good day, and refuses an empty name.
---- exit status: 0
",
    );
}

#[test]
fn a_name_of_the_build_and_of_the_library() {
    let expected = "\
---- stderr
error: 2 plugins of interface `app_interface::Plug` have the name `a`: plugin-a 0.1.0 at plugins/a/src/lib.rs:11 and \
plugin-a 0.1.0 at plugins/a/src/lib.rs:11 in `library:<greeters>`
hint: rename one, or leave one out of the build
hint: choose one by its link, as `library:<greeters>#a`, or the builtin one without `--link` and `APP_LINKS`
---- exit status: 3
";
    check_filled(&["hello", "--plugin", "a", "--link", "library:<greeters>"], expected);
    check_filled(&["info", "a", "--link", "library:<greeters>"], expected);
    check_filled(
        &["hello", "--plugin", "library:<greeters>#a", "--link", "library:<greeters>"],
        "hello, world\n---- exit status: 0\n",
    );
}

#[cfg(unix)]
#[test]
fn a_path_that_leads_to_no_plugins_is_wrong_usage() {
    let folder = plug_tests::scratch("no libraries");
    fs::write(folder.join("empty"), "").expect("a file can be written");
    fs::write(folder.join("text"), "hello").expect("a file can be written");
    let folder = folder.to_str().expect("the path is UTF-8");
    for (file, expected) in [
        ("missing", "cannot read library `<file>`\ncaused by: No such file or directory (os error 2)"),
        (".", "library `<file>` is no file, but a folder"),
        ("empty", "library `<file>` is empty"),
        ("text", "`<file>` is no shared library, but a text"),
        (
            "<unfit>",
            "library `<file>` has no plugins of plug's in it\n\
             hint: a library is built from a plugin's crate by `cargo rustc --release -p CRATE --crate-type cdylib`",
        ),
    ] {
        let path = if file == "<unfit>" { UNFIT.display().to_string() } else { format!("{folder}/{file}") };
        let shown = path.strip_suffix("/.").unwrap_or(&path);
        let error = format!("---- stderr\nerror: {}\n", expected.replace("<file>", shown));
        let (link, exit) = (format!("library:{path}"), "---- exit status: 2\n");
        check(&ALL, &["hello", "--plugin", &link], &format!("{error}{exit}"));
        check(&ALL, &["info", &link], &format!("{error}{exit}"));
        for command in ["list", "doctor"] {
            check(&ALL, &[command, "--link", &link], &format!("{error}{exit}"));
        }
        let variable = |name: &str| format!("hint: the link comes from the variable `{name}`\n");
        // A hint stands before a cause.
        let (first, cause) = error
            .split_once("caused by: ")
            .map_or((&*error, String::new()), |(first, cause)| (first, format!("caused by: {cause}")));
        check_command(
            app(&ALL).arg("hello").env("APP_PLUGIN", &link),
            &format!("{first}{}{cause}{exit}", variable("APP_PLUGIN")),
        );
        check_command(
            app(&ALL).arg("hello").env("APP_LINKS", &link),
            &format!("{first}{}{cause}{exit}", variable("APP_LINKS")),
        );
    }
}
