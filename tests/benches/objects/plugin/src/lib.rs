//! A plugin that calls back and streams.

use std::sync::{Mutex, PoisonError};

use plug::{Error, Items, plug};

/// What the plugin calls back.
#[plug::interface(portable)]
pub trait Host: Send + Sync {
    /// Adds.
    fn add(&self, one: u64, other: u64) -> Result<u64, Error>;
}

/// What is measured.
#[plug::interface(portable)]
pub trait Job: Send + Sync {
    /// Adds.
    fn add(&self, one: u64, other: u64) -> Result<u64, Error>;

    /// Has the host add this many times.
    fn call_back(&self, host: &dyn Host, times: u64) -> Result<u64, Error>;

    /// Bytes of this length.
    fn chunk(&self, len: u32) -> Result<Vec<u8>, Error>;

    /// This many of them.
    fn chunks(&self, number: u64, len: u32) -> Result<Items<Vec<u8>>, Error>;

    /// Numbers.
    fn numbers(&self, to: u64) -> Result<Items<u64>, Error>;

    /// Keeps the host in place of the one before.
    fn keep(&self, host: Box<dyn Host>) -> Result<(), Error>;
}

#[derive(Default)]
struct Plugin(Mutex<Option<Box<dyn Host>>>);

/// Is measured.
#[plug("measured")]
impl Job for Plugin {
    fn add(&self, one: u64, other: u64) -> Result<u64, Error> {
        Ok(one.wrapping_add(other))
    }

    fn call_back(&self, host: &dyn Host, times: u64) -> Result<u64, Error> {
        let mut sum = 0;
        for number in 0..times {
            sum = host.add(sum, number)?;
        }
        Ok(sum)
    }

    fn chunk(&self, len: u32) -> Result<Vec<u8>, Error> {
        Ok(vec![1; len as usize])
    }

    fn chunks(&self, number: u64, len: u32) -> Result<Items<Vec<u8>>, Error> {
        Ok(Items::new((0..number).map(move |_| Ok(vec![1; len as usize]))))
    }

    fn numbers(&self, to: u64) -> Result<Items<u64>, Error> {
        Ok(Items::new((0..to).map(Ok)))
    }

    fn keep(&self, host: Box<dyn Host>) -> Result<(), Error> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(host);
        Ok(())
    }
}
