//! The links to other processes and to servers.

use std::sync::LazyLock;

use asynchronous_plugins::Waits;
use plug::link::{Grpc, Process, ProcessOptions};
use plug::{Link, OpenOptions, Registry};

/// A link and its abilities.
pub struct Remote {
    registry: Registry,
    /// Whether the other side hears that a call is given up.
    pub cancels: bool,
}

impl Remote {
    pub fn new(link: &dyn Link, cancels: bool) -> Self {
        let mut registry = Registry::new();
        registry.add(link).expect("the link has plugins");
        Self { registry, cancels }
    }

    /// An object of its own.
    pub fn open(&self) -> Box<dyn Waits> {
        self.open_with(&OpenOptions::new())
    }

    pub fn open_with(&self, options: &OpenOptions) -> Box<dyn Waits> {
        self.registry.open_with::<dyn Waits>("waiter", options).expect("it opens")
    }
}

pub fn process() -> Remote {
    Remote::new(&process_link(), true)
}

pub fn netrpc() -> Remote {
    Remote::new(&netrpc_link(), false)
}

pub fn grpc() -> Remote {
    Remote::new(&grpc_link(), true)
}

/// The crate asynchronous-plugins as a process.
pub fn process_link() -> Process {
    open(ProcessOptions::new())
}

pub fn netrpc_link() -> Process {
    open(ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc"))
}

pub fn open(options: ProcessOptions) -> Process {
    options.open(plug_tests::program("process-asynchronous")).expect("it can be opened")
}

/// The plugins of this program, on a server that opens instances.
pub fn grpc_link() -> Grpc {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| {
        let server = plug::Server::new().instances(100).bind("grpc://127.0.0.1:0").expect("there is a port");
        let address = server.address();
        std::thread::spawn(move || server.serve());
        address
    });
    Grpc::open(&ADDRESS).expect("it is an address")
}
