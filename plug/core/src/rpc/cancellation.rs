//! Calls that are given up from another thread. It knows no link; those whose calls can be given up ask it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;

use tokio::sync::Notify;

thread_local! {
    /// What gives the calls of this thread up: each of these.
    static CANCELLATIONS: RefCell<Vec<Cancellation>> = const { RefCell::new(Vec::new()) };
}

/// Gives calls to plugins in other processes and behind servers up, from another thread: those within [`with_cancellation`]. Clones are the same one.
///
/// ```
/// use plug::{Cancellation, with_cancellation};
///
/// let cancellation = Cancellation::new();
/// let sum = with_cancellation(&cancellation, || 1 + 1);
/// // Elsewhere, at any time:
/// cancellation.cancel();
/// assert_eq!((sum, cancellation.is_cancelled()), (2, true));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancellation(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_cancelled: AtomicBool,
    told: Notify,
}

impl Cancellation {
    /// One that has cancelled nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives up the calls that are under way, and all that are begun later. Each fails with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled), and is cancelled on the other side, where a method that has begun runs to its end.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, SeqCst);
        self.0.told.notify_waiters();
    }

    /// Whether it was told to.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(SeqCst)
    }

    async fn cancelled(self) {
        let mut told = std::pin::pin!(self.0.told.notified());
        // From here on nothing is missed.
        told.as_mut().enable();
        if !self.is_cancelled() {
            told.await;
        }
    }
}

/// Runs `work`, whose calls to plugins in other processes and behind servers are given up when `cancellation` says so.
///
/// It is for this thread, but not for what the thread drops at its end. Where it is nested, each cancels. A plugin that is linked in, or in a shared
/// library, runs in this thread, and cannot be given up: there it changes nothing.
///
/// ```no_run
/// # #[plug::interface(portable)]
/// # pub trait Plug: Send + Sync {
/// #     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// # }
/// # fn told(plugin: &dyn Plug, cancellation: plug::Cancellation) -> Result<(), plug::Error> {
/// let on_interrupt = cancellation.clone();
/// std::thread::spawn(move || {
///     // … wait for what shall end it …
///     on_interrupt.cancel();
/// });
/// let hello = plug::with_cancellation(&cancellation, || plugin.say_hello("x"))?;
/// # Ok(())
/// # }
/// ```
pub fn with_cancellation<R>(cancellation: &Cancellation, work: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also where `work` panics.
    struct Within;

    impl Drop for Within {
        fn drop(&mut self) {
            let _ = CANCELLATIONS.try_with(|all| all.borrow_mut().pop());
        }
    }

    // Not where the thread is on its way out, and has dropped this.
    let _ = CANCELLATIONS.try_with(|all| all.borrow_mut().push(cancellation.clone()));
    let _within = Within;
    work()
}

/// Is there when a call that this thread begins now is to be given up. None where nothing does.
pub(crate) fn of_call() -> Option<impl Future<Output = ()> + Send> {
    let all = CANCELLATIONS.try_with(|all| all.borrow().clone()).unwrap_or_default();
    let mut all: Vec<Pin<Box<_>>> = all.into_iter().map(|one| Box::pin(one.cancelled())).collect();
    let are_there = !all.is_empty();
    let any = move |context: &mut std::task::Context<'_>| {
        let is_any = all.iter_mut().any(|one| one.as_mut().poll(context).is_ready());
        if is_any { Poll::Ready(()) } else { Poll::Pending }
    };
    are_there.then(|| poll_fn(any))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_given_up() -> Option<bool> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        of_call().map(|cancelled| {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = cancelled => true,
                    () = std::future::ready(()) => false,
                }
            })
        })
    }

    #[test]
    fn each_cancels_and_what_was_there_comes_back() {
        let (outer, inner) = (Cancellation::new(), Cancellation::new());
        assert_eq!(is_given_up(), None);
        with_cancellation(&outer, || {
            with_cancellation(&inner, || {
                assert_eq!(is_given_up(), Some(false));
                inner.cancel();
                assert_eq!(is_given_up(), Some(true));
            });
            assert_eq!(is_given_up(), Some(false));
            assert!(std::panic::catch_unwind(|| with_cancellation(&inner, || panic!("within"))).is_err());
            assert_eq!(is_given_up(), Some(false));
            outer.clone().cancel();
            with_cancellation(&Cancellation::new(), || assert_eq!(is_given_up(), Some(true)));
        });
        assert_eq!(is_given_up(), None);
    }

    #[test]
    fn who_waits_is_told() {
        let cancellation = Cancellation::new();
        let waiting = with_cancellation(&cancellation, || of_call().unwrap());
        let waiting = std::thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(waiting);
        });
        std::thread::sleep(std::time::Duration::from_millis(10));
        cancellation.cancel();
        waiting.join().unwrap();
    }
}
