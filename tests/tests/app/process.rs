//! `process:PATH[#NAME]`: the start and the end of the process, and unusable files.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use plug_tests::{app, check_command};

use crate::remote::{FAR_PLUGIN, FULL, check_remote, filled};

#[test]
fn hello() {
    let expected = "hello, x\n---- exit status: 0\n";
    for plugin in ["process:<a>", "process:<a>#a"] {
        check_remote(&["hello", "--plugin", plugin, "--name", "x"], expected);
        check_command(app(&FULL).args(["hello", "--name", "x"]).env("APP_PLUGIN", filled(plugin)), expected);
    }
    // A name without a folder is a path too, and `PATH` is not searched.
    let path = filled("<a>");
    let path = Path::new(&path);
    let name = path.file_name().and_then(|name| name.to_str()).expect("the name is UTF-8");
    let mut command = app(&FULL);
    command.args(["hello", "--name", "x", "--plugin", &format!("process:{name}")]);
    check_command(command.current_dir(path.parent().expect("a file is in a folder")), expected);
}

#[test]
fn hello_from_a_process_of_several() {
    check_remote(
        &["hello", "--plugin", "process:<polite>#formal"],
        "\
good day, world
---- stderr
warning: plugin `formal` is deprecated: use polite
---- exit status: 0
",
    );
    check_remote(
        &["hello", "--plugin", "process:<polite>"],
        "\
---- stderr
error: `process:<polite>` has several plugins, and none was chosen: `formal`, `polite`
hint: add a `#` and the name: `process:<polite>#formal`
---- exit status: 2
",
    );
    check_remote(
        &["hello", "--plugin", "process:<polite>#a"],
        "\
---- stderr
error: unknown plugin `a` of interface `app_interface::Plug`
hint: available: `formal`, `polite`
hint: behind `#` stands the name of a plugin of `process:<polite>`
---- exit status: 2
",
    );
}

