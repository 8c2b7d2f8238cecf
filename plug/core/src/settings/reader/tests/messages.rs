//! The errors, whole.

use std::collections::BTreeMap;
use std::num::NonZero;

use serde::Deserialize;

use super::refused;
use crate::Secret;

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[derive(Default)]
struct Settings {
    times: u32,
    rules: Vec<Rule>,
    names: BTreeMap<u32, Rule>,
    mode: Mode,
    on: bool,
    limit: Option<u8>,
    least: i8,
    share: f64,
    letter: Option<char>,
    pair: (u8, u8),
    three: [u8; 3],
    spot: Spot,
    unit: (),
    nonzero: Option<NonZero<u8>>,
    strict: Option<Strict>,
    map: BTreeMap<String, BTreeMap<bool, u8>>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    #[serde(rename = "pattern")]
    _pattern: String,
    #[serde(default, rename = "limit")]
    _limit: u8,
}

#[derive(Debug, Default, Deserialize)]
#[allow(dead_code, reason = "nobody reads it")]
struct Spot(u8, u8);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(default, rename = "times")]
    _times: u8,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "nobody reads them")]
enum Mode {
    #[default]
    Plain,
    Fast(u8),
    Both {
        rule: Rule,
    },
    Two(u8, u8),
}

macro_rules! refused {
    ($($json:literal => $message:literal;)*) => {
        $(
            assert_eq!(refused::<Settings>($json), $message, "{}", $json);
        )*
    };
}

#[test]
fn of_unknown_keys() {
    refused! {
        r#"{ "tmes": 1 }"# => "/tmes: there is no `tmes` (times)";
        r#"{ "tmes": { "a": [1, "x"] }, "times": "x" }"# => "/tmes: there is no `tmes` (times)";
        r#"{ "zzzzz": 1 }"# => "/zzzzz: there is no `zzzzz`";
        r#"{ "rules": [{ "pattern": "a" }, { "pattern": "b", "limits": 1 }] }"# => "/rules/1/limits: there is no `limits` (limit)";
        r#"{ "names": { "7": { "patern": "a" } } }"# => "/names/7/patern: there is no `patern` (pattern)";
        r#"{ "mode": { "both": { "rul": 1 } } }"# => "/mode/both/rul: there is no `rul` (rule)";
        r#"{ "strict": { "tmes": 1 } }"# => "/strict/tmes: there is no `tmes` (times)";
        r#"{ "a/b~c": 1 }"# => "/a~1b~0c: there is no `a/b~c`";
        r#"{ "\u001b[31m\n": 1 }"# => "/\u{1b}[31m\n: there is no `\\u{1b}[31m\\n`";
    }
    let long = "k".repeat(1 << 20);
    let message = refused::<Settings>(&format!("{{\"{long}\": 1}}"));
    assert_eq!(message, format!("/{long}: there is no `{}… (1048576 bytes)`", "k".repeat(64)));
}

#[test]
fn of_wrong_types() {
    refused! {
        r#"{ "times": "x" }"# => "/times: expected a whole number from 0 to 4294967295, found a text";
        r#"{ "times": 1.5 }"# => "/times: expected a whole number from 0 to 4294967295, found a decimal number";
        r#"{ "times": null }"# => "/times: expected a whole number from 0 to 4294967295, found null";
        r#"{ "times": [1] }"# => "/times: expected a whole number from 0 to 4294967295, found a list";
        r#"{ "times": {} }"# => "/times: expected a whole number from 0 to 4294967295, found a table";
        r#"{ "times": true }"# => "/times: expected a whole number from 0 to 4294967295, found true";
        r#"{ "on": 1 }"# => "/on: expected true or false, found a number";
        r#"{ "on": "true" }"# => "/on: expected true or false, found a text";
        r#"{ "share": "1" }"# => "/share: expected a number, found a text";
        r#"{ "letter": 1 }"# => "/letter: expected one character, found a number";
        r#"{ "letter": "ab" }"# => "/letter: expected one character, found another text";
        r#"{ "rules": {} }"# => "/rules: expected a list, found a table";
        r#"{ "rules": [{ "pattern": "a" }, 7] }"# => "/rules/1: expected a table, found a number";
        r#"{ "rules": [{ "pattern": 7 }] }"# => "/rules/0/pattern: expected a text, found a number";
        r#"{ "names": [] }"# => "/names: expected a table, found a list";
        r#"{ "names": { "1": { "pattern": false } } }"# => "/names/1/pattern: expected a text, found false";
        r#"{ "unit": 1 }"# => "/unit: expected nothing, found a number";
        r#"{ "map": { "a/b": { "true": "x" } } }"# => "/map/a~1b/true: expected a whole number from 0 to 255, found a text";
    }
}

