//! Plain words for what serde expects and found, as they are in messages.

use serde::de::{Expected, Unexpected};

/// The maximum number of names in a message.
const MAX_NAMES: usize = 20;

/// What was expected. serde's own types are known by their texts, and others say it themselves.
pub(crate) fn expected(expectation: &dyn Expected) -> String {
    let text = expectation.to_string();
    if let Some(range) = whole_number(&text) {
        return range;
    }
    let words = match &text[..] {
        "a boolean" => "true or false",
        "a character" => "one character",
        "f32" | "f64" => "a number",
        "a string" | "a borrowed string" | "string" => "a text",
        "path string" => "a path",
        "byte array" | "bytes" => "a text or a list of bytes",
        "a sequence" => "a list",
        "a map" => "a table",
        "string or map" => "a text or a table",
        "unit" => "nothing",
        "an empty array" => "an empty list",
        _ => return of_type(&text).unwrap_or(text),
    };
    words.to_owned()
}

/// A type that has its author's name, or a length.
fn of_type(text: &str) -> Option<String> {
    let starts = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    // tuple struct Pair with 2 elements, a tuple of size 2, an array of length 2
    let length = text.strip_prefix("a tuple of size ").or_else(|| text.strip_prefix("an array of length "));
    let length = length.or_else(|| {
        let rest = starts(&["tuple struct ", "tuple variant "]).then_some(text)?.rsplit_once(" with ")?.1;
        rest.strip_suffix(" elements").or_else(|| rest.strip_suffix(" element"))
    });
    if let Some(length) = length {
        return Some(format!("a list of {length}"));
    }
    if starts(&["tuple struct ", "tuple variant "]) {
        return Some("a list".to_owned());
    }
    let is_table = starts(&["struct ", "struct variant ", "internally tagged enum ", "adjacently tagged enum "]);
    if is_table {
        return Some("a table".to_owned());
    }
    starts(&["unit struct "]).then(|| "nothing".to_owned())
}

/// The range of an integer type.
fn whole_number(text: &str) -> Option<String> {
    let (integer, is_zero_left_out) = match text.strip_prefix("a nonzero ") {
        Some(integer) => (integer, true),
        None => (text, false),
    };
    macro_rules! ranges {
        ($($integer:ident)*) => {
            match integer {
                $(stringify!($integer) => ($integer::MIN.to_string(), $integer::MAX.to_string()),)*
                _ => return None,
            }
        };
    }
    let (least, greatest) = ranges!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
    Some(match (&least[..], is_zero_left_out) {
        ("0", true) => format!("a whole number from 1 to {greatest}"),
        (_, true) => format!("a whole number from {least} to {greatest}, without 0"),
        (_, false) => format!("a whole number from {least} to {greatest}"),
    })
}

/// What was found, without its value.
pub(crate) fn found(unexpected: Unexpected<'_>) -> &str {
    match unexpected {
        Unexpected::Bool(true) => "true",
        Unexpected::Bool(false) => "false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a number",
        Unexpected::Float(_) => "a decimal number",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Enum | Unexpected::UnitVariant => "a text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map
        | Unexpected::StructVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::NewtypeStruct => "a table",
        Unexpected::Other(other) => other,
    }
}

/// The names of an enum's variants.
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
    match (names.len().checked_sub(MAX_NAMES), &quoted[..]) {
        (Some(more @ 1..), quoted) => format!("{} or one of {more} more", quoted.join(", ")),
        (_, []) => "a name, though there is none".to_owned(),
        (_, [one]) => one.clone(),
        (_, [others @ .., last]) => format!("{} or {last}", others.join(", ")),
    }
}
