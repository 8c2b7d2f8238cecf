//! The interface of a library, as the library describes it.

use library_interface::{Local, Point, Shape, Work};
use plug::link::Library;
use plug::{ErrorKind, Settings};
use plug_tests::shared_library;

use crate::{message_of, registry, worker};

#[test]
fn every_sort_of_type_crosses() {
    let worker = worker(&shared_library("library-plugin")).unwrap();
    assert_eq!(worker.add(40, 2).unwrap(), 42);
    assert_eq!(worker.length(&[0; 1 << 20]).unwrap(), 1 << 20);
    assert_eq!(worker.length(&[]).unwrap(), 0);
    assert_eq!(worker.obey("é\0").unwrap(), "é\0");
    let point = |x, name: Option<&str>| Point { x, y: x + 1, name: name.map(str::to_owned) };
    assert_eq!(worker.scale(&[], 3).unwrap(), Shape::Nothing);
    assert_eq!(worker.scale(&[point(1, None)], 3).unwrap(), Shape::Dot(Point { x: 3, y: 6, name: None }));
    let line = worker.scale(&[point(1, Some("a")), point(2, Some("b"))], 1).unwrap();
    let lengths = [("a".to_owned(), 2.0), ("b".to_owned(), 3.0)].into();
    assert_eq!(line, Shape::Line { points: vec![point(1, Some("a")), point(2, Some("b"))], lengths });
}

#[test]
fn all_plugins_of_a_library_are_listed_of_whatever_interface() {
    let path = shared_library("library-plugin");
    let registry = registry(&path).unwrap();
    let names: Vec<_> = registry.plugins().map(|plugin| (plugin.interface(), plugin.name())).collect();
    let works = ["fails-new", "fragile", "panics-new", "worker"].map(|name| ("library_interface::Work", name));
    assert_eq!(names, [&[("library_interface::Local", "local")][..], &works].concat());
    let worker = registry.plugin::<dyn Work>("w").unwrap();
    assert_eq!((worker.name(), worker.docs()), ("worker", "Does as it is told.\n\nWhatever that is."));
    assert_eq!(worker.origin(), Some(&*format!("library:{}", path.display())));
    let error = registry.plugin::<dyn Local>("local").err().unwrap();
    assert_eq!(
        message_of(&error, &path),
        "unknown plugin `local` of interface `library_interface::Local`\n\
         hint: there is one of this name for `library_interface::Local`\n\
         hint: to open the one of `library:PATH`, write `#[plug::interface(portable)]` above `trait Local`\n\
         hint: there is no plugin of this interface",
    );
}

#[test]
fn an_inspection_reads_what_a_library_says() {
    let path = shared_library("library-plugin");
    let inspection = Library::inspect(&path).unwrap();
    assert_eq!(inspection.abi(), 1);
    assert_eq!(inspection.plug_version(), env!("CARGO_PKG_VERSION"));
    assert!(inspection.compiler().starts_with("rustc 1."), "{}", inspection.compiler());
    assert_eq!(inspection.sha256().len(), 64);
    let [interface] = inspection.interfaces() else { panic!("{:?}", inspection.interfaces()) };
    assert_eq!((&*interface.path, &*interface.version), ("library_interface::Work", "0.1.0"));
    let methods: Vec<_> = interface.methods.iter().map(|method| (&*method.name, method.has_default)).collect();
    let without = ["add", "length", "scale", "obey"].map(|name| (name, false));
    assert_eq!(methods, [&without[..], &[("describe", true)]].concat());
    assert_eq!(interface.methods[0].signature, "(u64, u64) -> u64");
    // The FNV-1a hash of that text, so that no change of fingerprints goes unnoticed.
    assert_eq!(
        interface.methods[0].fingerprint, 0x95388369_5bdb45b1_dd28d155_90236daa,
        "{:x}",
        interface.methods[0].fingerprint
    );
    let worker = inspection.plugins().iter().find(|plugin| plugin.name() == "worker").unwrap();
    assert_eq!(worker.package(), Some("library-plugin"));
    let error = worker.open::<dyn Work>().err().unwrap();
    assert_eq!(
        format!("{error:?}"),
        "cannot open plugin `worker` of library-plugin\n\
         caused by: plugin `worker` was looked at, and its library not opened: `Library::open` does that",
    );
}

/// This test links no crate with `settings_plugins::Counter`.
#[test]
fn a_plugin_of_an_interface_that_the_host_lacks_answers_about_its_settings() {
    let registry = registry(&shared_library("settings-plugins")).unwrap();
    let plugin = |name: &str| registry.plugins().find(|plugin| plugin.name() == name).unwrap();
    let settings = |json: &str| Settings::json("app.json", json).unwrap();
    assert!(plugin("all").schema().unwrap().is_some_and(|schema| schema.contains("How often it counts.")));
    plugin("all").check(&settings(r#"{ "times": 2 }"#)).unwrap();
    let error = plugin("all").check(&settings(r#"{ "times": "x" }"#)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Settings { plugin, .. } if plugin == "all"), "{error:?}");
    assert!(matches!(plugin("all").open::<dyn Work>().err().unwrap().kind(), ErrorKind::WrongInterface { .. }));
    assert_eq!(plugin("plain").schema().unwrap(), None);
}
