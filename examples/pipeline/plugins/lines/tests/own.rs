//! An integration test of a plugin crate: the registry holds the plugins of this package, and no
//! others.

use pipeline_interface::{Filter, Store};
use plug::Registry;

plug::link!();

#[test]
fn the_registry_holds_the_plugins_of_this_package() {
    let registry = Registry::builtin();
    registry.check().unwrap();
    let plugins: Vec<_> = registry.plugins().map(|plugin| (plugin.name(), plugin.summary())).collect();
    let expected = [
        ("dedup", "Drops the lines that came before."),
        ("nl", "Puts its number, six wide, and a tab before each line that is not empty."),
        ("number", "Puts its number before each line."),
        ("sort", "Sorts the lines, by their bytes."),
    ];
    assert_eq!(plugins, expected);
    assert!(registry.plugins().all(|plugin| plugin.package() == Some("plugin-lines")));
    assert_eq!(registry.plugins_of::<dyn Store>().count(), 0);
}

#[test]
fn an_alias_opens_and_a_deprecated_name_says_what_to_use() {
    let registry = Registry::builtin();
    let dedup = registry.plugin::<dyn Filter>("uniq").unwrap();
    assert_eq!(dedup.name(), "dedup");
    assert_eq!(dedup.deprecated(), None);
    assert_eq!(registry.plugin::<dyn Filter>("nl").unwrap().deprecated(), Some("use number"));
}
