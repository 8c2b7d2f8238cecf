//! Messages in the body of a request or a reply, each after a prefix of five bytes:
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::{RecvStream, SendStream};

/// The length of the prefix of a message: one byte for compression, and four for the length.
pub(crate) const PREFIX: usize = 5;
/// A message of up to this many bytes is copied after its prefix, so that both are one frame.
const SHORT: usize = 4096;

/// Sends one message. Bytes beyond the peer's window are queued in the connection.
#[cfg_attr(not(feature = "process"), allow(dead_code, reason = "tonic sends the requests of the grpc link"))]
pub(crate) fn send(stream: &mut SendStream<Bytes>, message: Bytes, is_last: bool) -> Result<(), h2::Error> {
    let (start, rest) = pieces(message, false);
    match rest {
        None => stream.send_data(start, is_last),
        Some(rest) => {
            stream.send_data(start, false)?;
            stream.send_data(rest, is_last)
        }
    }
}

/// The prefix of the message with the message, or if it is long, both apart.
pub(crate) fn pieces(message: Bytes, is_compressed: bool) -> (Bytes, Option<Bytes>) {
    if message.len() > SHORT {
        return (prefix(message.len(), is_compressed), Some(message));
    }
    let mut all = BytesMut::with_capacity(PREFIX + message.len());
    put_prefix(&mut all, message.len(), is_compressed);
    all.put(message);
    (all.freeze(), None)
}

/// Adds a message with its prefix.
pub(crate) fn put(buffer: &mut BytesMut, message: Bytes) {
    put_prefix(buffer, message.len(), false);
    buffer.put(message);
}

/// The prefix of a message of this length.
pub(crate) fn prefix(len: usize, is_compressed: bool) -> Bytes {
    let mut prefix = BytesMut::with_capacity(PREFIX);
    put_prefix(&mut prefix, len, is_compressed);
    prefix.freeze()
}

fn put_prefix(buffer: &mut BytesMut, len: usize, is_compressed: bool) {
    buffer.put_u8(u8::from(is_compressed));
    // No message exceeds `u32`, since encoders refuse one that long.
    buffer.put_u32(u32::try_from(len).unwrap_or(u32::MAX));
}

/// Reads the messages of a body.
pub(crate) struct Frames {
    pub body: RecvStream,
    /// Bytes that were received but are not yet a whole message.
    received: BytesMut,
    max_len: usize,
}

/// Why there is no next message.
#[derive(Debug)]
pub(crate) enum Broken {
    Lost(h2::Error),
    #[cfg_attr(not(feature = "process"), allow(dead_code, reason = "tonic reads the replies of the grpc link"))]
    Compressed,
    TooLong {
        len: usize,
        max_len: usize,
    },
    Cut,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(error) => write!(f, "its connection failed: {error}"),
            Self::Compressed => f.write_str("a message is compressed, which was not agreed"),
            Self::TooLong { len, max_len } => {
                write!(f, "a message has {len} bytes, and the limit is {max_len}")
            }
            Self::Cut => f.write_str("it ends within a message"),
        }
    }
}

impl Frames {
    /// Accepts messages of up to `max_len` bytes.
    pub(crate) fn new(body: RecvStream, max_len: usize) -> Self {
        Self { body, received: BytesMut::new(), max_len }
    }

    /// The rest of the body. `None` if some of it was received.
    pub(crate) fn into_body(self) -> Option<RecvStream> {
        self.received.is_empty().then_some(self.body)
    }

    /// The next message. `None` at the end of the body.
    #[cfg_attr(not(feature = "process"), allow(dead_code, reason = "tonic reads the replies of the grpc link"))]
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        loop {
            if let Some(message) = self.take_message()? {
                return Poll::Ready(Ok(Some(message)));
            }
            if ready!(self.poll_receive(context))?.is_none() {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Receives more bytes, and returns how many are not yet a whole message.
    /// `None` at the end of the body.
    pub(crate) async fn receive(&mut self) -> Result<Option<usize>, Broken> {
        poll_fn(|context| self.poll_receive(context)).await
    }

    pub(crate) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<usize>, Broken>> {
        let Some(chunk) = ready!(self.body.poll_data(context)) else {
            return Poll::Ready(if self.received.is_empty() { Ok(None) } else { Err(Broken::Cut) });
        };
        let chunk = chunk.map_err(Broken::Lost)?;
        // Reopens the window. If that fails, the stream has ended, as the next chunk reports.
        let _ = self.body.flow_control().release_capacity(chunk.len());
        self.received.extend_from_slice(&chunk);
        Poll::Ready(Ok(Some(self.received.len())))
    }

    #[cfg_attr(not(feature = "process"), allow(dead_code, reason = "tonic reads the replies of the grpc link"))]
    fn take_message(&mut self) -> Result<Option<Bytes>, Broken> {
        if self.received.len() >= PREFIX && self.received[0] != 0 {
            return Err(Broken::Compressed);
        }
        Ok(self.take()?.map(|(message, _)| message))
    }

    /// The next message, if all of it was received, and whether it is compressed.
    pub(crate) fn take(&mut self) -> Result<Option<(Bytes, bool)>, Broken> {
        let Some((&[flag, ref len @ ..], rest)) = self.received.split_first_chunk::<PREFIX>() else { return Ok(None) };
        let len = u32::from_be_bytes(*len) as usize;
        if len > self.max_len {
            return Err(Broken::TooLong { len, max_len: self.max_len });
        }
        if rest.len() < len {
            return Ok(None);
        }
        self.received.advance(PREFIX);
        Ok(Some((self.received.split_to(len).freeze(), flag != 0)))
    }
}
