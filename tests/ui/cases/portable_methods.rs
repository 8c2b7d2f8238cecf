//! Methods that do not cross, each told so at its own place, and in one compilation. A plugin of such an interface is not told
//! anything more.

use std::borrow::Cow;
use std::fmt::Display;

use plug::plug;

#[plug::interface(portable)]
trait Methods: Send + Sync {
    fn none() -> Result<(), plug::Error>;
    fn changes(&mut self) -> Result<(), plug::Error>;
    fn takes(self: Box<Self>) -> Result<(), plug::Error>;
    fn named<'a>(&'a self, text: &'a str) -> Result<(), plug::Error>;
    fn elided(&'_ self, text: &'_ str) -> Result<(), plug::Error>;
    unsafe fn promises(&self) -> Result<(), plug::Error>;
    extern "C" fn foreign(&self) -> Result<(), plug::Error>;
    fn generic<T: 'static, const N: usize>(&self, of: T) -> Result<(), plug::Error>;
    fn no_result(&self);
    fn never(&self) -> !;
    fn opaque(&self, from: impl Display) -> Result<(), plug::Error>;
    fn writes(&self, to: &mut Vec<u8>) -> Result<(), plug::Error>;
    fn stays(&'static self, text: &'static str) -> Result<(), plug::Error>;
    fn nested(&self, texts: &[&str], lists: Option<&[u8]>, refs: (u8, &u8)) -> Result<(), plug::Error>;
    fn borrows(&self, text: Cow<'_, str>) -> Result<(), plug::Error>;
    fn object(&self, of: &dyn Display) -> Result<Box<dyn Display>, plug::Error>;
    fn lends(&self) -> Result<&str, plug::Error>;
    fn copies(&self, other: &Self) -> Result<Self, plug::Error>;
    fn conditional(&self) -> Result<(), plug::Error>
    where
        String: Clone;
    fn argument(&self, #[cfg(unix)] on_unix: u8) -> Result<(), plug::Error>;
    fn no_body(&self) -> Result<(), plug::Error>
    where
        Self: Sized;
    fn aside<T>(of: T) -> T
    where
        Self: Sized,
    {
        of
    }
    fn good(&self, (_a, mut _b): (u8, u8)) -> Result<(), plug::Error> {
        Ok(())
    }
}

#[derive(Default)]
struct A;

#[plug("a")]
impl Methods for A {
    fn none() -> Result<(), plug::Error> {
        Ok(())
    }
    fn changes(&mut self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn takes(self: Box<Self>) -> Result<(), plug::Error> {
        Ok(())
    }
    fn named<'a>(&'a self, _: &'a str) -> Result<(), plug::Error> {
        Ok(())
    }
    fn elided(&self, _: &str) -> Result<(), plug::Error> {
        Ok(())
    }
    unsafe fn promises(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    extern "C" fn foreign(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn generic<T: 'static, const N: usize>(&self, _: T) -> Result<(), plug::Error> {
        Ok(())
    }
    fn no_result(&self) {}
    fn never(&self) -> ! {
        panic!()
    }
    fn opaque(&self, _: impl Display) -> Result<(), plug::Error> {
        Ok(())
    }
    fn writes(&self, _: &mut Vec<u8>) -> Result<(), plug::Error> {
        Ok(())
    }
    fn stays(&'static self, _: &'static str) -> Result<(), plug::Error> {
        Ok(())
    }
    fn nested(&self, _: &[&str], _: Option<&[u8]>, _: (u8, &u8)) -> Result<(), plug::Error> {
        Ok(())
    }
    fn borrows(&self, _: Cow<'_, str>) -> Result<(), plug::Error> {
        Ok(())
    }
    fn object(&self, _: &dyn Display) -> Result<Box<dyn Display>, plug::Error> {
        Ok(Box::new(1))
    }
    fn lends(&self) -> Result<&str, plug::Error> {
        Ok("")
    }
    fn copies(&self, _: &Self) -> Result<Self, plug::Error> {
        Ok(Self)
    }
    fn conditional(&self) -> Result<(), plug::Error> {
        Ok(())
    }
    fn argument(&self, #[cfg(unix)] _: u8) -> Result<(), plug::Error> {
        Ok(())
    }
    fn no_body(&self) -> Result<(), plug::Error> {
        Ok(())
    }
}

fn main() {
    let _ = plug::Registry::builtin().open::<dyn Methods>("a");
}
