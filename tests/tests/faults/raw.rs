//! The messages of `plug.v1.Back` from a client that is not ours, and a server that is not ours.

use std::future::ready;
use std::thread;
use std::time::Duration;

use fault_plugins::Faulty;
use http::uri::PathAndQuery;
use http::{Request, Response};
use plug::link::Grpc;
use plug::{ErrorKind, Registry, Server};
use plug_tests::service::{Answer, Served};
use prost::{Message, Oneof};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::body::Body;
use tonic::codec::Streaming;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use crate::{Answers, LONG, Lines};

#[derive(Clone, PartialEq, Message)]
struct BackMessage {
    #[prost(uint64, tag = "1")]
    call: u64,
    #[prost(oneof = "Content", tags = "2, 3, 4, 5, 6, 7")]
    content: Option<Content>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Content {
    #[prost(message, tag = "2")]
    Begin(Begin),
    #[prost(bytes = "vec", tag = "3")]
    Reply(Vec<u8>),
    #[prost(message, tag = "4")]
    Failure(Failure),
    #[prost(message, tag = "5")]
    Cancel(()),
    #[prost(uint32, tag = "6")]
    Dropped(u32),
    #[prost(uint64, tag = "7")]
    Limit(u64),
}

#[derive(Clone, PartialEq, Message)]
struct Begin {
    #[prost(uint32, tag = "1")]
    object: u32,
    #[prost(string, tag = "2")]
    method: String,
    #[prost(bytes = "vec", tag = "3")]
    request: Vec<u8>,
    #[prost(uint64, tag = "4")]
    timeout: u64,
}

#[derive(Clone, PartialEq, Message)]
struct Failure {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(bytes = "vec", tag = "3")]
    details: Vec<u8>,
}

/// A number and a text, or one of them.
#[derive(Clone, PartialEq, Message)]
struct Fields {
    #[prost(uint32, tag = "1")]
    number: u32,
    #[prost(string, tag = "2")]
    text: String,
}

#[derive(Clone, PartialEq, Message)]
struct Text {
    #[prost(string, tag = "1")]
    text: String,
}

#[derive(Clone, PartialEq, Message)]
struct Keep {
    #[prost(uint32, tag = "1")]
    sink: u32,
    #[prost(uint64, tag = "2")]
    millis: u64,
    #[prost(string, tag = "3")]
    then: String,
}

/// A client of the server, with a number of its own.
struct Client {
    grpc: tonic::client::Grpc<Channel>,
    number: &'static str,
}

/// An open stream.
struct Back {
    send: mpsc::UnboundedSender<BackMessage>,
    messages: Streaming<BackMessage>,
}

impl Back {
    fn send(&self, call: u64, content: Content) {
        let _ = self.send.send(BackMessage { call, content: Some(content) });
    }

    async fn next(&mut self) -> BackMessage {
        let next = tokio::time::timeout(LONG, self.messages.message()).await;
        next.expect("it comes in time").expect("it is no error").expect("it is not the end")
    }

    /// The failure of a call.
    async fn failure(&mut self, call: u64) -> String {
        match self.next().await {
            BackMessage { call: of, content: Some(Content::Failure(failure)) } if of == call => failure.message,
            other => panic!("it is no failure of {call}: {other:?}"),
        }
    }
}

impl Client {
    async fn connect(address: &str, number: &'static str) -> Self {
        let endpoint = Channel::from_shared(address.replace("grpc://", "http://")).unwrap();
        Self { grpc: tonic::client::Grpc::new(endpoint.connect().await.unwrap()), number }
    }

