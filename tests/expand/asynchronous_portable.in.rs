//! A portable interface with asynchronous methods: an `async fn`, one by hand, one with a default
//! body, and a method that is not asynchronous.

#[plug::interface(portable)]
pub trait Fetch: Send + Sync {
    /// Fetches a page.
    async fn fetch(&self, url: &str, headers: &[String]) -> Result<Vec<u8>, plug::Error>;

    fn by_hand<'a>(&'a self, url: &'a str, times: u8) -> plug::Task<'a, Result<(), Failure>>;

    #[plug(idempotent)]
    async fn twice(&self, url: String) -> Result<u64, plug::Error> {
        Ok(self.fetch(&url, &[]).await?.len() as u64 * 2)
    }

    fn agent(&self) -> Result<String, plug::Error>;
}
