//! For what fuzzes, and for tests: bytes as what a host sends, to a connection that serves the plugins of this program. The calls that come are not made.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use crate::process::netrpc::plugin::NetRpcServer;
use crate::registry::Registry;
use crate::rpc::server::connections::Speaks;
use crate::rpc::server::workers::Workers;
use crate::wire::dispatch::Dispatch;

/// How long a connection may stay that has nothing more to come: longer than a plugin waits for anything.
const LONG: Duration = Duration::from_secs(20);

/// How many turns all tasks have before the host is gone.
const TURNS: usize = 64;

/// Serves a host that sends these bytes and is gone, and says what it was answered.
///
/// # Panics
///
/// Where the connection does not end.
pub fn serve(bytes: &[u8]) -> Vec<u8> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("the system has room for a runtime");
    let workers = Workers::new(runtime);
    let dispatch = Dispatch::new(Registry::builtin().plugins().cloned()).expect("the plugins can be served");
    let (_print, printed) = mpsc::channel(1);
    let (_stop, is_stopping) = watch::channel(false);
    let served = NetRpcServer::new(dispatch, workers.calls(), 1 << 16, Arc::default(), printed, Arc::default());
    workers.runtime().block_on(async {
        let (mut here, there) = tokio::io::duplex(1 << 16);
        let connection = tokio::spawn(served.connection(there, is_stopping));
        let (mut from, mut to) = tokio::io::split(&mut here);
        let mut answers = Vec::new();
        let sending = async {
            let _ = to.write_all(bytes).await;
            // What it has to say it says at once.
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let _ = to.shutdown().await;
        };
        let talked = async { tokio::join!(sending, from.read_to_end(&mut answers)) };
        assert!(tokio::time::timeout(LONG, talked).await.is_ok(), "the connection does not end");
        connection.await.expect("a connection does not panic");
        answers
    })
}
