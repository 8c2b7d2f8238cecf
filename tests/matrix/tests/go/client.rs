//! A plain gRPC client in Go, and a server in Rust.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use plug::link::GrpcStop;
use plug::{Plugin, Registry, Server, plug};
use plug_tests::{Sockets, go};
use process_interface::Work;

use crate::{Caller, greets, works};

#[derive(Default)]
struct Worker;

/// Works in this process.
#[plug("worker")]
impl Work for Worker {
    fn echo(&self, data: &[u8]) -> Result<Vec<u8>, plug::Error> {
        Ok(data.to_vec())
    }

    fn fail(&self, text: &str) -> Result<(), plug::Error> {
        Err(plug::Error::msg(text))
    }

    fn sum(&self, start: u64, numbers: &[u64]) -> Result<u64, plug::Error> {
        Ok(start + numbers.iter().sum::<u64>())
    }

    fn sleep(&self, millis: u64) -> Result<(), plug::Error> {
        std::thread::sleep(Duration::from_millis(millis));
        Ok(())
    }

    fn die(&self, how: &str) -> Result<(), plug::Error> {
        panic!("told to {how}")
    }
}

/// A server in this process, which stops when this is dropped.
struct Serving {
    /// The address as Go's client writes it.
    address: String,
    stop: GrpcStop,
    thread: Option<JoinHandle<Result<(), plug::Error>>>,
}

impl Serving {
    fn start(address: &str, plugins: impl Fn(&Plugin) -> bool) -> Self {
        let plugins = Registry::builtin().plugins().filter(|plugin| plugins(plugin)).cloned();
        let server = Server::new().plugins(plugins).grace(Duration::from_secs(2)).bind(address).unwrap();
        let (address, stop) = (server.address(), server.stop());
        let address = address.strip_prefix("grpc://").or_else(|| address.strip_prefix("grpc+")).unwrap().to_owned();
        let thread = Some(std::thread::spawn(|| server.serve()));
        Self { address, stop, thread }
    }

    fn client<'a>(&'a self, program: &'a std::path::Path, sockets: &'a Sockets) -> Caller<'a> {
        Caller { program, flags: &[], to: &self.address, sockets }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

fn is_first(plugin: &Plugin) -> bool {
    ["a", "worker"].contains(&plugin.name())
}

#[test]
fn calls_over_a_port_and_a_socket() {
    let Some(client) = go("client") else { return };
    let sockets = Sockets::new();
    for address in ["127.0.0.1:0".to_owned(), format!("grpc+unix:{}", sockets.join("ours").display())] {
        let serving = Serving::start(&address, is_first);
        let client = serving.client(&client, &sockets);
        greets(&client);
        works(&client);
        let panic = client.error("die", &["panic"]);
        assert!(panic.starts_with("Internal: plugin `worker` panicked in `die` at "), "{panic}");
        assert!(panic.ends_with(": told to panic"), "{panic}");
        assert_eq!(client.answer("sum", &["1", "2"]), "3");
    }
    assert!(!sockets.join("ours").exists());
}

#[test]
fn names_one_of_several() {
    let Some(client) = go("client") else { return };
    let sockets = Sockets::new();
    let serving = Serving::start("127.0.0.1:0", |_| true);
    let client = serving.client(&client, &sockets);
    assert_eq!(
        client.error("hello", &["x"]),
        "FailedPrecondition: there are several plugins of `app_interface::Plug`: `a`, `b`, `formal`, `polite`; \
         name one in the metadata `plug-name`"
    );
    // A plugin is chosen by its name or by an alias.
    for (name, greeting) in
        [("a", "hello, x"), ("b", "bonjour, x"), ("bonjour", "bonjour, x"), ("formal", "good day, x")]
    {
        let flags = ["-meta", &format!("plug-name={name}")];
        assert_eq!(Caller { flags: &flags, ..client }.answer("hello", &["x"]), greeting);
    }
    let flags = ["-meta", "plug-name=polite"];
    let polite = Caller { flags: &flags, ..client };
    assert_eq!(polite.answer("hello", &["x"]), "good day, x");
    assert_eq!(polite.error("hello", &[]), "Unknown: cannot greet politely");
    let flags = ["-meta", "plug-name=c"];
    assert_eq!(
        Caller { flags: &flags, ..client }.error("hello", &["x"]),
        "NotFound: there is no plugin `c` of `app_interface::Plug`: there is `a`, `b`, `formal`, `polite`"
    );
    // Another interface has a single plugin.
    assert_eq!(client.answer("sum", &["1"]), "1");
}

#[test]
fn asks_for_health_and_services() {
    let Some(client) = go("client") else { return };
    let sockets = Sockets::new();
    let serving = Serving::start("127.0.0.1:0", is_first);
    let client = serving.client(&client, &sockets);
    for service in ["", "Plug", "Work"] {
        assert_eq!(client.answer("health", &[service]), "SERVING");
    }
    assert_eq!(client.error("health", &["Other"]), "NotFound: service not registered");
    assert_eq!(
        client.answer("list", &[]),
        "Plug Work grpc.health.v1.Health grpc.reflection.v1.ServerReflection \
         grpc.reflection.v1alpha.ServerReflection plug.v1.Plugins"
    );
    let plug = "SayHello(.SayHelloRequest) .SayHelloReply, ";
    assert!(client.answer("describe", &["Plug"]).starts_with(plug));
    assert!(client.answer("describe", &["Work.Echo"]).starts_with(plug));
    assert_eq!(
        client.answer("describe", &["grpc.health.v1.Health"]),
        "Check(.grpc.health.v1.HealthCheckRequest) .grpc.health.v1.HealthCheckResponse, \
         Watch(.grpc.health.v1.HealthCheckRequest) .grpc.health.v1.HealthCheckResponse"
    );
}

#[test]
fn finishes_a_call_of_a_server_that_stops() {
    let Some(client) = go("client") else { return };
    let sockets = Sockets::new();
    let serving = Serving::start("127.0.0.1:0", is_first);
    let mut call = serving.client(&client, &sockets).command("sleep", &["1000"]);
    let calling = std::thread::spawn(move || plug_tests::succeed(&mut call));
    std::thread::sleep(Duration::from_millis(400));
    let start = Instant::now();
    drop(serving);
    assert!(start.elapsed() < Duration::from_millis(1900), "it waited for its grace");
    assert_eq!(calling.join().unwrap(), "slept\n");
}
