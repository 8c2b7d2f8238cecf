//! The handshake of go-plugin's core protocol, version 1: what a host puts into a plugin's environment, and the line that the plugin
//! answers with. It reads and writes nothing but bytes and strings that it is given.

pub(crate) mod environment;
pub(crate) mod line;
pub(crate) mod reader;
#[cfg(test)]
mod tests;

use crate::process::handshake::line::Line;
use crate::process::handshake::reader::{Progress, Reader};

/// Reads bytes as what a plugin prints, for the fuzzer: in chunks of a length that the first byte says, and once more as it wrote it.
pub fn read(bytes: &[u8]) -> bool {
    let (&first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let mut reader = Reader::new();
    let mut chunks = rest.chunks(usize::from(first) + 1);
    let found = chunks.any(|chunk| !matches!(reader.push(chunk), Progress::More));
    let Ok(line) = Line::parse(reader.line(), &[1, 2]) else { return false };
    let written = line.to_bytes().expect("what was read can be written");
    assert_eq!(Line::parse(&written, &[line.app]).as_ref(), Ok(&line), "it is read as it was written");
    found
}
