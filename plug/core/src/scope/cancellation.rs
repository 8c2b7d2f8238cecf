//! Cancels calls from another thread.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;

use tokio::sync::Notify;

thread_local! {
    /// Each of these cancels the calls of this thread.
    static CANCELLATIONS: RefCell<Cancellations> = const { RefCell::new(Cancellations(None)) };
}

/// Cancels calls from another thread. Clones share one state.
///
/// It cancels the calls within [`with_cancellation`] to plugins of other processes and of servers.
/// The future of an asynchronous method needs none: dropping it cancels the call.
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
    cancelled: Notify,
}

impl Cancellation {
    /// A cancellation that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the calls that are under way, and all that begin later.
    ///
    /// Each fails with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    /// The peer is notified, but a method that has begun there runs to its end.
    /// An asynchronous one is dropped.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, SeqCst);
        self.0.cancelled.notify_waiters();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(SeqCst)
    }

    async fn cancelled(self) {
        let mut notified = std::pin::pin!(self.0.cancelled.notified());
        // From here on no notification is missed.
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}

/// Runs `work`, whose calls to other processes and servers `cancellation` cancels.
///
/// It applies to the calls that this thread makes meanwhile, but not to destructors that run when
/// the thread ends.
/// The future of an asynchronous method keeps it from the call of the method on.
/// If it is nested, any of the cancellations cancels a call.
/// It has no effect on plugins that are linked in or in a shared library: their methods run in this
/// thread, and cannot be cancelled.
///
/// ```no_run
/// # #[plug::interface(portable)]
/// # pub trait Plug: Send + Sync {
/// #     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// # }
/// # fn greet(plugin: &dyn Plug, cancellation: plug::Cancellation) -> Result<(), plug::Error> {
/// let on_interrupt = cancellation.clone();
/// std::thread::spawn(move || {
///     // … wait for the event that ends it …
///     on_interrupt.cancel();
/// });
/// let hello = plug::with_cancellation(&cancellation, || plugin.say_hello("x"))?;
/// # Ok(())
/// # }
/// ```
pub fn with_cancellation<R>(cancellation: &Cancellation, work: impl FnOnce() -> R) -> R {
    let outer = Cancellations::current();
    let nested = Cancellations(Some(Arc::new(Nested { cancellation: cancellation.clone(), outer })));
    let _restore = nested.enter();
    work()
}

/// The cancellations of a call, from the innermost to the outermost. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Cancellations(Option<Arc<Nested>>);

struct Nested {
    cancellation: Cancellation,
    outer: Cancellations,
}

impl Cancellations {
    /// Those of this thread.
    pub(super) fn current() -> Self {
        // It fails if the thread is ending and has dropped them.
        CANCELLATIONS.try_with(|all| all.borrow().clone()).unwrap_or_default()
    }

    /// Makes them those of this thread, until the result is dropped.
    pub(super) fn enter(&self) -> impl Drop + use<> {
        Restore(CANCELLATIONS.try_with(|all| all.replace(self.clone())).unwrap_or_default())
    }

    fn iter(&self) -> impl Iterator<Item = &Cancellation> {
        std::iter::successors(self.0.as_deref(), |nested| nested.outer.0.as_deref()).map(|nested| &nested.cancellation)
    }

    /// A future that is ready once one of them cancels. `None` if there are none.
    pub(crate) fn cancelled(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let mut all: Vec<Pin<Box<_>>> = self.iter().map(|one| Box::pin(one.clone().cancelled())).collect();
        let is_empty = all.is_empty();
        let any = move |context: &mut std::task::Context<'_>| {
            let is_any = all.iter_mut().any(|one| one.as_mut().poll(context).is_ready());
            if is_any { Poll::Ready(()) } else { Poll::Pending }
        };
        (!is_empty).then(|| poll_fn(any))
    }
}

/// Restores the thread's cancellations, also if the work panics.
struct Restore(Cancellations);

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = CANCELLATIONS.try_with(|all| all.replace(std::mem::take(&mut self.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_cancelled() -> Option<bool> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Cancellations::current().cancelled().map(|cancelled| {
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
    fn nested_cancellations_each_cancel_and_are_restored() {
        let (outer, inner) = (Cancellation::new(), Cancellation::new());
        assert_eq!(is_cancelled(), None);
        with_cancellation(&outer, || {
            with_cancellation(&inner, || {
                assert_eq!(is_cancelled(), Some(false));
                inner.cancel();
                assert_eq!(is_cancelled(), Some(true));
            });
            assert_eq!(is_cancelled(), Some(false));
            assert!(std::panic::catch_unwind(|| with_cancellation(&inner, || panic!("within"))).is_err());
            assert_eq!(is_cancelled(), Some(false));
            outer.clone().cancel();
            with_cancellation(&Cancellation::new(), || assert_eq!(is_cancelled(), Some(true)));
        });
        assert_eq!(is_cancelled(), None);
    }

    #[test]
    fn a_waiting_call_is_cancelled() {
        let cancellation = Cancellation::new();
        let waiting = with_cancellation(&cancellation, || Cancellations::current().cancelled().unwrap());
        let waiting = std::thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(waiting);
        });
        std::thread::sleep(std::time::Duration::from_millis(10));
        cancellation.cancel();
        waiting.join().unwrap();
    }
}