#[test]
fn of_numbers_out_of_range() {
    refused! {
        r#"{ "limit": 256 }"# => "/limit: expected a whole number from 0 to 255, found 256";
        r#"{ "limit": -1 }"# => "/limit: expected a whole number from 0 to 255, found -1";
        r#"{ "least": -129 }"# => "/least: expected a whole number from -128 to 127, found -129";
        r#"{ "nonzero": 0 }"# => "/nonzero: expected a whole number from 1 to 255, found 0";
        r#"{ "times": 18446744073709551616 }"# => "/times: expected a whole number from 0 to 4294967295, found 18446744073709551616";
        r#"{ "least": -9223372036854775809 }"# => "/least: expected a whole number from -128 to 127, found -9223372036854775809";
        r#"{ "rules": [{ "pattern": "a", "limit": 300 }] }"# => "/rules/0/limit: expected a whole number from 0 to 255, found 300";
    }
}

#[test]
fn of_lists_of_another_length() {
    refused! {
        r#"{ "pair": [1] }"# => "/pair: expected a list of 2, found 1";
        r#"{ "pair": [1, 2, 3] }"# => "/pair: expected a list of 2, found 3";
        r#"{ "pair": [1, "x"] }"# => "/pair/1: expected a whole number from 0 to 255, found a text";
        r#"{ "pair": {} }"# => "/pair: expected a list of 2, found a table";
        r#"{ "three": [1, 2] }"# => "/three: expected a list of 3, found 2";
        r#"{ "three": [1, 2, 3, { "a": 1 }] }"# => "/three: expected a list of 3, found 4";
        r#"{ "spot": [1] }"# => "/spot: expected a list of 2, found 1";
        r#"{ "spot": 1 }"# => "/spot: expected a list, found a number";
    }
}

#[test]
fn of_missing_keys() {
    refused! {
        r#"{ "rules": [{}] }"# => "/rules/0: `pattern` is missing";
        r#"{ "mode": { "both": {} } }"# => "/mode/both: `rule` is missing";
    }
    #[derive(Debug, Deserialize)]
    struct Needed {
        #[serde(rename = "path")]
        _path: String,
    }
    assert_eq!(refused::<Needed>("{}"), ": `path` is missing");
}

#[test]
fn of_enums() {
    refused! {
        r#"{ "mode": "plian" }"# => "/mode: there is no `plian` (plain)";
        r#"{ "mode": "slow" }"# => "/mode: expected `plain`, `fast`, `both` or `two`, found another text";
        r#"{ "mode": { "fats": 1 } }"# => "/mode/fats: there is no `fats` (fast)";
        r#"{ "mode": { "slow": 1 } }"# => "/mode/slow: expected `plain`, `fast`, `both` or `two`, found another text";
        r#"{ "mode": 7 }"# => "/mode: expected `plain`, `fast`, `both` or `two`, found a number";
        r#"{ "mode": ["fast"] }"# => "/mode: expected `plain`, `fast`, `both` or `two`, found a list";
        r#"{ "mode": {} }"# => "/mode: expected `plain`, `fast`, `both` or `two`, found an empty table";
        r#"{ "mode": { "fast": 1, "plain": null } }"# => "/mode: expected `plain`, `fast`, `both` or `two`, found several keys";
        r#"{ "mode": "fast" }"# => "/mode: `fast` needs a value";
        r#"{ "mode": "both" }"# => "/mode: `both` needs a value";
        r#"{ "mode": { "plain": 1 } }"# => "/mode/plain: `plain` takes no value";
        r#"{ "mode": { "fast": "x" } }"# => "/mode/fast: expected a whole number from 0 to 255, found a text";
        r#"{ "mode": { "two": [1] } }"# => "/mode/two: expected a list of 2, found 1";
        r#"{ "mode": { "two": 1 } }"# => "/mode/two: expected a list, found a number";
        r#"{ "mode": { "two": [1, 300] } }"# => "/mode/two/1: expected a whole number from 0 to 255, found 300";
        r#"{ "mode": { "both": 1 } }"# => "/mode/both: expected a table, found a number";
        r#"{ "mode": { "both": { "rule": { "pattern": "a", "limit": 300 } } } }"# => "/mode/both/rule/limit: expected a whole number from 0 to 255, found 300";
    }
}

