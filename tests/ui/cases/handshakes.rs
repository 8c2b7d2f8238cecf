//! Handshakes with an unknown protocol, with a version twice, without a version, and without a cookie.

#[plug::interface(portable)]
trait Greeter: Send + Sync {
    fn greet(&self) -> Result<String, plug::Error>;
}

plug::handshake! { cookie = "GREET=yes", versions = { 1: gprc [dyn Greeter], 2: grpc [dyn Greeter] } }

plug::handshake! { cookie = "GREET=yes", versions = { 1: [dyn Greeter], 1: netrpc [dyn Greeter] } }

plug::handshake! { cookie = "GREET=yes", versions = {} }

plug::handshake! { cookie = "GREET", versions = { 1: [dyn Greeter] }, hint = "greet" }

fn main() {}
