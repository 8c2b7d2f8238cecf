//! Limits of a connection, which client and server both have.

/// The flow-control window of a stream, in bytes: the peer may send this much before it must wait.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
/// The flow-control window of all streams of a connection together, in bytes.
/// Streams that nobody reads fill it, each with up to its own window, and when it is full all calls of
/// the connection wait: so it has room for dozens of them.
pub(crate) const CONNECTION_WINDOW: u32 = 64 << 20;
/// The same for replies. A client opens as many streams as it wants to read, so this is no limit.
pub(crate) const REPLY_WINDOW: u32 = (1 << 31) - 1;

/// What h2 may count for short frames that were not read yet, in bytes: 256 for each, less its length.
/// A stream of short items to a reader that stalls fills the window of its stream with them.
pub(crate) const SHORT_FRAMES: usize = 64 << 20;

/// The longest header list, in bytes as HTTP/2 counts them.
/// It is this long because the headers carry the text and the details of an error.
pub(crate) const HEADERS: u32 = 1 << 20;

/// The maximum number of cancelled calls that a connection remembers. A late reply to one of them is ignored.
pub(crate) const CANCELLED: usize = 10_000;
