//! One connection as many streams: yamux, by `tokio-yamux`, which drives both sides of it. It knows nothing of what the streams are for.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use once_cell::sync::OnceCell;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_yamux::Config;
use tokio_yamux::session::{Session, SessionType};

pub(super) use tokio_yamux::stream::StreamHandle as Stream;

/// Why a session has ended, as soon as it has.
pub(super) type Why = Arc<OnceCell<String>>;

/// What a session has ended with, in words.
pub(super) fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => format!("what it sends is no yamux: {error}"),
        _ => format!("its connection failed: {error}"),
    }
}

/// How many streams there may be at once. A further one is refused, and the others go on.
const STREAMS: usize = 4096;
/// How many of those that were opened may wait to be looked at.
const BACKLOG: usize = 256;
/// How much of a stream may be under way before the other side has to wait, in bytes.
const WINDOW: u32 = 1 << 20;
/// How much is read from a side that takes nothing of what it is sent, in bytes. Each dozen of them may want an answer, which then waits here.
const UNANSWERED: usize = 4 << 20;

/// A connection that is a session: of the side that has opened it, or of the other.
pub(super) fn session<T: AsyncRead + AsyncWrite + Unpin>(connection: T, side: SessionType) -> Session<Guarded<T>> {
    let config = Config {
        accept_backlog: BACKLOG,
        // Whether the other side is there is known from its process.
        enable_keepalive: false,
        connection_write_timeout: Duration::from_secs(10),
        max_stream_count: STREAMS,
        max_stream_window_size: WINDOW,
        ..Config::default()
    };
    Session::new(Guarded { connection, unanswered: None }, config, side)
}

/// A connection that is lost when the other side sends and sends, and takes nothing. The session answers each ping, and whoever
/// has no room for another stream, and keeps these answers for as long as it takes.
pub(super) struct Guarded<T> {
    connection: T,
    /// How much was read since it takes nothing.
    unanswered: Option<usize>,
}

impl<T> Guarded<T> {
    fn written<R>(&mut self, written: Poll<R>) -> Poll<R> {
        match written {
            Poll::Pending => _ = self.unanswered.get_or_insert(0),
            Poll::Ready(_) => self.unanswered = None,
        }
        written
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.connection).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        if let Some(unanswered) = &mut self.unanswered {
            *unanswered += read;
            if *unanswered > UNANSWERED {
                let text =
                    format!("the other side has sent {UNANSWERED} bytes and taken nothing of what it was answered");
                return Poll::Ready(Err(io::Error::other(text)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.connection).poll_write(context, buffer);
        self.written(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}
