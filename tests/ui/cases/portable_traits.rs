//! Traits that are no portable interfaces: all that is wrong with one at once, and nothing else. Each is an interface all the same.

use plug::plug;

#[plug::interface(portable)]
trait Alone {
    fn greet(&self) -> Result<String, plug::Error>;
}

#[derive(Default)]
struct A;

#[plug("a")]
impl Alone for A {
    fn greet(&self) -> Result<String, plug::Error> {
        Ok(String::new())
    }
}

#[plug::interface(portable)]
unsafe trait Everything<'a, T: 'static, const N: usize>: Send + std::fmt::Debug + std::panic::UnwindSafe
where
    Self: Unpin,
    T: Clone,
{
    type Item: Clone;
    fn get(&self) -> Result<u8, plug::Error>;
}

#[plug::interface(portable, portable)]
trait Constant: std::marker::Send + core::marker::Sync {
    const NUMBER: u8;
    made!();
}

#[plug::interface(portable)]
trait Static: Send + Sync + 'static {
    fn get(&self) -> Result<u8, plug::Error> {
        Ok(1)
    }
}

#[plug::interface(portable = true)]
trait Valued
where
    Self: Send + Sync,
{
}

#[macro_export]
macro_rules! made {
    () => {};
}

fn main() {
    let _ = plug::Registry::builtin().open::<dyn Alone>("a");
}
