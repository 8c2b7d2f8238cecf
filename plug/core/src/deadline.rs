//! Deadlines of calls to plugins, for a stretch of code or for one object.
//!
//! `RemoteObject::send` in `rpc/client/object.rs` puts the deadline into the call.
//! `rpc/client/instance.rs` opens a lost instance again within it.
//! `rpc/client/http2.rs`, `grpc/client.rs` and `process/netrpc/host.rs` send it, and stop waiting.
//! `rpc/server/router.rs` and `process/netrpc/respond.rs` read it for the plugin.
//! `Target::call` in `wire/dispatch.rs` refuses a call that is late, and sets the deadline for the
//! calls that the method makes itself.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    /// The deadline of all calls of this thread.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs `work`, whose calls to plugins in other processes and on servers must all end within
/// `duration`.
/// A call that does not fails with [`ErrorKind::Deadline`](crate::ErrorKind::Deadline).
/// Over gRPC it is also cancelled: the other side does not begin it.
/// A method that has begun there runs to its end.
///
/// The deadline holds for this thread only. The earliest of nested deadlines holds.
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
    /// Restores the previous deadline, also if `work` panics.
    struct Restore(Option<Instant>);

    impl Drop for Restore {
        fn drop(&mut self) {
            DEADLINE.set(self.0);
        }
    }

    let restore = Restore(DEADLINE.get());
    DEADLINE.set(earliest(restore.0, from_now(duration)));
    work()
}

/// The deadline of a call that this thread begins now.
#[cfg(feature = "rpc")]
pub(crate) fn of_call(limit: Option<Duration>) -> Option<Instant> {
    earliest(DEADLINE.get(), limit.and_then(from_now))
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
}
