//! A host in Go, on HashiCorp's go-plugin, with plugins in Rust.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use plug_tests::{Sockets, built_program, entries, go, is_running, process, run, succeed, texts};

use crate::{Caller, deaths, greets, hang, not_running_within, works};

/// All services that a worker lists.
const SERVICES: &str = "Work grpc.health.v1.Health grpc.reflection.v1.ServerReflection \
    grpc.reflection.v1alpha.ServerReflection plug.v1.Plugins plugin.GRPCBroker plugin.GRPCController plugin.GRPCStdio";

/// Runs the test with a plugin in Rust, without AutoMTLS and with it.
fn each_way(plugin: &Path, test: impl Fn(&Caller)) {
    let Some(host) = go("host") else { return };
    for flags in [&["-version", "2"][..], &["-version", "2", "-tls"]] {
        let sockets = Sockets::new();
        test(&Caller { program: &host, flags, to: plugin.to_str().unwrap(), sockets: &sockets });
        // The host asked its plugins to end, and they left no files.
        assert_empty(&sockets);
    }
}

fn assert_empty(folder: &Path) {
    let left = entries(folder);
    assert!(left.is_empty(), "{left:?} is left");
}

#[test]
fn calls_a_greeter() {
    each_way(&process("plugin-a"), greets);
}

#[test]
fn calls_a_worker() {
    each_way(&built_program("worker"), |host| {
        works(host);
        assert_eq!(host.error("sum", &["18446744073709551615", "1"]), "Unknown: the sum is too large");
        assert_eq!(host.error("hello", &["x"]), "Unimplemented: there is no method `/Plug/SayHello`");
    });
}

#[test]
fn names_the_plugin() {
    each_way(&built_program("worker"), |host| {
        let named = |name| Caller { flags: &[host.flags, &["-meta", name]].concat(), ..*host }.error("fail", &["so"]);
        assert_eq!(named("plug-name=worker"), "Unknown: so");
        assert_eq!(named("plug-name=drudge"), "Unknown: so");
        assert_eq!(
            named("plug-name=other"),
            "NotFound: there is no plugin `other` of `process_interface::Work`: there is `worker`"
        );
    });
}

#[test]
fn sees_it_die() {
    each_way(&built_program("worker"), deaths_of_ours);
}

/// A killed plugin leaves its socket, like any program, so the folder is not checked.
fn deaths_of_ours(host: &Caller) {
    let sockets = Sockets::new();
    deaths(&Caller { sockets: &sockets, ..*host }, &["exit", "abort"]);
}

#[test]
fn goes_on_with_one_that_has_panicked() {
    each_way(&built_program("worker"), |host| {
        let flags = [host.flags, &["-first", "die panic"]].concat();
        let host = Caller { flags: &flags, ..*host };
        let both = host.answer("sum", &["5", "2"]);
        let (panic, sum) = both.split_once('\n').unwrap();
        assert!(panic.starts_with("Internal: plugin `worker` panicked in `die` at "), "{panic}");
        assert!(panic.ends_with(": told to panic"), "{panic}");
        assert_eq!(sum, "7");
    });
}

#[test]
fn asks_for_health_and_services() {
    each_way(&built_program("worker"), |host| {
        assert_eq!(host.answer("health", &["plugin"]), "SERVING");
        assert_eq!(host.answer("health", &["Work"]), "SERVING");
        assert_eq!(host.error("health", &["Plug"]), "NotFound: service not registered");
        assert_eq!(host.answer("list", &[]), SERVICES);
        let described = "Echo(.EchoRequest) .EchoReply, Fail(.FailRequest) .FailReply, Sum(.SumRequest) .SumReply, ";
        assert!(host.answer("describe", &["Work.Sum"]).starts_with(described));
        assert_eq!(
            host.answer("describe", &["plug.v1.ListedPlugin"]),
            "List(.plug.v1.ListRequest) .plug.v1.ListReply, Open(.plug.v1.OpenRequest) .plug.v1.OpenReply, \
             Schema(.plug.v1.SchemaRequest) .plug.v1.SchemaReply"
        );
        assert!(host.error("describe", &["Plug"]).starts_with("NotFound: "));
    });
}

