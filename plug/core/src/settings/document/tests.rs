//! Places in files, and texts that are refused.

use super::*;

fn unreadable(read: Result<Settings, Error>) -> String {
    read.unwrap_err().to_string()
}

/// Each line of places is a pointer, and what it leads to.
fn assert_places(settings: &Settings, places: &[(&str, &str)]) {
    for (pointer, expected) in places {
        let (key, place) = settings.locate(pointer);
        assert_eq!(format!("{} {key}", place.expect("they are of a file")), *expected, "{pointer}");
    }
}

/// A file of Windows, with a byte order mark.
fn file(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

const TOML: &str = r#"# größe
title = 'é'
[[stages]]
name = 'x'
[[stages]]
	name = 'y'
  [ plugins . 'späť.b' ] # ä
  "日本".'🦀'.c = 1
  rules = ['🦀', { pattern = 'x', limit = 1 },
     { pattern = [0] }]
[plugins.deep.inner]
a = 1
[plugins.deep]
b = 2
"#;

#[test]
fn a_place_in_toml() {
    let settings = Settings::toml("app.toml", &file(TOML)).unwrap();
    assert_places(
        &settings,
        &[
            ("", "app.toml:1:1 "),
            ("/title", "app.toml:2:1 title"),
            ("/title/below", "app.toml:2:1 title.below"),
            ("/stages", "app.toml:3:3 stages"),
            ("/stages/0", "app.toml:3:1 stages.0"),
            ("/stages/1", "app.toml:5:1 stages.1"),
            ("/stages/1/name", "app.toml:6:2 stages.1.name"),
            ("/stages/2/name", "app.toml:3:3 stages.2.name"),
            ("/stages/x", "app.toml:3:3 stages.x"),
            ("/stages/+1", "app.toml:3:3 stages.\"+1\""),
            ("/plugins/späť.b", "app.toml:7:15 plugins.\"späť.b\""),
            ("/plugins/späť.b/日本/🦀/c", "app.toml:8:12 plugins.\"späť.b\".\"日本\".\"🦀\".c"),
            ("/plugins/späť.b/rules", "app.toml:9:3 plugins.\"späť.b\".rules"),
            ("/plugins/späť.b/rules/0", "app.toml:9:12 plugins.\"späť.b\".rules.0"),
            ("/plugins/späť.b/rules/1", "app.toml:9:17 plugins.\"späť.b\".rules.1"),
            ("/plugins/späť.b/rules/1/limit", "app.toml:9:34 plugins.\"späť.b\".rules.1.limit"),
            ("/plugins/späť.b/rules/2/pattern/0", "app.toml:10:19 plugins.\"späť.b\".rules.2.pattern.0"),
            ("/plugins/späť.b/rules/2/~1~0", "app.toml:10:6 plugins.\"späť.b\".rules.2.\"/~\""),
            ("/plugins/deep", "app.toml:13:10 plugins.deep"),
            ("/plugins/deep/inner/a", "app.toml:12:1 plugins.deep.inner.a"),
            ("/plugins/deep/b", "app.toml:14:1 plugins.deep.b"),
            ("/nothing/here", "app.toml:1:1 nothing.here"),
        ],
    );
}

const JSON: &str = r#"{
  "title" : "}{é\"[",
	"stages": [ { "name": "x" },{
    "n\u0061me" :"y" } , [1,	2]],
  "plugins": { "späť.b" :{"日本": {"🦀": 1}, "c" : 2}}
}
"#;

