//! What a person reads of bad settings, whole, over every link.

use plug::{ErrorKind, Registry, Settings};
use settings_plugins::Counter;

use super::with;

/// The error of a plugin that refuses its settings.
#[track_caller]
fn refused(registry: &Registry, plugin: &str, json: &str) -> plug::Error {
    let error = registry.open_with::<dyn Counter>(plugin, &with(json)).err();
    error.unwrap_or_else(|| panic!("`{plugin}` takes {json}"))
}

/// Without what each message begins with.
fn messages(registry: &Registry, plugin: &str, cases: &[(&str, &str)]) {
    for (json, message) in cases {
        let error = refused(registry, plugin, json);
        assert!(matches!(error.kind(), ErrorKind::Settings { .. }), "{error:?}");
        let text = format!("plugin `{plugin}` does not take its settings: {message}");
        assert_eq!(format!("{error:?}"), text, "{json}");
    }
}

pub fn a_wrong_key_is_named(registry: &Registry) {
    messages(
        registry,
        "all",
        &[
            (
                "{\n  \"share\": 1,\n  \"tmes\": 1\n}",
                "there is no `tmes`: did you mean `times`?\n --> app.json:3:3, `tmes`",
            ),
            (r#"{ "else": 1 }"#, "there is no `else`\n --> app.json:1:3, `else`"),
            (
                r#"{ "rules": [{ "pattern": "x" }, { "patern": "y" }] }"#,
                "there is no `patern`: did you mean `pattern`?\n --> app.json:1:35, `rules.1.patern`",
            ),
            (
                r#"{ "mode": { "both": { "role": 1 } } }"#,
                "there is no `role`: did you mean `rule`?\n --> app.json:1:23, `mode.both.role`",
            ),
            (r#"{ "mode": "fats" }"#, "there is no `fats`: did you mean `fast`?\n --> app.json:1:3, `mode`"),
            (
                r#"{ "mode": "slow" }"#,
                "expected `plain`, `fast` or `both`, found another text\n --> app.json:1:3, `mode`",
            ),
        ],
    );
}

pub fn a_wrong_type_is_found_at_any_depth(registry: &Registry) {
    messages(
        registry,
        "all",
        &[
            (r#"{ "day": 7 }"#, "expected a text, found a number\n --> app.json:1:3, `day`"),
            (
                r#"{ "rules": [{ "pattern": "x" }, { "pattern": 7 }] }"#,
                "expected a text, found a number\n --> app.json:1:35, `rules.1.pattern`",
            ),
            (
                r#"{ "rules": [{ "pattern": "x" }, "y"] }"#,
                "expected a table, found a text\n --> app.json:1:33, `rules.1`",
            ),
            (r#"{ "names": { "7": [] } }"#, "expected a text, found a list\n --> app.json:1:14, `names.7`"),
            (
                r#"{ "mode": { "both": { "rule": { "pattern": null } } } }"#,
                "expected a text, found null\n --> app.json:1:33, `mode.both.rule.pattern`",
            ),
            (r#"{ "mode": "fast" }"#, "`fast` needs a value\n --> app.json:1:3, `mode`"),
        ],
    );
}

pub fn a_missing_key_is_named(registry: &Registry) {
    messages(
        registry,
        "all",
        &[
            (r#"{ "rules": [{ "limit": 1 }] }"#, "`pattern` is missing\n --> app.json:1:13, `rules.0`"),
            (r#"{ "mode": { "both": {} } }"#, "`rule` is missing\n --> app.json:1:13, `mode.both`"),
        ],
    );
    messages(registry, "needs", &[("{}", "`path` is missing\n --> app.json:1:1")]);
    let without = registry.open::<dyn Counter>("needs").err().expect("it needs settings");
    assert_eq!(format!("{without:?}"), "plugin `needs` does not take its settings: `path` is missing");
}

pub fn a_number_out_of_range_is_named(registry: &Registry) {
    messages(
        registry,
        "all",
        &[
            (
                r#"{ "times": -1 }"#,
                "expected a whole number from 0 to 4294967295, found -1\n --> app.json:1:3, `times`",
            ),
            (
                r#"{ "times": 99999999999999999999 }"#,
                "expected a whole number from 0 to 4294967295, found 99999999999999999999\n --> app.json:1:3, `times`",
            ),
            (
                r#"{ "rules": [{ "pattern": "x", "limit": 300 }] }"#,
                "expected a whole number from 0 to 255, found 300\n --> app.json:1:31, `rules.0.limit`",
            ),
            (
                r#"{ "mode": { "fast": 300 } }"#,
                "expected a whole number from 0 to 255, found 300\n --> app.json:1:13, `mode.fast`",
            ),
            (
                r#"{ "rules": [{ "pattern": "x", "limit": 1.5 }] }"#,
                "expected a whole number from 0 to 255, found a decimal number\n --> app.json:1:31, `rules.0.limit`",
            ),
        ],
    );
}

/// A number is a key of a map in the text of one.
pub fn a_number_can_be_a_key(registry: &Registry) {
    let json = r#"{ "names": { "7": "seven", "4294967295": "many" } }"#;
    let all = registry.open_with::<dyn Counter>("all", &with(json)).unwrap();
    let settings = all.settings().unwrap();
    assert!(settings.contains(r#"names: {7: "seven", 4294967295: "many"}"#), "{settings}");
    messages(
        registry,
        "all",
        &[
            (
                r#"{ "names": { "x": "" } }"#,
                "expected a whole number from 0 to 4294967295 as a key, found `x`\n --> app.json:1:14, `names.x`",
            ),
            (
                r#"{ "names": { "-7": "" } }"#,
                "expected a whole number from 0 to 4294967295, found -7\n --> app.json:1:14, `names.-7`",
            ),
        ],
    );
}

pub fn a_constructor_refuses_what_its_type_allows(registry: &Registry) {
    messages(
        registry,
        "all",
        &[
            (r#"{ "fail": "key" }"#, "it must not fail\n --> app.json:1:3, `fail`"),
            // The text of the deepest key that exists.
            (r#"{ "fail": "deep" }"#, "the pattern is no pattern\n --> app.json:1:1, `rules.1.pattern`"),
            (
                r#"{ "rules": [{ "pattern": "x" }, { "pattern": "y" }], "fail": "deep" }"#,
                "the pattern is no pattern\n --> app.json:1:35, `rules.1.pattern`",
            ),
        ],
    );
    let plain = refused(registry, "all", r#"{ "fail": "plain" }"#);
    assert!(matches!(plain.kind(), ErrorKind::Open { plugin, .. } if plugin == "all"));
    assert_eq!(format!("{plain:#}"), "cannot open plugin `all` of settings-plugins: it cannot be: by a cause");
}

pub fn settings_that_nothing_takes_are_refused(registry: &Registry) {
    let taken = "it takes no settings, and `times` was set\n --> app.json:1:3, `times`";
    messages(registry, "plain", &[(r#"{ "times": 1 }"#, taken), (r#"{ "times": 1, "x": 2 }"#, taken)]);
}

/// The host refuses what is no settings of any plugin, since it names the place.
pub fn what_no_plugin_could_read_is_refused_at_once() {
    let nested = format!("{{ \"rules\": {}{} }}", "[".repeat(1_000), "]".repeat(1_000));
    for (json, message) in [
        (r#"{ "times": 1, "times": 2 }"#, "duplicate key `times`\n --> app.json:1:15"),
        (r#"{ "rules": [{ "limit": 1, "limit": 2 }] }"#, "duplicate key `rules.0.limit`\n --> app.json:1:27"),
        (&nested, "tables and lists are nested deeper than 127 levels\n --> app.json:1:138"),
        ("[]", "settings are a table, and this is none\n --> app.json:1:1"),
    ] {
        let error = Settings::json("app.json", json).unwrap_err();
        assert_eq!(error.to_string(), format!("the settings of `app.json` cannot be read: {message}"));
    }
}

/// Neither the message nor anything else of the error has a text that was to be a secret.
pub fn a_secret_is_in_no_error(registry: &Registry) {
    let what = "a secret is a text, and this is none\n --> app.json:1:3, `token`";
    for token in ["123456", "-123456", "123456.5", "[123456]", "{ \"123456\": \"123456\" }"] {
        let json = format!("{{ \"token\": {token} }}");
        messages(registry, "all", &[(&json, what)]);
        assert!(!format!("{:?}", refused(registry, "all", &json).kind()).contains("1234"));
    }
}

pub fn settings_can_be_large(registry: &Registry) {
    let len = if cfg!(miri) { 1 << 10 } else { 10 << 20 };
    let text = "x".repeat(len);
    let all = registry.open_with::<dyn Counter>("all", &with(&format!("{{ \"token\": \"{text}\" }}"))).unwrap();
    assert!(all.token().unwrap() == Some(text.clone()));
    let message = "expected a whole number from 0 to 4294967295, found a text\n --> app.json:1:3, `times`";
    messages(registry, "all", &[(&format!("{{ \"times\": \"{text}\" }}"), message)]);
    let rules = vec![r#"{ "pattern": "x" }"#; len / 20].join(", ");
    let last = len / 20;
    let json = format!("{{ \"rules\": [{rules}, {{ \"pattern\": 7 }}] }}");
    let column = json.rfind("\"pattern\"").expect("it is there") + 1;
    let message = format!("expected a text, found a number\n --> app.json:1:{column}, `rules.{last}.pattern`");
    messages(registry, "all", &[(&json, &message)]);
}
