//! Libraries with older versions of their interface than this program's.
//! Some are compatible, and the others are refused.

use library_interface::Work;
use plug::ErrorKind;
use plug_tests::library;

use crate::{message_of, registry, worker};

#[test]
fn an_older_library_is_served_by_the_default_body() {
    let worker = worker(&library("library-plugin", &["LIBRARY_INTERFACE=older"])).unwrap();
    assert_eq!(worker.describe().unwrap(), "something that obeys");
    assert_eq!(worker.add(1, 2).unwrap(), 3);
}

/// The error of opening `worker`, which runs no code of the library.
fn misfit(version: &str) -> String {
    let path = library("library-plugin", &[&format!("LIBRARY_INTERFACE={version}")]);
    let registry = registry(&path).unwrap();
    let error = registry.open::<dyn Work>("worker").err().expect("it does not fit");
    assert!(matches!(error.kind(), ErrorKind::Incompatible { .. }), "{error:?}");
    let problem = registry.problems().iter().find(|problem| problem.name() == Some("worker")).expect("it is a problem");
    assert_eq!(problem.to_string(), error.to_string());
    message_of(&error, &path)
}

#[test]
fn another_signature_is_told_before_anything_runs() {
    assert_eq!(
        misfit("narrow"),
        "plugin `worker` of `library:PATH` was built with another `library_interface::Work`\n  \
         method `add` is `(u64, u32) -> u64` in the plugin, and `(u64, u64) -> u64` in this program\n\
         hint: build both with one version of the interface",
    );
}

#[test]
fn another_field_of_a_struct_is_told() {
    // `Point` is in the result too. The first place is reported.
    assert_eq!(
        misfit("wide"),
        "plugin `worker` of `library:PATH` was built with another `library_interface::Work`\n  \
         method `scale` first differs at:\n    \
         in the plugin:   `(Vec<Point { x: u64 …`\n    \
         in this program: `(Vec<Point { x: u32 …`\n\
         hint: build both with one version of the interface",
    );
}

#[test]
fn a_method_without_a_default_body_must_be_there() {
    let text = misfit("oldest");
    let (first, rest) = text.split_once('\n').unwrap();
    assert_eq!(first, "plugin `worker` of `library:PATH` was built with another `library_interface::Work`");
    let (missing, hint) = rest.split_once('\n').unwrap();
    assert_eq!(
        missing,
        "  method `scale`, `(Vec<Point { … }>, u32) -> Shape { … }`, is not in the plugin, and has no default body",
    );
    assert_eq!(hint, "hint: build both with one version of the interface");
}