    async fn call<Q, R>(&mut self, path: &'static str, request: Q) -> Result<R, Status>
    where
        Q: Message + 'static,
        R: Message + Default + 'static,
    {
        self.grpc.ready().await.unwrap();
        let mut request = tonic::Request::new(request);
        if !self.number.is_empty() {
            request.metadata_mut().insert("plug-back", self.number.parse().unwrap());
        }
        let reply = self.grpc.unary(request, PathAndQuery::from_static(path), ProstCodec::<Q, R>::default());
        Ok(tokio::time::timeout(LONG, reply).await.expect("it comes in time")?.into_inner())
    }

    async fn open(&mut self) -> Result<Back, Status> {
        self.grpc.ready().await.unwrap();
        let (send, messages) = mpsc::unbounded_channel();
        let mut request = tonic::Request::new(UnboundedReceiverStream::new(messages));
        if !self.number.is_empty() {
            request.metadata_mut().insert("plug-back", self.number.parse().unwrap());
        }
        let path = PathAndQuery::from_static("/plug.v1.Back/Calls");
        let messages = self.grpc.streaming(request, path, ProstCodec::<BackMessage, BackMessage>::default()).await?;
        Ok(Back { send, messages: messages.into_inner() })
    }
}

fn run(test: impl AsyncFnOnce(&str)) {
    let server = Server::new().bind("grpc://127.0.0.1:0").unwrap();
    let address = server.address();
    thread::spawn(move || server.serve());
    tokio::runtime::Runtime::new().unwrap().block_on(test(&address));
}

fn ask(number: u32) -> Fields {
    Fields { number, text: "why".to_owned() }
}

#[test]
fn a_stream_without_a_number_or_with_one_that_is_open_is_refused() {
    run(async |address| {
        let mut first = Client::connect(address, "7").await;
        let mut back = first.open().await.unwrap();
        assert!(matches!(back.next().await.content, Some(Content::Limit(_))));
        let again = first.open().await.map(|_| ()).unwrap_err();
        assert_eq!((again.code(), again.message()), (Code::AlreadyExists, "there is a stream of this number already"));
        // Nor is it that of another client.
        let other = Client::connect(address, "7").await.open().await.map(|_| ()).unwrap_err();
        assert_eq!(other.code(), Code::AlreadyExists);
        for number in ["", "x", "-1"] {
            let none = Client::connect(address, number).await.open().await.map(|_| ()).unwrap_err();
            assert_eq!(none.code(), Code::InvalidArgument, "{number}");
        }
        // Calls name an open stream, and an object has a number.
        for (number, object, code) in [("8", 1, Code::FailedPrecondition), ("7", 0, Code::InvalidArgument)] {
            let refused = Client::connect(address, number).await.call::<_, Text>("/Faulty/Ask", ask(object)).await;
            assert_eq!(refused.unwrap_err().code(), code);
        }
        let refused = Client::connect(address, "").await.call::<_, Text>("/Faulty/Ask", ask(1)).await.unwrap_err();
        assert!(refused.message().contains("this connection has no way back"), "{refused}");
        // The number is free after the end.
        drop(back);
        let deadline = std::time::Instant::now() + LONG;
        while Client::connect(address, "7").await.open().await.is_err() {
            assert!(std::time::Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}

#[test]
fn messages_that_fit_to_nothing_are_passed_over() {
    run(async |address| {
        let mut client = Client::connect(address, "7").await;
        let mut back = client.open().await.unwrap();
        back.next().await;
        back.send(1, Content::Reply(b"to nothing".to_vec()));
        back.send(2, Content::Cancel(()));
        back.send(3, Content::Dropped(9));
        back.send(4, Content::Failure(Failure { code: 99, message: "to nothing".to_owned(), details: vec![1] }));
        // A call of what is not there, or was lent for a call that is over.
        let begin = Begin { object: 9, method: "Line".to_owned(), ..Begin::default() };
        back.send(5, Content::Begin(begin.clone()));
        assert_eq!(back.failure(5).await, "the call that lent this object is over");
        // An object of the plugin: no such method, a request that cannot be decoded, and its end.
        let object = client.call::<_, Fields>("/Faulty/Open", Fields::default()).await.unwrap().number;
        back.send(6, Content::Begin(Begin { object, method: "Nothing".to_owned(), ..Begin::default() }));
        assert_eq!(back.failure(6).await, "the object has no such method");
        back.send(7, Content::Begin(Begin { object, request: vec![0xff], ..begin.clone() }));
        assert!(back.failure(7).await.starts_with("the request cannot be decoded"));
        let request = Text { text: "abc".to_owned() }.encode_to_vec();
        // A limit that has passed already does not matter to a method that is not asynchronous.
        back.send(8, Content::Begin(Begin { object, request: request.clone(), timeout: 1, ..begin.clone() }));
        assert_eq!(back.next().await, BackMessage { call: 8, content: Some(Content::Reply(vec![8, 3])) });
        for _ in 0..2 {
            back.send(0, Content::Dropped(object));
        }
        back.send(9, Content::Begin(Begin { object, request, ..begin }));
        assert_eq!(back.failure(9).await, "the call that lent this object is over");
        let deadline = std::time::Instant::now() + LONG;
        while client.call::<_, Fields>("/Faulty/Live", ()).await.unwrap().number > 0 {
            assert!(std::time::Instant::now() < deadline);
        }
    });
}

#[test]
fn a_client_that_leaves_or_sends_rubbish_ends_its_own_calls() {
    run(async |address| {
        let mut other = Client::connect(address, "8").await;
        let mut others = other.open().await.unwrap();
        others.next().await;
        for is_rubbish in [false, true] {
            let mut client = Client::connect(address, "7").await;
            let mut back = client.open().await.unwrap();
            back.next().await;
            client.call::<_, ()>("/Faulty/Keep", Keep { sink: 3, ..Keep::default() }).await.unwrap();
            let asking = tokio::spawn(async move { client.call::<_, Text>("/Faulty/Ask", ask(5)).await });
            let asked = back.next().await;
            assert!(matches!(&asked.content, Some(Content::Begin(begin)) if begin.object == 5), "{asked:?}");
            if is_rubbish {
                // Not a message at all: a length that goes beyond its end.
                back.send(0, Content::Limit(0));
                back.send(asked.call, Content::Failure(Failure { code: 2, ..Failure::default() }));
                assert_eq!(asking.await.unwrap().unwrap_err().code(), Code::Unknown);
            } else {
                drop(back);
                let error = asking.await.unwrap().unwrap_err();
                assert!(error.message().contains("the owner of the `fault_plugins::Host`"), "{error}");
            }
            // The object that the plugin keeps is gone, and the calls of others go on.
            let told = other.call::<_, Fields>("/Faulty/Tell", Text { text: "x".to_owned() }).await.unwrap_err();
            assert!(told.message().contains("the owner of the `fault_plugins::Sink`"), "{told}");
            other.call::<_, Fields>("/Faulty/Forget", ()).await.unwrap();
            let asking = async { other.call::<_, Text>("/Faulty/Ask", ask(1)).await.unwrap().text };
            let answering = async {
                let asked = others.next().await;
                others.send(asked.call, Content::Reply(Text { text: "so".to_owned() }.encode_to_vec()));
            };
            assert_eq!(tokio::join!(asking, answering).0, "so");
        }
    });
}

/// A service with the methods' names, and nothing else of ours.
#[derive(Clone, Default)]
struct Foreign;

impl Answer for Foreign {
    const NAME: &'static str = "Faulty";

    fn answer(self, _: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        ready(Status::unimplemented("").into_http())
    }
}

#[test]
fn a_server_that_is_not_ours_is_refused() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("grpc://{}", listener.local_addr().unwrap());
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    runtime.spawn(tonic::transport::Server::builder().add_service(Served(Foreign)).serve_with_incoming(incoming));
    let mut registry = Registry::new();
    registry.add(&Grpc::open(&address).unwrap()).unwrap();
    let plugins: Vec<_> = registry.plugins_of::<dyn Faulty>().collect();
    let faulty = plugins[0].open::<dyn Faulty>().unwrap();
    let live = std::sync::Arc::default();
    let errors =
        [faulty.ask(&Answers::default(), "x").err(), faulty.keep(Lines::new(&live), 0, "").err(), faulty.open(0).err()];
    for error in errors.into_iter().flatten() {
        let ErrorKind::Refused { message, .. } = error.kind() else { panic!("{error}") };
        assert_eq!(message, "a server that is not plug's cannot call back");
    }
    assert_eq!(live.load(std::sync::atomic::Ordering::SeqCst), 0);
}
