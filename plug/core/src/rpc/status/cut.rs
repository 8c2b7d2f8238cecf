//! Cuts the texts of an error so that its status fits into the headers that the client accepts.
//!
//! A status is one list of headers, and an error that exceeds the client's limit is lost.
//! A client of gRPC's C-core, such as one in Python, always accepts 8 KiB, and never 16 KiB.
//! Between the two it refuses at random (`GRPC_ARG_MAX_METADATA_SIZE`).
//! With grpcio 1.85.3 it refused 7 of 30 statuses with a text and details of 4 KiB each.

use std::borrow::Cow;

/// The longest list of headers that every client accepts, in bytes as HTTP/2 counts them.
const HEADERS: usize = 8 << 10;
/// The bytes of that list that a status has without its text and details.
/// They are the names of all headers, the values of the short ones, and 32 bytes for each.
const OTHER_HEADERS: usize = 256;
/// The bytes of the details that are no texts: the name of a type, tags and lengths.
const OTHER_DETAILS: usize = 64 + 4 * TEXTS;
/// The longest text of a status, in bytes of its header: percent-encoding triples some of them.
/// A kibibyte is left for the other headers and for short details.
pub(crate) const MESSAGE: usize = 7 << 10;
/// The longest texts in the details for a client of plug, in bytes of UTF-8, all of them together.
/// In base64 they are a third longer, and the client accepts a mebibyte of headers.
pub(crate) const LONG: usize = 64 << 10;
/// The most texts of one error.
const TEXTS: usize = 64;

/// Stands after the beginning of a text that was cut, before the length of the whole text.
const MARK: &str = "… (cut, of ";
const MARK_END: &str = " bytes)";
/// The longest mark, with a number of 20 digits.
const MARK_LEN: usize = MARK.len() + 20 + MARK_END.len();

/// The text of the status: the whole text, or as much of it as every client accepts, and a mark.
pub(crate) fn message(text: &str) -> Cow<'_, str> {
    if encoded_len(text) <= MESSAGE {
        return Cow::Borrowed(text);
    }
    // No byte of the mark is longer in the header than three.
    let mut left = MESSAGE - 3 * MARK_LEN;
    let fits = |(_, letter): &(usize, char)| {
        let len = encoded_len(letter.encode_utf8(&mut [0; 4]));
        let has_room = len <= left;
        left = left.saturating_sub(len);
        has_room
    };
    let end = text.char_indices().take_while(fits).last().map_or(0, |(at, letter)| at + letter.len_utf8());
    Cow::Owned(marked(text, end))
}

/// The beginning of a text that was cut, without the mark. `None` if the text has no mark.
pub(crate) fn beginning(message: &str) -> Option<&str> {
    let (beginning, rest) = message.rsplit_once(MARK)?;
    let is_mark = rest.strip_suffix(MARK_END)?.bytes().all(|byte| byte.is_ascii_digit());
    is_mark.then_some(beginning)
}

/// Cuts the longest of the texts, each to the same length, until all have `max_len` bytes together.
/// If there are too many of them, a mark replaces the last.
pub(crate) fn fit(texts: &mut Vec<String>, max_len: usize) {
    let count = texts.len();
    if count <= TEXTS && texts.iter().map(String::len).sum::<usize>() <= max_len {
        return;
    }
    // A text that is cut has room for a mark, and for as much again.
    let most = (max_len / (2 * MARK_LEN)).min(TEXTS);
    if count > most {
        texts.truncate(most.saturating_sub(1));
        if most > 0 {
            texts.push(format!("{MARK}{count} texts)"));
        }
    }
    let longest = longest(texts, max_len);
    for text in texts.iter_mut().filter(|text| text.len() > longest) {
        *text = marked(text, text.floor_char_boundary(longest - MARK_LEN));
    }
}

