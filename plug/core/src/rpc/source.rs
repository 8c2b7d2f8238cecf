//! The messages that a call sends, drawn from a stream that may block.
//!
//! A job draws messages until there are enough of them, and frees its thread while they are sent.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::runtime::Handle;

use crate::error::Error;
use crate::panic::{Caught, dispose};
use crate::rpc::frames;
use crate::task::Task;
use crate::wire::message::Outgoing;
use crate::wire::stream_object::Stream;

/// A job draws no further message when these many bytes wait.
const ENOUGH: usize = 64 << 10;
/// Messages are joined in frames of up to this many bytes, which every peer takes.
const FRAME: usize = 16 << 10;
/// A job ends after this time, so that other calls get its thread.
const TURN: Duration = Duration::from_micros(200);

/// Runs a job in a thread that it may block.
pub(crate) type Spawn = Arc<dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync>;

/// The messages of a stream. Dropping it drops the stream, in a job.
pub(crate) struct Source(Arc<Shared>);

struct Shared {
    spawn: Spawn,
    state: Mutex<State>,
}

struct State {
    /// `None` while a job has it, and after its end.
    stream: Option<Outgoing>,
    drawn: VecDeque<Bytes>,
    /// Their bytes, with their prefixes.
    len: usize,
    /// The bytes of a long message, whose prefix was taken.
    rest: Option<Bytes>,
    /// Whether a job draws, or is about to.
    is_drawing: bool,
    /// Whether the stream has to be polled: it is new, it was woken, or there was no room.
    is_due: bool,
    end: Option<Result<(), Error>>,
    /// Whether nobody takes the messages any more.
    is_dropped: bool,
    /// The task that takes the messages.
    taker: Option<Waker>,
}

impl Source {
    /// Threads of the runtime draw the messages.
    pub(crate) fn within(runtime: &Handle, stream: Outgoing) -> Self {
        let runtime = runtime.clone();
        Self::new(stream, Arc::new(move |job| drop(runtime.spawn_blocking(job))))
    }

    pub(crate) fn new(stream: Outgoing, spawn: Spawn) -> Self {
        let state = State {
            stream: Some(stream),
            drawn: VecDeque::new(),
            len: 0,
            rest: None,
            is_drawing: false,
            is_due: true,
            end: None,
            is_dropped: false,
            taker: None,
        };
        Self(Arc::new(Shared { spawn, state: Mutex::new(state) }))
    }

    /// The bytes of the next messages with their prefixes. `None` at the end.
    pub(crate) async fn next(&self) -> Option<Result<Bytes, Error>> {
        poll_fn(|context| self.poll_frame(context)).await
    }

    pub(crate) fn poll_frame(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(rest) = self.0.state().rest.take() {
            return Poll::Ready(Some(Ok(rest)));
        }
        Poll::Ready(ready!(self.poll_next(context)).map(|message| {
            let (mut frame, rest) = frames::pieces(message?, false);
            let mut state = self.0.state();
            match rest {
                None => state.join(&mut frame),
                rest => state.rest = rest,
            }
            Ok(frame)
        }))
    }

    /// The messages that are drawn, of up to `room` bytes, or the first one. None at the end.
    fn poll_batch(&self, room: usize, context: &mut Context<'_>) -> Poll<Result<Vec<Vec<u8>>, Error>> {
        let Some(first) = ready!(self.poll_next(context)).transpose()? else { return Poll::Ready(Ok(Vec::new())) };
        let (mut state, mut taken) = (self.0.state(), framed_len(&first));
        let mut batch = vec![first.into()];
        while let Some(message) = state.take_within(room.saturating_sub(taken)) {
            taken += framed_len(&message);
            batch.push(message.into());
        }
        // The next ones are drawn while these cross.
        let is_due = state.begins();
        drop(state);
        if is_due {
            self.0.submit();
        }
        Poll::Ready(Ok(batch))
    }

    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let mut state = self.0.state();
        if let Some(message) = state.take_within(usize::MAX) {
            return Poll::Ready(Some(Ok(message)));
        }
        if let Some(end) = state.end.take() {
            state.end = Some(Ok(()));
            return Poll::Ready(end.err().map(Err));
        }
        if !state.taker.as_ref().is_some_and(|taker| taker.will_wake(context.waker())) {
            state.taker = Some(context.waker().clone());
        }
        let is_due = state.begins();
        drop(state);
        if is_due {
            self.0.submit();
        }
        Poll::Pending
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let stream = {
            let mut state = self.0.state();
            state.is_dropped = true;
            state.drawn.clear();
            state.stream.take()
        };
        if let Some(stream) = stream {
            (self.0.spawn)(Box::new(move || discard(stream)));
        }
    }
}

