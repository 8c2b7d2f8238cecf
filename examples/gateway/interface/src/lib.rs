//! The interface of the application: [`Fetch`].

use plug::Error;

/// Fetches pages.
#[plug::interface(portable)]
pub trait Fetch: Send + Sync {
    /// Fetches the page at an address.
    ///
    /// # Errors
    ///
    /// If there is none.
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, Error>;

    /// The form of the addresses, such as `HOST:PORT`.
    ///
    /// # Errors
    ///
    /// Only those of the link.
    fn form(&self) -> Result<String, Error>;
}

plug::handshake! {
    cookie = "GATEWAY_PLUGIN=fetch",
    versions = { 1: [dyn Fetch] },
}
