//! The values of gob that come by one stream, and those of net/rpc itself: what a request and a response begin with. It knows no connection.

use std::panic::{self, AssertUnwindSafe};

use gobwire::{
    Decode, Decoder, Describer, Encode, GobType, Progress, Result, TypeTable, ValueDecoder, ValueEncoder, WireType, ids,
};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::process::netrpc::gob::reader::Inbound;
use crate::process::netrpc::gob::shape::Shape;

/// How many bytes the other side may send by one stream in which it describes types: each is kept as long as the stream.
const DESCRIPTIONS: usize = 4 << 20;
/// In no more bytes than this no type is described within a value.
const PLAIN: usize = 16;
/// How much is read at once.
const CHUNK: usize = 16 * 1024;

/// Reads values.
pub(super) struct Values<R> {
    from: R,
    /// What was read, and from where on it was not looked at.
    buffer: Vec<u8>,
    at: usize,
    decoder: Decoder,
    /// The longest message that is taken, in bytes.
    max_len: usize,
    described: usize,
    /// Whether there is a type whose values may describe types.
    has_interfaces: bool,
}

/// What is there instead of a value.
#[derive(Debug)]
pub(super) enum Broken {
    /// There is nothing more, and nothing is missing.
    End,
    Lost(std::io::Error),
    /// The same of the whole connection.
    Session(std::io::Error),
    /// A message was passed over, and what comes after it can be read.
    TooLong {
        found: usize,
        max_len: usize,
    },
    /// What came is no gob, and nothing can be read after it.
    Malformed(String),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::End => f.write_str("it has ended"),
            Self::Lost(error) if error.kind() == std::io::ErrorKind::InvalidData => f.write_str(
                "what it sends is no yamux: it is more than there is room for, or of no stream that is open",
            ),
            Self::Lost(error) => write!(f, "its connection failed: {error}"),
            Self::Session(error) => f.write_str(&crate::process::netrpc::mux::told(error)),
            Self::TooLong { found, max_len } => {
                write!(f, "a message has {found} bytes, which is more than the {max_len} that are taken")
            }
            Self::Malformed(what) => write!(f, "what it sends is no gob: {what}"),
        }
    }
}

fn malformed(error: &gobwire::Error) -> Broken {
    Broken::Malformed(told(error))
}

fn told(error: &gobwire::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("gob: ").unwrap_or(&text).to_owned()
}

impl<R: AsyncRead + Unpin> Values<R> {
    pub(super) fn new(from: R, max_len: usize) -> Self {
        Self { from, buffer: Vec::new(), at: 0, decoder: Decoder::new(), max_len, described: 0, has_interfaces: false }
    }

