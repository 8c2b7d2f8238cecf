//! Reads gob values from a stream.
//! Defines the values of net/rpc itself: the heads of a request and of a response.

use std::panic::{self, AssertUnwindSafe};

use gobwire::{
    Decode, Decoder, Describer, Encode, GobType, Progress, Result, TypeTable, ValueDecoder, ValueEncoder, WireType, ids,
};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::process::netrpc::gob::map::{MessageKind, OTHER};
use crate::process::netrpc::gob::names::type_name;
use crate::process::netrpc::gob::reader::Inbound;
use crate::process::netrpc::gob::shape::Shape;

/// The most bytes of type descriptions on one stream. Each is kept as long as the stream.
const MAX_DESCRIBED: usize = 4 << 20;
/// A value of at most this many bytes has no room for the description of a type.
const MAX_PLAIN: usize = 16;
/// The buffer grows by this many bytes for each read.
const CHUNK: usize = 16 * 1024;

/// Reads gob values from a stream.
pub(super) struct Values<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The bytes of `buffer` before this position have been decoded.
    at: usize,
    decoder: Decoder,
    /// The longest message that is accepted, in bytes.
    max_len: usize,
    /// The bytes so far that may have described types.
    described: usize,
    /// Whether a type is known whose values can describe types: one that contains an interface.
    has_interfaces: bool,
    /// The contents of the current value, as of its first message.
    kind: MessageKind,
    /// Whether the current value continues in the next message.
    is_partial: bool,
}

/// The reason why there is no value.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The stream has ended between two values.
    End,
    /// The stream has failed.
    Lost(std::io::Error),
    /// The whole connection has failed.
    Session(std::io::Error),
    /// A message was skipped. The values after it can be read.
    TooLong { found: usize, max_len: usize },
    /// The bytes are not gob. Nothing after them can be read.
    Malformed(String),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::End => f.write_str("it has ended"),
            Self::Lost(error) if error.kind() == std::io::ErrorKind::InvalidData => f.write_str(
                "it does not speak yamux: it sends more than there is room for, or to a stream that is not open",
            ),
            Self::Lost(error) => write!(f, "its connection failed: {error}"),
            Self::Session(error) => f.write_str(&crate::process::mux::describe(error)),
            Self::TooLong { found, max_len } => {
                write!(f, "a message has {found} bytes, and the limit is {max_len}")
            }
            Self::Malformed(reason) => write!(f, "it does not send gob: {reason}"),
        }
    }
}

fn malformed(error: &gobwire::Error) -> ReadError {
    ReadError::Malformed(text_of(error))
}

fn text_of(error: &gobwire::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("gob: ").unwrap_or(&text).to_owned()
}

