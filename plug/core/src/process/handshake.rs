//! The handshake of go-plugin's core protocol, version 1.
//! The host sets variables in the plugin's environment, and the plugin prints one line on stdout.

pub(crate) mod environment;
pub(crate) mod line;
pub(crate) mod negotiation;
pub(crate) mod reader;
#[cfg(test)]
mod tests;

use crate::process::handshake::line::Line;
use crate::process::handshake::reader::{LineReader, Progress};

/// The fuzzer's entry: reads bytes as the stdout of a plugin, then writes and reads the line again.
/// The first byte is the length of the chunks, less one.
pub fn read(bytes: &[u8]) -> bool {
    let (&first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let mut reader = LineReader::new();
    let mut chunks = rest.chunks(usize::from(first) + 1);
    let found = chunks.any(|chunk| !matches!(reader.push(chunk), Progress::More));
    let Ok(line) = Line::parse(reader.line(), &[1, 2]) else { return false };
    let written = line.to_bytes().expect("a line that was read can be written");
    assert_eq!(Line::parse(&written, &[line.app]).as_ref(), Ok(&line), "it reads back unchanged");
    found
}
