//! Asynchronous methods that keep a borrow for longer than they have it.

use std::sync::Mutex;

use plug::{Task, plug};

#[plug::interface]
pub trait Store: Send + Sync {
    async fn keep(&self, key: &str);
    async fn either(&self, key: &str) -> &str;
    async fn all(&self, keys: &mut Vec<&str>);
}

struct Memory {
    key: &'static str,
    keys: Mutex<Vec<&'static str>>,
}

#[plug(_)]
impl Store for Memory {
    async fn keep(&self, key: &str) {
        self.keys.lock().unwrap().push(key);
    }
    async fn either(&self, key: &str) -> &str {
        if key.is_empty() { self.key } else { key }
    }
    async fn all(&self, keys: &mut Vec<&str>) {
        let own = String::from("own");
        keys.push(&own);
    }
}

struct Hand;

impl Store for Hand {
    fn keep<'a>(&'a self, key: &'a str) -> Task<'a, ()> {
        Box::pin(async { drop(key) })
    }
    fn either(&self, _: &str) -> Task<'_, &str> {
        Box::pin(async { "" })
    }
    fn all<'a>(&'a self, keys: &'a mut Vec<&'a str>) -> Task<'a, ()> {
        Box::pin(async { keys.clear() })
    }
}

fn call(store: &dyn Store) -> Task<'_, ()> {
    let key = String::from("key");
    store.keep(&key)
}

fn main() {
    let _ = call;
}
