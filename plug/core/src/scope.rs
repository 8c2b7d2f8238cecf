//! The limits of calls, for a thread or for one future: a deadline, and cancellations.
//!
//! The call of an asynchronous method captures the scope of its thread, and carries it.
//! `RemoteObject::begin` in `rpc/client/object.rs` puts both into the call, and `ReachedObject::begin`
//! in `wire/exchange.rs` into that of an object. A stream keeps those of the call that has opened it.
//! `rpc/client/instance.rs` opens a lost instance again within it.
//! `rpc/client/http2.rs`, `grpc/client.rs` and `process/netrpc/host.rs` send the deadline, and stop
//! waiting.
//! `rpc/server/router.rs` and `process/netrpc/respond.rs` read it for the plugin.
//! `Target::call` in `wire/dispatch.rs` refuses a call that is late, and enters a scope of its
//! deadline for the calls that the method makes itself.

#[cfg(feature = "rpc")]
pub(crate) mod cancellation;

use std::cell::Cell;
use std::pin::Pin;
use std::time::{Duration, Instant};

#[cfg(feature = "rpc")]
use crate::scope::cancellation::Cancellations;

thread_local! {
    /// The deadline of all calls of this thread. It can be used until the thread has ended.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The deadline and the cancellations of a call.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    deadline: Option<Instant>,
    #[cfg(feature = "rpc")]
    pub(crate) cancellations: Cancellations,
}

#[cfg_attr(not(feature = "wire"), allow(dead_code, reason = "only remote calls are limited"))]
impl Scope {
    /// The scope of this thread.
    pub(crate) fn current() -> Self {
        Self {
            deadline: DEADLINE.get(),
            #[cfg(feature = "rpc")]
            cancellations: Cancellations::current(),
        }
    }

    /// A scope with this deadline alone.
    pub(crate) fn until(deadline: Option<Instant>) -> Self {
        Self {
            deadline,
            #[cfg(feature = "rpc")]
            cancellations: Cancellations::default(),
        }
    }

    /// The same with this deadline, if it is earlier.
    pub(crate) fn and_until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = earliest(self.deadline, deadline);
        self
    }

    /// Runs `work` in this scope, in place of the thread's own.
    pub(crate) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        let _deadline = Restore(DEADLINE.replace(self.deadline));
        #[cfg(feature = "rpc")]
        let _cancellations = self.cancellations.enter();
        work()
    }

    /// Ready once one of the cancellations cancels. `None` if there are none.
    pub(crate) fn cancelled(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        #[cfg(feature = "rpc")]
        return self.cancellations.cancelled().map(|cancelled| Box::pin(cancelled) as _);
        #[cfg(not(feature = "rpc"))]
        None
    }

    /// The deadline of a call that begins now, and may take this long.
    #[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "only remote calls have a limit"))]
    pub(crate) fn deadline(&self, limit: Option<Duration>) -> Option<Instant> {
        earliest(self.deadline, limit.and_then(from_now))
    }
}

/// Restores the thread's deadline, also if the work panics.
struct Restore(Option<Instant>);

impl Drop for Restore {
    fn drop(&mut self) {
        DEADLINE.set(self.0);
    }
}

/// Runs `work`, whose calls to plugins in other processes and on servers must all end within
/// `duration`.
/// A call that does not fails with [`ErrorKind::Deadline`](crate::ErrorKind::Deadline).
/// Over gRPC it is also cancelled: the other side does not begin it.
/// A method that has begun there runs to its end, and an asynchronous one is dropped.
///
/// The deadline holds for the calls that this thread makes meanwhile.
/// An asynchronous method is called when its future is made, and the future keeps the deadline:
/// `with_deadline(SECOND, || fetch.fetch(url)).await`.
/// The earliest of nested deadlines holds.
/// It has no effect on a plugin that is linked in or in a shared library: such a plugin runs in
/// this thread, and cannot be cancelled.
///
/// ```
/// use std::time::Duration;
///
/// let sum = plug::with_deadline(Duration::from_secs(1), || 1 + 1);
/// assert_eq!(sum, 2);
/// ```
pub fn with_deadline<R>(duration: Duration, work: impl FnOnce() -> R) -> R {
    let _restore = Restore(DEADLINE.get());
    DEADLINE.set(earliest(DEADLINE.get(), from_now(duration)));
    work()
}

/// The deadline of a call that this thread begins now.
#[cfg(feature = "rpc")]
pub(crate) fn deadline(limit: Option<Duration>) -> Option<Instant> {
    Scope::until(DEADLINE.get()).deadline(limit)
}

/// The time that a step of this thread may take: `limit`, or less if a deadline comes earlier.
#[cfg(feature = "process")]
pub(crate) fn within(limit: Duration) -> Duration {
    DEADLINE.get().map_or(limit, |deadline| limit.min(deadline.saturating_duration_since(Instant::now())))
}

/// `None` if the time is too late for an `Instant`.
fn from_now(duration: Duration) -> Option<Instant> {
    Instant::now().checked_add(duration)
}

fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_earliest_holds_and_what_was_there_comes_back() {
        assert_eq!(DEADLINE.get(), None);
        with_deadline(HOUR, || {
            let outer = DEADLINE.get();
            with_deadline(2 * HOUR, || assert_eq!(DEADLINE.get(), outer));
            with_deadline(HOUR / 2, || assert!(DEADLINE.get() < outer));
            assert!(std::panic::catch_unwind(|| with_deadline(HOUR / 2, || panic!("within"))).is_err());
            assert_eq!(DEADLINE.get(), outer);
            with_deadline(Duration::MAX, || assert_eq!(DEADLINE.get(), outer));
        });
        assert_eq!(DEADLINE.get(), None);
        with_deadline(Duration::MAX, || assert_eq!(DEADLINE.get(), None));
    }

    #[test]
    fn a_scope_that_is_carried_replaces_that_of_the_thread() {
        let carried = with_deadline(HOUR, Scope::current);
        with_deadline(HOUR / 2, || {
            let own = DEADLINE.get();
            carried.enter(|| assert!(DEADLINE.get() > own));
            Scope::default().enter(|| assert_eq!(DEADLINE.get(), None));
            let panicked = std::panic::catch_unwind(|| Scope::default().enter(|| panic!("within")));
            assert!(panicked.is_err());
            assert_eq!(DEADLINE.get(), own);
        });
        assert_eq!(carried.deadline(None), carried.deadline(Some(2 * HOUR)));
        assert!(carried.deadline(Some(HOUR / 2)) < carried.deadline(None));
        assert_eq!(Scope::default().deadline(None), None);
    }
}
