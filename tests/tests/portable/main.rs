//! Portable interfaces behind a border: that what crosses comes back as it was, that calls and errors mean the same on both sides, and
//! that what the macros emit means the same wherever it stands.

mod bytes;
mod calls;
mod hygiene;
mod malformed;
mod proto;
mod random;
mod rules;
mod twins;
mod values;

use plug::{Error, Registry};

/// The plugin of every interface here.
#[derive(Default)]
struct Plugin;

type Answer<T> = Result<T, Error>;

/// A plugin of this program, behind each border.
fn each<I>(name: &str) -> [Box<I>; 3]
where
    I: ?Sized + plug::__private::PortableInterface,
{
    let behind = |by_gob| bytes::behind(Registry::builtin().open(name).unwrap(), by_gob);
    [open(name), behind(false), behind(true)]
}

/// A plugin of this program, behind a border.
fn open<I: ?Sized + plug::Interface>(name: &str) -> Box<I> {
    let mut registry = Registry::new();
    registry.add(&plug::link::Loopback).unwrap();
    registry.open(name).unwrap()
}
