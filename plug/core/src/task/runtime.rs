//! Polls and drops a plugin's future within a runtime of tokio: the current one, or one of this
//! build's own.
//!
//! A shared library has a tokio of its own, in which no runtime of the host is current.
//! A host on another executor has none at all.
//!
//! The runtime is looked for at each poll, and not kept from the first one.
//! A future that a host polls in two executors in turn, or that outlives a runtime, then opens
//! sockets and spawns tasks where it is polled, as it would in a program without plugins.
//! Its older timers and sockets stay with the runtime that they began in.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

/// Lets the future of an `async fn` of a plugin be polled and dropped within a runtime.
#[inline]
pub fn within<F: Future + Send>(future: F) -> impl Future<Output = F::Output> + Send {
    Within { future: Some(future), is_running: false }
}

pin_project! {
    struct Within<F> {
        // `None` only at the end of the drop.
        #[pin]
        future: Option<F>,
        // Whether it has begun and not ended. Otherwise nothing of the plugin is dropped with it.
        is_running: bool,
    }

    impl<F> PinnedDrop for Within<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if *this.is_running {
                let _current = enter();
                this.future.set(None);
            }
        }
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else { return Poll::Pending };
        let _current = enter();
        *this.is_running = true;
        let poll = future.poll(context);
        *this.is_running = poll.is_pending();
        poll
    }
}

/// Lets a stream of a plugin be polled and dropped within a runtime.
#[cfg(feature = "stream")]
#[inline]
pub(crate) fn stream_within<S: futures_core::Stream + Send>(
    stream: S,
) -> impl futures_core::Stream<Item = S::Item> + Send {
    WithinStream { stream: Some(stream) }
}

#[cfg(feature = "stream")]
pin_project! {
    struct WithinStream<S> {
        // `None` only at the end of the drop.
        #[pin]
        stream: Option<S>,
    }

    impl<S> PinnedDrop for WithinStream<S> {
        fn drop(this: Pin<&mut Self>) {
            let _current = enter();
            this.project().stream.set(None);
        }
    }
}

#[cfg(feature = "stream")]
impl<S: futures_core::Stream> futures_core::Stream for WithinStream<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let Some(stream) = self.project().stream.as_pin_mut() else { return Poll::Ready(None) };
        let _current = enter();
        stream.poll_next(context)
    }
}

/// Makes this build's own runtime the current one, if there is none.
#[inline]
fn enter() -> Option<EnterGuard<'static>> {
    match Handle::try_current() {
        Ok(_) => None,
        // Nothing can be entered while the locals of a thread are being destroyed.
        Err(error) if error.is_thread_local_destroyed() => None,
        Err(_) => own().map(Runtime::enter),
    }
}

/// This build's own runtime, which is made at first need and never ends.
/// `plug` never unloads a library, so its thread can stay.
static OWN: OnceLock<Runtime> = OnceLock::new();

/// Why the last attempt to make it failed.
static FAILURE: Mutex<Option<String>> = Mutex::new(None);

#[inline]
fn own() -> Option<&'static Runtime> {
    OWN.get().or_else(make)
}

#[cold]
fn make() -> Option<&'static Runtime> {
    // The lock lets one thread at a time try.
    let mut failure = FAILURE.lock().unwrap_or_else(PoisonError::into_inner);
    if OWN.get().is_none() {
        // One thread drives all timers and sockets, also while nobody polls.
        match Builder::new_multi_thread().worker_threads(1).thread_name("plug-tokio").enable_all().build() {
            Ok(runtime) => _ = OWN.set(runtime),
            Err(error) => *failure = Some(error.to_string()),
        }
    }
    OWN.get()
}

/// The way out of a panic because of a missing runtime.
pub(super) fn hint() -> Cow<'static, str> {
    match &*FAILURE.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(error) if OWN.get().is_none() => format!("no runtime of tokio can be made: {error}").into(),
        _ => "only an `async fn` or a `Stream` of a plugin has the runtime of the feature `tokio` of plug: use tokio there".into(),
    }
}
