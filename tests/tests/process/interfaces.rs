//! Interfaces in other versions than this program's: compatible ones, and errors for the others.

use plug::link::ProcessOptions;
use plug::{ErrorKind, Registry};
use plug_tests::program;
use process_interface::Work;

use crate::{message_of, worker};

#[test]
fn another_signature_is_told_before_anything_is_called() {
    let path = program("narrow-worker");
    let mut registry = Registry::new();
    registry.add(&ProcessOptions::new().open(&path).unwrap()).unwrap();
    let error = registry.open::<dyn Work>("worker").err().unwrap();
    assert!(matches!(error.kind(), ErrorKind::Incompatible { .. }), "{error:?}");
    assert_eq!(
        message_of(&error, &path),
        "plugin `worker` of `process:PATH` was built with another `process_interface::Work`\n  \
         method `sum` is `(u64, Vec<u32>) -> u64` in the plugin, and `(u64, Vec<u64>) -> u64` in this program\n\
         hint: build both with one version of the interface"
    );
    let problems: Vec<_> = registry.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, [error.to_string()]);
}

#[test]
fn a_listed_plugin_has_its_fields() {
    let mut registry = Registry::new();
    registry.add(&worker()).unwrap();
    let plugin = registry.plugin::<dyn Work>("drudge").unwrap();
    assert_eq!(plugin.name(), "worker");
    assert_eq!(plugin.summary(), "Works as it is told.");
    assert_eq!((plugin.package(), plugin.version()), (Some("plug-tests"), Some("0.1.0")));
    assert!(registry.problems().is_empty(), "{:?}", registry.problems());
}
