//! Collects the first line of a plugin's stdout from chunks of any length.
//! It keeps at most the length of the longest handshake.

use crate::error::handshake::LONGEST;

/// A line that is being read.
#[derive(Debug, Default)]
pub(crate) struct LineReader {
    line: Vec<u8>,
}

/// How far a [`LineReader`] is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The line has not ended.
    More,
    /// The line has ended. This is the number of bytes of the chunk that belong to it, with its
    /// end.
    /// The rest of the chunk is the plugin's output.
    Line(usize),
    /// The line is longer than a handshake. The rest of it is dropped.
    TooLong,
}

impl LineReader {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds the next chunk. It must not be called after [`Progress::Line`].
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Progress {
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let piece = &chunk[..end.unwrap_or(chunk.len())];
        let remaining = LONGEST - self.line.len();
        self.line.extend_from_slice(&piece[..piece.len().min(remaining)]);
        match end {
            _ if piece.len() > remaining => Progress::TooLong,
            Some(end) => Progress::Line(end + 1),
            None => Progress::More,
        }
    }

    /// The line so far, without its end.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_in_chunks_and_what_follows_is_left() {
        let mut reader = LineReader::new();
        assert_eq!(reader.push(b""), Progress::More);
        assert_eq!(reader.push(b"1|1|un"), Progress::More);
        assert_eq!(reader.line(), b"1|1|un");
        assert_eq!(reader.push(b"ix|x|grpc|\r\nhello\n"), Progress::Line(12));
        assert_eq!(reader.line(), b"1|1|unix|x|grpc|\r");
        assert_eq!(LineReader::new().push(b"\n"), Progress::Line(1));
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut reader = LineReader::new();
        assert_eq!(reader.push(&vec![b'x'; LONGEST]), Progress::More);
        assert_eq!(reader.push(b"x"), Progress::TooLong);
        for _ in 0..100 {
            assert_eq!(reader.push(&[b'x'; 1 << 16]), Progress::TooLong);
        }
        assert_eq!(reader.push(b"x\n"), Progress::TooLong);
        assert_eq!(reader.line().len(), LONGEST);
        // A line of exactly the maximum length is not too long.
        let mut reader = LineReader::new();
        assert_eq!(reader.push(&vec![b'x'; LONGEST]), Progress::More);
        assert_eq!(reader.push(b"\n"), Progress::Line(1));
    }
}
