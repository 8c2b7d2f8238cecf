//! Cuts a stream of bytes into lines, and lines that are too long to keep into pieces.

/// The longest line that is kept as a whole, in bytes. hclog's own host goes no further.
pub(crate) const LONGEST: usize = 64 << 10;

#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// What has come of a line.
    line: Vec<u8>,
    /// Whether a piece of it has been handed on.
    goes_on: bool,
}

/// A line, or a piece of one, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub bytes: &'a [u8],
    /// It is where a line begins, and where it ends.
    pub begins: bool,
    pub ends: bool,
}

impl Piece<'_> {
    pub(crate) fn is_whole(&self) -> bool {
        self.begins && self.ends
    }
}

impl Lines {
    pub(crate) fn push(&mut self, mut chunk: &[u8], mut each: impl FnMut(Piece<'_>)) {
        while let Some(end) = chunk.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = (&chunk[..end], &chunk[end + 1..]);
            self.fill(line, &mut each);
            self.end(&mut each);
            chunk = rest;
        }
        self.fill(chunk, &mut each);
    }

    /// There is no more.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(Piece<'_>)) {
        if !self.line.is_empty() {
            self.end(&mut each);
        }
        *self = Self::default();
    }

    fn fill(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Piece<'_>)) {
        while self.line.len() + bytes.len() > LONGEST {
            let (piece, rest) = bytes.split_at(LONGEST - self.line.len());
            self.line.extend_from_slice(piece);
            // Not in the middle of a character, where it is one.
            let cut = character(&self.line);
            each(Piece { bytes: &self.line[..cut], begins: !self.goes_on, ends: false });
            self.line.drain(..cut);
            self.goes_on = true;
            bytes = rest;
        }
        self.line.extend_from_slice(bytes);
    }

    fn end(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        let bytes = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        each(Piece { bytes, begins: !self.goes_on, ends: true });
        // A long line's room is given back.
        self.line.clear();
        self.line.shrink_to(1 << 10);
        self.goes_on = false;
    }
}

/// Where to cut so that no character of UTF-8 is cut in two.
fn character(bytes: &[u8]) -> usize {
    let is_inner = |byte: &u8| (0x80..0xc0).contains(byte);
    let inner = bytes.iter().rev().take(3).take_while(|byte| is_inner(byte)).count();
    let start = bytes.len() - inner - 1;
    let wanted = match bytes[start] {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => 1,
    };
    if wanted > inner + 1 { start } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(chunks: &[&[u8]]) -> Vec<(String, bool, bool)> {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        let mut keep = |piece: Piece<'_>| {
            all.push((String::from_utf8_lossy(piece.bytes).into_owned(), piece.begins, piece.ends));
        };
        chunks.iter().for_each(|chunk| lines.push(chunk, &mut keep));
        lines.finish(&mut keep);
        all
    }

    fn whole(text: &str) -> (String, bool, bool) {
        (text.to_owned(), true, true)
    }

    #[test]
    fn lines_come_in_chunks() {
        assert_eq!(pieces(&[b"a", b"b\r\n\nc", b"\n", b"d"]), [whole("ab"), whole(""), whole("c"), whole("d")]);
        assert_eq!(pieces(&[]), []);
        assert_eq!(pieces(&[b"\n"]), [whole("")]);
    }

    #[test]
    fn a_long_line_comes_in_pieces_and_whole_characters() {
        let long = format!("x{}", "é".repeat(LONGEST));
        let got = pieces(&[long.as_bytes(), b"\nnext"]);
        let text: String = got[..got.len() - 1].iter().map(|(text, ..)| &text[..]).collect();
        assert_eq!(text, long);
        assert_eq!(got.len(), 4);
        assert_eq!(got[0].0.len(), LONGEST - 1);
        assert_eq!(got.iter().map(|(_, begins, _)| *begins).collect::<Vec<_>>(), [true, false, false, true]);
        assert_eq!(got.iter().map(|(_, _, ends)| *ends).collect::<Vec<_>>(), [false, false, true, true]);
        // Bytes that are no characters are as good.
        let noise = vec![0xbf; 3 * LONGEST];
        assert_eq!(pieces(&[&noise]).iter().filter(|(_, _, ends)| !ends).count(), 2);
        assert_eq!(pieces(&[&vec![b'x'; LONGEST]]).len(), 1);
    }
}
