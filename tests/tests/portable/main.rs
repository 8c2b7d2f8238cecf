//! Portable interfaces behind a border: that what crosses comes back as it was, that calls and errors mean the same on both sides, and
//! that what the macros emit means the same wherever it stands.

// Under Miri, which is for the border to a library, nothing goes through bytes: there is no `unsafe` in that, and it would take an hour.
#[cfg_attr(miri, allow(dead_code, reason = "nothing goes through bytes there"))]
mod bytes;
mod calls;
mod hygiene;
#[cfg(not(miri))]
mod malformed;
#[cfg(not(miri))]
mod proto;
#[cfg(not(miri))]
mod random;
#[cfg(not(miri))]
mod rules;
mod twins;
mod values;

use plug::{Error, Registry};

/// The plugin of every interface here.
#[derive(Default)]
struct Plugin;

type Answer<T> = Result<T, Error>;

/// A plugin of this program, behind each border.
fn each<I>(name: &str) -> Vec<Box<I>>
where
    I: ?Sized + plug::__private::PortableInterface,
{
    let behind = |by_gob| bytes::behind(Registry::builtin().open(name).unwrap(), by_gob);
    let mut each = vec![open(name)];
    if cfg!(not(miri)) {
        each.extend([behind(false), behind(true)]);
    }
    each
}

/// A plugin of this program, behind a border.
fn open<I: ?Sized + plug::Interface>(name: &str) -> Box<I> {
    let mut registry = Registry::new();
    registry.add(&plug::link::Loopback).unwrap();
    registry.open(name).unwrap()
}
