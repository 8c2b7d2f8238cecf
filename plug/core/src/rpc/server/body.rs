//! Reads the bodies of requests from an HTTP/2 connection: one message for a plugin, the first one for
//! an instance, and all of it for tonic.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::RecvStream;
use http_body::Frame;

use crate::rpc::frames::{Broken, Frames, PREFIX};
use crate::rpc::server::backpressure::Backpressure;
use crate::wire::fault::{Code, Fault};

/// A request of up to this many bytes is not counted.
/// Requests of this length take less memory than their streams.
pub(super) const SMALL: usize = 1024;

/// The limits of one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestLimits {
    /// In bytes.
    pub max_len: usize,
    pub timeout: Duration,
    pub deadline: Option<Instant>,
}

/// Reads the only message of a request, and whether it is compressed.
pub(super) async fn message(
    body: RecvStream,
    limits: RequestLimits,
    backpressure: &Backpressure,
) -> Result<(Bytes, bool), Fault> {
    let reading = async {
        let (message, is_compressed, body) = read(body, limits.max_len, backpressure).await?;
        end(body).await.map(|()| (message, is_compressed))
    };
    in_time(reading, limits).await
}

/// Reads the only message of a request, and whether it is compressed. The end of the body may come
/// later.
pub(super) async fn first(
    body: RecvStream,
    limits: RequestLimits,
    backpressure: &Backpressure,
) -> Result<(Bytes, bool, RecvStream), Fault> {
    in_time(read(body, limits.max_len, backpressure), limits).await
}

async fn in_time<T>(reading: impl Future<Output = Result<T, Fault>>, limits: RequestLimits) -> Result<T, Fault> {
    let mut reading = pin!(reading);
    // Most requests have arrived in full, and need no timer.
    if let Poll::Ready(read) = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await {
        return read;
    }
    let end = Instant::now().checked_add(limits.timeout);
    let (end, fault) = match (end, limits.deadline) {
        (Some(end), deadline) if deadline.is_none_or(|deadline| end < deadline) => (end, limits.late()),
        (_, Some(deadline)) => (deadline, Fault::Deadline),
        (_, None) => return reading.await,
    };
    // In a box, because it is large and few requests need it.
    Box::pin(tokio::time::timeout_at(end.into(), reading)).await.unwrap_or(Err(fault))
}

impl RequestLimits {
    fn late(&self) -> Fault {
        let seconds = self.timeout.as_secs_f64();
        let text =
            format!("the request did not arrive within {seconds} s, the limit of the server (`Server::body_timeout`)");
        Fault::refused(Code::DEADLINE_EXCEEDED, text)
    }
}

async fn read(
    body: RecvStream,
    max_len: usize,
    backpressure: &Backpressure,
) -> Result<(Bytes, bool, RecvStream), Fault> {
    let mut frames = Frames::new(body, max_len);
    let mut held = None;
    let (message, is_compressed) = loop {
        if let Some(message) = frames.take().map_err(fault)? {
            break message;
        }
        let received = frames.receive().await.map_err(fault)?;
        let received = received.ok_or_else(|| Fault::refused(Code::INTERNAL, "the request has no message"))?;
        if received > SMALL + PREFIX {
            held.get_or_insert_with(|| backpressure.hold()).grow_to(received - PREFIX)?;
        }
    };
    let message = match held {
        Some(held) => held.message(message),
        None => message,
    };
    // Its buffer shares the memory of the message, and would keep it until the end of the request.
    let body = frames.into_body().ok_or_else(several)?;
    Ok((message, is_compressed, body))
}

/// Waits for the end of a request whose message was read.
/// It does not wait for the rest of another message, whose bytes would not be counted.
///
/// # Errors
///
/// If anything follows the message, or the request does not end as it should.
pub(super) async fn end(mut body: RecvStream) -> Result<(), Fault> {
    while let Some(chunk) = body.data().await {
        if !chunk.map_err(|error| fault(Broken::Lost(error)))?.is_empty() {
            return Err(several());
        }
    }
    Ok(())
}

fn several() -> Fault {
    Fault::Unimplemented("the request has more than one message".to_owned())
}

pub(super) fn fault(broken: Broken) -> Fault {
    match broken {
        Broken::TooLong { len, max_len } => {
            let text = format!(
                "the request has {len} bytes, and the limit is {max_len}\n\
                 hint: `Server::max_request` of the server sets the limit"
            );
            Fault::refused(Code::RESOURCE_EXHAUSTED, text)
        }
        Broken::Cut => Fault::refused(Code::INTERNAL, "the request ends within a message"),
        broken => Fault::refused(Code::INTERNAL, broken.to_string()),
    }
}

/// A request's body, for tonic.
pub(super) struct Incoming(pub RecvStream);

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(data) = ready!(self.0.poll_data(context)) {
            let data = data?;
            let _ = self.0.flow_control().release_capacity(data.len());
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let trailers = ready!(self.0.poll_trailers(context))?;
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}
