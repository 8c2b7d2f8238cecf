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

use crate::error::Error;
use crate::panic::{Caught, dispose};
use crate::rpc::frames;
use crate::wire::message::Outgoing;

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

    fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let mut state = self.0.state();
        if let Some(message) = state.drawn.pop_front() {
            state.len -= message.len();
            return Poll::Ready(Some(Ok(message)));
        }
        if let Some(end) = state.end.take() {
            state.end = Some(Ok(()));
            return Poll::Ready(end.err().map(Err));
        }
        if !state.taker.as_ref().is_some_and(|taker| taker.will_wake(context.waker())) {
            state.taker = Some(context.waker().clone());
        }
        let is_due = state.is_due && !state.is_drawing;
        state.is_drawing |= is_due;
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
    /// Joins short messages to the frame of the one before, as many as fit.
    fn join(&mut self, frame: &mut Bytes) {
        let fits = |message: Option<&Bytes>, len: usize| {
            message.is_some_and(|message| len + frames::PREFIX + message.len() <= FRAME)
        };
        if !fits(self.drawn.front(), frame.len()) {
            return;
        }
        let mut joined = BytesMut::with_capacity(FRAME);
        joined.extend_from_slice(frame);
        while fits(self.drawn.front(), joined.len()) {
            let Some(message) = self.drawn.pop_front() else { break };
            self.len -= message.len();
            frames::put(&mut joined, message);
        }
        *frame = joined.freeze();
    }

    /// Notes what a poll gave, and whether another one may follow at once.
    fn note(&mut self, next: Poll<Option<Result<Vec<u8>, Error>>>, until: Instant) -> bool {
        match next {
            Poll::Ready(Some(Ok(message))) => {
                self.len += message.len();
                self.drawn.push_back(message.into());
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
