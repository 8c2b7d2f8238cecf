//! The suite that runs over every link.

mod refusals;

use std::error::Error as _;

use plug::{Error, ErrorKind, OpenOptions, Registry, Settings};
use serde_json::json;
use settings_plugins::Counter;

pub use refusals::*;

pub fn settings(json: &str) -> Settings {
    Settings::json("app.json", json).expect("it is JSON")
}

pub fn with(json: &str) -> OpenOptions {
    OpenOptions::new().settings(settings(json))
}

pub fn settings_reach_the_object(registry: &Registry) {
    let twice = registry.open_with::<dyn Counter>("all", &with(r#"{ "times": 2, "token": "hunter2" }"#)).unwrap();
    let default = registry.open::<dyn Counter>("all").unwrap();
    assert!(twice.settings().unwrap().starts_with("Settings { times: 2, token: Some(Secret), "));
    assert!(default.settings().unwrap().starts_with("Settings { times: 0, token: None, "));
    assert_eq!(twice.token().unwrap().as_deref(), Some("hunter2"));
    // Each is an object of its own.
    assert_eq!([twice.count().unwrap(), twice.count().unwrap(), default.count().unwrap()], [1, 2, 1]);
}

pub fn instances_have_settings_of_their_own(registry: &Registry) {
    let text =
        "[plugins.twice]\nplugin = 'all'\ntimes = 2\n[plugins.needs]\npath = '/x'\n[plugins.all]\n[plugins.plain]\n";
    let open = |text: &str| {
        let settings = Settings::toml("app.toml", text).expect("it is TOML");
        registry.open_all::<dyn Counter>(&settings.at("plugins"))
    };
    let instances = open(text).unwrap();
    let names: Vec<_> = instances.iter().map(|opened| [opened.name(), opened.plugin()]).collect();
    assert_eq!(names, [["twice", "all"], ["needs", "needs"], ["all", "all"], ["plain", "plain"]]);
    let settings: Vec<_> = instances.iter().map(|opened| opened.settings().unwrap()).collect();
    let [twice, needs, all, plain] = &settings[..] else { panic!("{settings:?}") };
    assert!(twice.starts_with("Settings { times: 2, ") && all.starts_with("Settings { times: 0, "));
    assert_eq!([&needs[..], plain], ["/x", ""]);
    let counts: Vec<_> = [0, 0, 2].map(|at| instances[at].count().unwrap()).into();
    assert_eq!(counts, [1, 2, 1]);

    let error = open(&format!(
        "{text}[plugins.last]\nplugin = 'all'\nfail = 'deep'\nrules = [{{ pattern = 'x' }},\n  {{ pattern = 'y' }}]"
    ));
    assert_eq!(
        error.unwrap_err().to_string(),
        "plugin `all` does not take the settings of `last`: the pattern is no pattern\n \
         --> app.toml:12:5, `plugins.last.rules.1.pattern`"
    );
}

pub fn texts_of_any_length_reach_the_object(registry: &Registry) {
    let len = if cfg!(miri) { 1 << 10 } else { 10 << 20 };
    for day in [String::new(), "é \u{1f600} \0 \u{7f}".to_owned(), "x".repeat(len)] {
        let json = json!({ "token": day }).to_string();
        let all = registry.open_with::<dyn Counter>("all", &with(&json)).unwrap();
        assert!(all.token().unwrap() == Some(day), "{}", json.len());
    }
}

pub fn a_plugin_without_settings_opens(registry: &Registry) {
    for plain in [registry.open::<dyn Counter>("plain"), registry.open_with("plain", &with("{}"))] {
        assert_eq!(plain.unwrap().count().unwrap(), 1);
    }
}

pub fn a_check_reads_and_makes_nothing(registry: &Registry) {
    let check = |plugin: &str, json: &str| registry.plugin::<dyn Counter>(plugin).unwrap().check(&settings(json));
    // Its constructor would refuse these.
    check("all", r#"{ "times": 2, "fail": "key" }"#).unwrap();
    check("needs", r#"{ "path": "x" }"#).unwrap();
    check("plain", "{}").unwrap();
    for (plugin, json) in [("all", r#"{ "times": "x" }"#), ("needs", "{}"), ("plain", r#"{ "times": 1 }"#)] {
        let (error, builtin) = (check(plugin, json), Registry::builtin().plugin::<dyn Counter>(plugin).unwrap());
        assert_same(&error.unwrap_err(), &builtin.check(&settings(json)).unwrap_err());
    }
}

pub fn a_schema_is_given_on_request(registry: &Registry) {
    let plugin = |name: &str| registry.plugin::<dyn Counter>(name).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&plugin("all").schema().unwrap().unwrap()).unwrap();
    let properties = &schema["properties"];
    assert_eq!(
        properties["times"],
        json!({ "description": "How often it counts.", "type": "integer", "format": "uint32", "minimum": 0, "default": 0 })
    );
    assert_eq!(
        properties["token"],
        json!({ "description": "Who may count.", "type": ["string", "null"], "writeOnly": true })
    );
    assert_eq!(
        properties["rules"],
        json!({ "description": "The rules, in order.", "type": "array", "items": { "$ref": "#/$defs/Rule" } })
    );
    assert_eq!(schema["$defs"]["Rule"]["properties"]["limit"]["description"], "How often.");
    assert_eq!(schema["$defs"]["Rule"]["required"], json!(["pattern"]));
    assert_eq!(schema["title"], "Settings");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!((plugin("needs").takes_settings(), plugin("needs").schema().unwrap()), (true, None));
    assert_eq!((plugin("plain").takes_settings(), plugin("plain").schema().unwrap()), (false, None));
}

pub fn refused_settings_are_data(registry: &Registry) {
    let open = |registry: &Registry, plugin: &str, json: &str| {
        registry.open_with::<dyn Counter>(plugin, &with(json)).err().expect("it refuses its settings")
    };
    for (plugin, json) in [
        ("all", r#"{ "tmes": 1 }"#),
        ("all", r#"{ "times": -1 }"#),
        ("all", r#"{ "rules": [{ "pattern": "x" }, { "pattern": 7 }] }"#),
        ("all", r#"{ "mode": { "fast": 300 } }"#),
        ("all", r#"{ "token": 7 }"#),
        ("all", r#"{ "fail": "key" }"#),
        ("all", r#"{ "fail": "deep" }"#),
        ("all", r#"{ "fail": "plain" }"#),
        ("needs", "{}"),
        ("needs", r#"{ "path": 1 }"#),
        ("plain", r#"{ "times": 1 }"#),
    ] {
        if let Ok(builtin) = Registry::builtin().open_with::<dyn Counter>(plugin, &with(json)) {
            // A reader that knows no such key.
            let opened = registry.open_with::<dyn Counter>(plugin, &with(json)).unwrap();
            assert_eq!(opened.settings().unwrap(), builtin.settings().unwrap());
            continue;
        }
        assert_same(&open(registry, plugin, json), &open(Registry::builtin(), plugin, json));
    }
    let what = |plugin, json| match open(registry, plugin, json).kind() {
        ErrorKind::Settings { plugin: of, what, .. } if of == plugin => what.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(what("all", r#"{ "fail": "key" }"#), "it must not fail");
    assert_eq!(what("all", r#"{ "fail": "deep" }"#), "the pattern is no pattern");
    assert_eq!(what("plain", r#"{ "times": 1 }"#), "it takes no settings, and `times` was set");
    // What names no key is no refusal.
    let plain = open(registry, "all", r#"{ "fail": "plain" }"#);
    let text = "cannot open plugin `all` of settings-plugins\ncaused by: it cannot be\ncaused by: by a cause";
    assert_eq!(format!("{plain:?}"), text);
}

/// For the links that catch panics.
pub fn panics_are_errors(registry: &Registry) {
    let of = |error: &Error| match error.kind() {
        ErrorKind::Panicked { plugin, method, place, message } => {
            let file = place.as_deref().and_then(|place| place.split(':').next()).unwrap_or_default();
            assert_eq!(file.replace('\\', "/"), "tests/fixtures/settings/src/lib.rs");
            format!("{plugin} {method}: {}", message.as_deref().unwrap_or_default())
        }
        other => panic!("{other:?}"),
    };
    let open = |plugin: &str, json: &str| {
        let error = registry.open_with::<dyn Counter>(plugin, &with(json)).err().unwrap();
        assert!(matches!(error.kind(), ErrorKind::Open { .. }), "{error:?}");
        of(error.source().unwrap().downcast_ref().unwrap())
    };
    assert_eq!(open("all", r#"{ "fail": "told to" }"#), "all new: told to");
    assert_eq!(open("panics", "{}"), "panics new: nothing can be read");
    let panics = registry.plugin::<dyn Counter>("panics").unwrap();
    assert_eq!(of(&panics.check(&settings("{}")).unwrap_err()), "panics check: nothing can be read");
    assert_eq!(of(&panics.schema().unwrap_err()), "panics schema: nothing can be described");
    settings_reach_the_object(registry);
}

/// The same error, to a program and to a reader.
#[track_caller]
fn assert_same(error: &Error, builtin: &Error) {
    assert_eq!(error.kind(), builtin.kind());
    assert_eq!(format!("{error:?}"), format!("{builtin:?}"));
}
