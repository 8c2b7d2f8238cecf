//! Bytes that another program wrote, fit for a message: it knows nothing but how much a person reads.

/// The most characters of what was printed that a message repeats.
pub(crate) const MOST: usize = 200;

/// As text, with what could move the cursor or colour the terminal escaped, and cut after so many characters.
pub(crate) fn shown(bytes: &[u8], most: usize) -> String {
    let (mut shown, is_all) = beginning(bytes, most);
    if !is_all {
        shown.push_str(&format!("… ({} bytes)", bytes.len()));
    }
    shown
}

/// The same, and whether that is all of it.
pub(crate) fn beginning(bytes: &[u8], most: usize) -> (String, bool) {
    // No character has more than four bytes, so that what is looked at is bounded too.
    let start = &bytes[..bytes.len().min(4 * most)];
    let text = String::from_utf8_lossy(start);
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars();
    chars.by_ref().take(most).for_each(|c| push(&mut shown, c));
    (shown, chars.next().is_none() && start.len() == bytes.len())
}

/// One character, escaped where it is none that is simply seen.
pub(crate) fn push(to: &mut String, c: char) {
    match c {
        // Quotes and backslashes among them, which are escaped in literals alone.
        ' '..='~' | '\t' => to.push(c),
        _ => to.extend(c.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_printable() {
        assert_eq!(shown(b"say \"hi\"\tC:\\ \x1b[31m\r\n\0", MOST), "say \"hi\"\tC:\\ \\u{1b}[31m\\r\\n\\0");
        assert_eq!(shown(b"\xff\xfe", MOST), "��");
        assert_eq!(shown("é".repeat(1 << 19).as_bytes(), 3), "ééé… (1048576 bytes)");
        assert_eq!(shown(b"abc", 3), "abc");
        assert_eq!(shown(b"abcd", 3), "abc… (4 bytes)");
        assert_eq!(shown(b"", 3), "");
    }
}