/// Drops a stream, which may block or panic.
fn discard(stream: Outgoing) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(stream))) {
        dispose(payload);
    }
}

/// A source as an object.
pub(crate) struct Drawn {
    source: Source,
    /// The call that takes messages.
    turn: tokio::sync::Mutex<()>,
}

impl Drawn {
    pub(crate) fn new(stream: Outgoing, runtime: &Handle) -> Self {
        Self { source: Source::within(runtime, stream), turn: tokio::sync::Mutex::default() }
    }
}

impl Stream for Drawn {
    fn next(&self, room: u64) -> Task<'_, Result<Vec<Vec<u8>>, Error>> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            poll_fn(|context| self.source.poll_batch(room, context)).await
        })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        (self.spawn)(Box::new(move || shared.draw()));
    }

    /// Draws messages in this thread.
    fn draw(self: &Arc<Self>) {
        let Some(mut stream) = self.state().stream.take() else { return };
        let (waker, until) = (Waker::from(Arc::clone(self)), Instant::now() + TURN);
        let is_over = loop {
            self.state().is_due = false;
            let mut context = Context::from_waker(&waker);
            let polled = catch_unwind(AssertUnwindSafe(|| stream.poll_next(&mut context)));
            let next = polled.unwrap_or_else(|payload| Poll::Ready(Some(Err(panicked(payload)))));
            let mut state = self.state();
            if state.is_dropped {
                break true;
            }
            let goes_on = state.note(next, until);
            // It takes what there is at once.
            let taker = state.taker.take();
            let is_over = state.end.is_some();
            drop(state);
            taker.into_iter().for_each(Waker::wake);
            if !goes_on {
                break is_over;
            }
        };
        if is_over {
            return discard(stream);
        }
        let taker = {
            let mut state = self.state();
            state.is_drawing = false;
            if state.is_dropped {
                drop(state);
                return discard(stream);
            }
            state.stream = Some(stream);
            state.taker.take()
        };
        // It may have found nothing before.
        taker.into_iter().for_each(Waker::wake);
    }
}

impl State {
    /// Whether a job has to draw, which it is about to do then.
    fn begins(&mut self) -> bool {
        let begins = self.is_due && !self.is_drawing && self.len < ENOUGH;
        self.is_drawing |= begins;
        begins
    }

    /// The next message that is drawn, unless it has more bytes than these with its prefix.
    fn take_within(&mut self, room: usize) -> Option<Bytes> {
        let len = self.drawn.front().map(framed_len).filter(|len| *len <= room)?;
        self.len -= len;
        self.drawn.pop_front()
    }

    /// Joins short messages to the frame of the one before, as many as fit.
    fn join(&mut self, frame: &mut Bytes) {
        let Some(first) = self.take_within(FRAME.saturating_sub(frame.len())) else { return };
        let mut joined = BytesMut::with_capacity(FRAME);
        joined.extend_from_slice(frame);
        frames::put(&mut joined, first);
        while let Some(message) = self.take_within(FRAME - joined.len()) {
            frames::put(&mut joined, message);
        }
        *frame = joined.freeze();
    }

    /// Notes what a poll gave, and whether another one may follow at once.
    fn note(&mut self, next: Poll<Option<Result<Vec<u8>, Error>>>, until: Instant) -> bool {
        match next {
            Poll::Ready(Some(Ok(message))) => {
                let message = message.into();
                self.len += framed_len(&message);
                self.drawn.push_back(message);
                self.is_due = true;
                self.len < ENOUGH && Instant::now() < until
            }
            Poll::Ready(end) => {
                self.end = Some(end.map_or(Ok(()), |error| error.map(drop)));
                self.is_due = false;
                false
            }
            // It may have been woken already.
            Poll::Pending => self.is_due,
        }
    }
}

fn framed_len(message: &Bytes) -> usize {
    frames::PREFIX + message.len()
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    /// The stream has something new: the task that takes the messages has it polled.
    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.state();
        state.is_due = true;
        let taker = state.taker.take();
        drop(state);
        taker.into_iter().for_each(Waker::wake);
    }
}

#[cold]
fn panicked(payload: Box<dyn std::any::Any + Send>) -> Error {
    let Caught { message, place } = Caught::new(payload);
    let place = place.map_or_else(String::new, |place| format!(" at {place}"));
    Error::msg(format!("the stream panicked{place}: {}", message.as_deref().unwrap_or(crate::panic::NO_TEXT)))
}

#[cfg(test)]
mod tests;
