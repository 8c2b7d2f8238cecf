//! Negotiates the compression of the messages of plugins:
//! <https://github.com/grpc/grpc/blob/master/doc/compression.md>.
//! The compression itself is the server's: a process has none.

use bytes::Bytes;
use http::header::HeaderValue;
use http::{HeaderMap, HeaderName};
use tonic::Status;
use tonic::metadata::MetadataValue;

use crate::rpc::server::backpressure::Held;
use crate::wire::fault::Fault;

/// The header with the encoding of the messages.
pub(super) static ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// The header with the encodings that a side reads.
pub(super) static ACCEPTED: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// No compression.
const IDENTITY: &str = "identity";

/// Decompresses a message into at most this many bytes, which it counts.
type Decompress = fn(&[u8], usize, &mut Held) -> Result<Vec<u8>, Fault>;

/// A compression of messages.
#[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "only a server at an address has one"))]
pub(crate) struct Compression {
    /// Its name in the headers.
    pub name: &'static str,
    /// The value of the header with the encodings that a server with it reads.
    pub accepted: &'static str,
    /// Whether replies are compressed for clients that read it.
    pub compresses_replies: bool,
    pub decompress: Decompress,
    /// Compresses a message. `None` if that makes it no shorter.
    pub compress: fn(&[u8]) -> Option<Bytes>,
}

/// The compression of one call.
#[derive(Clone, Copy, Default)]
pub(super) struct Negotiated {
    /// That of the request.
    pub request: Option<&'static Compression>,
    /// That of the reply.
    pub reply: Option<&'static Compression>,
    /// The encodings that the server reads.
    pub accepted: Option<&'static str>,
}

impl Negotiated {
    /// # Errors
    ///
    /// Fails if the request has an encoding that the server does not read.
    pub(super) fn new(known: Option<&'static Compression>, headers: &HeaderMap) -> Result<Self, Status> {
        let accepted = known.map(|known| known.accepted);
        let request = match headers.get(&ENCODING).map(HeaderValue::as_bytes) {
            None => None,
            Some(name) if name == IDENTITY.as_bytes() => None,
            Some(name) => {
                let is_known = |known: &&Compression| known.name.as_bytes() == name;
                Some(known.filter(is_known).ok_or_else(|| unknown(name, accepted.unwrap_or(IDENTITY)))?)
            }
        };
        let reads = |known: &&Compression| {
            let names = headers.get_all(&ACCEPTED).iter().filter_map(|value| value.to_str().ok());
            names.flat_map(|names| names.split(',')).any(|name| name.trim() == known.name)
        };
        let reply = known.filter(|known| known.compresses_replies && reads(known));
        Ok(Self { request, reply, accepted })
    }
}

fn unknown(name: &[u8], accepted: &'static str) -> Status {
    let name: String = String::from_utf8_lossy(name).chars().take(32).collect();
    let text = format!("this server does not read the encoding `{name}`, but `{}`", accepted.replace(',', "`, `"));
    let mut status = Status::unimplemented(text);
    status.metadata_mut().insert(ACCEPTED.as_str(), MetadataValue::from_static(accepted));
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    static KNOWN: Compression = known(true);
    static SILENT: Compression = known(false);

    const fn known(compresses_replies: bool) -> Compression {
        Compression {
            name: "gzip",
            accepted: "identity,gzip",
            compresses_replies,
            decompress: |_, _, _| Ok(Vec::new()),
            compress: |_| None,
        }
    }

    /// Whether the request and the reply are compressed, or the text and the encodings of the error.
    fn negotiated(
        known: Option<&'static Compression>,
        headers: &[(&HeaderName, &str)],
    ) -> Result<(bool, bool), String> {
        let header = |&(name, value): &(&HeaderName, &str)| (name.clone(), value.parse().unwrap());
        let headers = headers.iter().map(header).collect();
        match Negotiated::new(known, &headers) {
            Ok(negotiated) => Ok((negotiated.request.is_some(), negotiated.reply.is_some())),
            Err(status) => {
                let accepted = status.metadata().get(ACCEPTED.as_str()).unwrap().to_str().unwrap();
                Err(format!("{:?}: {} ({accepted})", status.code(), status.message()))
            }
        }
    }

    #[test]
    fn a_client_chooses_among_the_encodings_of_the_server() {
        let known = Some(&KNOWN);
        assert_eq!(negotiated(known, &[]), Ok((false, false)));
        assert_eq!(negotiated(known, &[(&ENCODING, "identity")]), Ok((false, false)));
        assert_eq!(negotiated(known, &[(&ENCODING, "gzip")]), Ok((true, false)));
        assert_eq!(negotiated(known, &[(&ACCEPTED, "identity, deflate, gzip")]), Ok((false, true)));
        assert_eq!(negotiated(known, &[(&ACCEPTED, "identity,zstd")]), Ok((false, false)));
        assert_eq!(negotiated(Some(&SILENT), &[(&ENCODING, "gzip"), (&ACCEPTED, "gzip")]), Ok((true, false)));
        assert_eq!(negotiated(None, &[(&ACCEPTED, "gzip")]), Ok((false, false)));
    }

    #[test]
    fn an_unknown_encoding_is_refused_with_those_that_are_known() {
        assert_eq!(
            negotiated(Some(&KNOWN), &[(&ENCODING, "zstd")]).unwrap_err(),
            "Unimplemented: this server does not read the encoding `zstd`, but `identity`, `gzip` (identity,gzip)"
        );
        assert_eq!(
            negotiated(None, &[(&ENCODING, "gzip")]).unwrap_err(),
            "Unimplemented: this server does not read the encoding `gzip`, but `identity` (identity)"
        );
    }
}
