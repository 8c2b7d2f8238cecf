//! Faults of a loaded plugin: the host survives, and blames the plugin.

use library_interface::Work;
use plug::ErrorKind;
use plug_tests::{fail, program, run, shared_library, texts};

use crate::{registry, worker};

#[test]
fn an_error_comes_with_its_causes() {
    let worker = worker(&shared_library("library-plugin")).unwrap();
    let error = worker.obey("fail").unwrap_err();
    assert_eq!(format!("{error:?}"), "cannot obey\ncaused by: it was told to fail");
    assert!(matches!(error.kind(), ErrorKind::Plugin));
    assert_eq!(worker.add(u64::MAX, 1).unwrap_err().to_string(), "the sum is too large");
}

#[test]
fn a_panic_in_a_method_is_an_error_and_the_object_goes_on() {
    let worker = worker(&shared_library("library-plugin")).unwrap();
    let panicked = |order: &str| {
        let error = worker.obey(order).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Panicked { plugin, method, .. } if plugin == "worker" && method == "obey")
        );
        let text = format!("{error:?}");
        let (before, after) =
            text.split_once(" at tests/fixtures/library/plugin/src/lib.rs:").expect("the message has the place");
        let (place, message) = after.split_once(": ").expect("a message follows");
        assert!(place.split(':').all(|number| number.parse::<u32>().is_ok()), "{place}");
        format!("{before}: {message}")
    };
    assert_eq!(panicked("panic"), "plugin `worker` panicked in `obey`: told to panic");
    assert_eq!(
        panicked("panic with a number"),
        "plugin `worker` panicked in `obey`: (no message: the payload is not a text)"
    );
    // Its destructor panics as well.
    assert_eq!(
        panicked("panic with a bomb"),
        "plugin `worker` panicked in `obey`: (no message: the payload is not a text)"
    );
    assert_eq!(worker.obey("go on").unwrap(), "go on");
}

#[test]
fn a_plugin_that_cannot_be_made_says_why() {
    let registry = registry(&shared_library("library-plugin")).unwrap();
    let error = registry.open::<dyn Work>("fails-new").err().unwrap();
    let text = "cannot open plugin `fails-new` of library-plugin\ncaused by: there is nothing to be made\n\
        caused by: it never works";
    assert_eq!(format!("{error:?}"), text);
    let error = registry.open::<dyn Work>("panics-new").err().unwrap();
    let text = format!("{error:?}");
    let (before, after) =
        text.split_once(" at tests/fixtures/library/plugin/src/lib.rs:").expect("the message has the place");
    assert_eq!(
        before,
        "cannot open plugin `panics-new` of library-plugin\ncaused by: plugin `panics-new` panicked in `new`"
    );
    assert!(after.ends_with(": nothing can be made"), "{after}");
}

#[test]
fn a_panic_in_a_destructor_ends_there() {
    let registry = registry(&shared_library("library-plugin")).unwrap();
    drop(registry.open::<dyn Work>("fragile").unwrap());
    assert!(registry.open::<dyn Work>("fragile").is_ok());
}

/// These end the host, as the docs state. If they no longer do, the docs are wrong.
#[test]
fn an_uncatchable_fault_ends_the_host() {
    let (host, path) = (program("library-caller"), shared_library("library-plugin"));
    let command = |order: &str| {
        let mut command = std::process::Command::new(&host);
        command.arg(&path).args(["first", order, "after"]);
        command
    };
    let output = run(&mut command("exit"));
    assert_eq!((output.status.code(), &*texts(&output).0), (Some(7), "first: Ok(\"first\")\n"));
    fail(&mut command("abort"));
}
