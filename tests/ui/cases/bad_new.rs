//! A `new` that takes something, one that returns something else, one whose error is none, and one that is not there.

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
greeters!(Takes Other NoError Missing);

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
