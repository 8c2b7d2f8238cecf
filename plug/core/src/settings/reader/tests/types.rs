//! Every kind of type is read, as `serde_json` reads it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::CString;
use std::net::IpAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::read;
use super::{refused, same};

#[derive(Debug, PartialEq, Deserialize)]
struct Of<T> {
    v: T,
}

macro_rules! same {
    ($($type:ty: $($json:literal)*;)*) => {
        $($(
            same::<Of<$type>>(concat!("{\"v\":", $json, "}"));
        )*)*
    };
}

#[derive(Debug, PartialEq, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Deserialize)]
struct Newtype(u8);

#[derive(Debug, PartialEq, Deserialize)]
struct Pair(u8, String);

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    One,
    Two,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Plain,
    Fast(u8),
    Pair(u8, u8),
    Both { limit: u8 },
    Inner(Box<Mode>),
    Any(Option<u8>),
}

#[test]
fn of_one_value() {
    same! {
        bool: "true" "false";
        u8: "0" "255";
        u16: "65535";
        u32: "4294967295";
        u64: "18446744073709551615" "9999999999999999999" "12345678901234567890";
        u128: "1" "18446744073709551616" "340282366920938463463374607431768211455";
        i8: "-128" "127";
        i16: "-32768";
        i32: "-2147483648";
        i64: "-9223372036854775808" "9223372036854775807";
        i128: "-1" "-9223372036854775809" "170141183460469231731687303715884105727"
            "-170141183460469231731687303715884105728" "18446744073709551615";
        usize: "7";
        NonZero<u8>: "1";
        f32: "1" "-1" "0.25" "1e3";
        f64: "1" "-1" "-0" "-0.0" "0.25" "1e3" "2.5E-3" "1e+2" "18446744073709551616" "-9223372036854775809"
            "1e-400" "1.7976931348623157e308";
        char: "\"ä\"" "\"\\u00e4\"" "\"\\ud83d\\ude00\"";
        String: "\"\"" "\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"" "\"\\u0041\\uFFFF\"" "\"größe\\u0000\"";
        Cow<'static, str>: "\"a\"";
        (): "null";
        Unit: "null";
        Option<u8>: "null" "1";
        Option<Option<u8>>: "null" "1";
        Newtype: "1";
        Pair: "[1, \"a\"]";
        (u8, bool): "[1, true]";
        [u8; 3]: "[1, 2, 3]";
        [u8; 0]: "[]";
        Vec<u8>: "[]" "[1]" " [ 1 , 2 ] ";
        Vec<Option<bool>>: "[null, true]";
        HashSet<String>: "[\"a\", \"b\"]";
        CString: "\"abc\"" "[97, 98]";
        PathBuf: "\"/var/lib\"";
        IpAddr: "\"127.0.0.1\"" "\"::1\"";
        Duration: "{ \"secs\": 1, \"nanos\": 2 }";
        std::ops::Range<u8>: "{ \"start\": 1, \"end\": 2 }";
        Result<u8, String>: "{ \"Ok\": 1 }";
        serde_json::Value: "null" "[1, -1, 0.5, true, \"a\", { \"b\": {} }]";
    }
    assert!(read::<Of<IgnoredAny>>(r#"{ "v": [1, { "a": null }] }"#).is_ok());
}

#[test]
fn of_an_enum() {
    same! {
        Mode: "\"plain\"" "{ \"plain\": null }" "{ \"fast\": 3 }" "{ \"pair\": [1, 2] }" "{ \"both\": { \"limit\": 1 } }"
            "{ \"inner\": \"plain\" }" "{ \"inner\": { \"inner\": { \"fast\": 1 } } }" "{ \"any\": null }";
        Vec<Mode>: "[\"plain\", { \"fast\": 3 }, { \"pl\\u0061in\": null }, \"pl\\u0061in\"]";
    }
}

#[test]
fn of_a_map() {
    same! {
        BTreeMap<String, u8>: "{}" "{ \"a\": 1, \"b\": 2 }" "{ \"\\u0061\": 1, \"\": 2 }";
        HashMap<char, u8>: "{ \"ä\": 1 }";
        BTreeMap<u8, u8>: "{ \"0\": 1, \"255\": 2 }";
        BTreeMap<u64, u8>: "{ \"18446744073709551615\": 2 }";
        BTreeMap<i64, u8>: "{ \"-9223372036854775808\": 1 }";
        BTreeMap<u128, u8>: "{ \"1\": 1, \"340282366920938463463374607431768211455\": 1 }";
        BTreeMap<i128, u8>: "{ \"-1\": 1, \"-170141183460469231731687303715884105728\": 1 }";
        BTreeMap<bool, u8>: "{ \"true\": 1, \"false\": 2 }";
        BTreeMap<Name, u8>: "{ \"one\": 1, \"two\": 2 }";
        BTreeMap<Option<u8>, u8>: "{ \"1\": 1 }";
        BTreeMap<CString, u8>: "{ \"ab\": 1 }";
    }
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    struct Number(u16);
    same! { BTreeMap<Number, ()>: "{ \"7\": null }"; }
    // A float is no key of Rust's maps.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Share(f64);
    #[derive(Debug, PartialEq)]
    struct Shares(Vec<(Share, u8)>);
    impl<'de> Deserialize<'de> for Shares {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Shares;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("shares")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Shares, A::Error> {
                    Ok(Shares(std::iter::from_fn(|| map.next_entry().transpose()).collect::<Result<_, _>>()?))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    same! { Shares: "{ \"0.5\": 1, \"-1\": 2, \"1e3\": 3, \"18446744073709551616\": 4 }"; }
}

/// What serde's attributes change.
#[test]
fn of_a_struct_with_attributes() {
    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, rename_all = "kebab-case")]
    struct Settings {
        greet_times: u8,
        #[serde(alias = "nom", alias = "naam")]
        name: String,
        #[serde(rename = "type")]
        kind: Option<String>,
        #[serde(skip)]
        cache: u8,
        #[serde(with = "seconds")]
        pause: Duration,
        note: Option<serde_json::Value>,
    }
    mod seconds {
        use serde::Deserialize;
        pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<super::Duration, D::Error> {
            u64::deserialize(deserializer).map(super::Duration::from_secs)
        }
    }
    for json in [
        "{}",
        r#"{ "greet-times": 1, "name": "a", "type": "b", "pause": 3 }"#,
        r#"{ "nom": "a", "note": { "a": [1] } }"#,
        r#"{ "naam": "a", "note": null }"#,
    ] {
        same::<Settings>(json);
    }
    // The name of a field that is left out is no key.
    assert_eq!(refused::<Settings>(r#"{ "cache": 1 }"#), "/cache: there is no `cache`");
    assert_eq!(refused::<Settings>(r#"{ "greet_times": 1 }"#), "/greet_times: there is no `greet_times` (greet-times)");
    assert_eq!(refused::<Settings>(r#"{ "name": "a", "nom": "b" }"#), "/nom: duplicate key `name`");
}

/// A plugin that is given no settings reads an empty table.
#[test]
fn of_an_empty_table() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Empty {}
    assert_eq!(read::<()>("{}").unwrap(), ());
    assert_eq!(read::<Unit>("{}").unwrap(), Unit);
    assert_eq!(same::<Empty>(" { } "), Empty {});
    assert_eq!(refused::<Unit>(r#"{ "a": 1 }"#), "/a: there is no `a`");
    assert_eq!(refused::<Empty>(r#"{ "a": 1 }"#), "/a: there is no `a`");
}

/// A field whose type ignores its value may have any.
#[test]
fn of_a_field_that_is_ignored() {
    #[derive(Deserialize)]
    struct Settings {
        #[serde(rename = "old", default)]
        _old: Option<IgnoredAny>,
        #[serde(rename = "any")]
        _any: IgnoredAny,
    }
    assert!(read::<Settings>(r#"{ "any": { "a": [1, 2] }, "old": 1 }"#).is_ok());
    assert_eq!(refused::<Settings>(r#"{ "any": 1, "odl": 1 }"#), "/odl: there is no `odl` (old)");
    assert_eq!(refused::<Settings>(r#"{ "any": { "a": [{ "b": 1, "b": 2 }] } }"#), "/any/a/0/b: duplicate key `b`");
}

/// A type may ignore an error of its value, or the value.
#[test]
fn of_a_field_whose_errors_are_ignored() {
    fn lenient<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Ok(Vec::deserialize(deserializer).unwrap_or_default())
    }
    fn fixed<'de, D: serde::Deserializer<'de>>(_: D) -> Result<u8, D::Error> {
        Ok(7)
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Settings {
        #[serde(deserialize_with = "lenient")]
        list: Vec<u8>,
        #[serde(deserialize_with = "fixed")]
        fixed: u8,
        last: u8,
    }
    for (list, expected) in [
        ("[1, 2]", vec![1, 2]),
        ("[1, [{ \"a\": [] }], 300]", vec![]),
        ("[1, \"a\"]", vec![]),
        ("{ \"a\": { \"b\": [1] } }", vec![]),
        ("\"text\"", vec![]),
        ("null", vec![]),
    ] {
        let json = format!("{{ \"list\": {list}, \"fixed\": [{{}}], \"last\": 1 }}");
        assert_eq!(read::<Settings>(&json).unwrap(), Settings { list: expected, fixed: 7, last: 1 }, "{json}");
        assert_eq!(refused::<Settings>(&json.replace("last", "lats")), "/lats: there is no `lats` (last)",);
    }
}
