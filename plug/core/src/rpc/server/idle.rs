//! The connections of a server that have no call, and since when.
//! If there are too many connections, the one that has had none for the longest time makes room.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use crate::rpc::server::backpressure::{Backpressure, Calls};

/// The connections of one server. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<Open>>);

#[derive(Default)]
struct Open {
    last_number: u64,
    connections: HashMap<u64, Arc<State>>,
}

struct State {
    /// When a call last came or ended.
    active: Mutex<Instant>,
    /// Whether it has a call. It has none before this is set.
    calls: OnceLock<Calls>,
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
    fn open(&self) -> MutexGuard<'_, Open> {
        lock(&self.0)
    }

    /// Adds a connection, which is idle.
    pub(crate) fn add(&self) -> Occupancy {
        let active = Mutex::new(Instant::now());
        let state = Arc::new(State { active, calls: OnceLock::new(), make_room: Notify::new() });
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
        let idle = open.connections.values().filter(|state| state.calls.get().is_none_or(Calls::is_empty));
        if let Some(state) = idle.min_by_key(|state| *lock(&state.active)) {
            state.make_room.notify_one();
        }
    }
}

impl Occupancy {
    /// Waits until another connection needs the place.
    pub(crate) async fn replaced(&self) {
        self.state.make_room.notified().await;
    }

    /// Waits until the connection has had no call for `timeout`, or has none and another needs its
    /// place.
    pub(crate) async fn idle(&self, timeout: Duration, backpressure: &Backpressure) -> Leave {
        let _ = self.state.calls.set(backpressure.calls());
        let (mut active, mut was_idle) = (Instant::now(), true);
        let mut end: Option<Pin<Box<Sleep>>> = (timeout != Duration::MAX).then(|| Box::pin(sleep(timeout)));
        let (mut replaced, mut is_replaced) = (pin!(self.state.make_room.notified()), false);
        poll_fn(|context| {
            let is_idle = backpressure.is_idle();
            if is_idle != was_idle {
                (active, was_idle) = (Instant::now(), is_idle);
                *lock(&self.state.active) = active;
            }
            while replaced.as_mut().poll(context).is_ready() {
                is_replaced = true;
                replaced.set(self.state.make_room.notified());
            }
            if is_replaced && is_idle {
                return Poll::Ready(Leave::Replaced);
            }
            // It is set again only when it has fired, because most connections are idle after each call.
            while let Some(sleep) = &mut end
                && sleep.as_mut().poll(context).is_ready()
            {
                let left = if is_idle { timeout.saturating_sub(active.elapsed()) } else { timeout };
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
            let connections = Connections::default();
            let waiting = |backpressure: &Backpressure| {
                let (occupancy, backpressure) = (connections.add(), backpressure.clone());
                tokio::spawn(async move { occupancy.idle(Duration::MAX, &backpressure).await })
            };
            let call = Backpressure::default();
            let busy = waiting(&call);
            let first = waiting(&Backpressure::default());
            let second = waiting(&Backpressure::default());
            tokio::task::yield_now().await;
            connections.make_room();
            assert_eq!(first.await.unwrap(), Leave::Replaced);
            assert!(!second.is_finished());
            connections.make_room();
            assert_eq!(second.await.unwrap(), Leave::Replaced);
            connections.make_room();
            tokio::task::yield_now().await;
            assert!(!busy.is_finished());
            // The end of a call is no event for its connection.
            drop(call);
            connections.make_room();
            assert_eq!(busy.await.unwrap(), Leave::Replaced);
            assert!(connections.open().connections.is_empty());
        });
    }

    #[test]
    fn a_new_connection_is_idle() {
        run(async {
            let connections = Connections::default();
            let occupancy = connections.add();
            connections.make_room();
            occupancy.replaced().await;
        });
    }
}
