//! One connection as many streams: yamux, by the crate `tokio-yamux`, for both sides.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use once_cell::sync::OnceCell;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_yamux::Config;
use tokio_yamux::session::{Session, SessionType};
use tokio_yamux::stream::StreamHandle;

/// The reason why a session has ended. Empty until then.
pub(crate) type EndReason = Arc<OnceCell<String>>;

/// The text of the error that ended a session.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidData => format!("it does not speak yamux: {error}"),
        _ => format!("its connection failed: {error}"),
    }
}

/// The most streams at once. A further one is refused, and the others go on.
pub(crate) const MAX_STREAMS: usize = 4096;
/// The most streams that the peer has opened and this side has not accepted yet.
const BACKLOG: usize = 256;
/// The receive window of a stream, in bytes.
const WINDOW: u32 = 1 << 20;
/// The most bytes that are read from a peer that reads nothing.
/// Every twelve of them can demand an answer, which is then queued here.
const MAX_UNANSWERED: usize = 4 << 20;

/// A session over a connection. `side` says which end has opened the connection.
pub(crate) fn session<T: AsyncRead + AsyncWrite + Unpin>(connection: T, side: SessionType) -> Session<Guarded<T>> {
    let config = Config {
        accept_backlog: BACKLOG,
        // The end of the peer's process shows that the peer is gone.
        enable_keepalive: false,
        connection_write_timeout: Duration::from_secs(10),
        max_stream_count: MAX_STREAMS,
        max_stream_window_size: WINDOW,
        ..Config::default()
    };
    Session::new(Guarded { connection, unanswered: None }, config, side)
}

/// A connection that fails if the peer keeps sending and reads nothing.
/// The session answers each ping and each refused stream, and queues these answers without limit.
pub(crate) struct Guarded<T> {
    connection: T,
    /// The bytes that were read since the last write blocked. `None` if it did not block.
    unanswered: Option<usize>,
}

impl<T> Guarded<T> {
    fn note_write<R>(&mut self, written: Poll<R>) -> Poll<R> {
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
            if *unanswered > MAX_UNANSWERED {
                let text =
                    format!("the other side has sent {MAX_UNANSWERED} bytes and taken nothing of what it was answered");
                return Poll::Ready(Err(io::Error::other(text)));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.connection).poll_write(context, buffer);
        self.note_write(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

/// A stream of a session.
///
/// A [`StreamHandle`] that waits for its window registers no waker for the news that opens it, except while it is read.
/// A task that reads only after it could write would wait for ever, as h2's does.
pub(crate) struct Stream {
    handle: StreamHandle,
    tasks: Arc<Tasks>,
    /// That of both tasks.
    waker: Waker,
}

/// The tasks that wait for a stream. News wake both, since either takes the news of the other.
#[derive(Default)]
struct Tasks {
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

impl From<StreamHandle> for Stream {
    fn from(handle: StreamHandle) -> Self {
        let tasks = Arc::new(Tasks::default());
        Self { handle, waker: Arc::clone(&tasks).into(), tasks }
    }
}

impl Wake for Tasks {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        for task in [&self.reader, &self.writer] {
            let waker = task.lock().unwrap_or_else(PoisonError::into_inner).take();
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

fn note(task: &Mutex<Option<Waker>>, context: &Context<'_>) {
    let mut task = task.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *task {
        Some(waker) => waker.clone_from(context.waker()),
        None => *task = Some(context.waker().clone()),
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { handle, tasks, waker } = &mut *self;
        note(&tasks.reader, context);
        Pin::new(handle).poll_read(&mut Context::from_waker(waker), buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let Self { handle, tasks, waker } = &mut *self;
        note(&tasks.writer, context);
        let mut context = Context::from_waker(waker);
        let written = Pin::new(&mut *handle).poll_write(&mut context, buffer);
        if written.is_pending() {
            // It takes no bytes, and registers the waker for the next news.
            let _ = handle.poll_peek(&mut context, &mut ReadBuf::new(&mut []));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.handle).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.handle).poll_shutdown(context)
    }
}
