//! The links to libraries, processes and servers.

use std::sync::LazyLock;

use plug::link::{Grpc, Library, Process, ProcessOptions};

/// The crate stream-plugins as a shared library.
#[allow(unsafe_code, reason = "opening a library is unsafe")]
pub fn library() -> Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { Library::open(plug_tests::shared_library("stream-plugins")) };
    library.expect("it can be opened")
}

/// The same as a process.
pub fn process() -> Process {
    open(ProcessOptions::new())
}

/// The same over net/rpc.
pub fn netrpc() -> Process {
    open(ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc"))
}

pub fn open(options: ProcessOptions) -> Process {
    options.open(plug_tests::program("process-streams")).expect("it can be opened")
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
