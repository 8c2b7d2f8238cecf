//! Log records on their way from a library to its host. Both sides have it where they are built with the feature `log`; what a library's `tracing` has
//! nobody to tell becomes a log record there, by tracing's own feature of that name.

#[cfg(feature = "log")]
pub(crate) mod bridge;
#[cfg(not(feature = "log"))]
#[path = "log/none.rs"]
pub(crate) mod bridge;

#[cfg(all(feature = "log", not(feature = "tracing")))]
#[path = "log/to_log.rs"]
mod to;
#[cfg(feature = "tracing")]
#[path = "log/to_tracing.rs"]
mod to;
