//! The links to libraries, processes and servers.

use std::sync::LazyLock;

use plug::link::{Grpc, Library, Process, ProcessOptions};

/// The crate callback-plugins as a shared library.
#[allow(unsafe_code, reason = "opening a library is unsafe")]
pub fn library() -> Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { Library::open(plug_tests::shared_library("callback-plugins")) };
    library.expect("it can be opened")
}

/// The same with a feature.
#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library_with(feature: &str) -> Library {
    let file = plug_tests::library("callback-plugins", &["--features", feature]);
    // SAFETY: it is built of this workspace's crates.
    unsafe { Library::open(file) }.expect("it can be opened")
}

/// Its hosts have a method fewer than this program's.
pub fn older_library() -> Library {
    library_with("less")
}

#[test]
fn a_plugin_that_asks_more_of_its_host_is_incompatible() {
    let mut registry = plug::Registry::new();
    registry.add(&library_with("more")).expect("it has plugins");
    let error = registry.open::<dyn callback_plugins::Job>("caller").err().expect("it does not fit").to_string();
    let text = "of `callback_plugins::Host`, method `everything`, `() -> ()`, is not in this program";
    assert!(error.contains(text), "{error}");
}

/// The same as a process.
pub fn process() -> Process {
    open(ProcessOptions::new())
}

pub fn open(options: ProcessOptions) -> Process {
    options.open(plug_tests::program("process-callbacks")).expect("it can be opened")
}

/// The same over net/rpc.
pub fn process_by_netrpc() -> Process {
    open(ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc"))
}

/// The plugins of this program, on a server.
pub fn grpc() -> Grpc {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| {
        let server = plug::Server::new().instances(100).bind("grpc://127.0.0.1:0").expect("there is a port");
        let address = server.address();
        std::thread::spawn(move || server.serve());
        address
    });
    Grpc::open(&ADDRESS).expect("it is an address")
}
