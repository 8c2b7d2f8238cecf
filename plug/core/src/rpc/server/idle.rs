//! The connections of a server that have no call, and since when.
//! If there are too many connections, the one that has had none for the longest time makes room.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

/// Not idle, or about to close.
const BUSY: u64 = u64::MAX;

/// The connections of one server. Clones share them.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Inner>);

struct Inner {
    start: Instant,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last_number: u64,
    connections: HashMap<u64, Arc<State>>,
}

struct State {
    /// Nanoseconds from the start of the server, or [`BUSY`].
    idle_since: AtomicU64,
    make_room: Notify,
}

/// One connection, from its acceptance to its end.
pub(crate) struct Occupancy {
    connections: Connections,
    number: u64,
    state: Arc<State>,
}

/// Why an idle connection is closed.
#[derive(Debug, PartialEq)]
pub(crate) enum Leave {
    /// It was idle for too long.
    Late,
    /// Another connection needs its place.
    Replaced,
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner { start: Instant::now(), open: Mutex::default() }))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        // 584 years fit.
        u64::try_from(self.0.start.elapsed().as_nanos()).unwrap_or(BUSY - 1)
    }

    /// Adds a connection, which is idle.
    pub(crate) fn add(&self) -> Occupancy {
        let state = Arc::new(State { idle_since: AtomicU64::new(self.now()), make_room: Notify::new() });
        let mut open = self.open();
        open.last_number += 1;
        let number = open.last_number;
        open.connections.insert(number, Arc::clone(&state));
        drop(open);
        Occupancy { connections: self.clone(), number, state }
    }

    /// Has the connection that is idle for the longest time close.
    pub(crate) fn make_room(&self) {
        let open = self.open();
        let since = |state: &&Arc<State>| state.idle_since.load(SeqCst);
        if let Some(state) = open.connections.values().filter(|state| since(state) != BUSY).min_by_key(since) {
            state.idle_since.store(BUSY, SeqCst);
            state.make_room.notify_one();
        }
    }
}

impl Occupancy {
    /// Waits until another connection needs the place.
    pub(crate) async fn replaced(&self) {
        self.state.make_room.notified().await;
    }

    /// Waits until the connection is idle for `timeout`, or is idle and another needs its place.
    /// Its task has to poll this after each change of `is_idle`.
    pub(crate) async fn idle(&self, timeout: Duration, is_idle: impl Fn() -> bool) -> Leave {
        let mut since = Some(Instant::now());
        let mut end: Option<Pin<Box<Sleep>>> = (timeout != Duration::MAX).then(|| Box::pin(sleep(timeout)));
        let mut replaced = pin!(self.state.make_room.notified());
        poll_fn(|context| {
            match (is_idle(), since) {
                (true, None) => {
                    since = Some(Instant::now());
                    self.state.idle_since.store(self.connections.now(), SeqCst);
                }
                (false, Some(_)) => {
                    since = None;
                    self.state.idle_since.store(BUSY, SeqCst);
                }
                _ => {}
            }
            if since.is_some() && replaced.as_mut().poll(context).is_ready() {
                return Poll::Ready(Leave::Replaced);
            }
            // It is set again only when it has fired, because most connections are idle after each call.
            while let Some(sleep) = &mut end
                && sleep.as_mut().poll(context).is_ready()
            {
                let left = since.map_or(timeout, |since| timeout.saturating_sub(since.elapsed()));
                if left.is_zero() {
                    return Poll::Ready(Leave::Late);
                }
                sleep.as_mut().reset(tokio::time::Instant::now() + left);
            }
            Poll::Pending
        })
        .await
    }
}

impl Drop for Occupancy {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test);
    }

    #[test]
    fn the_connection_that_is_idle_for_the_longest_time_makes_room() {
        run(async {
            let connections = Connections::new();
            let (busy, first, second) = (connections.add(), connections.add(), connections.add());
            let waiting = |occupancy: Occupancy, is_busy: bool| {
                tokio::spawn(async move { occupancy.idle(Duration::MAX, || !is_busy).await })
            };
            let busy = waiting(busy, true);
            tokio::task::yield_now().await;
            let first = waiting(first, false);
            tokio::task::yield_now().await;
            let second = waiting(second, false);
            tokio::task::yield_now().await;
            connections.make_room();
            assert_eq!(first.await.unwrap(), Leave::Replaced);
            assert!(!second.is_finished());
            connections.make_room();
            assert_eq!(second.await.unwrap(), Leave::Replaced);
            connections.make_room();
            tokio::task::yield_now().await;
            assert!(!busy.is_finished());
            assert_eq!(connections.open().connections.len(), 1);
        });
    }

    #[test]
    fn a_new_connection_is_idle() {
        run(async {
            let connections = Connections::new();
            let occupancy = connections.add();
            connections.make_room();
            occupancy.replaced().await;
        });
    }
}
