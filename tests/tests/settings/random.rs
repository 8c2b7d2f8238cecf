//! Random texts are read as `serde_json` reads them, with less: no duplicate and no unknown keys.

use std::collections::BTreeMap;
use std::fmt::Debug;

use plug_core::__private::testing::read_settings;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

type Map<T> = BTreeMap<String, T>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Typed {
    #[serde(default)]
    a: Option<i8>,
    b: Vec<(u64, i64)>,
    #[serde(rename = "c-d", alias = "c")]
    c: BTreeMap<i16, Mode>,
    text: String,
    wide: (i128, u128),
    share: f64,
    unit: (),
    letter: char,
    inner: Option<Box<Typed>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Plain,
    Fast(u8),
    Two(u8, bool),
    Both { a: Option<u8>, b: Vec<Mode> },
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "a")]
enum Tagged {
    A { b: u8 },
    B(Map<Value>),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
    Mode(Mode),
    Any(Value),
}

fn modes() -> impl Strategy<Value = Mode> {
    let leaf = prop_oneof![
        Just(Mode::Plain),
        any::<u8>().prop_map(Mode::Fast),
        any::<(u8, bool)>().prop_map(|(a, b)| Mode::Two(a, b))
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        (any::<Option<u8>>(), prop::collection::vec(inner, 0..3)).prop_map(|(a, b)| Mode::Both { a, b })
    })
}

fn typed() -> impl Strategy<Value = Typed> {
    let numbers = (any::<Option<i8>>(), any::<Vec<(u64, i64)>>(), any::<(i128, u128)>(), any::<f64>());
    let others = (prop::collection::btree_map(any::<i16>(), modes(), 0..3), any::<String>(), any::<char>());
    let leaf = (numbers, others).prop_map(|((a, b, wide, share), (c, text, letter))| Typed {
        a,
        b,
        c,
        text,
        wide,
        share,
        unit: (),
        letter,
        inner: None,
    });
    leaf.prop_recursive(2, 4, 1, |inner| {
        (inner.clone(), inner).prop_map(|(outer, inner)| Typed { inner: Some(Box::new(inner)), ..outer })
    })
}

/// Values with few names, so that they are sometimes those of the types above.
fn values() -> impl Strategy<Value = Value> {
    let name = || prop_oneof!["[a-d]", Just("plain".to_owned()), Just("fast".to_owned()), ".{0,3}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-300_i16..300).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        name().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// A text of a value, with white space and escapes as the bytes decide.
fn text(value: &Value, style: &mut impl Iterator<Item = u8>) -> String {
    let space =
        |style: &mut dyn Iterator<Item = u8>| ["", "", " ", "\n\t", "\r\n"][style.next().unwrap_or(0) as usize % 5];
    let quoted = |text: &str, style: &mut dyn Iterator<Item = u8>| {
        if !style.next().unwrap_or(0).is_multiple_of(3) {
            return serde_json::to_string(text).expect("a text is JSON");
        }
        let units: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        format!("\"{}\"", units.concat())
    };
    let before = space(style);
    let written = match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| text(item, style)).collect();
            format!("[{}{}]", items.join(","), space(style))
        }
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}{}{}:{}", space(style), quoted(key, style), space(style), text(value, style))
            };
            let entries: Vec<_> = entries.iter().map(entry).collect();
            format!("{{{}{}}}", entries.join(","), space(style))
        }
        Value::String(text) => quoted(text, style),
        other => other.to_string(),
    };
    format!("{before}{written}{}", space(style))
}

fn texts() -> impl Strategy<Value = String> {
    let map = prop::collection::vec((prop_oneof!["[a-d]", ".{0,3}"], values()), 0..5);
    (map, any::<Vec<u8>>())
        .prop_map(|(entries, style)| text(&entries.into_iter().collect(), &mut style.into_iter().cycle().take(10_000)))
}

/// Texts with a few other characters than valid ones have.
fn broken_texts() -> impl Strategy<Value = String> {
    let character = prop_oneof!["[\\[\\]{}:,\"\\\\0-9a-fnrtuEe.+-]", ".", "[ \n\t\u{0}-\u{20}]"];
    (texts(), prop::collection::vec((any::<prop::sample::Index>(), character, 0..3_usize), 0..4)).prop_map(
        |(text, edits)| {
            let mut chars: Vec<_> = text.chars().collect();
            for (at, other, kind) in edits {
                let other = other.chars();
                let at = at.index(chars.len() + 1);
                // Inserts, replaces, or removes.
                let end = (at + kind.min(1)).min(chars.len());
                chars.splice(at..end, other.take(if kind == 2 { 0 } else { 1 }));
            }
            chars.into_iter().collect()
        },
    )
}

/// Where `serde_json` reads a text, we read the same, or refuse some key or what is no table.
fn read_alike<T: DeserializeOwned + PartialEq + Debug>(json: &str) {
    let (ours, theirs) = (read_settings::<T>(json), serde_json::from_str::<T>(json));
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{json}"),
        (Err(error), Ok(_)) => {
            let what = error.to_string();
            let ours = ["there is no `", "duplicate key `", "settings are a table, "];
            assert!(ours.iter().any(|ours| what.starts_with(ours)), "{json}: {what}");
        }
        (_, Err(_)) => {}
    }
}

proptest! {
    #[test]
    fn a_value_is_read_as_it_was_written(value in typed()) {
        let json = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(&read_settings::<Typed>(&json).unwrap(), &value);
        let json = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(&read_settings::<Typed>(&json).unwrap(), &value);
    }

    #[test]
    fn a_text_is_read_alike(json in texts()) {
        prop_assert_eq!(read_settings::<Value>(&json).unwrap(), serde_json::from_str::<Value>(&json).unwrap());
    }

    #[test]
    fn a_broken_text_is_refused_alike(json in broken_texts()) {
        let theirs = serde_json::from_str::<Map<Value>>(&json);
        match read_settings::<Map<Value>>(&json) {
            Ok(ours) => prop_assert_eq!(ours, theirs.expect("serde_json reads it too"), "{}", json),
            Err(error) => prop_assert!(theirs.is_err() || error.to_string().starts_with("duplicate key `"), "{}", json),
        }
    }

    #[test]
    fn a_text_is_read_into_types_alike(json in prop_oneof![texts(), broken_texts()]) {
        read_alike::<Map<u8>>(&json);
        read_alike::<Map<i64>>(&json);
        read_alike::<Map<Option<u128>>>(&json);
        read_alike::<Map<String>>(&json);
        read_alike::<Map<char>>(&json);
        read_alike::<Map<bool>>(&json);
        read_alike::<Map<()>>(&json);
        read_alike::<Map<Vec<Value>>>(&json);
        read_alike::<Map<(Value, Value)>>(&json);
        read_alike::<Map<BTreeMap<u8, Value>>>(&json);
        // serde_json panics at such a key, if its first character is of several bytes.
        let _ = read_settings::<BTreeMap<bool, Value>>(&json);
        read_alike::<Map<Mode>>(&json);
        read_alike::<Map<Tagged>>(&json);
        read_alike::<Map<Untagged>>(&json);
        read_alike::<Mode>(&json);
        read_alike::<Tagged>(&json);
        read_alike::<Untagged>(&json);
        read_alike::<Typed>(&json);
    }
}
