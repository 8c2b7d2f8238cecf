//! A relay in front of a server, whose connections can be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

/// The relay.
pub struct Relay {
    pub address: String,
    shared: Arc<Shared>,
}

struct Shared {
    /// The address of the server.
    to: Mutex<String>,
    open: Mutex<Vec<TcpStream>>,
    is_closed: AtomicBool,
}

impl Relay {
    /// A relay to the server at this address.
    pub fn start(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = format!("grpc://{}", listener.local_addr().expect("it is bound"));
        let shared =
            Arc::new(Shared { to: Mutex::default(), open: Mutex::default(), is_closed: AtomicBool::new(false) });
        let relay = Self { address, shared: Arc::clone(&shared) };
        relay.redirect(to);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.is_closed.load(SeqCst) {
                    return;
                }
                let client = client.expect("it is accepted");
                let to = shared.to.lock().unwrap().clone();
                let Ok(server) = TcpStream::connect(to) else { continue };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    shared.open.lock().unwrap().push(from.try_clone().unwrap());
                    thread::spawn(move || copy(from, to));
                }
            }
        });
        relay
    }

    /// Sends further connections to this address.
    pub fn redirect(&self, to: &str) {
        *self.shared.to.lock().unwrap() = to.trim_start_matches("grpc://").to_owned();
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        for stream in self.shared.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Takes no further connections.
    pub fn close(&self) {
        self.shared.is_closed.store(true, SeqCst);
        let _ = TcpStream::connect(self.address.trim_start_matches("grpc://"));
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
