//! Asynchronous methods whose signature in the impl is not that of the trait, and an impl without
//! `#[plug]`.

use plug::plug;

#[plug::interface]
pub trait Store: Send + Sync {
    async fn forgotten_in_impl(&self, key: &str) -> Option<String>;
    fn forgotten_in_trait(&self, key: &str) -> Option<String>;
    fn nothing(&self, key: &str);
    async fn argument(&self, key: &str) -> Option<String>;
    async fn result(&self, key: &str) -> Option<String>;
    async fn arguments(&self, key: &str) -> Option<String>;
    async fn receiver(&self);
}

#[derive(Default)]
struct Memory;

#[plug("memory")]
impl Store for Memory {
    fn forgotten_in_impl(&self, _: &str) -> Option<String> {
        None
    }
    async fn forgotten_in_trait(&self, _: &str) -> Option<String> {
        None
    }
    async fn nothing(&self, _: &str) {}
    async fn argument(&self, _: &String) -> Option<String> {
        None
    }
    async fn result(&self, _: &str) -> Result<String, plug::Error> {
        Ok(String::new())
    }
    async fn arguments(&self, _: &str, _: bool) -> Option<String> {
        None
    }
    async fn receiver(&mut self) {}
}

#[plug::interface]
pub trait Fetch: Send + Sync {
    async fn fetch(&self, url: &str) -> Option<String>;
    async fn clear(&self);
}

struct Fake;

impl Fetch for Fake {
    async fn fetch(&self, _: &str) -> Option<String> {
        None
    }
    async fn clear(&self) {}
}

fn main() {}
