//! The future of an asynchronous method, and the runtime of its polls.

#[cfg(feature = "task-runtime")]
mod runtime;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

#[cfg(feature = "task-runtime")]
pub use runtime::within;

/// The future of an asynchronous method of an interface.
///
/// An `async fn` below `#[plug::interface]` or `#[plug]` is short for a function that returns it.
/// The two forms are one method, so trait and impl can each have either:
///
/// ```
/// use plug::Task;
///
/// #[plug::interface]
/// pub trait Fetch: Send + Sync {
///     async fn fetch(&self, url: &str) -> Option<String>;
/// }
///
/// struct Fake;
///
/// impl Fetch for Fake {
///     fn fetch<'a>(&'a self, url: &'a str) -> Task<'a, Option<String>> {
///         Box::pin(async move { Some(url.to_owned()) })
///     }
/// }
/// ```
///
/// It does nothing before it is polled, and dropping it cancels the call.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Boxes the future of an `async fn` of a plugin.
#[inline]
pub fn task<'a, T>(future: impl Future<Output = T> + Send + 'a) -> Task<'a, T> {
    Box::pin(within(future))
}

/// The same for a stream.
#[cfg(all(feature = "stream", feature = "task-runtime"))]
pub(crate) use runtime::stream_within;

/// The same for a stream.
#[cfg(all(feature = "stream", not(feature = "task-runtime")))]
#[inline]
pub(crate) fn stream_within<S: futures_core::Stream + Send>(stream: S) -> S {
    stream
}

/// The same for a future that another macro boxes.
#[cfg(not(feature = "task-runtime"))]
#[inline]
pub fn within<F: Future + Send>(future: F) -> F {
    future
}

/// Polls the future in this thread, which sleeps in between. Another thread wakes it.
pub(crate) fn park_on<F: Future>(future: F) -> F::Output {
    struct Parked(Thread);

    impl Wake for Parked {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

/// Adds a way out to the message of a panic, if tokio lacks a runtime.
pub(crate) fn with_hint(message: String) -> String {
    // The same text since tokio 1.0.
    if !message.starts_with("there is no reactor running") {
        return message;
    }
    #[cfg(not(feature = "task-runtime"))]
    let hint =
        "turn on the feature `tokio` of plug in the plugin's crate, and use tokio in an `async fn` or a `Stream`";
    #[cfg(feature = "task-runtime")]
    let hint = runtime::hint();
    format!("{message}\nhint: {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_without_a_runtime_has_a_way_out() {
        let message = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
        let hint = if cfg!(feature = "task-runtime") {
            "only an `async fn` or a `Stream` of a plugin has the runtime of the feature `tokio` of plug: use tokio there"
        } else {
            "turn on the feature `tokio` of plug in the plugin's crate, and use tokio in an `async fn` or a `Stream`"
        };
        assert_eq!(with_hint(message.to_owned()), format!("{message}\nhint: {hint}"));
        assert_eq!(with_hint("gone".to_owned()), "gone");
    }
}
