//! Messages as they stand in the body of a request or a reply, each behind five bytes:
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use std::fmt;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::{RecvStream, SendStream};

/// What stands before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// Up to this length a message is copied behind its prefix, and both are one frame.
const SHORT: usize = 4096;

/// Sends one message. What the other side has no room for yet, waits in the connection.
pub(crate) fn send(stream: &mut SendStream<Bytes>, message: Bytes, is_last: bool) -> Result<(), h2::Error> {
    if message.len() > SHORT {
        stream.send_data(prefix(message.len()), false)?;
        return stream.send_data(message, is_last);
    }
    let mut all = BytesMut::with_capacity(PREFIX + message.len());
    put_prefix(&mut all, message.len());
    all.put(message);
    stream.send_data(all.freeze(), is_last)
}

/// What stands before a message of this length.
pub(crate) fn prefix(len: usize) -> Bytes {
    let mut prefix = BytesMut::with_capacity(PREFIX);
    put_prefix(&mut prefix, len);
    prefix.freeze()
}

fn put_prefix(buffer: &mut BytesMut, len: usize) {
    buffer.put_u8(0);
    // No message is longer than this can say: encoders do not get as far.
    buffer.put_u32(u32::try_from(len).unwrap_or(u32::MAX));
}

/// The messages of a body, as they come.
pub(crate) struct Frames {
    pub body: RecvStream,
    /// What came, and is no whole message yet.
    received: BytesMut,
    max_len: usize,
}

/// Why there is no next message.
#[derive(Debug)]
pub(crate) enum Broken {
    Lost(h2::Error),
    Compressed,
    TooLong { len: usize, max_len: usize },
    Cut,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(error) => write!(f, "its connection failed: {error}"),
            Self::Compressed => f.write_str("a message is compressed, which was not agreed"),
            Self::TooLong { len, max_len } => {
                write!(f, "a message has {len} bytes, which is more than the {max_len} that are taken")
            }
            Self::Cut => f.write_str("it ends within a message"),
        }
    }
}

impl Frames {
    /// Messages no longer than `most` bytes.
    pub(crate) fn new(body: RecvStream, max_len: usize) -> Self {
        Self { body, received: BytesMut::new(), max_len }
    }

    /// The next one. None at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if let Some(message) = self.received()? {
                return Ok(Some(message));
            }
            let Some(chunk) = self.body.data().await else {
                return if self.received.is_empty() { Ok(None) } else { Err(Broken::Cut) };
            };
            let chunk = chunk.map_err(Broken::Lost)?;
            // Room for as much again. Where that fails, the stream is over, which the next chunk says.
            let _ = self.body.flow_control().release_capacity(chunk.len());
            self.received.extend_from_slice(&chunk);
        }
    }

    fn received(&mut self) -> Result<Option<Bytes>, Broken> {
        let Some((&[flag, ref len @ ..], rest)) = self.received.split_first_chunk::<PREFIX>() else { return Ok(None) };
        if flag != 0 {
            return Err(Broken::Compressed);
        }
        let len = u32::from_be_bytes(*len) as usize;
        if len > self.max_len {
            return Err(Broken::TooLong { len, max_len: self.max_len });
        }
        if rest.len() < len {
            return Ok(None);
        }
        self.received.advance(PREFIX);
        Ok(Some(self.received.split_to(len).freeze()))
    }
}
