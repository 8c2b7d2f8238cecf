//! The reader, by itself. `tests/tests/settings` has the same over every link.

mod buffered;
mod messages;
mod texts;
mod types;

use std::fmt::Debug;

use serde::de::DeserializeOwned;

use super::read;

/// The value of a text, which `serde_json` reads alike.
#[track_caller]
fn same<T: DeserializeOwned + PartialEq + Debug>(json: &str) -> T {
    let value: T = read(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(value, serde_json::from_str(json).expect("serde_json reads it"), "{json}");
    value
}

/// The error of a text, as one line: the pointer, what is wrong, and the nearest name.
#[track_caller]
fn refused<T: DeserializeOwned>(json: &str) -> String {
    let Err(error) = read::<T>(json) else { panic!("it is read: {json}") };
    let refusal = error.refusal().expect("it is a refusal");
    let nearest = refusal.nearest.as_ref().map(|nearest| format!(" ({nearest})")).unwrap_or_default();
    format!("{}: {error}{nearest}", refusal.pointer)
}
