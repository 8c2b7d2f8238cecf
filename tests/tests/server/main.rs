//! A server at an address, and clients that do what clients of gRPC do not.

#![cfg(not(miri))]

mod compression;
mod connections;
mod memory;
mod peer;
mod services;

use std::thread::JoinHandle;
use std::time::Duration;

use plug::server::GrpcStop;
use plug::{Error, Server, plug};
use process_interface::Work;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(20);

/// Echoes and sleeps.
#[derive(Default)]
struct Worker;

#[plug("server-worker")]
impl Work for Worker {
    fn echo(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(data.to_vec())
    }

    fn fail(&self, text: &str) -> Result<(), Error> {
        Err(Error::msg(text.to_owned()))
    }

    fn sum(&self, start: u64, numbers: &[u64]) -> Result<u64, Error> {
        Ok(start + numbers.iter().sum::<u64>())
    }

    fn sleep(&self, millis: u64) -> Result<(), Error> {
        std::thread::sleep(Duration::from_millis(millis));
        Ok(())
    }

    fn die(&self, how: &str) -> Result<(), Error> {
        Err(Error::msg(format!("it does not die by {how}")))
    }
}

/// A server in this process, which stops when this is dropped.
struct Serving {
    /// `HOST:PORT`.
    address: String,
    stop: GrpcStop,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl Serving {
    fn start(server: Server) -> Self {
        let server = server.bind("127.0.0.1:0").unwrap();
        let address = server.address().trim_start_matches("grpc://").to_owned();
        let stop = server.stop();
        Self { address, stop, thread: Some(std::thread::spawn(|| server.serve())) }
    }

    /// Stops it, and waits for its end.
    fn stop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONG, future).await.expect("it takes too long") })
}

/// Waits until the condition holds.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
