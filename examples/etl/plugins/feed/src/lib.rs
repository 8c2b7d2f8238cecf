//! The source `feed`. It uses timers and sockets of tokio, in a host with or without tokio.

use std::io;
use std::time::Duration;

use etl_interface::{Host, Record, Source};
use futures_util::stream;
use plug::{Error, Secret, Stream, plug};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Which server, and how to read it.
#[derive(Debug, Deserialize)]
struct Settings {
    /// The address, as `HOST:PORT`.
    address: String,
    /// The first line that the server gets.
    token: Secret,
    /// How many seconds the server may be silent.
    #[serde(default = "five")]
    patience: u32,
}

fn five() -> u32 {
    5
}

/// Reads records from a server.
#[derive(Debug)]
pub struct Feed(Settings);

/// Reads records from a server: a line for each, of the form `name=value name=value`.
#[plug("feed", new = Self)]
impl Source for Feed {
    async fn read(&self, host: Box<dyn Host>) -> Result<Stream<Record>, Error> {
        let Settings { address, token, patience } = &self.0;
        let patience = Duration::from_secs((*patience).into());
        let connected = timeout(patience, connect(address, token)).await.unwrap_or_else(|_| Err(silent()));
        let lines = connected.map_err(|cause| failed(address, cause))?;
        host.report(&format!("connected to {address}")).await?;
        let reader = Reader { address: address.clone(), lines, records: 0, patience };
        Ok(Stream::new(stream::try_unfold(reader, async |mut reader| {
            Ok(reader.next().await?.map(|record| (record, reader)))
        })))
    }
}

async fn connect(address: &str, token: &Secret) -> io::Result<Lines<BufReader<TcpStream>>> {
    let mut server = TcpStream::connect(address).await?;
    server.write_all(format!("{}\n", token.expose()).as_bytes()).await?;
    Ok(BufReader::new(server).lines())
}

struct Reader {
    address: String,
    lines: Lines<BufReader<TcpStream>>,
    records: u64,
    patience: Duration,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Record>, Error> {
        let line = timeout(self.patience, self.lines.next_line()).await.unwrap_or_else(|_| Err(silent()));
        let Some(line) = line.map_err(|cause| failed(&self.address, cause))? else { return Ok(None) };
        self.records += 1;
        let field = |text: &str| match text.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(Error::msg(format!("record {} has no value in `{text}`", self.records))),
        };
        Ok(Some(Record { number: self.records, fields: line.split(' ').map(field).collect::<Result<_, _>>()? }))
    }
}

fn silent() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it is silent")
}

fn failed(address: &str, cause: io::Error) -> Error {
    Error::msg(format!("cannot read {address}")).with_source(cause)
}
