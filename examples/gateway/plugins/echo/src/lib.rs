//! The plugin `echo`, which needs no runtime.

use gateway_interface::Fetch;
use plug::{Error, plug};

/// Answers with the address.
#[derive(Default)]
pub struct Echo;

/// Answers with the address.
#[plug("echo")]
impl Fetch for Echo {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, Error> {
        Ok(address.as_bytes().to_vec())
    }

    fn form(&self) -> Result<String, Error> {
        Ok("TEXT".to_owned())
    }
}
