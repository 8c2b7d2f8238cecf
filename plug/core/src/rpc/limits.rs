//! Limits that the client and the server both announce to their peer.

/// The flow-control window of a stream, in bytes: the peer may send this much before it must wait.
pub(crate) const STREAM_WINDOW: u32 = 1 << 20;
/// The flow-control window of all streams of a connection together, in bytes.
pub(crate) const CONNECTION_WINDOW: u32 = 4 << 20;
/// The same for replies.
/// h2 counts each short frame that was not read yet as 256 bytes, and closes the connection at half
/// of this window. So it has room for the replies to 16,000 calls at once.
pub(crate) const REPLY_WINDOW: u32 = 8 << 20;

/// The longest header list, in bytes as HTTP/2 counts them.
/// It is this long because the headers carry the text and the details of an error.
pub(crate) const HEADERS: u32 = 1 << 20;
