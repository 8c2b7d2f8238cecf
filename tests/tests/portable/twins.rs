//! Two plugins from one macro, with the same name, type and line, and with different interfaces.
//! A call reaches the plugin of the right interface.

use plug::link::Loopback;
use plug::{Error, Registry, plug};

#[plug::interface(portable)]
pub trait Text: Send + Sync {
    fn f(&self, text: &str) -> Result<String, Error>;
}

#[plug::interface(portable)]
pub trait Number: Send + Sync {
    fn f(&self, one: u64, other: u64) -> Result<String, Error>;
}

#[derive(Default)]
struct Both;

macro_rules! both {
    () => {
        #[plug("both")]
        impl Text for Both {
            fn f(&self, text: &str) -> Result<String, Error> {
                Ok(text.to_owned())
            }
        }

        #[plug("both")]
        impl Number for Both {
            fn f(&self, one: u64, other: u64) -> Result<String, Error> {
                Ok((one + other).to_string())
            }
        }
    };
}

both!();

#[test]
fn twins_of_two_interfaces_are_told_apart() {
    let mut registry = Registry::new();
    registry.add(&Loopback).expect("it has plugins");
    for _ in 0..2 {
        let (text, number) = (registry.open::<dyn Text>("both"), registry.open::<dyn Number>("both"));
        assert_eq!(text.and_then(|text| text.f("x")).ok().as_deref(), Some("x"));
        assert_eq!(number.and_then(|number| number.f(16, 5)).ok().as_deref(), Some("21"));
    }
}
