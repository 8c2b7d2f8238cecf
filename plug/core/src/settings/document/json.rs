//! JSON texts: which of them can be settings, and what stands where in one.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::settings::document::source::Mistake;
use crate::settings::key::dotted;

/// The deepest nesting of tables and lists. It is the limit of `serde_json`.
pub(super) const MAX_DEPTH: usize = 127;

/// The message about a text that is nested deeper.
pub(super) fn too_deep() -> String {
    format!("tables and lists are nested deeper than {MAX_DEPTH} levels")
}

/// Checks that a text is one table, in which no key stands twice.
pub(super) fn check(text: &str) -> Result<(), Mistake> {
    let mut fault = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let checked = Check { fault: &mut fault }.deserialize(&mut reader).and_then(|()| reader.end());
    match (fault, checked) {
        (Some(fault), _) => Err(fault.mistake(text)),
        (None, Err(error)) => Err(syntax(text, &error)),
        (None, Ok(())) if !text[start(text)..].starts_with('{') => {
            Err(Mistake { at: Some(start(text)), what: "settings are a table, and this is none".into() })
        }
        (None, Ok(())) => Ok(()),
    }
}

fn start(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn syntax(text: &str, error: &serde_json::Error) -> Mistake {
    let what = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = match what.strip_suffix(&place).unwrap_or(&what) {
        "recursion limit exceeded" => too_deep(),
        what => what.to_owned(),
    };
    if error.is_eof() {
        return Mistake { at: Some(text.len()), what };
    }
    let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // It counts bytes, from 1. The number can be 0 behind a line's end.
    Mistake { at: Some(line + error.column().saturating_sub(1)), what }
}

/// A key that stands twice in its table.
struct Duplicate {
    key: String,
    /// The keys that lead to the table, from the last one on.
    above: Vec<String>,
}

impl Duplicate {
    fn mistake(self, text: &str) -> Mistake {
        let Self { key, above: mut keys } = self;
        keys.reverse();
        let (at, table) = follow(text, &keys);
        let second = members(table).into_iter().flatten().filter(|member| member.is(&key)).nth(1);
        let at = second.map_or(at, |member| offset(text, member.raw_key));
        keys.push(key);
        Mistake { at: Some(at), what: format!("duplicate key `{}`", dotted(keys)) }
    }
}

/// Reads a value and keeps nothing of it.
struct Check<'f> {
    fault: &'f mut Option<Duplicate>,
}

impl Check<'_> {
    fn below(&mut self) -> Check<'_> {
        Check { fault: self.fault }
    }

    /// Notes a key on the way from a fault up to the top.
    fn passed<T, E>(&mut self, key: &dyn fmt::Display, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() {
            self.fault.iter_mut().for_each(|fault| fault.above.push(key.to_string()));
        }
        result
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(Key(key)) = map.next_key()? {
            if keys.contains(&key) {
                *self.fault = Some(Duplicate { key: key.into_owned(), above: Vec::new() });
                return Err(A::Error::custom("a key stands twice"));
            }
            let value = map.next_value_seed(self.below());
            self.passed(&key, value)?;
            keys.insert(key);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        for at in 0_usize.. {
            let element = list.next_element_seed(self.below());
            if self.passed(&at, element)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key that is borrowed if it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(key.into()))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key(key.to_owned().into()))
    }
}

/// An entry of a table.
pub(super) struct Member<'t> {
    /// The key with its quotes and escapes.
    pub raw_key: &'t str,
    pub value: &'t str,
}

impl<'t> Member<'t> {
    pub(super) fn key(&self) -> Cow<'t, str> {
        serde_json::from_str(self.raw_key).map_or(self.raw_key.into(), |Key(key)| key)
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.key() == key
    }
}

/// The entries of a table in their order. `None` if the text is no table.
pub(super) fn members(text: &str) -> Option<Vec<Member<'_>>> {
    serde_json::from_str(text).ok().map(|Members(members)| members)
}

struct Members<'de>(Vec<Member<'de>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            members.push(Member { raw_key: key.get(), value: value.get() });
        }
        Ok(Members(members))
    }
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
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let element = elements.get(index(key)?)?.get();
    Some((element, element))
}

/// The index that a key is: digits without a zero in front, as in a JSON pointer.
pub(super) fn index(key: &str) -> Option<usize> {
    key.parse().ok().filter(|index: &usize| index.to_string() == key)
}

/// The byte of the last key that exists, and the value that it leads to.
fn follow<'t>(text: &'t str, keys: &[String]) -> (usize, &'t str) {
    let (mut at, mut value) = (start(text), text);
    for key in keys {
        let Some((place, next)) = step(value, key) else { break };
        (at, value) = (offset(text, place), next);
    }
    (at, value)
}

/// See [`Find`](super::source::Find).
pub(super) fn find(text: &str, keys: &[String]) -> usize {
    follow(text, keys).0
}

/// The number of bytes before a part of a text.
pub(super) fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}
