//! Go with Go: if one of these tests fails, plug is not the cause.

use std::process::Command;
use std::time::Duration;

use plug_tests::{Sockets, go, is_running, run, succeed, texts};

use crate::{Caller, Server, deaths, greets, hang, works};

#[test]
fn host_and_plugin() {
    let (Some(host), Some(plugin)) = (go("host"), go("plugin")) else { return };
    let sockets = Sockets::new();
    for flags in [&[][..], &["-tls"]] {
        let host = Caller { program: &host, flags, to: plugin.to_str().unwrap(), sockets: &sockets };
        greets(&host);
        works(&host);
    }
}

#[test]
fn plugin_that_dies() {
    let (Some(host), Some(plugin)) = (go("host"), go("plugin")) else { return };
    let sockets = Sockets::new();
    for flags in [&[][..], &["-tls"]] {
        let host = Caller { program: &host, flags, to: plugin.to_str().unwrap(), sockets: &sockets };
        deaths(&host, &["exit", "panic", "kill"]);
    }
}

#[test]
fn plugin_that_logs() {
    let (Some(host), Some(plugin)) = (go("host"), go("plugin")) else { return };
    let sockets = Sockets::new();
    let mut host = Caller { program: &host, flags: &["-log"], to: plugin.to_str().unwrap(), sockets: &sockets }
        .command("hello", &["x"]);
    let (stdout, log) = texts(&run(host.env("PLUG_TEST_LOG", "1")));
    assert_eq!(stdout, "hello, x\n");
    for part in ["[WARN]  host.plugin: ready to greet: ", "[DEBUG] host.plugin: a plain line", "plugin exited"] {
        assert!(log.contains(part), "{part} is not in\n{log}");
    }
}

#[test]
fn host_that_attaches() {
    let (Some(host), Some(plugin)) = (go("host"), go("plugin")) else { return };
    let sockets = Sockets::new();
    let (mut first, running) = hang(&host, &[], &plugin, &sockets);
    let mut second = Command::new(&host);
    assert_eq!(succeed(second.args(["-attach", &running.line, "y"])), "hello, y\n");
    drop(first.stdin.take());
    assert!(first.wait().unwrap().success());
    assert!(!is_running(running.pid));
}

/// go-plugin leaves its plugins behind, unlike plug.
#[test]
fn plugin_outlives_a_host_that_is_killed() {
    let (Some(host), Some(plugin)) = (go("host"), go("plugin")) else { return };
    let sockets = Sockets::new();
    let (mut host, running) = hang(&host, &[], &plugin, &sockets);
    host.kill().unwrap();
    host.wait().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_running(running.pid));
    succeed(Command::new("kill").args(["-9", &running.pid.to_string()]));
}

#[test]
fn client_and_server() {
    let (Some(client), Some(server)) = (go("client"), go("server")) else { return };
    let sockets = Sockets::new();
    for address in ["127.0.0.1:0".to_owned(), format!("unix:{}", sockets.join("server").display())] {
        let server = Server::start(&server, &[], &address);
        let client = Caller { program: &client, flags: &[], to: &server.address, sockets: &sockets };
        greets(&client);
        works(&client);
        assert_eq!(client.answer("health", &["Work"]), "SERVING");
        let services = "Plug Work grpc.health.v1.Health grpc.reflection.v1alpha.ServerReflection";
        assert_eq!(client.answer("list", &[]), services);
    }
}

#[test]
fn client_of_a_server_that_dies() {
    let (Some(client), Some(server)) = (go("client"), go("server")) else { return };
    let sockets = Sockets::new();
    let server = Server::start(&server, &[], "127.0.0.1:0");
    let client = Caller { program: &client, flags: &[], to: &server.address, sockets: &sockets };
    assert!(client.error("die", &["exit"]).starts_with("Unavailable: "));
}