#[test]
fn hears_what_it_prints() {
    each_way(&built_program("worker"), |host| {
        // Newer versions of go-plugin request the output.
        let flags = [host.flags, &["-first", "die print"]].concat();
        let asking = Caller { flags: &flags, ..*host };
        assert_eq!(asking.answer("stdio", &[]), "did not die\n1: printed");
        // This version does not, and reads stderr.
        let flags = [host.flags, &["-log", "-first", "die print"]].concat();
        let (_, log) = texts(&run(&mut Caller { flags: &flags, ..*host }.command("sleep", &["1500"])));
        assert!(log.contains("[DEBUG] host.worker: printed\n"), "{log}");
        let flags = [host.flags, &["-log", "-first", "die say"]].concat();
        let (_, log) = texts(&run(&mut Caller { flags: &flags, ..*host }.command("sleep", &["100"])));
        assert!(log.contains("[DEBUG] host.worker: said\n"), "{log}");
    });
}

/// go-plugin kills a plugin that has not ended after two seconds.
#[test]
fn tells_it_to_leave() {
    each_way(&built_program("worker"), |host| {
        let start = Instant::now();
        let flags = [host.flags, &["-log"]].concat();
        let (_, log) = texts(&run(&mut Caller { flags: &flags, ..*host }.command("sum", &["1"])));
        assert!(log.contains("plugin process exited"), "{log}");
        assert!(!log.contains("killed") && !log.contains("error="), "{log}");
        assert!(start.elapsed() < Duration::from_millis(1900));
    });
}

#[test]
fn attaches_to_one_that_runs() {
    let Some(host) = go("host") else { return };
    let sockets = Sockets::new();
    let (mut first, running) = hang(&host, &["-version", "2"], &built_program("worker"), &sockets);
    let mut second = Command::new(&host);
    assert_eq!(succeed(second.args(["-attach", &running.line, "-call", "sum", "3", "4"])), "7\n");
    drop(first.stdin.take());
    assert!(first.wait().unwrap().success());
    assert!(!is_running(running.pid));
    assert_empty(&sockets);
}

/// A plugin on go-plugin survives its host, as `baseline` shows.
#[test]
fn a_killed_host_takes_its_plugin_along() {
    let Some(host) = go("host") else { return };
    for plugin in [built_program("worker"), process("plugin-a")] {
        let sockets = Sockets::new();
        let (mut host, running) = hang(&host, &["-version", "2"], &plugin, &sockets);
        assert!(is_running(running.pid));
        host.kill().unwrap();
        host.wait().unwrap();
        not_running_within(running.pid, Duration::from_secs(1));
        assert_empty(&sockets);
    }
}

/// A host of go-plugin sets this variable if it multiplexes.
#[test]
fn the_seventh_field_replies_to_a_host_that_asks() {
    let line = |multiplex: Option<&str>, app: u32| {
        let sockets = Sockets::new();
        let mut plugin = Command::new(built_program("worker"));
        plugin
            .env("HASHI", "hola")
            .env("PLUGIN_PROTOCOL_VERSIONS", app.to_string())
            .env("TMPDIR", &*sockets)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(multiplex) = multiplex {
            plugin.env("PLUGIN_MULTIPLEX_GRPC", multiplex);
        }
        let mut plugin = plugin.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(plugin.stdout.take().unwrap()).read_line(&mut line).unwrap();
        plugin.kill().unwrap();
        plugin.wait().unwrap();
        line.replace(sockets.to_str().unwrap(), "…")
    };
    for (multiplex, app, end) in [
        (None, 2, "|grpc|\n"),
        (Some("true"), 2, "|grpc||true\n"),
        (Some("1"), 2, "|grpc||true\n"),
        (Some("false"), 2, "|grpc||false\n"),
        (Some("true"), 1, "|netrpc||false\n"),
    ] {
        let line = line(multiplex, app);
        assert!(line.starts_with(&format!("1|{app}|unix|…/plugin")) && line.ends_with(end), "{line:?}");
    }
}
