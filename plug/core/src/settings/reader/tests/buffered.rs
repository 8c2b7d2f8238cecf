//! What serde buffers, and reads from its own tree: there the place is lost, as is an unknown key.
//! `docs/settings.md` lists it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::read;
use super::{refused, same};

#[derive(Debug, PartialEq, Deserialize)]
struct Rule {
    pattern: String,
    #[serde(default)]
    limit: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
struct List<T> {
    list: Vec<T>,
}

/// The place is the table that has the flattened field. Its unknown keys are not seen.
#[test]
fn of_a_flattened_struct() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(default)]
        times: u8,
        #[serde(flatten)]
        rule: Rule,
    }
    same::<List<Outer>>(r#"{ "list": [{ "times": 1, "pattern": "a", "limit": 2 }] }"#);
    let refused = refused::<List<Outer>>;
    assert_eq!(
        refused(r#"{ "list": [{ "times": 300 }] }"#),
        "/list/0/times: expected a whole number from 0 to 255, found 300"
    );
    assert_eq!(
        refused(r#"{ "list": [{ "pattern": "a", "limit": 300 }] }"#),
        "/list/0: expected a whole number from 0 to 255, found 300"
    );
    assert_eq!(refused(r#"{ "list": [{ "pattern": 7 }] }"#), "/list/0: expected a text, found a number");
    assert_eq!(refused(r#"{ "list": [{}] }"#), "/list/0: `pattern` is missing");
    assert_eq!(
        refused(r#"{ "list": [{ "pattern": "a", "pattern": "b" }] }"#),
        "/list/0/pattern: duplicate key `pattern`"
    );
    assert!(read::<List<Outer>>(r#"{ "list": [{ "pattern": "a", "tmes": 1 }] }"#).is_ok());
    // The author can refuse them. The key is then in the text alone.
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[serde(flatten)]
        rule: Rule,
    }
    assert_eq!(super::refused::<Strict>(r#"{ "pattern": "a", "tmes": 1 }"#), ": unknown field `tmes`");
}

/// A map that is flattened takes all keys, and no numbers as keys.
#[test]
fn of_a_flattened_map() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer<K: Ord> {
        #[serde(default)]
        times: u8,
        #[serde(flatten)]
        rest: BTreeMap<K, u8>,
    }
    same::<Outer<String>>(r#"{ "times": 1, "a": 2 }"#);
    assert_eq!(refused::<Outer<String>>(r#"{ "a": 300 }"#), ": expected a whole number from 0 to 255, found 300");
    let number = r#"{ "7": 1 }"#;
    assert_eq!(refused::<Outer<u8>>(number), ": expected a whole number from 0 to 255, found a text");
    assert!(serde_json::from_str::<Outer<u8>>(number).is_err());
}

/// The place is the value of the enum. Unknown keys are not seen.
#[test]
fn of_an_internally_tagged_enum() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Tagged {
        Rule(Rule),
        Fields { limit: u8, names: BTreeMap<String, Vec<u8>> },
        Unit,
    }
    same::<List<Tagged>>(
        r#"{ "list": [{ "type": "unit" }, { "pattern": "a", "type": "rule" }, { "type": "fields", "limit": 1, "names": { "a": [1] } }] }"#,
    );
    let refused = refused::<List<Tagged>>;
    assert_eq!(refused(r#"{ "list": [{ "type": "rul" }] }"#), "/list/0/type: there is no `rul` (rule)");
    assert_eq!(refused(r#"{ "list": [{}] }"#), "/list/0: `type` is missing");
    assert_eq!(refused(r#"{ "list": [7] }"#), "/list/0: expected a table, found a number");
    assert_eq!(
        refused(r#"{ "list": [{ "type": "rule", "pattern": "a", "limit": 300 }] }"#),
        "/list/0: expected a whole number from 0 to 255, found 300"
    );
    assert_eq!(
        refused(r#"{ "list": [{ "type": "fields", "limit": 1, "names": { "a": ["x"] } }] }"#),
        "/list/0: expected a whole number from 0 to 255, found a text"
    );
    assert_eq!(refused(r#"{ "list": [{ "type": "rule" }] }"#), "/list/0: `pattern` is missing");
    assert!(read::<List<Tagged>>(r#"{ "list": [{ "type": "rule", "pattern": "a", "limt": 1 }] }"#).is_ok());
}

/// The place is kept if the tag stands before the content, and is lost if it stands behind it.
#[test]
fn of_an_adjacently_tagged_enum() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "type", content = "with", rename_all = "lowercase")]
    enum Tagged {
        Rule(Rule),
        Unit,
    }
    same::<List<Tagged>>(
        r#"{ "list": [{ "type": "unit" }, { "type": "rule", "with": { "pattern": "a" } }, { "with": { "pattern": "a" }, "type": "rule" }] }"#,
    );
    let refused = refused::<List<Tagged>>;
    assert_eq!(
        refused(r#"{ "list": [{ "type": "rule", "with": { "pattern": "a", "limit": 300 } }] }"#),
        "/list/0/with/limit: expected a whole number from 0 to 255, found 300"
    );
    assert_eq!(
        refused(r#"{ "list": [{ "type": "rule", "with": { "pattern": "a", "limt": 1 } }] }"#),
        "/list/0/with/limt: there is no `limt` (limit)"
    );
    assert_eq!(
        refused(r#"{ "list": [{ "with": { "pattern": "a", "limit": 300 }, "type": "rule" }] }"#),
        "/list/0: expected a whole number from 0 to 255, found 300"
    );
    assert!(read::<List<Tagged>>(r#"{ "list": [{ "with": { "pattern": "a", "limt": 1 }, "type": "rule" }] }"#).is_ok());
    assert_eq!(refused(r#"{ "list": [{ "type": "rul" }] }"#), "/list/0/type: there is no `rul` (rule)");
    assert_eq!(refused(r#"{ "list": [{ "type": "rule" }] }"#), "/list/0: `with` is missing");
    assert_eq!(refused(r#"{ "list": [{ "type": "unit", "wiht": 1 }] }"#), "/list/0/wiht: there is no `wiht` (with)");
}

/// The place is the value of the enum, and what is wrong with each variant is lost.
#[test]
fn of_an_untagged_enum() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Rule(Rule),
        Map(BTreeMap<String, u8>),
    }
    same::<List<Either>>(r#"{ "list": [7, { "pattern": "a" }, { "a": 1 }] }"#);
    let message = "/list/1: data did not match any variant of untagged enum Either";
    assert_eq!(refused::<List<Either>>(r#"{ "list": [7, 300] }"#), message);
    assert_eq!(refused::<List<Either>>(r#"{ "list": [7, { "pattern": "a", "limit": 300 }] }"#), message);
    assert_eq!(refused::<List<Either>>(r#"{ "list": [7, { "a": 1, "a": 2 }] }"#), "/list/1/a: duplicate key `a`");
    assert!(read::<List<Either>>(r#"{ "list": [{ "pattern": "a", "limt": 1 }] }"#).is_ok());
}
