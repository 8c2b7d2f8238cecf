//! The interfaces of the application: a [`Filter`] of lines and a [`Store`] of keys.
//! They know no plugin and no host.
//!
//! A filter has state and takes `&mut self`.
//! A store is shared, and its methods are asynchronous.

use plug::Error;

/// Changes the lines of a text, one after the other.
#[plug::interface]
pub trait Filter: Send {
    /// Passes a line on, changed or not, or keeps it, with `None`.
    /// The line has no line break.
    ///
    /// # Errors
    ///
    /// If the filter cannot handle the line.
    /// It then gets no further line.
    fn line(&mut self, line: &str) -> Result<Option<String>, Error>;

    /// The lines that the filter has kept until the end of the text.
    ///
    /// # Errors
    ///
    /// If the text as a whole is wrong.
    fn finish(&mut self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }
}

/// Keeps values by their keys, for many callers at once.
#[plug::interface]
pub trait Store: Send + Sync {
    /// The value of `key`, if it has one.
    /// Fails if the store cannot be read.
    async fn get(&self, key: &str) -> Result<Option<String>, Error>;

    /// Gives `key` a value.
    /// Fails if the store cannot be written, or cannot hold the key or the value.
    async fn set(&self, key: &str, value: &str) -> Result<(), Error>;

    /// The keys, in order.
    /// Fails if the store cannot be read.
    async fn keys(&self) -> Result<Vec<String>, Error>;
}
