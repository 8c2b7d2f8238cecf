//! A server in the program of the test.

use std::sync::LazyLock;

use plug::Server;

/// The address of a server with the plugins of this program. It serves until the program ends.
///
/// # Panics
///
/// Panics if there is no free port.
pub fn server() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| {
        let server = Server::new().bind("grpc://127.0.0.1:0").expect("there is a port");
        let address = server.address();
        std::thread::spawn(move || server.serve());
        address
    });
    &ADDRESS
}
