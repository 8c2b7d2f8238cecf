//! The configuration file: `--config`, `app info` and `app schema`.

use std::path::PathBuf;

use plug_tests::run;
use serde_json::{Value, json};

use crate::{ALL, app, check, check_command};

/// The file of a test, and its path as an argument.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the folder exists");
    path.to_str().expect("its path is UTF-8").to_owned()
}

const SOUND: &str = r#"
[plugins.polite]
title = "Dr."

[plugins.german]
plugin = "polite"
languages = ["de", "fr"]
"#;

const UNSOUND: &str = r#"[plugins.a]
times = 1

[plugins.polite]
languages = ["en", "it"]

[plugins.lost]
plugin = "pollite"

[plugins.empty]
plugin = "polite"
languages = []
"#;

#[test]
fn hello_takes_a_section_by_its_name() {
    let config = file("hello.toml", SOUND);
    let hello = |name| ["hello", "--config", &config, "--name", "x", "--plugin", name];
    check(&ALL, &hello("german"), "guten Tag, x; bonjour, x\n---- exit status: 0\n");
    check(&ALL, &hello("polite"), "good day, Dr. x\n---- exit status: 0\n");
    // A plugin without a section.
    check(&ALL, &hello("a"), "hello, x\n---- exit status: 0\n");
    check_command(
        app(&ALL).args(["hello", "--plugin", "german"]).env("APP_CONFIG", &config),
        "guten Tag, world; bonjour, world\n---- exit status: 0\n",
    );
    check_command(
        app(&ALL).args(["hello", "--plugin", "polite"]).env("APP_CONFIG", ""),
        "good day, world\n---- exit status: 0\n",
    );
}

