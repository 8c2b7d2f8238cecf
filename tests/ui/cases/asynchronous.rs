//! Methods with futures that no object can return, in a plain interface,
//! and with `#[async_trait]` at a portable one.

use async_trait::async_trait;
use plug::plug;

#[plug::interface]
pub trait Store: Send + Sync {
    async fn get(&self, key: &str) -> Option<String>;
    fn set(&self, key: &str) -> impl Future<Output = ()> + Send;
    fn keys(&self) -> impl Iterator<Item = String>;
    async fn aside(&self)
    where
        Self: Sized;
    fn len(&self) -> usize;
}

#[derive(Default)]
struct Memory;

#[plug("memory")]
impl Store for Memory {
    async fn get(&self, _: &str) -> Option<String> {
        None
    }
    async fn set(&self, _: &str) {}
    fn keys(&self) -> impl Iterator<Item = String> {
        std::iter::empty()
    }
    async fn aside(&self) {}
    fn len(&self) -> usize {
        0
    }
}

#[async_trait]
#[plug::interface(portable)]
trait Above: Send + Sync {
    async fn get(&self, key: &str) -> Result<String, plug::Error>;
    async fn set(&self, key: &str, value: &str) -> Result<(), plug::Error>;
}

#[plug("memory")]
#[async_trait]
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

fn main() {
    let registry = plug::Registry::builtin();
    let _ = registry.open::<dyn Store>("memory").map(|memory| memory.len());
    let _ = registry.open::<dyn Above>("memory").map(|memory| drop(memory.get("key")));
    let _ = registry.open::<dyn Below>("memory").map(|memory| drop(memory.get("key")));
}
