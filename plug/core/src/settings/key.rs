//! Keys of settings with dots, as TOML writes them: `plugins."a.b".rules.0`.

use std::fmt::Write;

/// The keys with dots between them. A key that is no word is quoted.
pub(crate) fn dotted<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> String {
    let mut text = String::new();
    for (at, key) in keys.into_iter().enumerate() {
        if at > 0 {
            text.push('.');
        }
        push(&mut text, key.as_ref());
    }
    text
}

fn push(text: &mut String, key: &str) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(is_word) {
        return text.push_str(key);
    }
    text.push('"');
    for c in key.chars() {
        // Writing to a string does not fail.
        let _ = match c {
            '"' | '\\' => write!(text, "\\{c}"),
            // A character that Rust would escape could move the cursor or reverse the text.
            _ if c == '\'' || c.escape_debug().len() == 1 => text.write_char(c),
            _ if c as u32 <= 0xffff => write!(text, "\\u{:04X}", c as u32),
            _ => write!(text, "\\U{:08X}", c as u32),
        };
    }
    text.push('"');
}

/// The keys of a path with dots. A quote that does not end belongs to its key.
#[cfg(feature = "config")]
pub(crate) fn split(path: &str) -> Vec<String> {
    let (mut keys, mut rest) = (Vec::new(), Some(path).filter(|path| !path.is_empty()));
    while let Some(path) = rest {
        let (key, after) = quoted(path).unwrap_or_else(|| match path.split_once('.') {
            Some((key, after)) => (key.to_owned(), Some(after)),
            None => (path.to_owned(), None),
        });
        keys.push(key);
        rest = after;
    }
    keys
}

/// The quoted key at the start of a path, and what follows the dot behind it.
#[cfg(feature = "config")]
fn quoted(path: &str) -> Option<(String, Option<&str>)> {
    let (key, end) = if let Some(text) = path.strip_prefix('\'') {
        let end = text.find('\'')?;
        (text[..end].to_owned(), end + 2)
    } else {
        let mut key = String::new();
        let mut chars = path.strip_prefix('"')?.char_indices();
        loop {
            match chars.next()? {
                (at, '"') => break (key, at + 2),
                (_, '\\') => key.push(escaped(&mut chars)?),
                (_, c) => key.push(c),
            }
        }
    };
    match &path[end..] {
        "" => Some((key, None)),
        rest => Some((key, Some(rest.strip_prefix('.')?))),
    }
}

/// The character of an escape sequence, without its backslash.
#[cfg(feature = "config")]
fn escaped(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    let digits = match chars.next()?.1 {
        'u' => 4,
        'U' => 8,
        'b' => return Some('\u{8}'),
        't' => return Some('\t'),
        'n' => return Some('\n'),
        'f' => return Some('\u{c}'),
        'r' => return Some('\r'),
        c => return Some(c),
    };
    let code = (0..digits).try_fold(0_u32, |code, _| Some(code << 4 | chars.next()?.1.to_digit(16)?));
    char::from_u32(code?)
}

#[cfg(all(test, feature = "config"))]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_made_of_keys_and_split_again() {
        for (keys, path) in [
            (&[][..], ""),
            (&["plugins", "a-1_B"], "plugins.a-1_B"),
            (&["plugins", "a.b", "rules", "0"], "plugins.\"a.b\".rules.0"),
            (&["", "ä", "it's"], "\"\".\"ä\".\"it's\""),
            (&["say \"hi\"\\"], "\"say \\\"hi\\\"\\\\\""),
            (&["\u{1b}[31m\n\u{202e}\u{e0001}"], "\"\\u001B[31m\\u000A\\u202E\\U000E0001\""),
        ] {
            assert_eq!(dotted(keys), path);
            assert_eq!(split(path), keys, "{path}");
        }
    }

    #[test]
    fn every_path_has_keys() {
        assert_eq!(split("plugins.'a.\"b'.c"), ["plugins", "a.\"b", "c"]);
        assert_eq!(split("\"\\t\\n\\b\\f\\r\\/\""), ["\t\n\u{8}\u{c}\r/"]);
        assert_eq!(split("a..b."), ["a", "", "b", ""]);
        assert_eq!(split("\"a.b"), ["\"a", "b"]);
        assert_eq!(split("'a'b.c"), ["'a'b", "c"]);
        assert_eq!(split("\"\\uD800\".\"\\u12"), ["\"\\uD800\"", "\"\\u12"]);
        assert_eq!(split("größe.日"), ["größe", "日"]);
    }
}
