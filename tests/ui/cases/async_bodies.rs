//! Asynchronous bodies with another result than the signature, and futures that are not `Send`.

use std::cell::Cell;
use std::rc::Rc;

use plug::plug;

#[plug::interface]
pub trait Store: Send + Sync {
    async fn tail(&self) -> u32;
    async fn early(&self, key: &str) -> u32;
    async fn none(&self) -> u32;
    async fn unit(&self);
    async fn question(&self) -> Option<u32>;
    async fn unknown(&self) -> Missing;
    async fn held(&self);
    async fn argument(&self, key: Rc<str>) -> usize;
    async fn default(&self) -> u32 {
        "7"
    }
}

async fn wait() {}

fn read() -> Result<u32, plug::Error> {
    Ok(7)
}

#[derive(Default)]
struct Memory;

#[plug("memory")]
impl Store for Memory {
    async fn tail(&self) -> u32 {
        "7"
    }
    async fn early(&self, key: &str) -> u32 {
        if key.is_empty() {
            return key;
        }
        7
    }
    async fn none(&self) -> u32 {
        wait().await;
    }
    async fn unit(&self) {
        7
    }
    async fn question(&self) -> Option<u32> {
        Some(read()?)
    }
    async fn unknown(&self) -> Missing {
        wait().await
    }
    async fn held(&self) {
        let cell = Rc::new(Cell::new(7));
        wait().await;
        cell.set(8);
    }
    async fn argument(&self, key: Rc<str>) -> usize {
        key.len()
    }
}

#[plug::interface]
pub trait Shared: Send {
    async fn read(&self) -> u32;
    async fn twice(&self) -> u32 {
        self.read().await * 2
    }
}

fn main() {}
