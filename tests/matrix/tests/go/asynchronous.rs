//! Asynchronous methods in Rust, with peers in Go, which do not know: the wire has no word of it.

use std::task::{Context, Poll, Waker};

use plug::link::{Handshake, ProcessOptions};
use plug::{Error, Registry};
use plug_tests::{Sockets, built_program, go};
use pollster::block_on;

use crate::{Caller, greets};

/// The service `Plug` of the plugin in Go.
#[plug::interface(portable, service = "Plug")]
trait Greets: Send + Sync {
    async fn say_hello(&self, name: &str) -> Result<String, Error>;
}

/// A registry of a plugin in Go that serves this version of the protocol.
fn registry(plugin: &str, handshake: Handshake, dispensed: Option<&str>) -> Option<Registry> {
    let options = ProcessOptions::new().handshake(handshake);
    let options = match dispensed {
        Some(name) => options.dispense(name),
        None => options,
    };
    let mut registry = Registry::new();
    registry.add(&options.open(go(plugin)?).unwrap()).unwrap();
    Some(registry)
}

#[test]
fn a_host_awaits_a_plugin_in_go() {
    let grpc = registry("plugin", Handshake::new("HASHI", "hola").interface::<dyn Greets>(1), None);
    let netrpc = registry("rpc-plugin", Handshake::new("HASHI", "hola").interface::<dyn Greets>(1), Some("a"));
    for registry in [grpc, netrpc].into_iter().flatten() {
        let name = registry.plugins().next().unwrap().name().to_owned();
        let greeter = registry.open::<dyn Greets>(&name).unwrap();
        let mut waiting = Vec::new();
        for mut task in (0..50).map(|_| greeter.say_hello("x")) {
            match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(text) => assert_eq!(text.unwrap(), "hello, x"),
                Poll::Pending => waiting.push(task),
            }
        }
        // Every second one is given up.
        for (number, task) in waiting.into_iter().enumerate() {
            if number % 2 == 0 {
                assert_eq!(block_on(task).unwrap(), "hello, x");
            }
        }
        assert_eq!(block_on(greeter.say_hello("Zoë")).unwrap(), "hello, Zoë");
    }
}

#[test]
fn a_host_in_go_calls_a_plugin_that_waits() {
    let plugin = built_program("process-greeter");
    for (host, flags) in [("host", &["-version", "2"][..]), ("host", &["-version", "2", "-tls"])] {
        let Some(host) = go(host) else { return };
        let sockets = Sockets::new();
        greets(&Caller { program: &host, flags, to: plugin.to_str().unwrap(), sockets: &sockets });
    }
    let Some(host) = go("rpc-host") else { return };
    let sockets = Sockets::new();
    greets(&Caller { program: &host, flags: &["-name", "a"], to: plugin.to_str().unwrap(), sockets: &sockets });
}
