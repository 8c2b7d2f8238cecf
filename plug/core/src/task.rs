//! The future of an asynchronous method.

use std::pin::Pin;

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
    Box::pin(future)
}

/// The same for a future that another macro boxes.
#[inline]
pub fn within<F: Future + Send>(future: F) -> F {
    future
}
