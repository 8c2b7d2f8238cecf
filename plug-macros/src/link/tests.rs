//! `link!` reads a Cargo.toml: the crates with their conditions, the catalogue, and the mistakes.

use quote::ToTokens;

use super::manifest::Manifest;
use super::{catalogue, condition};

/// The crates linked, each with its `cfg`, and the catalogue.
fn read(manifest: &str) -> (Vec<String>, Vec<String>) {
    let manifest = Manifest::parse(manifest).unwrap_or_else(|errors| panic!("{}", errors.join("\n")));
    let linked = manifest.plugins.iter().map(|plugin| {
        let condition = condition(plugin, None).unwrap().to_string().replace(' ', "");
        format!("{}{} if {condition}", if plugin.is_dev { "dev " } else { "" }, plugin.crate_name())
    });
    let features = manifest
        .catalogue
        .iter()
        .map(|feature| format!("{} -> {}: {}", feature.name, feature.packages.join(" "), feature.plugins.join(" ")));
    (linked.collect(), features.collect())
}

fn errors(manifest: &str) -> Vec<String> {
    match Manifest::parse(manifest) {
        Ok(manifest) => manifest.plugins.iter().filter_map(|plugin| condition(plugin, None).err()).flatten().collect(),
        Err(errors) => errors,
    }
}

#[test]
fn a_feature_for_a_plugin() {
    let (linked, features) = read(
        "[package]\nname = 'app'\n[features]\ndefault = ['a']\na = ['dep:plugin-a']\nfull = ['a']\n\
         [dependencies]\nplugin-a = { workspace = true, optional = true }\nserde = '1'\n",
    );
    assert_eq!(linked, ["plugin_a if all(any(feature=\"a\"))"]);
    assert_eq!(features, ["a -> plugin-a: a"]);
}

#[test]
fn a_plugin_that_is_always_there() {
    let (linked, features) = read("[package]\nname = 'app'\n[dependencies]\nplugin-a = '1'\n");
    assert_eq!(linked, ["plugin_a if all()"]);
    assert!(features.is_empty());
}

#[test]
fn an_implicit_feature_brings_the_name_without_the_prefix() {
    let (linked, features) =
        read("[package]\nname = 'app'\n[dependencies]\nplugin-a = { version = '1', optional = true }\n");
    assert_eq!(linked, ["plugin_a if all(any(feature=\"plugin-a\"))"]);
    assert_eq!(features, ["plugin-a -> plugin-a: a"]);
}

#[test]
fn a_slash_turns_on_and_a_question_mark_does_not() {
    let (linked, features) = read(
        "[package]\nname = 'app'\n[features]\na = ['dep:plugin-a']\nfast = ['plugin-a/fast']\nweak = ['plugin-a?/weak']\n\
         [dependencies]\nplugin-a = { version = '1', optional = true }\n",
    );
    assert_eq!(linked, ["plugin_a if all(any(feature=\"a\",feature=\"fast\"))"]);
    assert_eq!(features, ["a -> plugin-a: a"]);
}

#[test]
fn a_bundle_is_not_expected_to_bring_its_own_name() {
    let (linked, features) = read(
        "[package]\nname = 'app'\n[features]\na = ['dep:plugin-a']\nboth = ['dep:plugin-a', 'dep:plugin-b']\nb = ['dep:plugin-b']\n\
         [dependencies]\nplugin-a = { version = '1', optional = true }\nplugin-b = { version = '1', optional = true }\n",
    );
    assert_eq!(
        linked,
        [
            "plugin_a if all(any(feature=\"a\",feature=\"both\"))",
            "plugin_b if all(any(feature=\"b\",feature=\"both\"))"
        ]
    );
    assert_eq!(features, ["a -> plugin-a: a", "b -> plugin-b: b"]);
}

#[test]
fn the_metadata_says_what_is_otherwise() {
    let (linked, features) = read(
        "[package]\nname = 'app'\n[package.metadata.plug]\nplugins = ['greeters']\nignore = ['plugin-sdk']\n\
         [package.metadata.plug.names]\nextra = ['x', 'y']\n[features]\nextra = ['dep:greeters']\n\
         [dependencies]\nplugin-sdk = '1'\ngreeters = { package = 'plugins-of-mine', version = '1', optional = true }\n",
    );
    assert_eq!(linked, ["greeters if all(any(feature=\"extra\"))"]);
    assert_eq!(features, ["extra -> plugins-of-mine: x y"]);
}

