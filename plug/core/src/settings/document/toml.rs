//! TOML texts: they become JSON, and are read again to find what stands where in one.

use std::fmt::Write;
use std::ops::Range;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use crate::settings::document::json::index;
use crate::settings::document::source::Mistake;
use crate::settings::reader::parser::{MAX_DEPTH, too_deep};

/// The same settings as JSON. The entries of a table keep the order of the file.
/// A table counts from its own header on, if it has one.
pub(super) fn to_json(text: &str) -> Result<String, Mistake> {
    let table = DeTable::parse(text).map_err(|error| Mistake {
        at: error.span().map(|span| span.start),
        // Its `Display` would quote the line, in which a secret may stand.
        what: error.message().to_owned(),
    })?;
    let mut json = String::with_capacity(text.len());
    push_table(&mut json, table.get_ref(), 0..0, 0)?;
    Ok(json)
}

fn push_table(json: &mut String, table: &DeTable<'_>, place: Range<usize>, depth: usize) -> Result<(), Mistake> {
    check_depth(depth, place)?;
    // The parser sorts by name, unless something in the build turns its feature `preserve_order` on.
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    json.push('{');
    for (at, (key, value)) in entries.into_iter().enumerate() {
        separate(json, at);
        push_text(json, key.get_ref());
        json.push(':');
        push_value(json, value.get_ref(), value.span(), depth + 1)?;
    }
    json.push('}');
    Ok(())
}

fn push_value(json: &mut String, value: &DeValue<'_>, place: Range<usize>, depth: usize) -> Result<(), Mistake> {
    let refused = |what: &str| Err(Mistake { at: Some(place.start), what: what.into() });
    match value {
        DeValue::Table(table) => return push_table(json, table, place, depth),
        DeValue::Array(elements) => {
            check_depth(depth, place)?;
            json.push('[');
            for (at, element) in elements.iter().enumerate() {
                separate(json, at);
                push_value(json, element.get_ref(), element.span(), depth + 1)?;
            }
            json.push(']');
        }
        DeValue::String(text) => push_text(json, text),
        DeValue::Datetime(time) => push_text(json, &time.to_string()),
        DeValue::Boolean(is_true) => push(json, &Value::from(*is_true)),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => push(json, &Value::from(number)),
            Err(_) => return refused("the integer is out of range: it has 64 bits, and a sign"),
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => push(json, &Value::from(number)),
            _ => return refused("the number is not finite: settings cross as JSON, which has no `inf` and no `nan`"),
        },
    }
    Ok(())
}

fn check_depth(depth: usize, place: Range<usize>) -> Result<(), Mistake> {
    if depth < MAX_DEPTH { Ok(()) } else { Err(Mistake { at: Some(place.start), what: too_deep() }) }
}

fn separate(json: &mut String, at: usize) {
    if at > 0 {
        json.push(',');
    }
}

fn push_text(json: &mut String, text: &str) {
    push(json, &Value::from(text));
}

fn push(json: &mut String, value: &Value) {
    // Writing to a string does not fail.
    let _ = write!(json, "{value}");
}

/// See [`Find`](super::source::Find).
pub(super) fn find(text: &str, keys: &[String]) -> usize {
    let Ok(table) = DeTable::parse(text) else { return 0 };
    let (mut keys, mut at) = (keys.iter(), 0);
    let Some((key, mut value)) = keys.next().and_then(|key| table.get_ref().get_key_value(&key[..])) else {
        return at;
    };
    at = key.span().start;
    for key in keys {
        match value.get_ref() {
            DeValue::Table(table) => match table.get_key_value(&key[..]) {
                Some((key, next)) => (at, value) = (key.span().start, next),
                None => break,
            },
            DeValue::Array(elements) => match index(key).and_then(|index| elements.get(index)) {
                Some(element) => (at, value) = (element.span().start, element),
                None => break,
            },
            _ => break,
        }
    }
    at
}