#[test]
fn a_place_in_json() {
    let settings = Settings::json("app.json", &file(JSON)).unwrap();
    assert_places(
        &settings,
        &[
            ("", "app.json:1:1 "),
            ("/title", "app.json:2:3 title"),
            ("/stages", "app.json:3:2 stages"),
            ("/stages/0", "app.json:3:14 stages.0"),
            ("/stages/0/name", "app.json:3:16 stages.0.name"),
            ("/stages/1/name", "app.json:4:5 stages.1.name"),
            ("/stages/2/1", "app.json:4:30 stages.2.1"),
            ("/stages/3", "app.json:3:2 stages.3"),
            ("/stages/-1", "app.json:3:2 stages.-1"),
            ("/stages/+1", "app.json:3:2 stages.\"+1\""),
            ("/stages/01", "app.json:3:2 stages.01"),
            ("/plugins/späť.b", "app.json:5:16 plugins.\"späť.b\""),
            ("/plugins/späť.b/日本/🦀", "app.json:5:34 plugins.\"späť.b\".\"日本\".\"🦀\""),
            ("/plugins/späť.b/c", "app.json:5:43 plugins.\"späť.b\".c"),
            ("/plugins/nothing/here", "app.json:5:3 plugins.nothing.here"),
        ],
    );
}

