//! `app serve --grpc` and `grpc://HOST:PORT[#NAME]`: the app as a server and as its client.

use std::process::Stdio;
use std::time::{Duration, Instant};

use plug_tests::{app, check, check_command, seen};

use crate::remote::{FAR, FULL, Serving, check_remote};

/// The app that serves these plugins at a free port.
fn serving(plugins: &[&str]) -> Serving {
    let plugins = plugins.iter().flat_map(|plugin| ["--plugin", plugin]);
    let arguments: Vec<_> = ["--grpc", "127.0.0.1:0"].into_iter().chain(plugins).collect();
    Serving::start(&mut app(&FULL), &arguments)
}

#[test]
fn hello() {
    let server = serving(&["a"]);
    let address = &server.address;
    assert!(address.starts_with("grpc://127.0.0.1:") && !address.ends_with(":0"), "{address}");
    let expected = "hello, x\n---- exit status: 0\n";
    for plugin in [address.clone(), format!("{address}#a"), format!("{address}/")] {
        check(&FULL, &["hello", "--plugin", &plugin, "--name", "x"], expected);
        check_command(app(&FULL).args(["hello", "--name", "x"]).env("APP_PLUGIN", &plugin), expected);
    }
    check(
        &FULL,
        &["info", address],
        &format!(
            "\
Name       a
Interface  app_interface::Plug
Package    plugin-a 0.1.0
License    MIT OR Apache-2.0
Source     plugins/a/src/lib.rs:11
Link       {address}

Says hello in English.
---- exit status: 0
"
        ),
    );
}

#[test]
fn several_plugins_behind_one_server() {
    let server = serving(&[]);
    let address = &server.address;
    check(
        &FULL,
        &["hello", "--plugin", address],
        &format!(
            "\
---- stderr
error: `{address}` has several plugins, and none was chosen: `a`, `b`, `formal`, `polite`
hint: add a `#` and the name: `{address}#a`
---- exit status: 2
"
        ),
    );
    check(&FULL, &["hello", "--plugin", &format!("{address}#polite")], "good day, world\n---- exit status: 0\n");
    check(
        &FULL,
        &["hello", "--plugin", &format!("{address}#polite"), "--name", ""],
        "\
---- stderr
error: cannot greet politely
caused by: the name is empty
---- exit status: 1
",
    );
    check(
        &FULL,
        &["hello", "--plugin", &format!("{address}#c")],
        &format!(
            "\
---- stderr
error: unknown plugin `c` of interface `app_interface::Plug`
hint: available: `a`, `b`, `formal`, `polite`
hint: behind `#` stands the name of a plugin of `{address}`
---- exit status: 2
"
        ),
    );
    check(&FULL, &["list", "--format", "names", "--link", address], "a\nb\nformal\npolite\n---- exit status: 0\n");
    check(
        &FULL,
        &["hello", "--plugin", "a", "--link", address],
        &format!(
            "\
---- stderr
error: 2 plugins of interface `app_interface::Plug` have the name `a`: plugin-a 0.1.0 at plugins/a/src/lib.rs:11 and plugin-a 0.1.0 at plugins/a/src/lib.rs:11 in `{address}`
hint: rename one, or leave one out of the build
hint: choose one by its link, as `{address}#a`, or the builtin one without `--link` and `APP_LINKS`
---- exit status: 3
"
        ),
    );
    let doctor = plug_tests::run(app(&FULL).args(["doctor", "--link", address]));
    assert_eq!(doctor.status.code(), Some(3), "{}", seen(&doctor));
}

#[test]
fn links_from_the_environment() {
    let serve = || Serving::start(&mut app(&FAR), &["--grpc", "127.0.0.1:0", "--plugin", "tells"]);
    let (one, other) = (serve(), serve());
    let names = |links: &str, expected: &str| {
        let mut command = app(&FULL);
        command.args(["list", "--format", "names"]).env("APP_LINKS", links);
        check_command(&mut command, &format!("a\nb\nformal\npolite\n{expected}---- exit status: 0\n"));
    };
    names(&one.address, "tells\n");
    // A second server with the same plugins.
    let host = other.address.trim_start_matches("grpc://");
    names(&format!("{}, {host}", one.address), "tells\n");
    names(&format!("{},{}", one.address, other.address), "tells\n");
    let both = format!("{},{host}", one.address);
    let stdout = plug_tests::succeed(app(&FULL).args(["hello", "--plugin", &both]));
    assert!([one.id(), other.id()].map(|id| format!("{id}\n")).contains(&stdout), "{stdout}");
}

