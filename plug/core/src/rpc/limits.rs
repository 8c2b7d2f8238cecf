//! What both halves of a connection agree upon: the windows and the longest head.

/// How much of a stream, and of all streams of a connection together, may be under way before the other side has to wait, in bytes.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
pub(crate) const CONNECTION_WINDOW: u32 = 4 << 20;

/// The longest head, in bytes as HTTP/2 counts them: an error's text and details stand there.
pub(crate) const HEADERS: u32 = 1 << 20;
