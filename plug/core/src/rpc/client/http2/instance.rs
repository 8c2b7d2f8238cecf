//! An instance behind an HTTP/2 connection: it lives as long as its call of `plug.v1.Plugins/Open`.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use h2::SendStream;
use prost::Message;

use crate::rpc::client::http2::{Http2, Messages};
use crate::rpc::client::instance::Instance;
use crate::wire::channel::Call;
use crate::wire::fault::Fault;
use crate::wire::list::{OPEN, OpenReply};
use crate::wire::message::{GotFuture, Outgoing, ReplyFuture};

/// The longest message of a call of `Open`, in bytes. A reply has a number and nothing else.
const MAX_REPLY: usize = 1 << 10;

struct Http2Instance {
    connection: Http2,
    number: u64,
    /// The longest reply to a call, in bytes.
    max_len: usize,
    /// The call that keeps it alive, until its end is requested.
    lease: Mutex<Option<(SendStream<Bytes>, Messages)>>,
}

impl Http2 {
    /// Opens an instance by an `OpenRequest`.
    pub(crate) async fn open(&self, request: Bytes, max_len: usize) -> Result<Arc<dyn Instance>, Fault> {
        let (stream, mut replies) = self.begin(Call::of_service(OPEN, request, None), false, MAX_REPLY).await?;
        let reply = replies.next().await?.ok_or_else(|| Fault::Malformed("it has no message".to_owned()))?;
        let OpenReply { instance: number } =
            OpenReply::decode(reply).map_err(|error| Fault::Malformed(error.to_string()))?;
        let lease = Mutex::new(Some((stream, replies)));
        Ok(Arc::new(Http2Instance { connection: self.clone(), number, max_len, lease }))
    }
}

impl Instance for Http2Instance {
    fn call(&self, mut call: Call) -> ReplyFuture {
        call.instance = Some(self.number);
        let (connection, max_len) = (self.connection.clone(), self.max_len);
        Box::pin(async move { connection.call(call, max_len).await })
    }

    fn stream(&self, mut call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        call.instance = Some(self.number);
        let (connection, max_len) = (self.connection.clone(), self.max_len);
        Box::pin(async move { connection.call_stream(call, sent, returns_stream, max_len).await })
    }

    fn is_lost(&self) -> bool {
        self.connection.is_closed()
    }

    fn end(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(async move {
            let Some((mut stream, mut replies)) = lease else { return };
            // If it fails, the peer is gone, as the reply says.
            let _ = stream.send_data(Bytes::new(), true);
            while let Ok(Some(_)) = replies.next().await {}
        })
    }
}
