//! The server's side: the sessions of its clients, by the numbers that they chose.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tonic::body::Body;
use tonic::server::{Grpc, StreamingService};
use tonic::{Status, Streaming};

use crate::rpc::back::BACK;
use crate::rpc::back::session::{Session, Waits};
use crate::rpc::client::codec::Raw;
use crate::rpc::server::router::ResponseFuture;
use crate::rpc::server::workers::CallQueue;
use crate::wire::fault::{Code, Fault, Unavailable};
use crate::wire::way::Way;

/// The sessions of a server. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<HashMap<u64, Weak<Session>>>>);

impl Sessions {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, Weak<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of a request with this metadata.
    ///
    /// # Errors
    ///
    /// If there is none of this number.
    pub(crate) fn find(&self, number: &str) -> Result<Arc<dyn Way>, Fault> {
        let session = number.parse().ok().and_then(|number: u64| self.open().get(&number)?.upgrade());
        let session = session.filter(|session| !session.has_ended());
        session.map(|session| session as Arc<dyn Way>).ok_or_else(|| {
            let text = "the stream of `plug.v1.Back` that the request names is not open here";
            Fault::refused(Code::FAILED_PRECONDITION, text)
        })
    }

    /// Answers a call of `Calls`.
    pub(crate) fn answer(
        &self,
        request: Request<Body>,
        queue: CallQueue,
        max_len: usize,
        is_stopping: watch::Receiver<bool>,
    ) -> ResponseFuture {
        let service = Calls { sessions: self.clone(), queue, max_len, is_stopping };
        let mut grpc = Grpc::new(Raw).max_decoding_message_size(max_len);
        Box::pin(async move { Ok(grpc.streaming(service, request).await) })
    }

    /// Adds a session of this number.
    fn add(
        &self,
        number: u64,
        waits: Box<dyn Waits>,
        max_len: usize,
    ) -> Result<(Arc<Session>, mpsc::UnboundedReceiver<Bytes>), Status> {
        let mut open = self.open();
        if open.get(&number).is_some_and(|session| session.strong_count() > 0) {
            return Err(Status::already_exists("there is a stream of this number already"));
        }
        let (session, messages) = Session::new(number, waits, max_len);
        open.insert(number, Arc::downgrade(&session));
        Ok((session, messages))
    }
}

/// A server's threads drive the runtime while they wait.
pub(crate) struct ServerWaits(pub CallQueue);

impl Waits for ServerWaits {
    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        self.0.wait(future);
    }
}

struct Calls {
    sessions: Sessions,
    queue: CallQueue,
    /// The most bytes of a message.
    max_len: usize,
    is_stopping: watch::Receiver<bool>,
}

impl StreamingService<Bytes> for Calls {
    type Response = Bytes;
    type ResponseStream = Outgoing;
    type Future = std::future::Ready<Result<tonic::Response<Outgoing>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<Bytes>>) -> Self::Future {
        std::future::ready(self.begin(request).map(tonic::Response::new))
    }
}

impl Calls {
    fn begin(&self, request: tonic::Request<Streaming<Bytes>>) -> Result<Outgoing, Status> {
        let number = request.metadata().get(BACK).and_then(|number| number.to_str().ok()?.parse().ok());
        let number = number.ok_or_else(|| Status::invalid_argument(format!("the metadata `{BACK}` is no number")))?;
        let queue = self.queue.clone();
        let (session, messages) = self.sessions.add(number, Box::new(ServerWaits(queue)), self.max_len)?;
        let (mut requests, mut is_stopping) = (request.into_inner(), self.is_stopping.clone());
        let (open, reading) = (OpenSession { session, number, sessions: self.sessions.clone() }, messages);
        let session = Arc::clone(&open.session);
        tokio::spawn(async move {
            let _open = open;
            let fault = loop {
                let message = tokio::select! {
                    message = requests.message() => message,
                    _ = is_stopping.wait_for(|is_stopping| *is_stopping) => {
                        break "the server is about to end".to_owned();
                    }
                };
                match message {
                    Ok(Some(message)) => {
                        if let Err(fault) = session.take(message) {
                            break fault.text().to_owned();
                        }
                    }
                    Ok(None) => break "the client has ended it".to_owned(),
                    Err(status) => break status.message().to_owned(),
                }
            };
            session.end(&Fault::Unavailable(Unavailable::of(fault)));
        });
        Ok(Outgoing(reading))
    }
}

/// A session until its stream ends.
struct OpenSession {
    session: Arc<Session>,
    number: u64,
    sessions: Sessions,
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.sessions.open().remove(&self.number);
    }
}

/// What the server sends. It ends with the session.
struct Outgoing(mpsc::UnboundedReceiver<Bytes>);

impl Stream for Outgoing {
    type Item = Result<Bytes, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|message| message.map(Ok))
    }
}