#[test]
fn hello_takes_the_only_section() {
    let config = file("only.json", r#"{ "plugins": { "german": { "plugin": "polite", "languages": ["de"] } } }"#);
    check(&ALL, &["hello", "--config", &config], "guten Tag, world\n---- exit status: 0\n");
    let config = file("several.toml", SOUND);
    check(
        &ALL,
        &["hello", "--config", &config],
        &format!(
            "\
---- stderr
error: there are several sections in `{config}`, and none was chosen: `polite`, `german`
hint: choose one with `--plugin NAME`, or in the variable `APP_PLUGIN`
---- exit status: 2
"
        ),
    );
}

#[test]
fn refused_settings_have_their_place_in_the_file() {
    let config = file("refused.toml", UNSOUND);
    let hello = |name, message: &str| {
        check(
            &ALL,
            &["hello", "--config", &config, "--plugin", name],
            &format!("---- stderr\n{}---- exit status: 2\n", message.replace("FILE", &config)),
        );
    };
    hello(
        "a",
        "error: plugin `a` does not take the settings of `a`: it takes no settings, and `times` was set\n \
         --> FILE:2:1, `plugins.a.times`\n",
    );
    hello(
        "polite",
        "error: plugin `polite` does not take the settings of `polite`: expected `en`, `de` or `fr`, found another text\n \
         --> FILE:5:20, `plugins.polite.languages.1`\n",
    );
    hello(
        "empty",
        "error: plugin `polite` does not take the settings of `empty`: it needs a language at least\n \
         --> FILE:12:1, `plugins.empty.languages`\n",
    );
    hello(
        "lost",
        "error: unknown plugin `pollite` of interface `app_interface::Plug`\n \
         --> FILE:8:1, `plugins.lost.plugin`\n\
         hint: did you mean `polite`?\n\
         hint: available: `a`, `b`, `formal`, `polite`\n",
    );
}

#[test]
fn a_file_that_cannot_be_read() {
    let config = file("malformed.toml", "[plugins.a]\nname = \"hunter2\ntimes = 1\n");
    check(
        &ALL,
        &["list", "--config", &config],
        &format!(
            "\
---- stderr
error: the settings of `{config}` cannot be read: invalid basic string, expected `\"`
 --> {config}:2:16
---- exit status: 2
"
        ),
    );
    check_command(
        app(&ALL).args(["list"]).env("APP_CONFIG", "/missing.toml"),
        "\
---- stderr
error: cannot read `/missing.toml`
hint: the file comes from the variable `APP_CONFIG`
caused by: No such file or directory (os error 2)
---- exit status: 2
",
    );
    let config = file("no-table.toml", "plugins = 3\n");
    check(
        &ALL,
        &["doctor", "--config", &config],
        &format!(
            "\
---- stderr
error: the settings of `{config}` cannot be read: `plugins` is no table of sections
 --> {config}:1:1
---- exit status: 2
"
        ),
    );
}

#[test]
fn what_is_misspelt_is_not_lost() {
    let config = file("no-plugins.toml", "[plugin.german]\nplugin = 'polite'\n");
    check(
        &ALL,
        &["doctor", "--config", &config],
        &format!(
            "\
---- stderr
error: `plugin` in `{config}` is not known
hint: each section is a table below `plugins`, such as `[plugins.plugin]`
---- exit status: 2
"
        ),
    );
    let config = file("misspelt.toml", SOUND);
    check(
        &ALL,
        &["hello", "--config", &config, "--plugin", "germn"],
        &format!(
            "\
---- stderr
error: unknown plugin `germn` of interface `app_interface::Plug`
hint: available: `a`, `b`, `formal`, `polite`
hint: `{config}` has the sections `polite`, `german`
---- exit status: 2
"
        ),
    );
}

#[test]
fn a_section_is_for_plugins_of_links_and_for_aliases_too() {
    let greeters = plug_tests::shared_library("library-greeters");
    let config = file("links.toml", &format!("{SOUND}[plugins.b]\ntimes = 1\n"));
    let link = |name: &str| format!("library:{}#{name}", greeters.display());
    let hello = |plugin: &str| run(app(&ALL).args(["hello", "--config", &config, "--name", "x", "--plugin", plugin]));
    assert_eq!(hello(&link("polite")).stdout, b"good day, Dr. x\n");
    assert_eq!(hello(&link("german")).stdout, b"guten Tag, x; bonjour, x\n");
    assert_eq!(hello("bonjour").status.code(), Some(2));
}

#[test]
fn list_has_the_sections() {
    let config = file("list.toml", &format!("{SOUND}\n[plugins.lost]\n"));
    check(
        &ALL,
        &["list", "--config", &config],
        "\
NAME    PACKAGE              SUMMARY
a       plugin-a 0.1.0       Says hello in English.
b       plugin-b 0.1.0       Says hello in French.
formal  plugin-polite 0.1.0  Says good day to anybody. (deprecated: use polite)
polite  plugin-polite 0.1.0  Says good day, and refuses an empty name.

INSTANCE  PLUGIN
polite    polite
german    polite
lost      (unknown: see `app doctor`)
---- exit status: 0
",
    );
    check(
        &ALL,
        &["list", "--config", &config, "--format", "names"],
        "a\nb\nformal\ngerman\nlost\npolite\n---- exit status: 0\n",
    );
    let listed = run(app(&ALL).args(["list", "--config", &config, "--format", "json"]));
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("it is JSON");
    assert_eq!(
        listed["instances"],
        json!([
            { "name": "polite", "plugin": "polite" },
            { "name": "german", "plugin": "polite" },
            { "name": "lost", "plugin": null },
        ])
    );
}

#[test]
fn doctor_tries_every_section() {
    let config = file("sound.toml", SOUND);
    check(
        &ALL,
        &["doctor", "--config", &config],
        "\
section `polite`: plugin `polite` takes its settings
section `german`: plugin `polite` takes its settings
note: plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
4 plugins, 2 sections, 0 problems, 1 deprecated
---- exit status: 0
",
    );
    let config = file("unsound.toml", UNSOUND);
    // `new` alone refuses the settings of `empty`.
    check(
        &ALL,
        &["doctor", "--config", &config],
        &format!(
            "\
problem: plugin `a` does not take the settings of `a`: it takes no settings, and `times` was set
 --> {config}:2:1, `plugins.a.times`
problem: plugin `polite` does not take the settings of `polite`: expected `en`, `de` or `fr`, found another text
 --> {config}:5:20, `plugins.polite.languages.1`
problem: unknown plugin `pollite` of interface `app_interface::Plug`
 --> {config}:8:1, `plugins.lost.plugin`
hint: did you mean `polite`?
hint: available: `a`, `b`, `formal`, `polite`
section `empty`: plugin `polite` takes its settings
note: plugin `formal` of plugin-polite 0.1.0 is deprecated: use polite
4 plugins, 4 sections, 3 problems, 1 deprecated
---- exit status: 3
"
        ),
    );
    let report = run(app(&ALL).args(["doctor", "--config", &config, "--format", "json"]));
    let report: Value = serde_json::from_slice(&report.stdout).expect("it is JSON");
    let sections = report["sections"].as_array().expect("it has sections");
    assert_eq!(sections[2]["plugin"], Value::Null);
    assert_eq!(
        sections[2]["problem"]["hints"],
        json!(["did you mean `polite`?", "available: `a`, `b`, `formal`, `polite`"])
    );
    assert_eq!(sections[3], json!({ "name": "empty", "plugin": "polite", "problem": null }));
}

#[test]
fn info_describes_the_settings() {
    check(
        &ALL,
        &["info", "polite"],
        "\
Name       polite
Interface  app_interface::Plug
Package    plugin-polite 0.1.0
License    MIT OR Apache-2.0
Source     plugins/polite/src/lib.rs:33

Says good day, and refuses an empty name.

SETTING    TYPE                                          SUMMARY
languages  list of `en` or `de` or `fr`, default [\"en\"]  The languages of the greeting, in order.
title      text                                          The title before each name, such as `Dr.`.
---- exit status: 0
",
    );
    let schema = run(app(&ALL).args(["info", "polite", "--schema"]));
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("it is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["languages"]["default"], json!(["en"]));
    let info = run(app(&ALL).args(["info", "polite", "--format", "json"]));
    let info: Value = serde_json::from_slice(&info.stdout).expect("it is JSON");
    assert_eq!((&info["plugins"][0]["takes_settings"], &info["plugins"][0]["schema"]), (&json!(true), &schema));
    check(&ALL, &["info", "a", "--schema"], "---- stderr\nerror: plugin `a` takes no settings\n---- exit status: 1\n");
}

#[test]
fn schema_is_that_of_the_whole_file() {
    let schema = run(app(&ALL).arg("schema"));
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("it is JSON");
    let sections = &schema["properties"]["plugins"];
    let names: Vec<_> = sections["properties"].as_object().expect("it names plugins").keys().collect();
    assert_eq!(names, ["a", "b", "bonjour", "formal", "polite"]);
    assert_eq!(sections["additionalProperties"], json!({ "$ref": "#/$defs/section" }));
    let polite = &schema["$defs"]["plugin:polite"];
    assert_eq!(
        (&polite["$id"], &polite["properties"]["plugin"]),
        (&json!("plugin:polite"), &json!({ "enum": ["polite"] }))
    );
    assert!(polite["properties"]["title"].is_object() && polite.get("$schema").is_none());
    // Neither takes unknown keys.
    for plugin in ["plugin:polite", "plugin:a"] {
        assert_eq!(schema["$defs"][plugin]["unevaluatedProperties"], false);
    }
}
