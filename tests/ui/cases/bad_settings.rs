//! A `new` that takes a struct, a reference, a unit, and several arguments, without the feature `config`.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

struct Settings;

struct A;

#[plug("a", new = Self::open)]
impl Greeter for A {
    fn greet(&self) -> String {
        String::new()
    }
}

impl A {
    fn open(_: Settings) -> Self {
        Self
    }
}

struct B;

#[plug("b", new = Self::open)]
impl Greeter for B {
    fn greet(&self) -> String {
        String::new()
    }
}

impl B {
    fn open(_: &str) -> Self {
        Self
    }
}

struct C;

#[plug("c", new = Self::open)]
impl Greeter for C {
    fn greet(&self) -> String {
        String::new()
    }
}

impl C {
    fn open(_: ()) -> Self {
        Self
    }
}

struct D;

#[plug("d", new = Self::open)]
impl Greeter for D {
    fn greet(&self) -> String {
        String::new()
    }
}

impl D {
    fn open(_: u32, _: String) -> Result<Self, plug::Error> {
        Ok(Self)
    }
}

fn main() {}
