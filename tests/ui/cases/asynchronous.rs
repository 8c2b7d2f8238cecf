//! Asynchronous methods that no object can have, `#[async_trait]` on both sides of `#[plug]`, and
//! `#[plug(_)]` with the keys of a plugin.

use async_trait::async_trait;
use plug::plug;

#[plug::interface]
pub trait Store: Send + Sync {
    async fn get<K: AsRef<str>, const N: usize>(&self, key: K) -> Option<String>;
    async fn put(&self, key: impl AsRef<str>);
    async fn list(&self) -> impl Iterator<Item = String>;
    fn set(&self, key: &str) -> impl Future<Output = ()> + Send;
    fn keys(&self) -> impl Iterator<Item = String>;
    fn boxed(&self) -> Box<impl Iterator<Item = String>>;
    async fn aside(&self)
    where
        Self: Sized;
    async fn convert<T: From<String>>(&self) -> T
    where
        Self: Sized;
    async fn fine(&self, key: &str) -> usize;
}

#[derive(Default)]
struct Memory;

#[plug("memory")]
impl Store for Memory {
    async fn get<K: AsRef<str>, const N: usize>(&self, _: K) -> Option<String> {
        None
    }
    async fn put(&self, _: impl AsRef<str>) {}
    async fn list(&self) -> impl Iterator<Item = String> {
        std::iter::empty()
    }
    fn set(&self, _: &str) -> impl Future<Output = ()> + Send {
        async {}
    }
    fn keys(&self) -> impl Iterator<Item = String> {
        std::iter::empty()
    }
    fn boxed(&self) -> Box<impl Iterator<Item = String>> {
        Box::new(std::iter::empty())
    }
    async fn aside(&self) {}
    async fn convert<T: From<String>>(&self) -> T {
        String::new().into()
    }
    async fn fine(&self, key: &str) -> usize {
        key.len()
    }
}

#[async_trait]
#[plug::interface]
trait Above: Send + Sync {
    async fn get(&self, key: &str) -> Result<String, plug::Error>;
    async fn set(&self, key: &str, value: &str) -> Result<(), plug::Error>;
}

#[async_trait]
#[plug("memory")]
impl Above for Memory {
    async fn get(&self, _: &str) -> Result<String, plug::Error> {
        Ok(String::new())
    }
    async fn set(&self, _: &str, _: &str) -> Result<(), plug::Error> {
        Ok(())
    }
}

#[plug::interface(portable)]
#[async_trait]
trait Below: Send + Sync {
    async fn get(&self, key: &str) -> Result<String, plug::Error>;
    async fn set(&self, key: &str, value: &str) -> Result<(), plug::Error>;
}

#[plug("memory")]
#[async_trait]
impl Below for Memory {
    async fn get(&self, _: &str) -> Result<String, plug::Error> {
        Ok(String::new())
    }
    async fn set(&self, _: &str, _: &str) -> Result<(), plug::Error> {
        Ok(())
    }
}

struct Fake;

#[plug(_, "fake", aliases = ["false"], new = Fake::open)]
impl Below for Fake {
    async fn get(&self, _: &str) -> Result<String, plug::Error> {
        Ok(String::new())
    }
    async fn set(&self, _: &str, _: &str) -> Result<(), plug::Error> {
        Ok(())
    }
}

#[plug(_)]
impl Fake {
    async fn other(&self) {}
}

#[plug(_)]
struct Other;

fn main() {
    let registry = plug::Registry::builtin();
    let _ = registry.open::<dyn Store>("memory").map(|memory| drop(memory.fine("key")));
    let _ = registry.open::<dyn Above>("memory").map(|memory| drop(memory.get("key")));
    let _ = registry.open::<dyn Below>("memory").map(|memory| drop(memory.get("key")));
    let _ = (Fake.get("key"), Fake.other(), Other);
}
