//! Portable interfaces behind a boundary.
//! Values come back unchanged, and calls and errors mean the same on both sides.
//! The code that the macros emit means the same in every scope.

// Miri checks the boundary to a library. The encodings have no `unsafe`, and would take an hour.
#[cfg_attr(miri, allow(dead_code, reason = "Miri does not run the encodings"))]
mod bytes;
mod calls;
mod hygiene;
#[cfg(not(miri))]
mod malformed;
#[cfg(not(miri))]
mod marked;
#[cfg(not(miri))]
mod proto;
#[cfg(not(miri))]
mod random;
#[cfg(not(miri))]
mod rules;
mod twins;
mod types;
mod values;

use plug::{Error, Registry};

/// The plugin of every interface in these tests.
#[derive(Default)]
struct Plugin;

type Answer<T> = Result<T, Error>;

/// A plugin of this program, behind each kind of boundary.
fn each<I>(name: &str) -> Vec<Box<I>>
where
    I: ?Sized + plug::__private::PortableInterface,
{
    let encoded = |by_gob| bytes::behind_bytes(Registry::builtin().open(name).unwrap(), by_gob);
    let mut each = vec![open(name)];
    if cfg!(not(miri)) {
        each.extend([encoded(false), encoded(true)]);
    }
    each
}

/// A plugin of this program, behind the boundary to a library.
fn open<I: ?Sized + plug::Interface>(name: &str) -> Box<I> {
    let mut registry = Registry::new();
    registry.add(&plug::link::Loopback).unwrap();
    registry.open(name).unwrap()
}
