//! The first line of a plugin's stdout, collected from chunks of any length, of which it keeps no more than a handshake can have.

use crate::error::handshake::LONGEST;

/// Collects the line.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
}

/// How far a [`Reader`] is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The line has not ended.
    More,
    /// It has, after so many bytes of the chunk, the line's end among them. What follows them is the plugin's stdout.
    Line(usize),
    /// It is longer than a handshake, and nothing more of it is kept.
    TooLong,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Takes what was read next. Not after it has said [`Progress::Line`].
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Progress {
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let piece = &chunk[..end.unwrap_or(chunk.len())];
        let room = LONGEST - self.line.len();
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
        match end {
            _ if piece.len() > room => Progress::TooLong,
            Some(end) => Progress::Line(end + 1),
            None => Progress::More,
        }
    }

    /// The line, without its end; or what there is of it, where stdout ended or the time was up.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_in_chunks_and_what_follows_is_left() {
        let mut reader = Reader::new();
        assert_eq!(reader.push(b""), Progress::More);
        assert_eq!(reader.push(b"1|1|un"), Progress::More);
        assert_eq!(reader.line(), b"1|1|un");
        assert_eq!(reader.push(b"ix|x|grpc|\r\nhello\n"), Progress::Line(12));
        assert_eq!(reader.line(), b"1|1|unix|x|grpc|\r");
        assert_eq!(Reader::new().push(b"\n"), Progress::Line(1));
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut reader = Reader::new();
        assert_eq!(reader.push(&vec![b'x'; LONGEST]), Progress::More);
        assert_eq!(reader.push(b"x"), Progress::TooLong);
        for _ in 0..100 {
            assert_eq!(reader.push(&[b'x'; 1 << 16]), Progress::TooLong);
        }
        assert_eq!(reader.push(b"x\n"), Progress::TooLong);
        assert_eq!(reader.line().len(), LONGEST);
        // At the very end of what is kept, it has ended in time.
        let mut reader = Reader::new();
        assert_eq!(reader.push(&vec![b'x'; LONGEST]), Progress::More);
        assert_eq!(reader.push(b"\n"), Progress::Line(1));
    }
}
