//! `replace` with good and bad files of rules.
//! A plugin made by hand gets the file, since a test cannot set a variable for itself alone.
//! The tests of the application set it for a process of its own.

use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};

use pipeline_interface::Filter;
use plug::{Error, ErrorKind, Plugin, Registry};
use plugin_replace::{BadRule, Replace, RulesError};

plug::link!();

/// The plugin `replace` with rules from this file instead of the one that the environment names.
fn replace_with(rules: PathBuf) -> Registry {
    let open = move || Ok(Box::new(Replace::read(&rules).map_err(Error::new)?) as Box<dyn Filter>);
    let plugin = Plugin::builder::<dyn Filter>("replace", open).package("plugin-replace", "0.1.0").build().unwrap();
    let mut registry = Registry::new();
    registry.add(&vec![plugin]).unwrap();
    registry
}

fn rules(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_plugin_is_listed_without_any_rules() {
    let plugin = Registry::builtin().plugin::<dyn Filter>("sed").unwrap();
    assert_eq!(plugin.name(), "replace");
    assert_eq!(plugin.summary(), "Replaces texts by the rules of a file.");
}

#[test]
fn rules_are_applied_in_order() {
    let registry = replace_with(rules("order", "# a comment\n\na=b\nb=c\nthe =\n"));
    let mut replace = registry.open::<dyn Filter>("replace").unwrap();
    assert_eq!(replace.line("the a").unwrap().unwrap(), "c");
}

#[test]
fn a_missing_file_is_an_error_with_causes() {
    let error = replace_with(PathBuf::from("no/such/file")).open::<dyn Filter>("replace").map(drop).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Open { plugin, package } if plugin == "replace" && package.as_deref() == Some("plugin-replace"))
    );
    let text = format!("{error:?}");
    let (first, cause) = text.rsplit_once("\ncaused by: ").unwrap();
    assert_eq!(
        first,
        "cannot open plugin `replace` of plugin-replace\ncaused by: cannot read the rules in no/such/file",
    );
    // The last is the operating system's.
    assert!(!cause.is_empty());
}

#[test]
fn the_author_s_own_error_can_be_downcast() {
    let registry = replace_with(rules("bad", "a=b\nno rule\n"));
    let error = registry.open::<dyn Filter>("replace").map(drop).unwrap_err();
    let own = error.source().unwrap().downcast_ref::<Error>().unwrap().downcast_ref::<RulesError>().unwrap();
    assert!(matches!(own, RulesError::Rule(_, rule) if *rule == BadRule { line: 2, text: "no rule".to_owned() }));
}
