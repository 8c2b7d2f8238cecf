//! For fuzzers and tests: feeds bytes to a connection, as if a host had sent them.
//! The connection serves the plugins of this program. Calls of plugins are not made.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use crate::process::netrpc::plugin::NetRpcServer;
use crate::registry::Registry;
use crate::rpc::server::connections::{Accepted, Speaks};
use crate::rpc::server::ends::Ends;
use crate::rpc::server::idle::Connections;
use crate::rpc::server::workers::Workers;
use crate::wire::dispatch::Dispatch;

/// A connection must end this soon after its last input: longer than a plugin waits for anything.
const END_TIMEOUT: Duration = Duration::from_secs(20);

/// The tasks get this many turns before the host closes its half of the connection.
const TURNS: usize = 64;

/// Serves a host that sends these bytes and closes the connection. Returns the bytes of the answer.
///
/// # Panics
///
/// If the connection does not end.
pub fn serve(bytes: &[u8]) -> Vec<u8> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("the system has room for a runtime");
    let workers = Workers::new(runtime);
    let dispatch = Dispatch::new(Registry::builtin().plugins().cloned(), 0).expect("the plugins can be served");
    let (_print, printed) = mpsc::channel(1);
    let (_stop, is_stopping) = watch::channel(false);
    let server = NetRpcServer::new(dispatch, workers.calls(), 1 << 16, Arc::default(), printed, Arc::default());
    workers.runtime().block_on(async {
        let (mut host, plugin) = tokio::io::duplex(1 << 16);
        let accepted = Accepted { occupancy: Connections::default().add(), ends: Ends::Memory };
        let connection = tokio::spawn(server.connection(plugin, accepted, is_stopping));
        let (mut reader, mut writer) = tokio::io::split(&mut host);
        let mut answer = Vec::new();
        let sending = async {
            let _ = writer.write_all(bytes).await;
            // Every answer comes at once.
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let _ = writer.shutdown().await;
        };
        let exchange = async { tokio::join!(sending, reader.read_to_end(&mut answer)) };
        assert!(tokio::time::timeout(END_TIMEOUT, exchange).await.is_ok(), "the connection does not end");
        connection.await.expect("a connection does not panic");
        answer
    })
}
