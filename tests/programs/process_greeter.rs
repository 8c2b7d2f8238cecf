//! The service `Plug` of the programs in Go, with an asynchronous method, as a process.

use std::process::ExitCode;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use plug::{Error, plug};

/// A greeter.
#[plug::interface(portable, service = "Plug")]
trait Greets: Send + Sync {
    /// Greets `name`.
    async fn say_hello(&self, name: &str) -> Result<String, Error>;
}

plug::handshake! { cookie = "HASHI=hola", versions = { 1: netrpc [dyn Greets], 2: [dyn Greets] } }

#[derive(Default)]
struct Greeter;

/// Greets after a while, to which another thread wakes it.
#[plug("a")]
impl Greets for Greeter {
    async fn say_hello(&self, name: &str) -> Result<String, Error> {
        let mut is_woken = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut is_woken, true) {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(1));
                waker.wake();
            });
            Poll::Pending
        })
        .await;
        Ok(format!("hello, {name}"))
    }
}

fn main() -> ExitCode {
    plug::serve()
}