#[test]
fn a_plugin_that_was_renamed_is_one_still() {
    let (linked, features) = read(
        "[package]\nname = 'app'\n[package.metadata.plug]\nignore = ['sdk']\n[features]\nb = ['dep:bar']\n\
         [dependencies]\nfoo = { package = 'plugin-foo', path = '../foo' }\n\
         bar = { package = 'plugin_bar', version = '1', optional = true }\nsdk = { package = 'plugin-sdk', version = '1' }\n\
         plugin-odd = { package = 'odd', version = '1' }\nsame = { package = 'other', version = '1' }\n\
         [target.'cfg(unix)'.dependencies.tty]\npackage = 'plugin-tty'\nversion = '1'\n\
         [dev-dependencies]\nfake = { package = 'plugin-fake', version = '1' }\n",
    );
    assert_eq!(
        linked,
        [
            "bar if all(any(feature=\"b\"))",
            "dev fake if all()",
            "foo if all()",
            "plugin_odd if all()",
            "tty if all(any(unix))"
        ]
    );
    assert_eq!(features, ["b -> plugin_bar: b"]);
}

#[test]
fn features_that_bring_no_plugin_of_their_name() {
    let (linked, features) = read(
        "[package]\nname = 'app'\n[features]\ndefault = ['dep:plugin_a']\nplugin_a = ['dep:plugin_a']\n\
         Capital = ['dep:plugin_a']\n'c++.1' = ['dep:plugin_a']\n[dependencies]\nplugin_a = { version = '1', optional = true }\n",
    );
    assert_eq!(
        linked,
        ["plugin_a if all(any(feature=\"Capital\",feature=\"c++.1\",feature=\"default\",feature=\"plugin_a\"))"]
    );
    assert_eq!(features, ["plugin_a -> plugin_a: a"]);
}

#[test]
fn a_crate_that_is_called_like_a_keyword() {
    assert_eq!(super::ident("plugin_a").unwrap().to_string(), "plugin_a");
    assert_eq!(super::ident("match").unwrap().to_string(), "r#match");
    assert_eq!(super::ident("self").unwrap_err(), "no crate can be called `self`: rename the dependency");
}

#[test]
fn platforms_and_dev_dependencies() {
    let (linked, _) = read(
        "[package]\nname = 'app'\n[target.'cfg(unix)'.dependencies]\nplugin-tty = '1'\n\
         [target.'cfg(any(windows, target_os = \"macos\"))'.dependencies]\nplugin-tty = '1'\n[dev-dependencies]\nplugin-fake = '1'\n",
    );
    assert_eq!(linked, ["dev plugin_fake if all()", "plugin_tty if all(any(any(windows,target_os=\"macos\"),unix))"]);
}

#[test]
fn the_catalogue_is_a_text_that_asks_for_each_feature() {
    let manifest = Manifest::parse(
        "[package]\nname = 'app'\n[features]\na = ['dep:plugin-a']\n[dependencies]\nplugin-a = { version = '1', optional = true }\n",
    );
    let Ok(manifest) = manifest else { panic!("the manifest is right") };
    let tokens =
        catalogue(&syn::parse_quote!(::plug), &manifest).unwrap().to_token_stream().to_string().replace(' ', "");
    let expected = "::plug::__private::catalogue!{\"app\\n\",\"aplugin-aa\",::plug::__private::core::cfg!(feature=\"a\"),\"\",::plug::__private::core::cfg!(all()),\"\\n\",}";
    assert_eq!(tokens, expected);
}

