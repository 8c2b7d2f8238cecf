//! The stream of `plug.v1.Back` over an HTTP/2 connection.

use std::sync::Arc;

use bytes::Bytes;

use crate::rpc::back::session::Session;
use crate::rpc::back::{CALLS, client};
use crate::rpc::client::http2::{Http2, Messages};
use crate::rpc::frames;
use crate::wire::channel::Call;
use crate::wire::fault::Fault;

impl client::Incoming for Messages {
    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        Messages::next(self).await
    }
}

impl Http2 {
    /// Begins the stream. A message longer than `max_len` bytes ends it.
    pub(crate) async fn objects(&self, max_len: usize) -> Result<Arc<Session>, Fault> {
        let (id, session, mut messages) = client::session(max_len);
        let mut call = Call::of_service(CALLS, Bytes::new(), None);
        call.way = Some(id);
        let (mut stream, replies) = self.begin(call, false, max_len).await?;
        tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                if frames::send(&mut stream, message, false).is_err() {
                    return;
                }
            }
            let _ = stream.send_data(Bytes::new(), true);
        });
        client::read(&session, replies);
        Ok(session)
    }
}
