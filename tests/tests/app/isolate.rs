//! `app hello --isolate`: a linked-in plugin in a process of its own.

use plug_tests::{app, check, check_command};

use crate::remote::{FAR, FULL, check_remote, filled};

#[test]
fn hello() {
    check_remote(&["hello", "--plugin", "a", "--isolate", "--name", "x"], "hello, x\n---- exit status: 0\n");
    check_remote(
        &["hello", "--isolate", "--plugin", "formal"],
        "\
good day, world
---- stderr
warning: plugin `formal` is deprecated: use polite
---- exit status: 0
",
    );
    check_remote(
        &["hello", "--isolate", "--plugin", "polite", "--name", ""],
        "\
---- stderr
error: cannot greet politely
caused by: the name is empty
---- exit status: 1
",
    );
}

#[test]
fn an_unknown_name_is_reported_as_without_isolation() {
    check_remote(
        &["hello", "--isolate"],
        "\
---- stderr
error: there are several plugins, and none was chosen: `a`, `b`, `formal`, `polite`
hint: choose one with `--plugin NAME`, or in the variable `APP_PLUGIN`
---- exit status: 2
",
    );
}

#[test]
fn a_plugin_that_is_not_of_this_program() {
    let hint = "hint: what comes by `process:` or `grpc://` is in a process of its own as it is\n";
    check_remote(
        &["hello", "--isolate", "--plugin", "process:/missing"],
        &format!(
            "\
---- stderr
error: `--isolate` is for plugins of this program, and not for what `process:/missing` has
{hint}---- exit status: 2
"
        ),
    );
    check_command(
        app(&FULL).args(["hello", "--isolate"]).env("APP_PLUGIN", "grpc://127.0.0.1:1#a"),
        &format!(
            "\
---- stderr
error: `--isolate` is for plugins of this program, and not for what `grpc://127.0.0.1:1` has
{hint}hint: the link comes from the variable `APP_PLUGIN`
---- exit status: 2
"
        ),
    );
    check_remote(
        &["hello", "--isolate", "--plugin", "tells", "--link", "process:<far-plugin>"],
        &format!(
            "\
---- stderr
error: `--isolate` is for plugins of this program, and not for plugin `tells`, which is in `process:<far-plugin>`
{hint}---- exit status: 2
"
        ),
    );
}

/// The chosen plugin runs in another process, here of the wrapped app.
#[test]
fn it_is_another_process() {
    let tell = |isolate: &[&str]| {
        let child =
            app(&FAR).args(["hello", "--plugin", "tells"]).args(isolate).stdout(std::process::Stdio::piped()).spawn();
        let child = child.expect("the app can be run");
        let id = child.id();
        let stdout = plug_tests::texts(&child.wait_with_output().expect("it ends")).0;
        (id, stdout.trim().parse::<u32>().expect("it is a number"))
    };
    let (host, plugin) = tell(&[]);
    assert_eq!(host, plugin);
    let (host, plugin) = tell(&["--isolate"]);
    assert_ne!(host, plugin);
    assert!(!plug_tests::is_running(plugin));
}

#[cfg(unix)]
#[test]
fn a_crash_is_none_of_the_hosts() {
    check(
        &FAR,
        &["hello", "--plugin", "dies", "--isolate"],
        &filled(
            "\
---- stderr
error: plugin `<far>` was killed by signal 6 (SIGABRT) while it was being called
stderr: farewell, world
---- exit status: 1
",
        ),
    );
    let output = plug_tests::run(app(&FAR).args(["hello", "--plugin", "dies"]));
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(6));
}

#[test]
fn a_plugin_that_takes_too_long() {
    check(
        &FAR,
        &["hello", "--plugin", "sleeps", "--name", "100000", "--isolate", "--timeout", "0.2"],
        "\
---- stderr
error: plugin `sleeps` did not answer `say_hello` in time, and the call was cancelled
---- exit status: 1
",
    );
}

#[test]
fn an_inherited_variable_makes_no_server_of_the_app() {
    let mut command = app(&FULL);
    command.args(["hello", "--plugin", "a"]).envs([("HASHI", "hola"), ("PLUG_ISOLATED", "1")]);
    check_command(&mut command, "hello, world\n---- exit status: 0\n");
}
