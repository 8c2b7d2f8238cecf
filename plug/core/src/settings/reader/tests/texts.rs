//! Texts that are no settings, or large ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::super::read;
use super::refused;

type Map = BTreeMap<String, Value>;

#[test]
fn that_are_no_table() {
    for (json, kind) in [
        ("[{}]", "a list"),
        ("\"x\"", "a text"),
        ("7", "a number"),
        (" -1", "a number"),
        ("true", "true"),
        ("false", "false"),
        ("null", "null"),
    ] {
        assert_eq!(refused::<Value>(json), format!(": settings are a table, and this is {kind}"), "{json}");
        assert!(read::<u8>(json).is_err());
    }
}

#[test]
fn that_are_no_json() {
    for (json, what) in [
        ("", "a value at line 1, column 1"),
        (" \n ", "a value at line 2, column 2"),
        ("{", "a key at line 1, column 2"),
        ("{}}", "the end at line 1, column 3"),
        ("{} {}", "the end at line 1, column 4"),
        ("{ a: 1 }", "a key at line 1, column 3"),
        ("{ \"a\" 1 }", "`:` at line 1, column 7"),
        ("{ \"a\": }", "a value at line 1, column 8"),
        ("{ \"a\": 1, }", "a key at line 1, column 11"),
        ("{ \"a\": 1 \"b\": 2 }", "`,` or `}` at line 1, column 10"),
        ("{ \"ä\": [1 2] }", "`,` or `]` at line 1, column 11"),
        ("{\n  \"ä\": [1,] }", "a value at line 2, column 11"),
        ("{ \"a\": [1", "`,` or `]` at line 1, column 10"),
        ("{ \"a\": 01 }", "a number at line 1, column 8"),
        ("{ \"a\": - }", "a number at line 1, column 9"),
        ("{ \"a\": 1. }", "a digit at line 1, column 10"),
        ("{ \"a\": .5 }", "a value at line 1, column 8"),
        ("{ \"a\": 1e }", "a digit at line 1, column 10"),
        ("{ \"a\": +1 }", "a value at line 1, column 8"),
        ("{ \"a\": 1e999 }", "a smaller number at line 1, column 8"),
        ("{ \"a\": NaN }", "a value at line 1, column 8"),
        ("{ \"a\": nul }", "a value at line 1, column 8"),
        ("{ \"a\": truex }", "`,` or `}` at line 1, column 12"),
        ("{ \"a\": 'b' }", "a value at line 1, column 8"),
        ("{ \"a\": \"b }", "the end of a text at line 1, column 12"),
        ("{ \"a\": \"\n\" }", "the end of a text at line 1, column 9"),
        ("{ \"a\": \"\\", "an escape at line 1, column 10"),
        ("{ \"a\": \"\\x\" }", "an escape at line 1, column 10"),
        ("{ \"a\": \"\\u12\" }", "the digits of a character at line 1, column 10"),
        ("{ \"a\": \"\\u+123\" }", "the digits of a character at line 1, column 10"),
        ("{ \"a\": \"\\ud800\" }", "the digits of a character at line 1, column 14"),
        ("{ \"a\": \"\\ud800\\u0041\" }", "the digits of a character at line 1, column 20"),
        ("{ \"a\": \"\\udc00\" }", "the digits of a character at line 1, column 14"),
        ("\u{feff}{}", "a value at line 1, column 1"),
        ("{} // a", "the end at line 1, column 4"),
    ] {
        assert_eq!(refused::<Map>(json), format!(": the settings are no JSON: expected {what}"), "{json}");
        // With its feature `arbitrary_precision`, `serde_json` keeps a number of any size.
        assert!(json.contains("1e999") || serde_json::from_str::<Map>(json).is_err(), "{json}");
    }
}

/// A number, or 0 in place of an error.
fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    Ok(u8::deserialize(deserializer).unwrap_or_default())
}

#[derive(Debug, PartialEq, Deserialize)]
struct Lenient {
    #[serde(deserialize_with = "lenient")]
    a: u8,
    b: u8,
}

