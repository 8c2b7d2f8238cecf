//! The lines of an error's text: the first is the fact, and hints follow.

/// The first line of a text, and the others with their line feeds.
pub(crate) fn first_line(text: &str) -> (&str, &str) {
    text.split_at(text.find('\n').unwrap_or(text.len()))
}
