//! Plugins: the least, with everything, of an interface whose meaning is up to the scope, with
//! `Self` and elided lifetimes, and one whose name is taken.

use app_interface::Plug;

/// Says hello in English.
///
///     hello, x
///
/// And nothing else.
#[plug("a")]
impl Plug for A {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("hello, {name}"))
    }
}

#[doc = include_str!("everything.md")]
#[plug("everything", aliases = ["all", "every-thing"], deprecated = "use a", new = Self::open, crate = host::plug)]
impl app_interface::Plug for Everything<u8> {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(name.to_owned())
    }
}

/**
 * Keeps a byte.
 *
 * No more.
 */
#[plug("store", new = open_store)]
#[cfg(unix)]
impl Store<u8> for Memory {
    type Item = u8;
    fn get(&self) -> u8 {
        7
    }
}

#[plug("a", new = Self::open::<Self>)]
impl Codec<Self, Lent<'_>> for Lent<'_> {
    type Item = Vec<Self>;
    type List = [Self::Item; Self::LENGTH];
}

#[plug("a")]
impl Plug for Again {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(name.to_owned())
    }
}
