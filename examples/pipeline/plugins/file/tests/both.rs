//! The two plugins of the name `file` in one registry: the interface chooses between them.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use pipeline_interface::{Filter, Reply, Store};
use plug::{Error, ErrorKind, Interface, OpenOptions, Registry, Settings};

plug::link!();

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The value of a reply of this store, which is ready at the first poll.
fn now<T>(reply: Reply<'_, T>) -> Result<T, Error> {
    match pin!(reply).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the reply is not ready"),
    }
}

/// The plugin of an interface, with the settings of this file.
fn file<I: ?Sized + Interface>(path: &Path) -> Result<Box<I>, Error> {
    let settings = Settings::toml("test.toml", &format!("path = {path:?}"))?;
    Registry::builtin().open_with("file", &OpenOptions::new().settings(settings))
}

#[test]
fn one_name_of_two_interfaces_is_no_problem() {
    let registry = Registry::builtin();
    registry.check().unwrap();
    let plugins: Vec<_> = registry.plugins().map(|plugin| (plugin.interface(), plugin.name())).collect();
    assert_eq!(plugins, [("pipeline_interface::Filter", "file"), ("pipeline_interface::Store", "file")]);
    // An alias belongs to one interface too.
    assert!(registry.plugin::<dyn Filter>("lookup").is_ok());
    let error = registry.plugin::<dyn Store>("lookup").unwrap_err();
    let ErrorKind::Unknown { elsewhere, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(*elsewhere, ["pipeline_interface::Filter"]);
}

#[test]
fn the_filter_sees_what_the_store_wrote() {
    let path = path("seen");
    let _ = fs::remove_file(&path);
    let store = file::<dyn Store>(&path).unwrap();
    now(store.set("pear", "fruit")).unwrap();
    now(store.set("leek", "vegetable")).unwrap();
    assert_eq!(now(store.keys()).unwrap(), ["leek", "pear"]);

    let mut filter = file::<dyn Filter>(&path).unwrap();
    assert_eq!(filter.line("pear").unwrap().unwrap(), "fruit");
    assert_eq!(filter.line("salt").unwrap().unwrap(), "salt");

    let reopened = file::<dyn Store>(&path).unwrap();
    assert_eq!(now(reopened.get("leek")).unwrap().unwrap(), "vegetable");
}

#[test]
fn a_key_that_a_file_cannot_hold_is_refused() {
    let path = path("refused");
    let store = file::<dyn Store>(&path).unwrap();
    let error = now(store.set("a=b", "c")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Plugin));
    assert_eq!(
        format!("{error:?}"),
        "a file cannot hold the key `a=b`\n\
         caused by: a key has neither `=` nor a line break, and a value no line break",
    );
    assert!(!path.exists());
}

#[test]
fn a_file_of_another_form_does_not_open() {
    let path = path("malformed");
    fs::write(&path, "a=1\nb\n").unwrap();
    let error = file::<dyn Store>(&path).map(drop).unwrap_err();
    assert_eq!(
        format!("{error:?}"),
        format!(
            "plugin `file` does not take its settings: cannot read {}\n \
             --> test.toml:1:1, `path`\n\
             caused by: line 2 is not of the form `key=value`: `b`",
            path.display(),
        ),
    );
}
