//! Asynchronous methods that do not cross, and types that do not, as `async fn` and by hand.

use std::pin::Pin;
use std::rc::Rc;

use plug::{Task, plug};

#[plug::interface(portable)]
trait Methods: Send + Sync {
    async fn changes(&mut self) -> Result<(), plug::Error>;
    async fn named<'a>(&'a self, text: &'a str) -> Result<(), plug::Error>;
    async fn generic<T: Send>(&self, of: T) -> Result<(), plug::Error>;
    async fn opaque(&self, of: impl Send) -> Result<(), plug::Error>;
    async fn lends(&self, text: &str) -> Result<&str, plug::Error>;
    async fn nested(&self, texts: Option<&str>) -> Result<(), plug::Error>;
    async fn no_result(&self, text: &str);
    fn two<'a, 'b>(&'a self, text: &'b str) -> Task<'a, Result<(), plug::Error>>;
    fn bounded<'a, 'b: 'a>(&'a self, text: &'b str) -> Task<'a, Result<(), plug::Error>>;
    fn elided(&self, text: &str) -> Task<'_, Result<(), plug::Error>>;
    fn lasting(&'static self) -> Task<'static, Result<(), plug::Error>>;
    fn boxed<'a>(&'a self, text: &str) -> Pin<Box<dyn Future<Output = Result<(), plug::Error>> + Send + 'a>>;
    fn owned<'a>(&'a self, text: String) -> Pin<Box<dyn Future<Output = Result<&'a str, plug::Error>> + Send + 'a>>;
    async fn fine(&self, text: &str) -> Result<(), plug::Error>;
}

#[derive(Default)]
struct A;

#[plug("a")]
impl Methods for A {
    async fn changes(&mut self) -> Result<(), plug::Error> {
        Ok(())
    }
    async fn named<'a>(&'a self, _: &'a str) -> Result<(), plug::Error> {
        Ok(())
    }
    async fn generic<T: Send>(&self, _: T) -> Result<(), plug::Error> {
        Ok(())
    }
    async fn opaque(&self, _: impl Send) -> Result<(), plug::Error> {
        Ok(())
    }
    async fn lends(&self, _: &str) -> Result<&str, plug::Error> {
        Ok("")
    }
    async fn nested(&self, _: Option<&str>) -> Result<(), plug::Error> {
        Ok(())
    }
    async fn no_result(&self, _: &str) {}
    fn two<'a, 'b>(&'a self, _: &'b str) -> Task<'a, Result<(), plug::Error>> {
        Box::pin(async { Ok(()) })
    }
    fn bounded<'a, 'b: 'a>(&'a self, _: &'b str) -> Task<'a, Result<(), plug::Error>> {
        Box::pin(async { Ok(()) })
    }
    fn elided(&self, _: &str) -> Task<'_, Result<(), plug::Error>> {
        Box::pin(async { Ok(()) })
    }
    fn lasting(&'static self) -> Task<'static, Result<(), plug::Error>> {
        Box::pin(async { Ok(()) })
    }
    fn boxed<'a>(&'a self, _: &str) -> Pin<Box<dyn Future<Output = Result<(), plug::Error>> + Send + 'a>> {
        Box::pin(async { Ok(()) })
    }
    fn owned<'a>(&'a self, _: String) -> Pin<Box<dyn Future<Output = Result<&'a str, plug::Error>> + Send + 'a>> {
        Box::pin(async { Ok("") })
    }
    async fn fine(&self, _: &str) -> Result<(), plug::Error> {
        Ok(())
    }
}

#[plug::interface(portable)]
trait Types: Send + Sync {
    async fn argument(&self, of: Rc<u8>) -> Result<(), plug::Error>;
    async fn borrowed(&self, of: &usize) -> Result<(), plug::Error>;
    async fn value(&self) -> Result<Vec<usize>, plug::Error>;
    async fn error(&self) -> Result<(), u8>;
    async fn other(&self) -> Option<u8>;
    fn by_hand<'a>(&'a self, of: &'a [usize]) -> Task<'a, Result<(), plug::Error>>;
}

fn main() {
    let _ = plug::Registry::builtin().open::<dyn Methods>("a").map(|a| drop(a.fine("text")));
    let _ = plug::Registry::builtin().open::<dyn Types>("a");
}
