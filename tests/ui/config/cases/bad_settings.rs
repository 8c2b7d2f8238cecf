//! A `new` that takes what cannot be read, what borrows, a reference, and several arguments.
//! A unit can be settings: there are none.

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

#[derive(serde::Deserialize)]
struct Borrowing<'t> {
    name: &'t str,
}

struct B;

#[plug("b", new = Self::open)]
impl Greeter for B {
    fn greet(&self) -> String {
        String::new()
    }
}

impl B {
    fn open(settings: Borrowing<'_>) -> Self {
        let _ = settings.name;
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
    fn open(_: &str) -> Self {
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

struct E;

#[plug("e", new = Self::open)]
impl Greeter for E {
    fn greet(&self) -> String {
        String::new()
    }
}

impl E {
    fn open(_: ()) -> Self {
        Self
    }
}

fn main() {}
