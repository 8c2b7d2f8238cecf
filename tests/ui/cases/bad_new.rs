//! A `new` that takes something, one that is called, one that is unsafe, one that is no function, one that returns something else, one with an error that is none, and one that is not there.

use plug::plug;

#[plug::interface]
trait Greeter {
    fn greet(&self) -> String;
}

macro_rules! greeters {
    ($($type:ident)*) => {
        $(
            struct $type;
        )*
    };
}
greeters!(Takes Called CalledWith Unsafe Value Other NoError Missing);

#[plug("takes", new = Takes::open)]
impl Greeter for Takes {
    fn greet(&self) -> String {
        String::new()
    }
}

impl Takes {
    fn open(_: u32) -> Self {
        Self
    }
}

#[plug("called", new = Called::open())]
impl Greeter for Called {
    fn greet(&self) -> String {
        String::new()
    }
}

#[plug("called-with", new = Self::open(7))]
impl Greeter for CalledWith {
    fn greet(&self) -> String {
        String::new()
    }
}

#[plug("unsafe", new = Self::open)]
impl Greeter for Unsafe {
    fn greet(&self) -> String {
        String::new()
    }
}

impl Unsafe {
    unsafe fn open() -> Self {
        Self
    }
}

const VALUE: u32 = 7;

#[plug("value", new = VALUE)]
impl Greeter for Value {
    fn greet(&self) -> String {
        String::new()
    }
}

#[plug("other", new = Other::open)]
impl Greeter for Other {
    fn greet(&self) -> String {
        String::new()
    }
}

impl Other {
    fn open() -> String {
        String::new()
    }
}

#[plug("no-error", new = NoError::open)]
impl Greeter for NoError {
    fn greet(&self) -> String {
        String::new()
    }
}

impl NoError {
    fn open() -> Result<Self, u32> {
        Ok(Self)
    }
}

#[plug("missing", new = Missing::open)]
impl Greeter for Missing {
    fn greet(&self) -> String {
        String::new()
    }
}

fn main() {}
