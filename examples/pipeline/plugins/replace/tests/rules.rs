//! `replace` with good and bad rules, in its settings and in files.

use std::fs;
use std::path::{Path, PathBuf};

use pipeline_interface::Filter;
use plug::{Error, ErrorKind, OpenOptions, Registry, Settings};
use plugin_replace::{BadRule, RulesError};

plug::link!();

/// The filter with the settings of a TOML text.
fn replace(settings: &str) -> Result<Box<dyn Filter>, Error> {
    let options = OpenOptions::new().settings(Settings::toml("test.toml", settings)?);
    Registry::builtin().open_with("replace", &options)
}

/// Its error, with causes.
fn refusal(settings: &str) -> String {
    format!("{:?}", replace(settings).map(drop).unwrap_err())
}

/// A file of rules, and the setting that names it.
fn rules(name: &str, text: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    let setting = format!("file = {path:?}\n");
    (path, setting)
}

#[test]
fn the_plugin_is_listed_without_any_rules() {
    let plugin = Registry::builtin().plugin::<dyn Filter>("sed").unwrap();
    assert_eq!(plugin.name(), "replace");
    assert_eq!(plugin.summary(), "Replaces texts by rules.");
    assert!(plugin.takes_settings());
}

#[test]
fn rules_are_applied_in_order() {
    let mut in_settings = replace("rules = [{ old = 'a', new = 'b' }, { old = 'b', new = 'c' }]").unwrap();
    assert_eq!(in_settings.line("the a").unwrap().unwrap(), "the c");

    let (_, file) = rules("order", "# a comment\n\na=b\nb=c\nthe =\n");
    assert_eq!(replace(&file).unwrap().line("the a").unwrap().unwrap(), "c");

    // Those of the file come last.
    let mut both = replace(&format!("{file}rules = [{{ old = 'x', new = 'a' }}]")).unwrap();
    assert_eq!(both.line("the x").unwrap().unwrap(), "c");
}

#[test]
fn a_rule_cannot_replace_an_empty_text() {
    let text = "plugin `replace` does not take its settings: an empty text cannot be replaced\n \
                --> test.toml:6:1, `rules.1.old`";
    assert_eq!(refusal("[[rules]]\nold = 'a'\nnew = 'b'\n\n[[rules]]\nold = ''\nnew = 'b'\n"), text);
}

#[test]
fn there_must_be_rules() {
    let text = "plugin `replace` does not take its settings: it has neither `rules` nor a `file`\n \
                --> test.toml:1:1";
    assert_eq!(refusal(""), text);
    let (_, file) = rules("empty", "");
    assert!(replace(&file).is_ok());
}

#[test]
fn a_missing_file_is_an_error_with_causes() {
    let text = refusal("file = 'no/such/file'");
    let (first, cause) = text.rsplit_once("\ncaused by: ").unwrap();
    let expected = "plugin `replace` does not take its settings: cannot read the rules in no/such/file\n \
                    --> test.toml:1:1, `file`";
    assert_eq!(first, expected);
    // The last is the operating system's.
    assert!(!cause.is_empty());
}

#[test]
fn the_author_s_own_error_can_be_downcast() {
    let (path, file) = rules("bad", "a=b\nno rule\n");
    let error = replace(&file).map(drop).unwrap_err();
    let ErrorKind::Settings { plugin, key, place: Some(place), .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!((&plugin[..], &key[..], place.line), ("replace", "file", 1));
    let Some(RulesError::Rule(of, rule)) = error.downcast_ref() else { panic!("{error:?}") };
    assert_eq!((of, rule), (&path, &BadRule { line: 2, text: "no rule".to_owned() }));
}