impl<R: AsyncRead + Unpin> Values<R> {
    pub(super) fn new(reader: R, max_len: usize) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            at: 0,
            decoder: Decoder::new(),
            max_len,
            described: 0,
            has_interfaces: false,
            kind: MessageKind::Value,
            is_partial: false,
        }
    }

    /// Waits for the next value. The caller must then take or discard it.
    pub(super) async fn wait(&mut self) -> std::result::Result<(), ReadError> {
        let cut = || ReadError::Malformed("it ends within a value".to_owned());
        let mut is_begun = false;
        loop {
            let prefix = gobwire::parse_length_prefix(&self.buffer[self.at..]);
            let Some((width, len)) = prefix.map_err(|error| malformed(&error))? else {
                is_begun |= self.at < self.buffer.len();
                match self.fill().await? {
                    true => continue,
                    false if is_begun => return Err(cut()),
                    false => return Err(ReadError::End),
                }
            };
            is_begun = true;
            self.at += width;
            if len > self.max_len {
                self.skip(len).await?;
                return Err(ReadError::TooLong { found: len, max_len: self.max_len });
            }
            while self.buffer.len() - self.at < len {
                if !self.fill().await? {
                    return Err(cut());
                }
            }
            if self.push(len)? {
                return Ok(());
            }
        }
    }

    /// Decodes one more message. Returns whether it is a value.
    fn push(&mut self, len: usize) -> std::result::Result<bool, ReadError> {
        let message = &self.buffer[self.at..self.at + len];
        self.at += len;
        self.kind = match (self.is_partial, self.kind) {
            (false, _) => MessageKind::of(message, self.decoder.types()),
            // It goes on because it describes a type.
            (true, MessageKind::PlainMap) => MessageKind::OtherMap,
            (true, kind) => kind,
        };
        // The decoder negates the number of a described type, and `i64::MIN` has no negative: with
        // overflow checks, the decoder panics. Only the decoder can find such a number, because an
        // interface's value may contain descriptions anywhere. After a panic it is not used again.
        let progress = panic::catch_unwind(AssertUnwindSafe(|| self.decoder.push_message(message)))
            .map_err(|_| ReadError::Malformed("its decoder failed".to_owned()))?
            .map_err(|error| malformed(&error))?;
        if let Progress::TypeDefinition(id) = progress {
            self.has_interfaces |= self.decoder.types().get(id).is_some_and(|ty| has_interface(ty));
        }
        self.is_partial = progress == Progress::NeedMore;
        let is_plain = progress == Progress::Ready
            && (len <= MAX_PLAIN
                || self.kind == MessageKind::PlainMap
                || !self.has_interfaces && gobwire::parse_uint(message).ok().flatten() != Some(INTERFACE));
        if !is_plain {
            self.described += len;
            if self.described > MAX_DESCRIBED {
                return Err(ReadError::Malformed(format!("it describes types in more than {MAX_DESCRIBED} bytes")));
            }
        }
        Ok(progress == Progress::Ready)
    }

    /// Reads more bytes. False at the end of the stream.
    async fn fill(&mut self) -> std::result::Result<bool, ReadError> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
            // One long message must not occupy memory for ever.
            if self.buffer.capacity() > 4 * CHUNK.max(self.buffer.len()) {
                self.buffer.shrink_to(CHUNK);
            }
        }
        self.buffer.reserve(CHUNK);
        let len = self.reader.read_buf(&mut self.buffer).await.map_err(ReadError::Lost)?;
        Ok(len > 0)
    }

    /// Skips the rest of a message.
    async fn skip(&mut self, mut len: usize) -> std::result::Result<(), ReadError> {
        loop {
            let buffered = len.min(self.buffer.len() - self.at);
            self.at += buffered;
            len -= buffered;
            if len == 0 {
                return Ok(());
            }
            if !self.fill().await? {
                return Err(ReadError::Malformed("it ends within a value".to_owned()));
            }
        }
    }

    /// Decodes the current value.
    pub(super) fn take<T: Decode>(&mut self, into: &mut T) -> std::result::Result<(), String> {
        self.decoder.decode_into(into).map_err(|error| text_of(&error))
    }

    /// Decodes the current value as a protobuf message.
    pub(super) fn take_message(&mut self, shape: Shape) -> std::result::Result<Vec<u8>, String> {
        if matches!(shape, Shape::Several(_) | Shape::Mapped(_)) && self.kind == MessageKind::OtherMap {
            // This keeps the types that it describes, which later values may have.
            self.discard();
            return Err(OTHER.to_owned());
        }
        let mut inbound = Inbound::of(shape);
        let decoded = self.take(&mut inbound);
        let message = inbound.message().map_err(|malformed| malformed.to_string());
        message.and_then(|message| decoded.map(|()| message))
    }

    /// Skips the current value.
    pub(super) fn discard(&mut self) {
        // `wait` has found that it is a value.
        let _ = self.decoder.discard();
    }
}

/// The first byte of a value whose type is an interface: the type's number, shifted.
const INTERFACE: (u64, usize) = (2 * ids::INTERFACE as u64, 1);

fn has_interface(ty: &WireType) -> bool {
    match ty {
        WireType::Array { elem, .. } | WireType::Slice { elem, .. } => *elem == ids::INTERFACE,
        WireType::Map { key, elem, .. } => [key, elem].contains(&&ids::INTERFACE),
        WireType::Struct { fields, .. } => fields.iter().any(|field| field.id == ids::INTERFACE),
        WireType::Marshaler { .. } => false,
    }
}

/// The head of a request. The arguments follow it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// The service and the method, with a dot between them.
    pub method: String,
    /// The number of the call.
    pub seq: u64,
    /// The time limit of the call in nanoseconds, or 0 for none.
    /// An addition of `plug`: Go skips fields that it does not know.
    pub timeout: u64,
}

