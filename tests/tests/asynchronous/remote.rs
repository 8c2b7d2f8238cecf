//! The links to other processes and to servers.

use std::sync::LazyLock;

use plug::link::{Grpc, Process, ProcessOptions};

/// The crate asynchronous-plugins as a process.
pub fn process() -> Process {
    open(ProcessOptions::new())
}

pub fn process_by_netrpc() -> Process {
    open(ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc"))
}

fn open(options: ProcessOptions) -> Process {
    options.open(plug_tests::program("process-asynchronous")).expect("it can be opened")
}

/// The plugins of this program, on a server that opens instances.
pub fn server() -> Grpc {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| {
        let server = plug::Server::new().instances(100).bind("grpc://127.0.0.1:0").expect("there is a port");
        let address = server.address();
        std::thread::spawn(move || server.serve());
        address
    });
    Grpc::open(&*ADDRESS).expect("it is an address")
}