#[test]
fn the_catalogue_has_the_sources_of_packages() {
    let manifest = Manifest::parse(
        "[package]\nname = 'mine'\n[package.metadata.plug]\nprogram = '../app'\n[package.metadata.plug.sources]\n\
         plugin-a = 'crates.io'\nplugin-odd = 'path /my plugins/odd'\n\
         [dependencies]\nplugin-a = '1'\nplugin-b = '1'\nplugin-odd = { package = 'odd', version = '1' }\n",
    );
    let Ok(manifest) = manifest else { panic!("the manifest is right") };
    let tokens = catalogue(&syn::parse_quote!(::plug), &manifest).unwrap().to_string();
    assert!(tokens.ends_with(r#"{ "mine\n" , " plugin-a crates.io\n odd path /my plugins/odd\n" , }"#), "{tokens}");
    assert_eq!(
        errors(
            "[package]\nname = 'mine'\n[package.metadata.plug]\nprogram = 7\n[package.metadata.plug.sources]\nplugin-a = 7\n\
             plugin-b = \"a\\nb\"\nplugin-c = 'crates.io'\n[dependencies]\nplugin-a = '1'\nplugin-b = '1'\n"
        ),
        [
            "Cargo.toml:4: `program` is a text, such as `program = \"../app\"`",
            "Cargo.toml:6: the source of `plugin-a` is a text, such as `plugin-a = \"crates.io\"`",
            "Cargo.toml:7: the source of `plugin-b` has a control character",
            "Cargo.toml:8: `sources` names `plugin-c`, which is no plugin dependency of this package",
        ]
    );
}

#[test]
fn a_library_that_can_be_linked() {
    let library = |manifest: &str| Manifest::parse(manifest).ok().and_then(|manifest| manifest.library);
    // The test looks in the folder of this package, which has a src/lib.rs.
    assert_eq!(library("[package]\nname = 'my-app'\n").as_deref(), Some("my_app"));
    assert_eq!(library("[package]\nname = 'my-app'\n[lib]\nname = 'core_of'\n").as_deref(), Some("core_of"));
    assert_eq!(library("[package]\nname = 'my-app'\nautolib = false\n"), None);
    assert_eq!(library("[package]\nname = 'my-app'\n[lib]\nproc-macro = true\n"), None);
    assert_eq!(library("[package]\nname = 'my-app'\n[lib]\ncrate-type = ['cdylib']\n"), None);
    assert_eq!(
        library("[package]\nname = 'my-app'\n[lib]\ncrate-type = ['cdylib', 'rlib']\n").as_deref(),
        Some("my_app")
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let manifest = "\
[package]
name = 'app'
[package.metadata.plug]
plugin = ['greeters']
plugins = ['greetres', 7]
ignore = 'plugin-sdk'
[package.metadata.plug.names]
extra = ['X', 'y']
nothing = ['z']
serde = ['json']
extar = ['z']
[features]
serde = ['dep:serde']
extra = ['dep:plugin-extra']
[dependencies]
serde = { version = '1', optional = true }
plugin-extra = { version = '1', optional = true }
greeters = '1'
[target.x86_64-unknown-linux-gnu.dependencies]
plugin-tty = '1'
";
    assert_eq!(
        errors(manifest),
        [
            "Cargo.toml:4: unknown key `plugin` in `[package.metadata.plug]`: there are `plugins`, `ignore`, `names`, \
             `program` and `sources`",
            "Cargo.toml:5: `plugins` is a list of strings, such as `plugins = [\"x\"]`",
            "Cargo.toml:5: `plugins` names `greetres`, which is no dependency of this package: did you mean `greeters`?",
            "Cargo.toml:6: `ignore` is a list of strings, such as `ignore = [\"x\"]`",
            "Cargo.toml:8: `X` cannot be the name of a plugin: a plugin's name is lower-case letters and digits, in parts \
             joined by `-` or `_`, such as `x`",
            "Cargo.toml:9: `names` has the feature `nothing`, which does not exist",
            "Cargo.toml:10: `names` has the feature `serde`, which turns no plugin on",
            "Cargo.toml:11: `names` has the feature `extar`, which does not exist: did you mean `extra`?",
            "Cargo.toml:20: `link!()` cannot tell whether `x86_64-unknown-linux-gnu` is the target: write it as \
             `[target.'cfg(…)'.dependencies]`",
        ]
    );
    assert_eq!(
        errors(
            "[package]\nname = 'app'\n[package.metadata.plug]\nplugins = ['x']\nignore = ['x']\n[dependencies]\nx = '1'\n"
        ),
        ["Cargo.toml:5: `x` is in both `plugins` and `ignore`"]
    );
    assert_eq!(errors("[package\n"), ["Cargo.toml:1: unclosed table, expected `]`"]);
    assert_eq!(
        errors("[package]\nname = 'app'\n[package.metadata]\nplug = 7\n"),
        ["Cargo.toml:4: `[package.metadata.plug]` is a table"]
    );
    assert_eq!(
        errors("[package]\nname = 'app'\n[target.'cfg(unix))'.dependencies]\nplugin-tty = '1'\n"),
        ["Cargo.toml:4: cannot read `cfg(unix))`: cannot parse string into token stream"]
    );
}
