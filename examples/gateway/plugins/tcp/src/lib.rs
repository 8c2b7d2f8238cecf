//! The plugin `tcp`. Its methods use tokio.

use std::io;
use std::time::Duration;

use gateway_interface::Fetch;
use plug::{Error, plug};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches what a TCP server sends.
#[derive(Default)]
pub struct Tcp;

/// Fetches what a TCP server sends until it closes the connection.
#[plug("tcp")]
impl Fetch for Tcp {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, Error> {
        let page = timeout(TIMEOUT, receive(address)).await;
        let page = page.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "it takes too long")));
        page.map_err(|cause| Error::msg(format!("cannot fetch {address}")).with_source(cause))
    }

    fn form(&self) -> Result<String, Error> {
        Ok("HOST:PORT".to_owned())
    }
}

// A drop of the future closes the connection.
async fn receive(address: &str) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    TcpStream::connect(address).await?.read_to_end(&mut page).await?;
    Ok(page)
}