/// The head of a response. The result follows it, or after an error any value.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub method: String,
    pub seq: u64,
    /// Empty if the call succeeded.
    pub error: String,
}

macro_rules! header {
    ($ty:ident $name:literal: $($at:literal $field:ident $go:literal $id:ident $read:ident,)*) => {
        impl GobType for $ty {
            fn describe(describer: &mut Describer<'_>) -> Result<i64> {
                describer.structure($name, $name, |_| Ok(vec![$(($go, ids::$id),)*]))
            }

            fn compatible(_: &TypeTable, _: i64) -> bool {
                true
            }
        }

        impl Encode for $ty {
            fn describe_value(&self, describer: &mut Describer<'_>) -> Result<i64> {
                Self::describe(describer)
            }

            fn is_zero(&self) -> bool {
                false
            }

            fn frames_as_struct(&self) -> bool {
                true
            }

            fn encode(&self, encoder: &mut ValueEncoder<'_>) -> Result<()> {
                let mut fields = encoder.structure();
                $(fields.field($at, &self.$field)?;)*
                fields.end();
                Ok(())
            }
        }

        impl Decode for $ty {
            fn decode_into(&mut self, decoder: &mut ValueDecoder<'_>, remote: i64) -> Result<()> {
                const IDS: &[i64] = &[$(ids::$id),*];
                if !decoder.types().is_struct(remote) {
                    let (found, wanted) = (type_name(decoder.types(), remote), $name.to_ascii_lowercase());
                    return Err(gobwire::Error::Corrupt(format!("a `{found}` of gob has come, and not a {wanted}")));
                }
                let plan = decoder.struct_plan($name, remote, &[$($go),*], |_, at, id| IDS[at] == id)?;
                let mut fields = decoder.structure(plan)?;
                while let Some(field) = fields.next_field()? {
                    match field.local {
                        $(Some($at) => self.$field = fields.decoder().$read()?,)*
                        _ => fields.decoder().skip(field.wire)?,
                    }
                }
                Ok(())
            }
        }
    };
}

header!(Request "Request": 0 method "ServiceMethod" STRING read_string, 1 seq "Seq" UINT read_uint, 2 timeout "Timeout" UINT read_uint,);
header!(Response "Response": 0 method "ServiceMethod" STRING read_string, 1 seq "Seq" UINT read_uint, 2 error "Error" STRING read_string,);

/// Bytes. A value of another type is skipped.
#[derive(Debug, Default)]
pub(super) struct Bytes(pub Option<Vec<u8>>);

impl GobType for Bytes {
    fn describe(_: &mut Describer<'_>) -> Result<i64> {
        Ok(ids::BYTES)
    }

    fn compatible(_: &TypeTable, _: i64) -> bool {
        true
    }
}

impl Decode for Bytes {
    fn decode_into(&mut self, decoder: &mut ValueDecoder<'_>, remote: i64) -> Result<()> {
        if remote != ids::BYTES {
            return decoder.skip(remote);
        }
        self.0 = Some(decoder.read_bytes()?.to_vec());
        Ok(())
    }
}

impl Encode for Bytes {
    fn describe_value(&self, _: &mut Describer<'_>) -> Result<i64> {
        Ok(ids::BYTES)
    }

    fn is_zero(&self) -> bool {
        false
    }

    fn encode(&self, encoder: &mut ValueEncoder<'_>) -> Result<()> {
        encoder.bytes(self.0.as_deref().unwrap_or_default());
        Ok(())
    }
}

/// For fuzzers: reads all values of a stream, as requests and responses in turn.
/// Returns the number of values.
pub fn read(bytes: &[u8]) -> usize {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    let (mut values, mut count) = (Values::new(bytes, 1 << 16), 0);
    loop {
        // All bytes are there, so one poll is enough.
        let waited = pin!(values.wait()).poll(&mut Context::from_waker(Waker::noop()));
        match waited {
            Poll::Ready(Ok(())) if count % 2 == 0 => _ = values.take(&mut Request::default()),
            Poll::Ready(Ok(())) => _ = values.take(&mut Response::default()),
            Poll::Ready(Err(ReadError::TooLong { .. })) => {}
            _ => return count,
        }
        count += 1;
    }
}