    /// Waits until there is a value, which is then to be taken or passed over.
    pub(super) async fn wait(&mut self) -> std::result::Result<(), Broken> {
        let cut = || Broken::Malformed("it ends within a value".to_owned());
        let mut is_begun = false;
        loop {
            let prefix = gobwire::parse_length_prefix(&self.buffer[self.at..]);
            let Some((width, len)) = prefix.map_err(|error| malformed(&error))? else {
                is_begun |= self.at < self.buffer.len();
                match self.fill().await? {
                    true => continue,
                    false if is_begun => return Err(cut()),
                    false => return Err(Broken::End),
                }
            };
            is_begun = true;
            self.at += width;
            if len > self.max_len {
                self.pass(len).await?;
                return Err(Broken::TooLong { found: len, max_len: self.max_len });
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

    /// Whether a value is there, now that there is one more message.
    fn push(&mut self, len: usize) -> std::result::Result<bool, Broken> {
        let message = &self.buffer[self.at..self.at + len];
        self.at += len;
        // A type's number is the negative of what comes, and of one number there is none: the decoder panics, where overflow is checked for. Only the decoder
        // knows where such numbers stand, since the value of an interface may have them anywhere. It is not used again.
        let progress = panic::catch_unwind(AssertUnwindSafe(|| self.decoder.push_message(message)))
            .map_err(|_| Broken::Malformed("its decoder failed".to_owned()))?
            .map_err(|error| malformed(&error))?;
        if let Progress::TypeDefinition(id) = progress {
            self.has_interfaces |= self.decoder.types().get(id).is_some_and(|ty| has_interface(ty));
        }
        let is_plain = progress == Progress::Ready
            && (len <= PLAIN || !self.has_interfaces && gobwire::parse_uint(message).ok().flatten() != Some(INTERFACE));
        if !is_plain {
            self.described += len;
            if self.described > DESCRIPTIONS {
                return Err(Broken::Malformed(format!("it describes types in more than {DESCRIPTIONS} bytes")));
            }
        }
        Ok(progress == Progress::Ready)
    }

    /// Reads more, if there is more.
    async fn fill(&mut self) -> std::result::Result<bool, Broken> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
            // One long message is no reason to keep that much.
            if self.buffer.capacity() > 4 * CHUNK.max(self.buffer.len()) {
                self.buffer.shrink_to(CHUNK);
            }
        }
        self.buffer.reserve(CHUNK);
        let len = self.from.read_buf(&mut self.buffer).await.map_err(Broken::Lost)?;
        Ok(len > 0)
    }

    /// Passes over a message.
    async fn pass(&mut self, mut len: usize) -> std::result::Result<(), Broken> {
        loop {
            let there = len.min(self.buffer.len() - self.at);
            self.at += there;
            len -= there;
            if len == 0 {
                return Ok(());
            }
            if !self.fill().await? {
                return Err(Broken::Malformed("it ends within a value".to_owned()));
            }
        }
    }

    /// Takes the value that is there.
    pub(super) fn take<T: Decode>(&mut self, into: &mut T) -> std::result::Result<(), String> {
        self.decoder.decode_into(into).map_err(|error| told(&error))
    }

    /// Takes the value that is there as a message of protobuf.
    pub(super) fn taken(&mut self, shape: Shape) -> std::result::Result<Vec<u8>, String> {
        let mut taken = Inbound::of(shape);
        let done = self.take(&mut taken);
        taken.made().map_err(|malformed| malformed.to_string()).and_then(|made| done.map(|()| made))
    }

    /// Passes over the value that is there.
    pub(super) fn discard(&mut self) {
        // It has been looked at, and is a value.
        let _ = self.decoder.discard();
    }
}

/// How a value begins that is of an interface's type: with the type's number, shifted.
const INTERFACE: (u64, usize) = (2 * ids::INTERFACE as u64, 1);

fn has_interface(ty: &WireType) -> bool {
    match ty {
        WireType::Array { elem, .. } | WireType::Slice { elem, .. } => *elem == ids::INTERFACE,
        WireType::Map { key, elem, .. } => [key, elem].contains(&&ids::INTERFACE),
        WireType::Struct { fields, .. } => fields.iter().any(|field| field.id == ids::INTERFACE),
        WireType::Marshaler { .. } => false,
    }
}

/// What comes before the arguments of a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// The service and the method, with a dot between.
    pub method: String,
    /// The number of the call.
    pub seq: u64,
    /// How long it may take, in nanoseconds; 0 where nobody says. It is ours: Go passes over what it does not know.
    pub timeout: u64,
}

/// What comes before the value that a call returns, or before nothing of interest where it failed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub method: String,
    pub seq: u64,
    /// Empty where all went well.
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
                    let (found, wanted) = (decoder.types().describe(remote), $name.to_ascii_lowercase());
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

/// Bytes, or something else that is of no interest.
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

/// For what fuzzes: reads all the values that there are, as they would come by a stream, each as a request and as a response in turn, and says how many.
pub fn read(bytes: &[u8]) -> usize {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    let (mut values, mut count) = (Values::new(bytes, 1 << 16), 0);
    loop {
        // Nobody has to be waited for.
        let waited = pin!(values.wait()).poll(&mut Context::from_waker(Waker::noop()));
        match waited {
            Poll::Ready(Ok(())) if count % 2 == 0 => _ = values.take(&mut Request::default()),
            Poll::Ready(Ok(())) => _ = values.take(&mut Response::default()),
            Poll::Ready(Err(Broken::TooLong { .. })) => {}
            _ => return count,
        }
        count += 1;
    }
}
