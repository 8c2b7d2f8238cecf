//! A SHA-256, computed of a file, and parsed and displayed as `sha256sum` prints it.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::escape;

/// The SHA-256 of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// Reads to the end, and passes each piece to `copy`.
    pub(crate) fn of(mut from: impl Read, mut copy: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Self> {
        let (mut hasher, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match from.read(&mut piece) {
                Ok(0) => return Ok(Self(hasher.finalize().into())),
                Ok(len) => {
                    hasher.update(&piece[..len]);
                    copy(&piece[..len])?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || {
            let text = escape::short(text);
            Error::msg(format!(
                "`{text}` is no SHA-256 digest, which is 64 hexadecimal digits, as `sha256sum` prints them"
            ))
        };
        let mut bytes = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(bad());
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            *byte = (high.ok_or_else(bad)? << 4 | low.ok_or_else(bad)?) as u8;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Writes what `Display` writes, since the `Debug` of options includes it.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digits_are_read_and_written() {
        let digest: Digest = ABC.parse().unwrap();
        assert_eq!(digest.to_string(), ABC);
        assert_eq!(ABC.to_ascii_uppercase().parse::<Digest>().unwrap(), digest);
        let bad = [&ABC[1..], &ABC[..63], "", "abc"].map(str::to_owned);
        for bad in bad.into_iter().chain([format!("{ABC}0"), ABC.replacen('b', "g", 1), ABC.replacen("ba", "é", 1)]) {
            let escaped = escape::short(&bad);
            let text =
                format!("`{escaped}` is no SHA-256 digest, which is 64 hexadecimal digits, as `sha256sum` prints them");
            assert_eq!(bad.parse::<Digest>().unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn a_digest_is_of_all_bytes_that_were_copied() {
        let mut copied = Vec::new();
        let digest = Digest::of(&b"abc"[..], |piece| {
            copied.extend_from_slice(piece);
            Ok(())
        });
        assert_eq!((digest.unwrap().to_string().as_str(), &copied[..]), (ABC, &b"abc"[..]));
    }
}
