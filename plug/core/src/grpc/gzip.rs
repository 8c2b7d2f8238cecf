//! gzip, as a server at an address reads and writes it.

use std::io::{ErrorKind, Read, Write};

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use crate::rpc::server::backpressure::Held;
use crate::rpc::server::compression::Compression;
use crate::wire::fault::{Code, Fault};

/// gzip in both directions.
pub(crate) static BOTH: Compression = gzip(true);
/// gzip in requests alone.
pub(crate) static REQUESTS: Compression = gzip(false);

/// A reply of up to this many bytes is not compressed: it would hardly be shorter in packets.
const SHORT: usize = 1024;
/// Decompressed bytes are counted in pieces of this length.
const PIECE: usize = 64 << 10;

const fn gzip(compresses_replies: bool) -> Compression {
    Compression { name: "gzip", accepted: "identity,gzip", compresses_replies, decompress, compress }
}

fn decompress(message: &[u8], max_len: usize, held: &mut Held) -> Result<Vec<u8>, Fault> {
    let mut decoder = GzDecoder::new(message);
    let mut decompressed = Vec::new();
    loop {
        // One byte more than there may be shows that there are too many.
        let wanted = PIECE.min((max_len - decompressed.len()).saturating_add(1));
        let read = decoder.by_ref().take(wanted as u64).read_to_end(&mut decompressed).map_err(|error| {
            let reason = match error.kind() {
                ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
                _ => error.to_string(),
            };
            Fault::refused(Code::INTERNAL, format!("the request is no gzip: {reason}"))
        })?;
        if decompressed.len() > max_len {
            let text = format!(
                "the request has more than {max_len} bytes when it is decompressed, which is the server's limit \
                 (`Server::max_request`)"
            );
            return Err(Fault::refused(Code::RESOURCE_EXHAUSTED, text));
        }
        held.grow_to(decompressed.len())?;
        if read < wanted {
            return Ok(decompressed);
        }
    }
}

fn compress(message: &[u8]) -> Option<Bytes> {
    if message.len() <= SHORT {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 2), Level::fast());
    encoder.write_all(message).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < message.len()).then(|| compressed.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::server::backpressure::Backpressure;

    fn decompressed(message: &[u8], max_len: usize) -> Result<Vec<u8>, String> {
        decompress(message, max_len, &mut Backpressure::default().hold()).map_err(|fault| fault.text().to_owned())
    }

    #[test]
    fn a_message_is_the_same_afterwards() {
        for len in [SHORT + 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let message: Vec<u8> = (0..len).map(|at| (at / 100) as u8).collect();
            let compressed = compress(&message).unwrap();
            assert!(compressed.len() < len / 2);
            for max_len in [len, usize::MAX] {
                assert_eq!(decompressed(&compressed, max_len).unwrap(), message);
            }
            let error = format!(
                "the request has more than {} bytes when it is decompressed, which is the server's limit \
                 (`Server::max_request`)",
                len - 1
            );
            assert_eq!(decompressed(&compressed, len - 1).unwrap_err(), error);
        }
    }

    #[test]
    fn a_message_that_gets_no_shorter_is_not_compressed() {
        assert_eq!(compress(&[0; SHORT]), None);
        let mut seed = 1_u64;
        let random = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 56) as u8
        });
        assert_eq!(compress(&random.take(10_000).collect::<Vec<_>>()), None);
    }

    #[test]
    fn a_malformed_message_is_refused() {
        assert_eq!(decompressed(b"nothing of it", 100).unwrap_err(), "the request is no gzip: invalid gzip header");
        let compressed = compress(&[7; 5000]).unwrap();
        let cut = &compressed[..compressed.len() - 3];
        assert_eq!(decompressed(cut, 10_000).unwrap_err(), "the request is no gzip: it ends too early");
    }
}
