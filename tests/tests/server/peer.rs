//! A client that speaks HTTP/2 itself.

use bytes::{BufMut, Bytes, BytesMut};
use h2::SendStream;
use h2::client::{Builder, ResponseFuture, SendRequest};
use http::{HeaderMap, Request};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tonic::Status;

use crate::Serving;

pub struct Peer {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Peer {
    pub async fn connect(serving: &Serving) -> Self {
        Self::with(&serving.address, &h2::client::Builder::new()).await
    }

    /// Connects to a `HOST:PORT`.
    pub async fn with(address: &str, builder: &Builder) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (requests, connection) = builder.handshake(stream).await.unwrap();
        Self { requests, connection: tokio::spawn(connection) }
    }

    /// Begins a request with these headers beside those of gRPC.
    pub fn begin(&mut self, path: &str, headers: &[(&str, &str)]) -> (ResponseFuture, SendStream<Bytes>) {
        let mut request = Request::builder().method("POST").uri(format!("http://localhost{path}"));
        for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")].iter().chain(headers) {
            request = request.header(*name, *value);
        }
        self.requests.send_request(request.body(()).unwrap(), false).unwrap()
    }

    /// Sends a request with this body, and returns the status and the body of the response.
    pub async fn call(&mut self, path: &str, body: Bytes) -> (String, Vec<u8>) {
        let (response, mut stream) = self.begin(path, &[]);
        stream.send_data(body, true).unwrap();
        received(response).await
    }

    pub fn is_closed(&self) -> bool {
        self.connection.is_finished()
    }

    /// Closes the connection.
    pub async fn close(self) {
        self.connection.abort();
        let _ = self.connection.await;
    }
}

/// The status of a response, and its body.
pub async fn received(response: ResponseFuture) -> (String, Vec<u8>) {
    let (_, status, body) = received_with_head(response).await;
    (status, body)
}

/// The headers of a response, its status, and its body.
pub async fn received_with_head(response: ResponseFuture) -> (HeaderMap, String, Vec<u8>) {
    let (head, mut body) = match response.await {
        Ok(response) => response.into_parts(),
        Err(error) => return (HeaderMap::new(), error.to_string(), Vec::new()),
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        bytes.extend_from_slice(&chunk);
    }
    let trailers = body.trailers().await.unwrap();
    let status = Status::from_header_map(trailers.as_ref().unwrap_or(&head.headers)).unwrap();
    (head.headers, format!("{:?}: {}", status.code(), status.message()), bytes)
}

/// A body with a message that has this number of bytes, below 2 MiB, in field 1.
pub fn field_of_bytes(len: usize) -> Bytes {
    let mut message = BytesMut::new();
    message.put_u8(1 << 3 | 2);
    let len = u32::try_from(len).unwrap();
    assert!(len < 1 << 21);
    message.put_slice(&[len as u8 | 0x80, (len >> 7) as u8 | 0x80, (len >> 14) as u8]);
    message.put_bytes(b'x', len as usize);
    framed(&message)
}

/// A body with a message that has this number, below 16,384, in field 1.
pub fn field_of_number(number: u16) -> Bytes {
    framed(&[1 << 3, number as u8 | 0x80, (number >> 7) as u8])
}

fn framed(message: &[u8]) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u8(0);
    body.put_u32(u32::try_from(message.len()).unwrap());
    body.put_slice(message);
    body.freeze()
}
