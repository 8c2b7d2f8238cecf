//! Leaves bytes in the memory of a server, and prints how many MiB the server takes.
//!
//! ```text
//! process-attacker SERVER LOAD [ROUNDS]
//! ```
//!
//! It starts the server for this, which the end kills.
//! In each round it connects, sends the load, waits until the memory of the server no longer grows,
//! and leaves.
//! It prints the greatest resident size of the server, and 5 s after each round the present one.

use std::error::Error;
use std::net::TcpListener;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use h2::client::{Builder, SendRequest};
use http::Request;
use tokio::net::TcpStream;
use tokio::time::sleep;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The memory no longer grows if its greatest value was the same for this long.
const QUIET: Duration = Duration::from_secs(2);

/// Requests for one connection.
struct Load {
    count: usize,
    /// The bytes of the argument.
    len: usize,
    /// The last byte of each is sent.
    is_whole: bool,
    /// The bytes that the server may send of a reply.
    window: u32,
}

impl Load {
    fn named(name: &str) -> Result<Self> {
        match name {
            "unfinished" => Ok(Self { count: 50, len: 60 << 20, is_whole: false, window: 65_535 }),
            "unread" => Ok(Self { count: 9_000, len: 64_000, is_whole: true, window: 0 }),
            "long" => Ok(Self { count: 150, len: 8 << 20, is_whole: true, window: 0 }),
            _ => Err(format!("the load is `unfinished`, `unread` or `long`, and not `{name}`").into()),
        }
    }

    /// Sends it, and returns the connection once all is on its way.
    async fn send(&self, address: &str) -> Result<SendRequest<Bytes>> {
        let stream = TcpStream::connect(address).await?;
        let (requests, connection) =
            Builder::new().initial_window_size(self.window).handshake::<_, Bytes>(stream).await?;
        // It ends with the last handle of a request.
        tokio::spawn(connection);
        let body = self.body();
        let mut ready = requests.clone();
        for _ in 0..self.count {
            ready = ready.ready().await?;
            let request = Request::post("http://localhost/Plug/SayHello").header("content-type", "application/grpc");
            let (response, mut stream) = ready.send_request(request.body(())?, false)?;
            stream.send_data(body.clone(), self.is_whole)?;
            tokio::spawn(async move {
                // Refusals, and the heads of replies.
                let response = response.await;
                std::future::pending::<()>().await;
                drop((response, stream));
            });
        }
        Ok(requests)
    }

    fn body(&self) -> Bytes {
        let mut message = BytesMut::with_capacity(self.len + 20);
        message.put_u8(1 << 3 | 2);
        let mut left = self.len;
        while left >= 0x80 {
            message.put_u8(left as u8 | 0x80);
            left >>= 7;
        }
        message.put_u8(left as u8);
        message.put_bytes(b'x', self.len);
        let mut body = BytesMut::with_capacity(message.len() + 5);
        body.put_u8(0);
        body.put_u32(message.len() as u32);
        body.put_slice(&message[..message.len() - usize::from(!self.is_whole)]);
        body.freeze()
    }
}

/// A server, which is killed when this is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(program: &str) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let child = Command::new(program).arg(&address).spawn()?;
        let server = Self { child, address };
        let start = Instant::now();
        while std::net::TcpStream::connect(&server.address).is_err() {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("the server does not start".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// The MiB of a line of its status: `VmHWM` or `VmRSS`.
    fn memory(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("the line is missing")?;
        let number = line.trim_start_matches(':').trim().trim_end_matches(" kB");
        Ok(number.parse::<u64>()? >> 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> Result<()> {
    let usage = "usage: process-attacker SERVER LOAD [ROUNDS]";
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (program, load) = (arguments.first().ok_or(usage)?, arguments.get(1).ok_or(usage)?);
    let (load, rounds) = (Load::named(load)?, arguments.get(2).map_or(Ok(1), |rounds| rounds.parse())?);
    let server = Server::start(program)?;
    let mut after = Vec::new();
    for _ in 0..rounds {
        // Dropping the runtime closes the connection.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let _requests = load.send(&server.address).await?;
            let mut greatest = (0, Instant::now());
            while greatest.1.elapsed() < QUIET {
                sleep(Duration::from_millis(100)).await;
                let now = server.memory("VmRSS")?;
                if now > greatest.0 {
                    greatest = (now, Instant::now());
                }
            }
            Ok::<(), Box<dyn Error>>(())
        })?;
        drop(runtime);
        std::thread::sleep(Duration::from_secs(5));
        after.push(server.memory("VmRSS")?.to_string());
    }
    println!("{} {}", server.memory("VmHWM")?, after.join(" "));
    Ok(())
}