#[test]
fn of_keys_that_are_no_numbers() {
    refused! {
        r#"{ "names": { "x": {} } }"# => "/names/x: expected a whole number from 0 to 4294967295 as a key, found `x`";
        r#"{ "names": { "01": {} } }"# => "/names/01: expected a whole number from 0 to 4294967295 as a key, found `01`";
        r#"{ "names": { " 1": {} } }"# => "/names/ 1: expected a whole number from 0 to 4294967295 as a key, found ` 1`";
        r#"{ "names": { "+1": {} } }"# => "/names/+1: expected a whole number from 0 to 4294967295 as a key, found `+1`";
        r#"{ "names": { "": {} } }"# => "/names/: expected a whole number from 0 to 4294967295 as a key, found ``";
        r#"{ "names": { "-1": {} } }"# => "/names/-1: expected a whole number from 0 to 4294967295, found -1";
        r#"{ "names": { "18446744073709551616": {} } }"# => "/names/18446744073709551616: expected a whole number from 0 to 4294967295, found 18446744073709551616";
        r#"{ "map": { "a": { "yes": 1 } } }"# => "/map/a/yes: expected true or false as a key, found `yes`";
    }
}

#[test]
fn of_duplicate_keys() {
    refused! {
        r#"{ "times": 1, "times": 2 }"# => "/times: duplicate key `times`";
        r#"{ "times": 1, "t\u0069mes": 2 }"# => "/times: duplicate key `times`";
        r#"{ "rules": [{ "pattern": "a", "pattern": "b" }] }"# => "/rules/0/pattern: duplicate key `pattern`";
        r#"{ "map": { "a/b": {}, "a/b": {} } }"# => "/map/a~1b: duplicate key `a/b`";
        r#"{ "map": { "a": { "true": 1, "true": 2 } } }"# => "/map/a/true: duplicate key `true`";
        r#"{ "mode": { "both": { "rule": { "pattern": "a" }, "rule": 1 } } }"# => "/mode/both/rule: duplicate key `rule`";
    }
    let value = r#"{ "a": [{ "b": 1, "c": 2, "b": 3 }] }"#;
    assert_eq!(refused::<BTreeMap<String, serde_json::Value>>(value), "/a/0/b: duplicate key `b`");
}

