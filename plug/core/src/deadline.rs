//! How long a call to a plugin may take: for a stretch of code, or for a handle. It knows no link; those whose calls can be given
//! up ask it.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    /// When the calls of this thread must be done.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs `work`, whose calls to plugins in other processes and behind servers must all be done within `duration`. What is not done
/// by then fails with [`ErrorKind::Deadline`](crate::ErrorKind::Deadline), and is cancelled on the other side.
///
/// It is for this thread. Where deadlines are nested, the earliest holds. A plugin that is linked in, or in a shared library, runs in
/// this thread, and cannot be given up: there it changes nothing.
///
/// ```
/// use std::time::Duration;
///
/// let sum = plug::with_deadline(Duration::from_secs(1), || 1 + 1);
/// assert_eq!(sum, 2);
/// ```
pub fn with_deadline<R>(duration: Duration, work: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also where `work` panics.
    struct Before(Option<Instant>);

    impl Drop for Before {
        fn drop(&mut self) {
            DEADLINE.set(self.0);
        }
    }

    let before = Before(DEADLINE.get());
    DEADLINE.set(earliest(before.0, from_now(duration)));
    work()
}

/// The deadline of a call that this thread begins now.
#[cfg(feature = "rpc")]
pub(crate) fn of_call(limit: Option<Duration>) -> Option<Instant> {
    earliest(DEADLINE.get(), limit.and_then(from_now))
}

/// How long what this thread begins now may take, which has this long by itself.
#[cfg(feature = "process")]
pub(crate) fn within(limit: Duration) -> Duration {
    DEADLINE.get().map_or(limit, |deadline| limit.min(deadline.saturating_duration_since(Instant::now())))
}

/// None where it is so late that it cannot be told.
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