#[test]
fn that_are_no_json_for_a_type_that_ignores_errors() {
    for a in ["\"x\"", "300", "[1, {}]", "{ \"c\": [1] }", "null"] {
        assert_eq!(read::<Lenient>(&format!("{{ \"a\": {a}, \"b\": 1 }}")).unwrap(), Lenient { a: 0, b: 1 }, "{a}");
    }
    for (json, what) in [
        (r#"{ "a": 1., "b": 1 }"#, "a digit at line 1, column 10"),
        (r#"{ "a": "\,"b": 1 }"#, "an escape at line 1, column 10"),
        (r#"{ "a": [1, -], "b": 1 }"#, "a number at line 1, column 13"),
    ] {
        let refused = refused::<Lenient>(json);
        let text = refused.split_once(": ").unwrap().1;
        assert_eq!(text, format!("the settings are no JSON: expected {what}"), "{json}");
    }
}

#[test]
fn that_are_nested_deep() {
    let nested = |levels: usize| {
        [
            format!("{}{}", "[".repeat(levels), "]".repeat(levels)),
            format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels)),
        ]
    };
    for json in nested(126) {
        let json = format!("{{\"a\":{json}}}");
        assert_eq!(read::<Map>(&json).unwrap(), serde_json::from_str::<Map>(&json).unwrap());
    }
    for json in nested(127).into_iter().chain(nested(1_000)).chain(["[".repeat(10 << 20)]) {
        let json = format!("{{\"a\":{json}}}");
        assert_eq!(refused::<Map>(&json), ": tables and lists are nested deeper than 127 levels");
        assert!(serde_json::from_str::<Map>(&json).is_err());
        // No value of it is read.
        #[derive(Debug, Deserialize)]
        struct Ignoring {
            #[serde(rename = "a")]
            _a: serde::de::IgnoredAny,
        }
        assert_eq!(refused::<Ignoring>(&json), ": tables and lists are nested deeper than 127 levels");
    }
}

/// The time that they take is not tested, but a test that never ends is noticed.
#[test]
fn that_are_large() {
    let text = "x".repeat(10 << 20);
    assert_eq!(read::<BTreeMap<String, String>>(&format!("{{\"a\":\"{text}\"}}")).unwrap()["a"], text);
    let escaped = "\\n".repeat(5 << 20);
    assert_eq!(read::<BTreeMap<String, String>>(&format!("{{\"a\":\"{escaped}\"}}")).unwrap()["a"].len(), 5 << 20);
    let numbers = "1,".repeat(5 << 20);
    assert_eq!(
        read::<BTreeMap<String, Vec<u8>>>(&format!("{{\"a\":[{numbers}1]}}")).unwrap()["a"].len(),
        (5 << 20) + 1
    );
    let digits = "1".repeat(10 << 20);
    let message = ": the settings are no JSON: expected a smaller number at line 1, column 6";
    assert_eq!(refused::<Map>(&format!("{{\"a\":{digits}}}")), message);
}

#[test]
fn with_a_million_keys() {
    let entries: Vec<_> = (0..1_000_000).map(|key| format!("\"{key}\":0")).collect();
    let json = format!("{{{},\"7\":1}}", entries.join(","));
    assert_eq!(refused::<BTreeMap<u32, u32>>(&json), "/7: duplicate key `7`");
    // Near the number from which on there is a set.
    for length in 1..100 {
        let json = format!("{{{}}}", entries[..length].join(","));
        assert_eq!(read::<BTreeMap<u32, u32>>(&json).unwrap().len(), length);
        let json = format!("{{{},\"\\u0030\":1,\"x\":1}}", entries[..length].join(","));
        assert_eq!(refused::<BTreeMap<u32, u32>>(&json), "/0: duplicate key `0`");
    }
}

/// The texts of numbers are exact, whatever `serde_json` makes of them.
#[test]
fn with_long_numbers() {
    let exact = |json: &str| read::<BTreeMap<String, f64>>(&format!("{{\"a\":{json}}}")).unwrap()["a"];
    assert_eq!(exact("0.1"), 0.1);
    assert_eq!(exact("123456789012345678901234567890"), 123456789012345678901234567890.0);
    let smallest = "2.2250738585072011e-308";
    assert_eq!(exact(smallest), smallest.parse::<f64>().unwrap());
    assert_eq!(exact(&format!("0.{}1", "0".repeat(400))), 0.0);
}