/// The text of a type that is not ours is escaped and cut.
#[test]
fn of_the_author() {
    #[derive(Debug)]
    struct Odd;
    impl<'de> Deserialize<'de> for Odd {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format!("\u{1b}[31m it is odd: {text}")))
        }
    }
    let message = refused::<BTreeMap<String, Vec<Odd>>>(r#"{ "a": ["x"] }"#);
    assert_eq!(message, "/a/0: \\u{1b}[31m it is odd: x");
    let message = refused::<BTreeMap<String, Odd>>(&format!(r#"{{ "a": "{}" }}"#, "x".repeat(1000)));
    assert_eq!(message, format!("/a: \\u{{1b}}[31m it is odd: {}… (1017 bytes)", "x".repeat(183)));
}

/// Whatever stands in the place of a secret, or of something that has one, is in no error.
#[test]
fn of_secrets() {
    #[derive(Debug, Default, Deserialize)]
    #[serde(default, rename_all = "kebab-case")]
    #[allow(dead_code, reason = "nobody reads them")]
    struct Keys {
        token: Option<Secret>,
        tokens: Vec<Secret>,
        by_name: BTreeMap<String, Secret>,
        by_number: BTreeMap<u8, Secret>,
        login: Option<Login>,
        auth: Option<Auth>,
        pair: Option<(Secret, Secret)>,
        #[serde(flatten)]
        flat: Flat,
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "nobody reads them")]
    struct Login {
        password: Secret,
    }
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[allow(dead_code, reason = "nobody reads them")]
    enum Auth {
        Token(Secret),
        Login(Login),
    }
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    #[allow(dead_code, reason = "nobody reads them")]
    struct Flat {
        flat: Option<Secret>,
        either: Option<Either>,
        tagged: Option<Tagged>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "nobody reads them")]
    enum Either {
        Login(Login),
        Token(Secret),
    }
    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    #[allow(dead_code, reason = "nobody reads them")]
    enum Tagged {
        Login(Login),
    }
    let text = "a secret is a text, and this is none";
    for (json, message) in [
        (r#"{ "token": 123456 }"#, format!("/token: {text}")),
        (r#"{ "token": -123456 }"#, format!("/token: {text}")),
        (r#"{ "token": 123456.5 }"#, format!("/token: {text}")),
        (r#"{ "token": 123456123456123456123456 }"#, format!("/token: {text}")),
        (r#"{ "token": true }"#, format!("/token: {text}")),
        (r#"{ "token": ["123456"] }"#, format!("/token: {text}")),
        (r#"{ "token": { "value": "123456" } }"#, format!("/token: {text}")),
        (r#"{ "token": { "123456": "123456" } }"#, format!("/token: {text}")),
        (r#"{ "tokens": "123456" }"#, "/tokens: expected a list, found a text".into()),
        (r#"{ "tokens": 123456 }"#, "/tokens: expected a list, found a number".into()),
        (r#"{ "tokens": ["a", 123456] }"#, format!("/tokens/1: {text}")),
        (r#"{ "tokens": [null] }"#, format!("/tokens/0: {text}")),
        (r#"{ "by-name": "123456" }"#, "/by-name: expected a table, found a text".into()),
        (r#"{ "by-name": { "a": 123456 } }"#, format!("/by-name/a: {text}")),
        (r#"{ "by-name": { "a": "123456", "a": "123456" } }"#, "/by-name/a: duplicate key `a`".into()),
        (r#"{ "by-number": { "7": 123456 } }"#, format!("/by-number/7: {text}")),
        (r#"{ "login": "123456" }"#, "/login: expected a table, found a text".into()),
        (r#"{ "login": { "password": 123456 } }"#, format!("/login/password: {text}")),
        (r#"{ "login": { "password": "123456", "user": 1 } }"#, "/login/user: there is no `user`".into()),
        (r#"{ "login": { "password": "123456", "password": 1 } }"#, "/login/password: duplicate key `password`".into()),
        (r#"{ "auth": "123456" }"#, "/auth: expected `token` or `login`, found another text".into()),
        (r#"{ "auth": 123456 }"#, "/auth: expected `token` or `login`, found a number".into()),
        (r#"{ "auth": { "token": 123456 } }"#, format!("/auth/token: {text}")),
        (r#"{ "auth": { "login": { "password": 123456 } } }"#, format!("/auth/login/password: {text}")),
        (r#"{ "pair": ["123456"] }"#, "/pair: expected a list of 2, found 1".into()),
        (r#"{ "pair": ["123456", "123456", "123456"] }"#, "/pair: expected a list of 2, found 3".into()),
        // serde buffers what is flattened, tagged or untagged.
        (r#"{ "flat": 123456 }"#, format!(": {text}")),
        (r#"{ "flat": { "123456": "123456" } }"#, format!(": {text}")),
        (r#"{ "flat": ["123456"] }"#, format!(": {text}")),
        (r#"{ "either": 123456 }"#, ": data did not match any variant of untagged enum Either".into()),
        (r#"{ "either": { "password": 123456 } }"#, ": data did not match any variant of untagged enum Either".into()),
        (r#"{ "tagged": "123456" }"#, ": expected a table, found a text".into()),
        (r#"{ "tagged": { "type": "123456" } }"#, ": expected `login`, found another text".into()),
        (r#"{ "tagged": { "type": "login", "password": 123456 } }"#, format!(": {text}")),
        // What is no JSON.
        (r#"{ "token": "123456" "#, ": the settings are no JSON: expected `,` or `}` at line 1, column 21".into()),
        (
            r#"{ "token": "123456 }"#,
            ": the settings are no JSON: expected the end of a text at line 1, column 21".into(),
        ),
        (r#"{ "token": "123456\x" }"#, ": the settings are no JSON: expected an escape at line 1, column 20".into()),
        (r#"{ "token": 123456x }"#, format!("/token: {text}")),
        (r#"{ "token": "123456" } 123456"#, ": the settings are no JSON: expected the end at line 1, column 23".into()),
    ] {
        assert_eq!(refused::<Keys>(json), message, "{json}");
        assert!(!message.contains("1234"), "{message}");
    }
}
