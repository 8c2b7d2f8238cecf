//! The listeners of brokered connections that share one connection with all others.
//!
//! A stream says nothing about its purpose.
//! So the peer knocks, waits for the acknowledgement, and opens the stream after it:
//! the next stream belongs to the oldest knock that was acknowledged.
//! A stream without a knock belongs to the main server.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// The longest wait for an announcement, an acknowledgement or the stream after it: go-plugin's.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest wait of a knock for its listener.
/// It is shorter, so that the peer has not given up when the acknowledgement arrives.
/// It would open no stream then, and the next one would go to the wrong listener.
const EARLY: Duration = Duration::from_secs(4);
/// The most knocks that wait for a listener, and the most that wait for their stream.
const MAX_WAITING: usize = 1024;
/// The most streams of one listener that were not accepted yet.
const BACKLOG: usize = 64;

/// The listeners of one session, by number. `T` is a stream.
pub(crate) struct Listeners<T>(Mutex<State<T>>);

struct State<T> {
    listeners: HashMap<u32, mpsc::Sender<T>>,
    /// The knocks that have no listener yet.
    early: HashMap<u32, Instant>,
    /// The acknowledged knocks, until their streams come.
    due: VecDeque<(u32, Instant)>,
}

/// The reply to a knock.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Acknowledge,
    /// The reply follows when there is a listener.
    Later,
    Refuse(&'static str),
}

/// The number has a listener already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken;

impl<T> Default for Listeners<T> {
    fn default() -> Self {
        Self(Mutex::new(State { listeners: HashMap::new(), early: HashMap::new(), due: VecDeque::new() }))
    }
}

impl<T> Listeners<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a listener. True if a knock has come before, which is to be acknowledged now.
    pub(crate) fn listen(&self, id: u32) -> Result<(mpsc::Receiver<T>, bool), Taken> {
        let mut state = self.state();
        if state.listeners.get(&id).is_some_and(|listener| !listener.is_closed()) {
            return Err(Taken);
        }
        let (sender, streams) = mpsc::channel(BACKLOG);
        state.listeners.insert(id, sender);
        let has_knocked = state.early.remove(&id).is_some_and(|since| since.elapsed() < EARLY);
        if has_knocked {
            state.due.push_back((id, Instant::now()));
        }
        Ok((streams, has_knocked))
    }

    /// Forgets the listener, if its receiver was dropped.
    pub(crate) fn close(&self, id: u32) {
        let mut state = self.state();
        if state.listeners.get(&id).is_some_and(mpsc::Sender::is_closed) {
            state.listeners.remove(&id);
        }
    }

    /// Notes a knock of the peer.
    pub(crate) fn knock(&self, id: u32) -> Reply {
        let mut state = self.state();
        state.expire();
        if state.due.len() >= MAX_WAITING || state.early.len() >= MAX_WAITING {
            return Reply::Refuse("too many knocks wait for a listener or for their stream");
        }
        if state.listeners.get(&id).is_some_and(|listener| !listener.is_closed()) {
            state.due.push_back((id, Instant::now()));
            return Reply::Acknowledge;
        }
        state.early.insert(id, Instant::now());
        Reply::Later
    }

    /// Takes a stream of the peer if it belongs to a knock. Returns it otherwise.
    /// If its listener has been closed, or is full, the stream is dropped.
    pub(crate) fn route(&self, stream: T) -> Option<T> {
        let mut state = self.state();
        state.expire();
        let Some((id, _)) = state.due.pop_front() else { return Some(stream) };
        if let Some(listener) = state.listeners.get(&id) {
            let _ = listener.try_send(stream);
        }
        None
    }
}

impl<T> State<T> {
    /// Forgets the knocks of a peer that has given up waiting, or never opened its stream.
    fn expire(&mut self) {
        self.early.retain(|_, since| since.elapsed() < EARLY);
        self.due.retain(|(_, since)| since.elapsed() < TIMEOUT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_goes_to_the_listener_of_the_oldest_knock() {
        let listeners = Listeners::default();
        assert_eq!(listeners.route("main"), Some("main"));
        let (mut one, _) = listeners.listen(1).unwrap();
        let (mut two, _) = listeners.listen(2).unwrap();
        assert_eq!([listeners.knock(2), listeners.knock(1)], [Reply::Acknowledge, Reply::Acknowledge]);
        assert_eq!(["a", "b", "c"].map(|stream| listeners.route(stream)), [None, None, Some("c")]);
        assert_eq!((two.try_recv(), one.try_recv()), (Ok("a"), Ok("b")));
        // A listener takes several.
        assert_eq!(listeners.knock(2), Reply::Acknowledge);
        assert_eq!((listeners.route("d"), two.try_recv()), (None, Ok("d")));
    }

    #[test]
    fn a_knock_waits_for_its_listener() {
        let listeners = Listeners::default();
        assert_eq!(listeners.knock(7), Reply::Later);
        assert_eq!(listeners.route("main"), Some("main"));
        let (mut streams, has_knocked) = listeners.listen(7).unwrap();
        assert!(has_knocked);
        assert_eq!((listeners.route("a"), streams.try_recv()), (None, Ok("a")));
        assert_eq!(listeners.listen(7).map(|_| ()), Err(Taken));
        drop(streams);
        listeners.close(7);
        assert_eq!(listeners.knock(7), Reply::Later);
        assert!(listeners.listen(7).is_ok_and(|(_, has_knocked)| has_knocked));
    }

    #[test]
    fn knocks_are_limited_and_expire() {
        let listeners = Listeners::<()>::default();
        for id in 0..MAX_WAITING as u32 {
            assert_eq!(listeners.knock(id), Reply::Later);
        }
        let refused = Reply::Refuse("too many knocks wait for a listener or for their stream");
        assert_eq!(listeners.knock(5), refused);
        let long_ago = Instant::now().checked_sub(TIMEOUT).unwrap();
        listeners.state().early.values_mut().for_each(|since| *since += TIMEOUT - EARLY);
        listeners.state().early.values_mut().for_each(|since| *since -= TIMEOUT);
        assert!(listeners.listen(1).is_ok_and(|(_, has_knocked)| !has_knocked));
        let _listening = listeners.listen(2).unwrap();
        assert_eq!(listeners.knock(2), Reply::Acknowledge);
        listeners.state().due[0].1 = long_ago;
        assert_eq!(listeners.route(()), Some(()));
    }
}
