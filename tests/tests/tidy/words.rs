//! Words of a private dialect that the sources had, and must not get again.

/// Each with the field's word for it.
const OLD: [(&str, &str); 13] = [
    ("border", "boundary"),
    ("crossing", "vtable"),
    ("InLibrary", "LibraryObject"),
    ("told_name", "wire_name"),
    ("is_prompt", "sends_eagerly"),
    ("joint", "match"),
    ("asked", "request, expected"),
    ("told", "reported, text"),
    ("whoever", "the caller, a thread"),
    ("whosoever", "the caller, a thread"),
    ("whom", "the receiver"),
    ("so many", "a number"),
    ("knows no", "nothing: the test of the layers holds it"),
];

/// A message about a peer of before settings.
const MEANT: &str = "which knows no settings";

/// The old words of a text, each with its line.
pub fn found(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.contains(MEANT)) {
        for (old, new) in OLD {
            let is_word = line
                .match_indices(old)
                .any(|(start, _)| !line[..start].ends_with(is_part) && !line[start + old.len()..].starts_with(is_part));
            if is_word {
                found.push(format!("{}: `{old}`, which is {new}: {}", at + 1, line.trim()));
            }
        }
    }
    found
}
