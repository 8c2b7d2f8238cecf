//! Asynchronous methods: with elided lifetimes in all places, with a default body, with patterns,
//! beside others, and in an impl that is no plugin.

#[plug::interface]
pub trait Store: Send + Sync {
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<String>, plug::Error>;

    #[cfg(unix)]
    #[must_use]
    async fn flush(&mut self);

    async fn first(&self, keys: &[&str], limits: Limits<'_>) -> Option<u8> {
        let key = keys.first()?;
        limits.check(self.get(key).await.ok()??)
    }

    async fn borrowed(&self, key: &str, or: Option<&str>) -> &str;

    async fn named<'a>(&'a self, key: &'a str, #[allow(unused)] list: &mut Vec<&'a str>) -> &'a str;

    async fn last(self: Box<Self>);

    async fn convert<T: From<String>>(&self, key: &str) -> T
    where
        Self: Sized;

    fn len(&self) -> usize;
}

/// Keeps values in memory.
#[plug("memory")]
impl Store for Memory {
    async fn get(&self, key: &str) -> Result<Option<String>, plug::Error> {
        Ok(self.values.get(key).cloned())
    }

    #[tracing::instrument(skip(self))]
    async fn flush(&mut self) {
        self.values.flush().await
    }

    fn len(&self) -> usize {
        self.values.len()
    }
}

#[plug(_)]
impl<T: Send + Sync> Store for Fake<T> {
    async fn set(self: Arc<Self>, key: String, (first, _): (u8, u8), mut times: u8, _: String) -> u8 {
        times += first;
        times
    }
}

#[plug(_, crate = host::plug)]
impl Plug for Fake<()> {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(name.to_owned())
    }
}
