//! Calls that are streams, over an HTTP/2 connection.

use std::convert::Infallible;
use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::rpc::client::http2::{Http2, Messages, lost};
use crate::rpc::client::streams::{self, Received, Receives};
use crate::rpc::source::Source;
use crate::wire::channel::Call;
use crate::wire::fault::Fault;
use crate::wire::message::{Got, Outgoing};

impl Receives for Messages {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Fault>> {
        Messages::poll_next(self, context)
    }
}

impl Http2 {
    /// Calls a method that takes or returns a stream.
    pub(crate) async fn call_stream(
        &self,
        call: Call,
        sent: Option<Outgoing>,
        returns_stream: bool,
        max_len: usize,
    ) -> Result<Got, Fault> {
        let deadline = call.deadline;
        let received = async {
            let Some(sent) = sent else {
                return self.stream(call, max_len).await.map(|messages| Received::new(Box::new(messages), deadline));
            };
            let (reply, stream) = self.open_stream(&call).await?;
            let (failed, failure) = oneshot::channel();
            let (reads, reader) = oneshot::channel();
            tokio::spawn(send(streams::source(sent), stream, failed, reader));
            let mut received = Received::unanswered(deadline, failure, reads);
            let reply = received.unless_failed(reply).await?.map_err(|error| self.note_closed(&error, lost(&error)))?;
            received.answer(Box::new(Messages::of(reply, max_len)?));
            Ok(received)
        };
        streams::got(received, returns_stream, deadline).await
    }
}

/// Sends the messages as the peer opens its window, until nobody reads the reply.
async fn send(
    source: Source,
    mut stream: SendStream<Bytes>,
    failed: oneshot::Sender<Error>,
    reader: oneshot::Receiver<Infallible>,
) {
    tokio::select! {
        biased;
        _ = reader => {}
        () = send_all(&source, &mut stream, failed) => {}
    }
}

async fn send_all(source: &Source, stream: &mut SendStream<Bytes>, failed: oneshot::Sender<Error>) {
    loop {
        match source.next().await {
            Some(Ok(piece)) => {
                if send_piece(stream, piece).await.is_none() {
                    return;
                }
            }
            Some(Err(error)) => {
                let _ = failed.send(error);
                return stream.send_reset(Reason::CANCEL);
            }
            None => return drop(stream.send_data(Bytes::new(), true)),
        }
    }
}

/// Sends bytes. `None` if the peer takes no more.
async fn send_piece(stream: &mut SendStream<Bytes>, mut piece: Bytes) -> Option<()> {
    while !piece.is_empty() {
        stream.reserve_capacity(piece.len());
        if stream.capacity() == 0 {
            poll_fn(|context| stream.poll_capacity(context)).await?.ok()?;
        }
        let len = stream.capacity().min(piece.len());
        stream.send_data(piece.split_to(len), false).ok()?;
    }
    Some(())
}