/// The length to which the longest texts are cut.
fn longest(texts: &[String], max_len: usize) -> usize {
    let mut lens: Vec<_> = texts.iter().map(String::len).collect();
    lens.sort_unstable();
    let (mut left, mut count) = (max_len, lens.len());
    for len in lens {
        if len > left / count {
            return left / count;
        }
        (left, count) = (left - len, count - 1);
    }
    usize::MAX
}

/// The bytes that the texts in the details may have besides this text of the status,
/// so that every client accepts it. The details repeat the text of the status.
pub(crate) fn room_for_details(message: &str) -> usize {
    let left = HEADERS.saturating_sub(OTHER_HEADERS + encoded_len(message));
    // Base64 makes four bytes of three.
    (left / 4 * 3).saturating_sub(message.len() + OTHER_DETAILS)
}

fn marked(text: &str, end: usize) -> String {
    format!("{}{MARK}{}{MARK_END}", &text[..end], text.len())
}

/// The length of the text in the header `grpc-message`, as tonic encodes it.
fn encoded_len(text: &str) -> usize {
    let len = |byte: u8| if byte.is_ascii_graphic() && !br##""#%<>?`{}"##.contains(&byte) { 1 } else { 3 };
    text.bytes().map(len).sum()
}

#[cfg(test)]
mod tests {
    use tonic::Status;

    use super::*;

    #[test]
    fn a_text_counts_as_it_is_encoded() {
        let texts = ["plain", "two words", "\0\x1f\x7f\n", "é…𝄞", "\"#%<>?`{}", "~!$&'()*+,-./:;=@[\\]^_|"];
        for text in texts {
            let head = Status::unknown(text).into_http::<()>();
            assert_eq!(head.headers()["grpc-message"].len(), encoded_len(text), "{text}");
        }
    }

    #[test]
    fn a_text_is_cut_at_a_letter_and_marked() {
        for letter in ["x", " ", "é", "𝄞"] {
            let fitting = letter.repeat(MESSAGE / encoded_len(letter));
            assert_eq!(message(&fitting), fitting);
            assert_eq!(beginning(&fitting), None);
            let text = letter.repeat(100_000);
            let cut = message(&text);
            assert!(encoded_len(&cut) <= MESSAGE && encoded_len(&cut) > MESSAGE - 256, "{cut}");
            assert!(cut.ends_with(&format!("{letter}… (cut, of {} bytes)", text.len())), "{cut}");
            assert!(beginning(&cut).is_some_and(|beginning| text.starts_with(beginning)));
        }
        assert_eq!(beginning("it is 5… (cut, of 17 bytes) long"), None);
        assert_eq!(beginning("it is 5… (cut, of all bytes)"), None);
    }

    #[test]
    fn the_longest_texts_are_cut() {
        let fitted = |lens: &[usize], max_len| {
            let mut texts: Vec<_> = lens.iter().map(|len| "x".repeat(*len)).collect();
            fit(&mut texts, max_len);
            let len = |text: &String| beginning(text).map_or_else(|| text.len(), str::len);
            texts.iter().map(len).collect::<Vec<_>>()
        };
        assert_eq!(fitted(&[100, 200, 300], 600), [100, 200, 300]);
        // 40 bytes of each are for the mark.
        assert_eq!(fitted(&[100, 2000, 300], 600), [100, 210, 210]);
        assert_eq!(fitted(&[2000, 2000, 50], 600), [235, 235, 50]);
        assert_eq!(fitted(&[1000], 600), [560]);
        assert_eq!(fitted(&[1000], 60), [0; 0]);
        assert_eq!(fitted(&[], 60), [0; 0]);
        let mut texts = vec!["é".repeat(100)];
        fit(&mut texts, 85);
        assert_eq!(texts, ["éééééééééééééééééééééé… (cut, of 200 bytes)"]);
    }

    #[test]
    fn of_many_texts_the_first_are_kept() {
        let mut texts: Vec<_> = (0..1000).map(|number: usize| number.to_string()).collect();
        fit(&mut texts, LONG);
        assert_eq!((texts.len(), &texts[62][..], &texts[63][..]), (64, "62", "… (cut, of 1000 texts)"));
    }
}