#[test]
fn a_section_keeps_its_place() {
    let text = "[plugins.thrice]\ntimes = 3\nplugin = 'a'\ntmes = 4\n";
    let settings = Settings::toml("app.toml", text).unwrap();
    let thrice = settings.at("plugins").at("thrice").without("plugin");
    assert_eq!(thrice.text(), r#"{"times":3,"tmes":4}"#);
    assert_eq!(thrice.instance(), Some("thrice"));
    assert_places(
        &thrice,
        &[
            ("", "app.toml:1:10 plugins.thrice"),
            ("/tmes", "app.toml:4:1 plugins.thrice.tmes"),
            ("/plugin", "app.toml:3:1 plugins.thrice.plugin"),
            ("/path", "app.toml:1:10 plugins.thrice.path"),
        ],
    );
    assert_eq!(thrice, settings.at("plugins.thrice").without("plugin"));
    assert_eq!(thrice.without("nothing"), thrice);
    let missing = settings.at("plugins.once.inner");
    assert!(missing.is_empty() && missing.instance() == Some("inner"));
    assert_places(&missing, &[("/times", "app.toml:1:2 plugins.once.inner.times")]);
    assert_eq!(settings.at(""), settings);
    assert_eq!(settings.at("plugins.thrice.times").text(), "3");
}

#[test]
fn what_is_left_of_a_json_text_is_json() {
    let settings = Settings::json("app.json", r#" { "a" : [ 1, { } ] , "\u0062": "}", "c":{ "d" :2 } } "#).unwrap();
    assert_eq!(settings.without("b").text(), r#"{"a":[ 1, { } ],"c":{ "d" :2 }}"#);
    assert_eq!(settings.without("a").without("b").without("c").text(), "{}");
    assert_eq!(settings.without("c").at("b").text(), "\"}\"");
    assert_eq!(settings.at("c").without("d").text(), "{}");
    assert_eq!(settings.at("a.1").text(), "{ }");
    assert!(settings.at("a.1").is_empty() && !settings.at("a").is_empty() && !settings.is_empty());
}

#[test]
fn settings_of_a_value_have_keys_and_no_place() {
    let table = std::collections::BTreeMap::from([("a.b", [1, 2])]);
    let settings = Settings::of(&table).unwrap();
    assert_eq!(settings.text(), r#"{"a.b":[1,2]}"#);
    assert_eq!(settings.at("'a.b'").locate("/0"), ("\"a.b\".0".to_owned(), None));
    assert_eq!(
        unreadable(Settings::of(&[1])),
        "the settings of `[i32; 1]` cannot be read: settings are a table, and this is none"
    );
    let bad = std::collections::BTreeMap::from([(Some([1]), 2)]);
    let name = std::any::type_name_of_val(&bad);
    assert_eq!(
        unreadable(Settings::of(&bad)),
        format!("the settings of `{name}` cannot be read: key must be a string")
    );
}

#[test]
fn toml_becomes_json_in_the_order_of_the_file() {
    let text = "
        z = 1_000
        y = [0x1F, 0o17, 0b11, -9223372036854775808, +1]
        x = [1.0, -0.0, 1e3, 6.02e23]
        w = [1979-05-27T07:32:00.5Z, 1979-05-27 07:32:00+01:00, 1979-05-27, 07:32:00]
        v = [true, false]
        u = \"quote \\\" tab \\t nul \\u0000 ü\"
        t = { b = {}, a = [] }
        [s.b.c]
        [s.a]
        [s.b]
        d.f = 1
        d.e = 2
    ";
    let settings = Settings::toml("app.toml", text).unwrap();
    let expected = [
        r#"{"z":1000,"y":[31,15,3,-9223372036854775808,1],"x":[1.0,-0.0,1000.0,6.02e+23],"#,
        r#""w":["1979-05-27T07:32:00.5Z","1979-05-27T07:32:00+01:00","1979-05-27","07:32:00"],"#,
        r#""v":[true,false],"u":"quote \" tab \t nul \u0000 ü","t":{"b":{},"a":[]},"#,
        r#""s":{"a":{},"b":{"c":{},"d":{"f":1,"e":2}}}}"#,
    ];
    assert_eq!(settings.text(), expected.concat());
    assert_eq!(Settings::toml("app.toml", "").unwrap().text(), "{}");
    assert_eq!(Settings::toml("app.toml", "\u{feff}").unwrap().text(), "{}");
}

/// Asserts the message without its beginning, which is the same for all.
fn assert_unreadable(read: fn(&str, &str) -> Result<Settings, Error>, text: &str, expected: &str) {
    let message = unreadable(read("app", text));
    assert!(!message.contains("hunter2"), "{message}");
    assert_eq!(message, format!("the settings of `app` cannot be read: {expected}"), "{text:?}");
}

#[test]
fn an_unreadable_toml_text_has_its_place() {
    let not_finite = "the number is not finite: settings cross as JSON, which has no `inf` and no `nan`";
    for (text, expected) in [
        ("a = 1\nsecret hunter2", "key with no value, expected `=`\n --> app:2:8"),
        ("token = \"hunter2", "invalid basic string, expected `\"`\n --> app:1:17"),
        ("a = [\n", "unclosed array, expected `]`\n --> app:1:6"),
        ("a = hunter2", "string values must be quoted, expected literal string\n --> app:1:5"),
        ("a = 'é' hunter2", "unexpected key or value, expected newline, `#`\n --> app:1:9"),
        ("a = 1979-13-27", "invalid date, expected month between 01 and 12\n --> app:1:5"),
        ("'é' = 1\n'é'.b = 2", "cannot extend value of type integer with a dotted key\n --> app:2:1"),
        ("[a]\nb = 1\n[a]\nhunter2 = 1", "duplicate key\n --> app:3:2"),
        ("a = 1\n\tb = { c = 1,\n  c = 2 }", "duplicate key\n --> app:3:3"),
        ("a = 9223372036854775808", "the integer is out of range: it has 64 bits, and a sign\n --> app:1:5"),
        ("a = [1, -0x1]", "integers with a radix cannot be signed, expected nothing\n --> app:1:9"),
        ("a = ['é', nan]", &format!("{not_finite}\n --> app:1:11")),
        ("a = { b = -inf }", &format!("{not_finite}\n --> app:1:11")),
        ("a = 1e999", &format!("{not_finite}\n --> app:1:5")),
    ] {
        assert_unreadable(Settings::toml, text, expected);
    }
}

#[test]
fn an_unreadable_json_text_has_its_place() {
    for (text, expected) in [
        ("", "expected a value\n --> app:1:1"),
        ("{\n", "expected a key\n --> app:2:1"),
        ("{\"é\": \"hunter2", "expected the end of a text\n --> app:1:15"),
        ("[1]", "settings are a table, and this is none\n --> app:1:1"),
        (" \n \"hunter2\"", "settings are a table, and this is none\n --> app:2:2"),
        ("1.5", "settings are a table, and this is none\n --> app:1:1"),
        ("{\"é\": hunter2}", "expected a value\n --> app:1:7"),
        ("{\"é\": \"\u{1}\"}", "expected the end of a text\n --> app:1:8"),
        ("{\"a\": 1, \"b\": 1e999}", "expected a smaller number\n --> app:1:15"),
        ("{\"a\": 1} hunter2", "expected the end\n --> app:1:10"),
        ("{\"a\": 1,}", "expected a key\n --> app:1:9"),
        ("{\"a\": 1\n\"b\": 2}", "expected `,` or `}`\n --> app:2:1"),
        ("{a: 1}", "expected a key\n --> app:1:2"),
        ("{\"a\": \"\\x\"}", "expected an escape\n --> app:1:9"),
        ("{\"a\": 1, \"a\": \"hunter2\"}", "duplicate key `a`\n --> app:1:10"),
        ("{\"é\": [1, {\"b\": 1,\n \"x\": \"b\", \"\\u0062\" : 2}]}", "duplicate key `\"é\".1.b`\n --> app:2:12"),
        ("{\"\\u001b[m\": {}, \"\\u001b[m\": 2}", "duplicate key `\"\\u001B[m\"`\n --> app:1:18"),
    ] {
        assert_unreadable(Settings::json, text, expected);
    }
}

#[test]
fn a_deep_text_is_refused() {
    let too_deep = "tables and lists are nested deeper than 127 levels";
    let json = |levels: usize| format!("{{\"a\":\n{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(Settings::json("app", &json(126)).is_ok());
    for levels in [127, 1_000, 100_000] {
        assert_unreadable(Settings::json, &json(levels), &format!("{too_deep}\n --> app:2:127"));
    }
    // The parser of TOML has a limit of its own.
    let toml = |levels: usize| format!("a = {}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(Settings::toml("app", &toml(79)).is_ok());
    for levels in [81, 1_000, 100_000] {
        let message = "cannot recurse further; max recursion depth met\n --> app:1:85";
        assert_unreadable(Settings::toml, &toml(levels), message);
    }
    let dotted = |levels: usize| vec!["a"; levels].join(".");
    let toml = |levels: usize| format!("[{}]\n{} = {{}}", dotted(60), dotted(levels));
    assert!(Settings::toml("app", &toml(66)).is_ok());
    assert_unreadable(Settings::toml, &toml(67), &format!("{too_deep}\n --> app:2:137"));
}

#[test]
fn debug_shows_no_value() {
    let settings = Settings::toml("app.toml", "[plugins.a]\ntoken = 'hunter2'").unwrap().at("plugins.a");
    let debug = "Settings { file: \"app.toml\", key: \"plugins.a\", .. }";
    assert_eq!(format!("{settings:?}"), debug);
    let options = crate::OpenOptions::new().settings(settings);
    assert_eq!(format!("{options:?}"), format!("OpenOptions {{ deadline: None, settings: Some({debug}) }}"));
    let table = std::collections::BTreeMap::from([("token", "hunter2")]);
    let name = std::any::type_name_of_val(&table);
    assert_eq!(
        format!("{:?}", Settings::of(&table).unwrap()),
        format!("Settings {{ file: \"{name}\", key: \"\", .. }}")
    );
}

#[test]
fn a_text_that_is_cut_anywhere_is_read_or_refused() {
    let (toml, json) = (file(TOML), file(JSON));
    for at in 0..toml.len().max(json.len()) {
        for (read, text) in [(Settings::toml as fn(&str, &str) -> _, &toml), (Settings::json, &json)] {
            let Some(text) = text.get(..at) else { continue };
            match read("app", text) {
                Ok(settings) => assert!(settings.locate("/plugins/deep/b").1.is_some()),
                Err(error) => assert!(error.to_string().contains("\n --> app:"), "{error}"),
            }
        }
    }
}

#[test]
fn a_number_that_is_not_finite_is_null() {
    let value = std::collections::BTreeMap::from([("a", f64::NAN), ("b", f64::NEG_INFINITY), ("c", 0.5)]);
    assert_eq!(Settings::of(&value).unwrap().text(), r#"{"a":null,"b":null,"c":0.5}"#);
}
