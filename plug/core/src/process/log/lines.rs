//! Cuts a stream of bytes into lines, and a line that is too long into pieces.

/// The longest line that is passed on as a whole, in bytes.
/// go-plugin's own host has the same limit.
pub(crate) const MAX_LEN: usize = 64 << 10;

#[derive(Debug, Default)]
pub(crate) struct LineSplitter {
    /// The rest of a line that has not ended.
    line: Vec<u8>,
    /// Whether a piece of this line was passed on before.
    is_continued: bool,
}

/// A line, or a piece of one, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub bytes: &'a [u8],
    /// Whether it is the first piece of its line.
    pub begins: bool,
    /// Whether it is the last piece of its line.
    pub ends: bool,
}

impl Piece<'_> {
    pub(crate) fn is_whole(&self) -> bool {
        self.begins && self.ends
    }
}

impl LineSplitter {
    pub(crate) fn push(&mut self, mut chunk: &[u8], mut each: impl FnMut(Piece<'_>)) {
        while let Some(end) = chunk.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = (&chunk[..end], &chunk[end + 1..]);
            self.fill(line, &mut each);
            self.end(&mut each);
            chunk = rest;
        }
        self.fill(chunk, &mut each);
    }

    /// Passes on the last line if it had no end.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(Piece<'_>)) {
        if !self.line.is_empty() {
            self.end(&mut each);
        }
        *self = Self::default();
    }

    fn fill(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Piece<'_>)) {
        while self.line.len() + bytes.len() > MAX_LEN {
            let (piece, rest) = bytes.split_at(MAX_LEN - self.line.len());
            self.line.extend_from_slice(piece);
            // A cut must not split a character of UTF-8.
            let cut = character_boundary(&self.line);
            each(Piece { bytes: &self.line[..cut], begins: !self.is_continued, ends: false });
            self.line.drain(..cut);
            self.is_continued = true;
            bytes = rest;
        }
        self.line.extend_from_slice(bytes);
    }

    fn end(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        let bytes = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        each(Piece { bytes, begins: !self.is_continued, ends: true });
        // Frees the memory of a long line.
        self.line.clear();
        self.line.shrink_to(1 << 10);
        self.is_continued = false;
    }
}

/// The last position that does not split a character of UTF-8.
fn character_boundary(bytes: &[u8]) -> usize {
    let is_inner = |byte: &u8| (0x80..0xc0).contains(byte);
    let inner = bytes.iter().rev().take(3).take_while(|byte| is_inner(byte)).count();
    let start = bytes.len() - inner - 1;
    let expected = match bytes[start] {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => 1,
    };
    if expected > inner + 1 { start } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(chunks: &[&[u8]]) -> Vec<(String, bool, bool)> {
        let (mut lines, mut all) = (LineSplitter::default(), Vec::new());
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
        let long = format!("x{}", "é".repeat(MAX_LEN));
        let got = pieces(&[long.as_bytes(), b"\nnext"]);
        let text: String = got[..got.len() - 1].iter().map(|(text, ..)| &text[..]).collect();
        assert_eq!(text, long);
        assert_eq!(got.len(), 4);
        assert_eq!(got[0].0.len(), MAX_LEN - 1);
        assert_eq!(got.iter().map(|(_, begins, _)| *begins).collect::<Vec<_>>(), [true, false, false, true]);
        assert_eq!(got.iter().map(|(_, _, ends)| *ends).collect::<Vec<_>>(), [false, false, true, true]);
        // Bytes that are not UTF-8 are cut too.
        let noise = vec![0xbf; 3 * MAX_LEN];
        assert_eq!(pieces(&[&noise]).iter().filter(|(_, _, ends)| !ends).count(), 2);
        assert_eq!(pieces(&[&vec![b'x'; MAX_LEN]]).len(), 1);
    }
}
