//! Interfaces: a plain one, one with parameters and associated types, and one of a host that re-exports `plug`.

#[plug::interface]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
}

#[plug::interface]
pub trait Store<'a, K: Ord, const N: usize = 8>
where
    K: Clone,
{
    type Item: Clone;
    fn get(&'a self, key: &K) -> Option<Self::Item>;
}

#[plug::interface(crate = host::plug)]
trait Elsewhere {}
