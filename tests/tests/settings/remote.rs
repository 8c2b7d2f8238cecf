//! Instances in other processes and on servers: how long they live, and what ends them.

mod calls;
mod lives;
mod old;
mod relay;
mod secrets;

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use plug::link::{Grpc, Process, ProcessOptions};
use plug::{Error, Link, OpenOptions, Registry, Server, Settings};
use plug_tests::{Started, at_once, program, start};
use settings_plugins::Counter;

/// Longer than anything that does not hang.
const LONG: Duration = Duration::from_secs(60);

/// The plugins as a process.
pub fn process(options: ProcessOptions) -> Process {
    options.start_timeout(LONG).open(program("process-settings")).expect("it can be opened")
}

/// The options of a process that speaks net/rpc.
pub fn netrpc() -> ProcessOptions {
    ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc")
}

/// The plugins on a server of this program that opens instances.
pub fn served() -> Grpc {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| {
        let server = Server::new().instances(1000).bind("grpc://127.0.0.1:0").expect("there is a port");
        let address = server.address();
        std::thread::spawn(move || server.serve());
        address
    });
    Grpc::open(&ADDRESS).expect("it is an address")
}

/// A server in a process of its own, which nobody else uses, and its address.
fn server(instances: usize) -> (Started, String) {
    let mut server = start(Command::new(program("settings-peer")).args(["serve", &instances.to_string()]));
    let address = server.line();
    assert!(address.starts_with("grpc://"), "{address}");
    (server, address)
}

fn registry(link: &impl Link) -> Registry {
    let mut registry = Registry::new();
    registry.add(link).expect("the link has plugins");
    registry
}

fn json(text: &str) -> Settings {
    Settings::json("app.json", text).expect("it is JSON")
}

fn open(registry: &Registry, settings: &str) -> Result<Box<dyn Counter>, Error> {
    registry.open_with("all", &OpenOptions::new().settings(json(settings)))
}

/// The texts of an error, with `PATH` for the path of the process.
fn message(error: &Error, path: &Path) -> String {
    format!("{error:?}").replace(&*path.to_string_lossy(), "PATH")
}

/// Each kind of peer, with no other client, and whether it is a process.
fn each(test: impl Fn(&Registry, bool) + Sync) {
    let (_server, address) = server(2000);
    let server = registry(&Grpc::open(&address).expect("it is an address"));
    let [plain, netrpc] = [ProcessOptions::new(), netrpc()].map(|options| registry(&process(options)));
    at_once([(plain, true), (netrpc, true), (server, false)], |(registry, is_process)| test(&registry, is_process));
}
