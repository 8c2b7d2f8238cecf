//! Instances in other processes and on servers: how long they live, and what ends them.

use std::sync::LazyLock;

use plug::Server;
use plug::link::{Grpc, Process, ProcessOptions};
use plug_tests::program;

/// The plugins as a process.
pub fn process(options: ProcessOptions) -> Process {
    options.open(program("process-settings")).expect("it can be opened")
}

/// Serves the plugins of this program until it ends, and returns the address.
fn serve(server: Server) -> String {
    let server = server.bind("grpc://127.0.0.1:0").expect("there is a port");
    let address = server.address();
    std::thread::spawn(move || server.serve());
    address
}

/// The plugins on a server that opens instances.
pub fn served() -> Grpc {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| serve(Server::new().instances(1000)));
    Grpc::open(&ADDRESS).expect("it is an address")
}