#[cfg(unix)]
#[test]
#[ignore = "slow"]
fn it_ends_when_it_is_told_to() {
    for signal in ["TERM", "INT"] {
        let server = Serving::start(&mut app(&FAR), &["--grpc", "127.0.0.1:0", "--plugin", "sleeps"]);
        let address = server.address.clone();
        // The call under way finishes.
        let mut calling = app(&FAR);
        calling.args(["hello", "--plugin", &address, "--name", "1500"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let calling = calling.spawn().expect("the app can be run");
        std::thread::sleep(Duration::from_millis(700));
        server.signal(signal);
        assert_eq!(seen(&calling.wait_with_output().expect("it ends")), "slept 1500\n---- exit status: 0\n");
        let expected = "---- stderr\nnote: serving `sleeps` until SIGINT or SIGTERM\n---- exit status: 0\n";
        assert_eq!(seen(&server.end()), expected);
    }
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_told_to_at_once() {
    for _ in 0..5 {
        let server = Serving::start(&mut app(&FAR), &["--grpc", "127.0.0.1:0", "--plugin", "sleeps"]);
        server.signal("TERM");
        let expected = "---- stderr\nnote: serving `sleeps` until SIGINT or SIGTERM\n---- exit status: 0\n";
        assert_eq!(seen(&server.end()), expected);
    }
}

#[cfg(unix)]
#[test]
fn it_ends_after_its_grace() {
    let arguments = ["--grpc", "127.0.0.1:0", "--plugin", "sleeps", "--grace", "0.3"];
    let server = Serving::start(&mut app(&FAR), &arguments);
    let mut calling = app(&FAR);
    calling.args(["hello", "--plugin", &server.address, "--name", "100000"]).stderr(Stdio::piped());
    let mut calling = calling.spawn().expect("the app can be run");
    std::thread::sleep(Duration::from_millis(700));
    let start = Instant::now();
    server.signal("TERM");
    assert_eq!(server.end().status.code(), Some(0));
    assert!((Duration::from_millis(300)..Duration::from_secs(20)).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert_eq!(calling.wait().expect("it ends").code(), Some(1));
    check_remote(
        &["serve", "--grpc", "127.0.0.1:0", "--grace=-1"],
        "\
---- stderr
error: invalid value '-1' for '--grace <SECONDS>': it is no number of seconds, such as `2.5`

For more information, try '--help'.
---- exit status: 2
",
    );
}

/// The server has 64 descriptors.
#[cfg(unix)]
#[test]
fn idle_connections_leave_descriptors_for_others() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 64; exec \"$@\"", "sh"]).arg(&*FULL);
    let server = Serving::start(&mut command, &["--grpc", "127.0.0.1:0", "--plugin", "a"]);
    let address = server.address.trim_start_matches("grpc://");
    let _idle: Vec<_> =
        (0..100).map(|_| std::net::TcpStream::connect(address).expect("the system accepts it")).collect();
    let arguments = ["hello", "--plugin", &server.address, "--name", "x", "--timeout", "20"];
    check(&FULL, &arguments, "hello, x\n---- exit status: 0\n");
}

#[cfg(unix)]
#[test]
fn over_a_socket() {
    let sockets = plug_tests::Sockets::new();
    let path = sockets.join("s").to_str().expect("the path is UTF-8").to_owned();
    let address = format!("grpc+unix:{path}");
    let server = Serving::start(&mut app(&FULL), &["--grpc", &address, "--plugin", "a"]);
    assert_eq!(server.address, address);
    check(&FULL, &["hello", "--plugin", &address, "--name", "x"], "hello, x\n---- exit status: 0\n");
    // The path is relative to the current folder.
    let mut command = app(&FULL);
    command.args(["hello", "--plugin", "grpc+unix:s#a"]).current_dir(&*sockets);
    check_command(&mut command, "hello, world\n---- exit status: 0\n");
    server.signal("TERM");
    assert_eq!(
        seen(&server.end()),
        "\
---- stderr
note: serving `a` until SIGINT or SIGTERM
note: a client of gRPC's C-core needs the option `grpc.default_authority=localhost`
---- exit status: 0
"
    );
    assert!(!sockets.join("s").exists());
}

/// An address of this machine that the other tests do not use, so that none of them takes the port.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_is_just_starting_is_waited_for() {
    let port = {
        let listener = std::net::TcpListener::bind("127.7.7.7:0").expect("it can be listened at");
        listener.local_addr().expect("it has an address").port()
    };
    let address = format!("grpc://127.7.7.7:{port}");
    let mut calling = app(&FULL);
    calling.args(["hello", "--plugin", &address, "--name", "x"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let calling = calling.spawn().expect("the app can be run");
    std::thread::sleep(Duration::from_millis(300));
    let _server = Serving::start(&mut app(&FULL), &["--grpc", &address, "--plugin", "a"]);
    assert_eq!(seen(&calling.wait_with_output().expect("it ends")), "hello, x\n---- exit status: 0\n");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "slow"]
fn a_server_that_is_not_there() {
    let started = Instant::now();
    let output = plug_tests::run(app(&FULL).args(["hello", "--plugin", "grpc://127.7.7.7:1", "--timeout", "0.2"]));
    let (stdout, stderr) = plug_tests::texts(&output);
    assert_eq!((&stdout[..], output.status.code()), ("", Some(1)), "{stderr}");
    assert!(
        stderr.contains("`grpc://127.7.7.7:1`") && stderr.contains("Connection refused (os error 111)"),
        "{stderr}"
    );
    assert!(started.elapsed() < Duration::from_secs(4));
    // The doctor reports a problem, and continues.
    let output = plug_tests::run(app(&FULL).args(["doctor", "--link", "grpc://127.7.7.7:1"]));
    let (stdout, stderr) = plug_tests::texts(&output);
    assert_eq!((&stderr[..], output.status.code()), ("", Some(3)), "{stdout}");
    assert!(stdout.starts_with("problem: ") && stdout.ends_with("4 plugins, 1 problem, 1 deprecated\n"), "{stdout}");
}

#[cfg(unix)]
#[test]
fn a_server_that_is_killed() {
    let server = Serving::start(&mut app(&FAR), &["--grpc", "127.0.0.1:0", "--plugin", "sleeps"]);
    let mut calling = app(&FAR);
    calling.args(["hello", "--plugin", &server.address, "--name", "100000"]).stderr(Stdio::piped());
    let calling = calling.spawn().expect("the app can be run");
    std::thread::sleep(Duration::from_millis(700));
    let address = server.address.clone();
    drop(server);
    let output = calling.wait_with_output().expect("it ends");
    let (_, stderr) = plug_tests::texts(&output);
    let start = format!("error: plugin `sleeps` in `{address}` is not there for `say_hello`: ");
    assert!(stderr.starts_with(&start) && output.status.code() == Some(1), "{}", seen(&output));
}

#[test]
fn a_plugin_that_ends_badly() {
    let server = Serving::start(&mut app(&FAR), &["--grpc", "127.0.0.1:0"]);
    let of = |name: &str| format!("{}#{name}", server.address);
    check(
        &FAR,
        &["hello", "--plugin", &of("sleeps"), "--name", "100000", "--timeout", "0.5"],
        "\
---- stderr
error: plugin `sleeps` did not answer `say_hello` in time, and the call was cancelled
---- exit status: 1
",
    );
    check(
        &FAR,
        &["hello", "--plugin", &of("panics")],
        "\
---- stderr
error: plugin `panics` panicked in `say_hello` at tests/programs/far/plugins.rs:38:9: no greeting for world\\u{1b}[31m
---- exit status: 1
",
    );
    // The server continues.
    check(&FAR, &["hello", "--plugin", &of("tells")], &format!("{}\n---- exit status: 0\n", server.id()));
}

#[test]
fn plugins_of_links_are_served_too() {
    let link = crate::remote::filled("process:<far-plugin>");
    let arguments = ["--grpc", "127.0.0.1:0", "--link", &link, "--plugin", "sleeps"];
    let server = Serving::start(&mut app(&FULL), &arguments);
    check(&FULL, &["hello", "--plugin", &server.address, "--name", "1"], "slept 1\n---- exit status: 0\n");
}

#[test]
fn unservable_builds_and_addresses_are_errors() {
    check_remote(
        &["serve", "--grpc", "127.0.0.1:0", "--plugin", "polit"],
        "\
---- stderr
error: unknown plugin `polit` of interface `app_interface::Plug`
hint: did you mean `polite`?
hint: available: `a`, `b`, `formal`, `polite`
---- exit status: 2
",
    );
    check_remote(
        &["serve"],
        "\
---- stderr
error: the following required arguments were not provided:
  --grpc <ADDRESS>

Usage: full-app serve --grpc <ADDRESS>

For more information, try '--help'.
---- exit status: 2
",
    );
}

#[test]
fn an_unusable_address_is_an_error() {
    let hint = "hint: the address is `HOST:PORT` or `grpc+unix:PATH`; a proxy before the server adds TLS\n";
    for address in ["127.0.0.1", "grpcs://127.0.0.1:0"] {
        check_remote(
            &["serve", "--grpc", address],
            &format!("---- stderr\nerror: `{address}` is no address to listen at\n{hint}---- exit status: 2\n"),
        );
    }
    let server = serving(&["a"]);
    let address = &server.address;
    let output = plug_tests::run(app(&FULL).args(["serve", "--grpc", address]));
    let (stdout, stderr) = plug_tests::texts(&output);
    assert!(stdout.is_empty() && output.status.code() == Some(1), "{}", seen(&output));
    assert!(stderr.starts_with(&format!("error: cannot listen at `{address}`\ncaused by: ")), "{stderr}");
}

#[test]
fn an_address_that_is_none() {
    check_remote(
        &["list", "--link", "grpc://localhost"],
        "\
---- stderr
error: `localhost` is no host with a port
hint: an address is `grpc://HOST:PORT`, `grpcs://HOST:PORT` or `grpc+unix:PATH`
---- exit status: 2
",
    );
    check_remote(
        &["hello", "--plugin", "127.0.0.1:8888#a"],
        "\
---- stderr
error: unknown kind of link: `127.0.0.1:8888#a`
hint: did you mean `grpc://127.0.0.1:8888#a`?
---- exit status: 2
",
    );
}
