//! JSON texts: which of them can be settings, and what stands where in one.

use std::borrow::Cow;

use crate::error::refusal;
use crate::settings::document::source::Mistake;
use crate::settings::key::dotted;
use crate::settings::reader::parser::{self, Broken, Parser, too_deep};

/// Checks that a text is one table, in which no key stands twice.
pub(super) fn check(text: &str) -> Result<(), Mistake> {
    let (at, what) = match parser::check(text) {
        Ok(()) if text[start(text)..].starts_with('{') => return Ok(()),
        Ok(()) => (start(text), "settings are a table, and this is none".to_owned()),
        Err(Broken::Syntax { at, expected }) => (at, format!("expected {expected}")),
        Err(Broken::Duplicate { at, pointer }) => (at, format!("duplicate key `{}`", dotted(refusal::keys(&pointer)))),
        Err(Broken::Depth { at }) => (at, too_deep()),
    };
    Err(Mistake { at: Some(at), what })
}

fn start(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// An entry of a table.
pub(super) struct Member<'t> {
    /// The key with its quotes and escapes.
    pub raw_key: &'t str,
    pub value: &'t str,
}

impl<'t> Member<'t> {
    pub(super) fn key(&self) -> Cow<'t, str> {
        self::text(self.raw_key).unwrap_or(self.raw_key.into())
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.key() == key
    }
}

/// The text that a value is.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    json.starts_with('"').then(|| Parser::new(json).text().ok()).flatten()
}

/// The entries of a table in their order. `None` if the text is no table.
pub(super) fn members(text: &str) -> Option<Vec<Member<'_>>> {
    parts(text, b'{', |parser| {
        let raw_key = parser.raw().ok()?;
        parser.pass(b':').then_some(())?;
        Some(Member { raw_key, value: parser.raw().ok()? })
    })
}

/// The values of a list. `None` if the text is none.
fn elements(text: &str) -> Option<Vec<&str>> {
    parts(text, b'[', |parser| parser.raw().ok())
}

/// The members of a table or the elements of a list. It begins with this bracket.
fn parts<'t, T>(text: &'t str, opening: u8, part: impl Fn(&mut Parser<'t>) -> Option<T>) -> Option<Vec<T>> {
    let mut parser = Parser::new(text);
    (parser.peek() == Some(opening)).then_some(())?;
    let (mut level, mut parts) = (parser.enter().ok()?, Vec::new());
    while parser.next(&mut level).ok()? {
        parts.push(part(&mut parser)?);
    }
    Some(parts)
}

/// The value of an entry, or of an element of a list, whose key is its index.
pub(super) fn child<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    step(text, key).map(|(_, value)| value)
}

/// The same, after the text of its place: the key of an entry, or the element itself.
fn step<'t>(text: &'t str, key: &str) -> Option<(&'t str, &'t str)> {
    if let Some(members) = members(text) {
        return members.into_iter().find(|member| member.is(key)).map(|member| (member.raw_key, member.value));
    }
    let element = *elements(text)?.get(index(key)?)?;
    Some((element, element))
}

/// The index that a key is: digits without a zero in front, as in a JSON pointer.
pub(super) fn index(key: &str) -> Option<usize> {
    key.parse().ok().filter(|index: &usize| index.to_string() == key)
}

/// See [`Find`](super::source::Find).
pub(super) fn find(text: &str, keys: &[String]) -> usize {
    let (mut at, mut value) = (start(text), text);
    for key in keys {
        let Some((place, next)) = step(value, key) else { break };
        (at, value) = (offset(text, place), next);
    }
    at
}

/// The number of bytes before a part of a text.
pub(super) fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}