#[test]
fn a_plugin_that_fails() {
    check_remote(
        &["hello", "--plugin", "process:<polite>#polite", "--name", ""],
        "\
---- stderr
error: cannot greet politely
caused by: the name is empty
---- exit status: 1
",
    );
    check_remote(
        &["hello", "--plugin", "process:<far-plugin>#panics"],
        "\
---- stderr
error: plugin `panics` panicked in `say_hello` at tests/programs/far/plugins.rs:38:9: no greeting for world\\u{1b}[31m
---- exit status: 1
",
    );
}

#[cfg(unix)]
#[test]
fn a_plugin_that_dies() {
    check_remote(
        &["hello", "--plugin", "process:<far-plugin>#dies"],
        "\
---- stderr
error: plugin `<far-plugin>` was killed by signal 6 (SIGABRT) while it was being called
stderr: farewell, world
---- exit status: 1
",
    );
}

#[cfg(unix)]
#[test]
fn the_output_of_a_plugin_is_shown_on_request() {
    let link = format!("process:{}#dies", FAR_PLUGIN.display());
    let output = plug_tests::run(app(&FULL).args(["hello", "--plugin", &link]).env("APP_LOG", "plug=debug"));
    let (_, stderr) = plug_tests::texts(&output);
    let said = "[DEBUG plug::process] farewell, world plugin=\"far-plugin\"\n";
    assert!(output.status.code() == Some(1) && stderr.contains(said), "{stderr}");
}

#[test]
fn a_plugin_that_takes_too_long() {
    let started = Instant::now();
    check_remote(
        &["hello", "--plugin", "process:<far-plugin>#sleeps", "--name", "100000", "--timeout", "0.2"],
        "\
---- stderr
error: plugin `sleeps` did not answer `say_hello` in time, and the call was cancelled
---- exit status: 1
",
    );
    assert!(started.elapsed() < Duration::from_secs(60));
    check_remote(
        &["hello", "--plugin", "process:<far-plugin>#sleeps", "--name", "1", "--timeout", "1e30"],
        "slept 1\n---- exit status: 0\n",
    );
}

#[test]
fn a_timeout_that_is_none() {
    for text in ["0", "-1", "x", "", "1e-10", "inf", "NaN"] {
        check_remote(
            &["hello", &format!("--timeout={text}")],
            &format!(
                "\
---- stderr
error: invalid value '{text}' for '--timeout <SECONDS>': it is no number of seconds above 0, such as `2.5`

For more information, try '--help'.
---- exit status: 2
"
            ),
        );
    }
}

#[test]
fn list_and_info() {
    let width = filled("process:<polite>").len();
    check_remote(
        &["list", "--link", "process:<polite>"],
        &format!(
            "\
NAME    PACKAGE              {:width$}  SUMMARY
a       plugin-a 0.1.0       {:width$}  Says hello in English.
b       plugin-b 0.1.0       {:width$}  Says hello in French.
formal  plugin-polite 0.1.0  {:width$}  Says good day to anybody. (deprecated: use polite)
formal  plugin-polite 0.1.0  process:<polite>  Says good day to anybody. (deprecated: use polite)
polite  plugin-polite 0.1.0  {:width$}  Says good day, and refuses an empty name.
polite  plugin-polite 0.1.0  process:<polite>  Says good day, and refuses an empty name.
---- exit status: 0
",
            "LINK", "builtin", "builtin", "builtin", "builtin"
        ),
    );
    check_remote(
        &["info", "process:<a>#a"],
        "\
Name       a
Interface  app_interface::Plug
Package    plugin-a 0.1.0
License    MIT OR Apache-2.0
Source     plugins/a/src/lib.rs:11
Link       process:<a>

Says hello in English.
---- exit status: 0
",
    );
    check_remote(
        &["info", "process:<a>", "--format", "json"],
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
      "link": "process:<a>",
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
}

#[test]
fn doctor() {
    check_remote(
        &["doctor", "--link", "process:<a>"],
        "\
problem: 2 plugins of interface `app_interface::Plug` have the name `a`: plugin-a 0.1.0 at plugins/a/src/lib.rs:11 and plugin-a 0.1.0 at plugins/a/src/lib.rs:11 in `process:<a>`
hint: rename one, or leave one out of the build
note: plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
5 plugins, 1 problem, 1 deprecated
---- exit status: 3
",
    );
}

#[cfg(unix)]
#[test]
fn a_path_that_leads_to_no_program_is_wrong_usage() {
    let folder = plug_tests::scratch("no processes");
    fs::write(folder.join("text"), "hello").expect("a file can be written");
    let folder = folder.to_str().expect("the path is UTF-8");
    let user = fs::metadata(folder).map(|folder| std::os::unix::fs::MetadataExt::uid(&folder)).expect("it is there");
    let missing = format!("cannot start plugin `{folder}/missing`: there is no such file");
    let text = format!("cannot start plugin `{folder}/text`: it is not executable, with mode 0644 and owner {user}");
    for (file, fact, hint, cause) in [
        ("missing", missing, String::new(), "No such file or directory (os error 2)"),
        ("text", text, format!("hint: `chmod +x {folder}/text`\n"), "Permission denied (os error 13)"),
    ] {
        let link = format!("process:{folder}/{file}");
        let expected =
            |from: &str| format!("---- stderr\nerror: {fact}\n{hint}{from}caused by: {cause}\n---- exit status: 2\n");
        for arguments in [["hello", "--plugin"], ["list", "--link"], ["doctor", "--link"]] {
            check_remote(&[arguments[0], arguments[1], &link], &expected(""));
        }
        check_remote(&["info", &link], &expected(""));
        check_command(
            app(&FULL).arg("hello").env("APP_PLUGIN", &link),
            &expected("hint: the link comes from the variable `APP_PLUGIN`\n"),
        );
        check_command(
            app(&FULL).arg("list").env("APP_LINKS", &link),
            &expected("hint: the link comes from the variable `APP_LINKS`\n"),
        );
    }
}

#[cfg(unix)]
#[test]
fn a_program_that_is_no_plugin_is_a_problem() {
    let script = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = plug_tests::scratch(&format!("no plugin/{name}")).join(name);
        fs::write(&path, text).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
        path.to_str().expect("the path is UTF-8").to_owned()
    };
    let ends = script("ends", "#!/bin/sh\necho farewell >&2\nexit 7\n");
    let fact = format!("plugin `{ends}` exited with status 7 before its handshake\nstderr: farewell\n");
    let link = format!("process:{ends}");
    check_remote(&["hello", "--plugin", &link], &format!("---- stderr\nerror: {fact}---- exit status: 3\n"));
    // The doctor continues.
    check_remote(
        &["doctor", "--link", &link, "--plugin", "x"][..3],
        &format!(
            "\
problem: {fact}note: plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
4 plugins, 1 problem, 1 deprecated
---- exit status: 3
"
        ),
    );
    let json = plug_tests::run(app(&FULL).args(["doctor", "--format", "json", "--link", &link]));
    let json = plug_tests::seen(&json);
    let message = fact.trim_end().replace('\n', "\\n");
    let expected = format!(
        r#"      "kind": "link",
      "name": null,
      "interface": null,
      "feature": null,
      "link": "{link}",
      "places": [],
      "message": "{message}",
      "hints": []
"#
    );
    assert!(json.contains(&expected) && json.ends_with("---- exit status: 3\n"), "{json}");
    let stale = script("stale", "#!/no/such/interpreter\n");
    check_remote(
        &["hello", "--plugin", &format!("process:{stale}")],
        &format!(
            "\
---- stderr
error: cannot start plugin `{stale}`: it is a script for `/no/such/interpreter`, which is not there
caused by: No such file or directory (os error 2)
---- exit status: 3
"
        ),
    );
}

#[cfg(unix)]
#[test]
fn a_path_without_the_kind_of_link() {
    check_remote(
        &["hello", "--plugin", "<a>"],
        "\
---- stderr
error: `<a>` cannot be the name of a plugin
hint: did you mean `process:<a>`?
---- exit status: 2
",
    );
    check_remote(
        &["list", "--link", "<a>"],
        "\
---- stderr
error: unknown kind of link: `<a>`
hint: did you mean `process:<a>`?
---- exit status: 2
",
    );
}

/// The file in which `far-plugin` records its starts.
struct Starts(std::path::PathBuf);

impl Starts {
    fn new(name: &str) -> Self {
        Self(plug_tests::scratch(&format!("starts/{name}")).join("starts"))
    }

    /// The app with plugins that record their starts in this file.
    fn app(&self) -> Command {
        let mut app = app(&FULL);
        app.env("FAR_STARTS", &self.0);
        app
    }

    /// The ids of the processes.
    fn all(&self) -> Vec<u32> {
        let all = fs::read_to_string(&self.0).unwrap_or_default();
        all.lines().map(|line| line.parse().expect("it is a number")).collect()
    }
}

#[test]
fn only_what_is_named_is_started_and_nothing_by_completion() {
    let starts = Starts::new("named");
    let link = filled("process:<far-plugin>");
    let mut completing = starts.app();
    completing.env("COMPLETE", "fish").env("APP_LINKS", &link).args(["--", "app", "hello", "--plugin", ""]);
    check_command(
        &mut completing,
        "\
a\tSays hello in English.
b\tSays hello in French.
formal\tdeprecated: use polite
polite\tSays good day, and refuses an empty name.
---- exit status: 0
",
    );
    plug_tests::succeed(starts.app().arg("--version").env("APP_LINKS", &link));
    plug_tests::succeed(starts.app().args(["hello", "--plugin", &filled("process:<a>")]).env("APP_LINKS", &link));
    assert!(starts.all().is_empty());
    for command in [&["list"][..], &["doctor"], &["info", "tells"], &["hello", "--plugin", "a"]] {
        let before = starts.all().len();
        plug_tests::succeed(starts.app().args(command).args(["--link", &link, "--link", &link]));
        assert_eq!(starts.all().len(), before + 1, "{command:?}");
    }
    // No process is left.
    assert!(!starts.all().iter().any(|process| plug_tests::is_running(*process)));
}

#[test]
fn two_hosts_at_once() {
    let starts = Starts::new("two");
    let start = || {
        let mut host = starts.app();
        host.args(["hello", "--plugin", &filled("process:<far-plugin>#tells")]);
        host.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the app can be run")
    };
    let hosts = [start(), start(), start()];
    let mut told = hosts.map(|host| {
        let output = host.wait_with_output().expect("it ends");
        let stdout = plug_tests::texts(&output).0;
        stdout.trim().parse::<u32>().unwrap_or_else(|_| panic!("{}", plug_tests::seen(&output)))
    });
    let mut all = starts.all();
    told.sort_unstable();
    all.sort_unstable();
    assert_eq!(told, all[..]);
    assert!(!all.iter().any(|process| plug_tests::is_running(*process)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_plugin_leaves_with_its_host() {
    let starts = Starts::new("orphan");
    let mut host = starts.app();
    host.args(["hello", "--name", "100000", "--plugin", &filled("process:<far-plugin>#sleeps")]);
    let mut host = host.stdout(Stdio::null()).spawn().expect("the app can be run");
    let wait_until = |what: &str, is_so: &dyn Fn() -> bool| {
        let until = Instant::now() + Duration::from_secs(60);
        while !is_so() {
            assert!(Instant::now() < until, "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    wait_until("it is not started", &|| !starts.all().is_empty());
    host.kill().expect("it can be killed");
    host.wait().expect("it ends");
    wait_until("it stays", &|| !starts.all().iter().any(|process| plug_tests::is_running(*process)));
}

#[test]
fn a_plugin_that_a_person_starts_describes_itself() {
    let output = plug_tests::run(&mut Command::new(&*FAR_PLUGIN));
    let (stdout, stderr) = plug_tests::texts(&output);
    assert_eq!((stdout.as_str(), output.status.code()), ("", Some(1)), "{stderr}");
    assert!(stderr.contains("`far-plugin` holds plugins"), "{stderr}");
}
