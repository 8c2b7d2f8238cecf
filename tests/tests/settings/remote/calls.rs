//! `plug.v1.Plugins` on the wire, as a client in another language sees it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use plug::link::{Grpc as GrpcLink, ProcessOptions};
use plug::{Error, OpenOptions, Plugin, Server};
use plug_tests::until;
use prost::Message;
use settings_plugins::Counter;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::{LONG, open, process, registry, server};

#[derive(Clone, PartialEq, Message)]
struct OpenRequest {
    #[prost(string, tag = "1")]
    plugin: String,
    #[prost(string, tag = "2")]
    interface: String,
    #[prost(string, tag = "3")]
    settings: String,
    #[prost(bool, tag = "4")]
    only_check: bool,
}

#[derive(Clone, PartialEq, Message)]
struct SchemaRequest {
    #[prost(string, tag = "1")]
    plugin: String,
    #[prost(string, tag = "2")]
    interface: String,
}

#[derive(Clone, PartialEq, Message)]
struct SchemaReply {
    #[prost(string, optional, tag = "1")]
    schema: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Details {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(map = "string, string", tag = "3")]
    metadata: HashMap<String, String>,
}

const INTERFACE: &str = "settings_plugins::Counter";

fn request(plugin: &str, settings: &str) -> OpenRequest {
    let (plugin, interface, settings) = (plugin.to_owned(), INTERFACE.to_owned(), settings.to_owned());
    OpenRequest { plugin, interface, settings, only_check: false }
}

/// A client of no plug.
struct Client {
    runtime: Runtime,
    channel: Channel,
}

/// A call of `Open`, whose requests end when the sender is dropped.
struct Opened {
    requests: mpsc::UnboundedSender<OpenRequest>,
    replies: Streaming<u64>,
}

impl Client {
    fn connect(address: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let endpoint = Endpoint::from_shared(address.replace("grpc://", "http://")).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        Self { runtime, channel }
    }

    /// Opens an instance, and returns its number.
    fn open(&self, request: OpenRequest, timeout: Option<Duration>) -> Result<(u64, Opened), Status> {
        self.runtime.block_on(async {
            let mut grpc = Grpc::new(self.channel.clone());
            grpc.ready().await.unwrap();
            let (requests, queue) = mpsc::unbounded_channel();
            requests.send(request).unwrap();
            let mut request = Request::new(UnboundedReceiverStream::new(queue));
            if let Some(timeout) = timeout {
                request.set_timeout(timeout);
            }
            let path = PathAndQuery::from_static("/plug.v1.Plugins/Open");
            let replies = grpc.streaming(request, path, ProstCodec::<OpenRequest, u64>::default()).await?;
            let mut replies = replies.into_inner();
            let number = replies.message().await?.expect("it has a reply");
            Ok((number, Opened { requests, replies }))
        })
    }

    /// The end of a call of `Open`.
    fn end(&self, opened: Opened) -> Result<(), Status> {
        let Opened { requests, mut replies } = opened;
        drop(requests);
        self.runtime.block_on(async { replies.message().await.map(|more| assert_eq!(more, None)) })
    }

    /// Calls a method of `Counter`, with these metadata.
    fn call<R: Message + Default + 'static>(
        &self,
        method: &str,
        metadata: &[(&'static str, &str)],
    ) -> Result<R, Status> {
        self.runtime.block_on(async {
            let mut grpc = Grpc::new(self.channel.clone());
            grpc.ready().await.unwrap();
            let mut request = Request::new(());
            for (key, value) in metadata {
                request.metadata_mut().insert(*key, value.parse().unwrap());
            }
            let path = PathAndQuery::try_from(format!("/Counter/{method}")).unwrap();
            grpc.unary(request, path, ProstCodec::<(), R>::default()).await.map(tonic::Response::into_inner)
        })
    }

    fn count(&self, metadata: &[(&'static str, &str)]) -> Result<u64, String> {
        self.call("Count", metadata).map_err(|status| text(&status))
    }

    fn schema(&self, plugin: &str) -> Result<Option<String>, Status> {
        self.runtime.block_on(async {
            let mut grpc = Grpc::new(self.channel.clone());
            grpc.ready().await.unwrap();
            let request = SchemaRequest { plugin: plugin.to_owned(), interface: String::new() };
            let path = PathAndQuery::from_static("/plug.v1.Plugins/Schema");
            let codec = ProstCodec::<SchemaRequest, SchemaReply>::default();
            grpc.unary(Request::new(request), path, codec).await.map(|reply| reply.into_inner().schema)
        })
    }
}

fn text(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

fn detail<M: Message + Default>(status: &Status, kind: &str) -> M {
    let all = Details::decode(status.details()).unwrap();
    let found = all.details.iter().find(|detail| detail.type_url == format!("type.googleapis.com/google.rpc.{kind}"));
    M::decode(&found.unwrap().value[..]).unwrap()
}

#[test]
fn an_instance_lives_as_long_as_its_call() {
    let (_server, address) = server(10);
    let (client, other) = (Client::connect(&address), Client::connect(&address));
    let observer = open(&registry(&GrpcLink::open(&address).unwrap()), "{}").unwrap();
    let (number, opened) = client.open(request("all", r#"{ "times": 3 }"#), None).unwrap();
    let named: &[_] = &[("plug-instance", &*number.to_string())];
    assert!(client.call::<String>("Settings", named).unwrap().starts_with("Settings { times: 3, "));
    assert_eq!([client.count(named), client.count(named)], [Ok(1), Ok(2)]);
    assert_eq!(observer.alive().unwrap(), 2);
    // The half-close asks it to end, and the trailers say that it has.
    client.end(opened).unwrap();
    assert_eq!(observer.alive().unwrap(), 1);
    let gone = format!("NotFound: there is no instance `{number}` of `{INTERFACE}`");
    assert_eq!(client.count(named), Err(gone));
    // A cancelled call ends it, and so does the end of the connection.
    drop(client.open(request("all", ""), None).unwrap());
    let _opened = other.open(request("all", ""), None).unwrap();
    until(LONG, "the cancelled one is dropped", || observer.alive().unwrap() == 2);
    drop(other);
    until(LONG, "that of the lost connection is dropped", || observer.alive().unwrap() == 1);
}

#[test]
fn a_call_that_names_no_instance_is_for_the_shared_object() {
    // As a host in Go calls it.
    let process = process(ProcessOptions::new());
    let object = open(&registry(&process), "{}").unwrap();
    assert_eq!(object.count().unwrap(), 1);
    let client = Client { runtime: Runtime::new().unwrap(), channel: process.channel().unwrap() };
    let all: &[_] = &[("plug-name", "all")];
    assert_eq!([client.count(all), client.count(all)], [Ok(1), Ok(2)]);
    assert_eq!(object.count().unwrap(), 2);
    assert_eq!(
        client.count(&[]).unwrap_err(),
        format!(
            "FailedPrecondition: there are several plugins of `{INTERFACE}`: `all`, `needs`, `panics`, `plain`, `slow`; \
             name one in the metadata `plug-name`"
        )
    );
}

#[test]
fn an_unknown_number_is_refused() {
    let (_server, address) = server(10);
    let client = Client::connect(&address);
    for number in ["0", "1", "18446744073709551615", "-1", "18446744073709551616", "x"] {
        let shown: String = number.chars().take(20).collect();
        assert_eq!(
            client.count(&[("plug-instance", number), ("plug-name", "all")]),
            Err(format!("NotFound: there is no instance `{shown}` of `{INTERFACE}`"))
        );
    }
    // That of another server.
    let (_other, address) = server(10);
    let other = Client::connect(&address);
    let (number, _opened) = other.open(request("all", ""), None).unwrap();
    let number = number.to_string();
    assert_eq!(other.count(&[("plug-instance", &number)]), Ok(1));
    assert_eq!(
        client.count(&[("plug-instance", &number)]),
        Err(format!("NotFound: there is no instance `{number}` of `{INTERFACE}`"))
    );
}

#[test]
fn refused_settings_have_the_details_of_google() {
    let (_server, address) = server(10);
    let client = Client::connect(&address);
    let refused = |settings: &str| client.open(request("all", settings), None).err().unwrap();
    for (fail, field, what) in
        [("key", "/fail", "it must not fail"), ("deep", "/rules/1/pattern", "the pattern is no pattern")]
    {
        let status = refused(&format!(r#"{{ "fail": "{fail}" }}"#));
        assert_eq!(text(&status), format!("InvalidArgument: {what}"));
        let violation = FieldViolation { field: field.to_owned(), description: what.to_owned() };
        assert_eq!(detail::<BadRequest>(&status, "BadRequest").field_violations, [violation]);
        let (reason, domain) = ("SETTINGS_REFUSED".to_owned(), "plug".to_owned());
        let info = ErrorInfo { reason, domain, metadata: HashMap::new() };
        assert_eq!(detail::<ErrorInfo>(&status, "ErrorInfo"), info);
    }
    // Another failure of `new` is the plugin's own.
    let status = refused(r#"{ "fail": "plain" }"#);
    assert_eq!(text(&status), "Unknown: it cannot be");
    let status = refused(r#"{ "fail": "no luck" }"#);
    let (start, end) = (status.message().split_once(" at ").unwrap().0, status.message().rsplit_once(": ").unwrap().1);
    assert_eq!((start, end), ("plugin `all` panicked in `new`", "no luck"));
}

#[test]
fn a_request_that_cannot_be_served_is_refused() {
    let (_server, address) = server(10);
    let client = Client::connect(&address);
    let refused = |request| text(&client.open(request, None).err().unwrap());
    assert_eq!(
        refused(request("none", "")),
        format!("NotFound: there is no plugin `none` of `{INTERFACE}`: there is `all`, `needs`, `panics`, `plain`")
    );
    let other = OpenRequest { interface: "other::Interface".to_owned(), ..request("all", "") };
    assert_eq!(refused(other), "NotFound: there is no plugin `all` of `other::Interface`: there is nothing");
    let unnamed = OpenRequest { interface: String::new(), ..request("none", "") };
    assert_eq!(refused(unnamed), "NotFound: there is no plugin `none`: there is `all`, `needs`, `panics`, `plain`");
    assert_eq!(
        refused(request("plain", r#"{ "times": 1 }"#)),
        "InvalidArgument: it takes no settings, and `times` was set"
    );
    // The interface may be left out.
    let (_, opened) = client.open(OpenRequest { interface: String::new(), ..request("all", "") }, None).unwrap();
    // There is one request.
    opened.requests.send(request("all", "")).unwrap();
    assert_eq!(text(&client.end(opened).unwrap_err()), "Unimplemented: the request has more than one message");
}

#[test]
fn settings_are_checked_without_an_instance() {
    let (_server, address) = server(1);
    let client = Client::connect(&address);
    let check = |settings: &str| OpenRequest { only_check: true, ..request("all", settings) };
    let (number, opened) = client.open(check(r#"{ "fail": "key" }"#), None).unwrap();
    assert_eq!(number, 0);
    client.end(opened).unwrap();
    assert!(client.open(check("no JSON"), None).is_err());
    // It takes no place.
    let (_, _opened) = client.open(request("all", ""), None).unwrap();
    client.open(check(""), None).unwrap();
    // A server without instances reads no settings.
    let (_server, address) = self::server(0);
    let client = Client::connect(&address);
    let none = "Unimplemented: this server opens no instances\nhint: `Server::instances` of the server allows them";
    for request in [request("all", ""), check("{}")] {
        assert_eq!(text(&client.open(request, None).err().unwrap()), none);
    }
}

#[test]
fn settings_count_as_bytes_of_a_request_while_new_runs() {
    let (started, is_started) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    // The first one waits.
    let released = Mutex::new(Some(released));
    let new = move |_: BTreeMap<String, String>| {
        let first = released.lock().unwrap().take();
        if let Some(released) = first {
            started.send(()).unwrap();
            let _ = released.recv();
        }
        Err(Error::msg("it was read"))
    };
    let plugin = Plugin::builder_with_settings::<dyn Counter, _>("waits", new).build().unwrap();
    let server = Server::new().plugins([plugin]).instances(10).max_request(1 << 20).max_server_bytes(0);
    let server = server.bind("grpc://127.0.0.1:0").unwrap();
    let (address, stop) = (server.address(), server.stop());
    let serving = std::thread::spawn(move || server.serve());
    let large = || request("waits", &format!(r#"{{ "a": "{}" }}"#, "x".repeat(700 << 10)));
    let refused = || text(&Client::connect(&address).open(large(), None).err().unwrap());
    std::thread::scope(|scope| {
        let first = scope.spawn(refused);
        is_started.recv().unwrap();
        let limit = "the requests of all connections would hold more than 1048576 bytes, which is the server's limit \
                     (`Server::max_server_bytes`)";
        let second = refused();
        drop(release);
        assert_eq!(second, format!("ResourceExhausted: {limit}"));
        assert_eq!(first.join().unwrap(), "Unknown: it was read");
    });
    // After that they do not count.
    assert_eq!(refused(), "Unknown: it was read");
    stop.stop();
    serving.join().unwrap().unwrap();
}

#[test]
fn the_schema_of_a_plugin_is_given_when_it_is_asked_for() {
    let (_server, address) = server(0);
    let client = Client::connect(&address);
    assert!(client.schema("all").unwrap().unwrap().starts_with('{'));
    assert_eq!((client.schema("needs").unwrap(), client.schema("plain").unwrap()), (None, None));
    assert_eq!(
        text(&client.schema("none").unwrap_err()),
        "NotFound: there is no plugin `none`: there is `all`, `needs`, `panics`, `plain`"
    );
}

#[test]
fn a_deadline_of_the_call_ends_the_instance() {
    let (_server, address) = server(10);
    let client = Client::connect(&address);
    let (number, opened) = client.open(request("all", ""), Some(Duration::from_millis(300))).unwrap();
    let number = number.to_string();
    assert_eq!(client.count(&[("plug-instance", &number)]), Ok(1));
    let Opened { requests: _open, mut replies } = opened;
    let status = client.runtime.block_on(replies.message()).unwrap_err();
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    until(LONG, "it ends", || client.count(&[("plug-instance", &number)]).is_err());
}

#[test]
fn a_server_opens_as_many_instances_as_it_allows() {
    let (_server, address) = server(2);
    let registry = registry(&GrpcLink::open(&address).unwrap());
    let (first, _second) = (open(&registry, "{}").unwrap(), open(&registry, "{}").unwrap());
    let refused = || format!("{:?}", open(&registry, "{}").err().unwrap()).replace(&address, "ADDRESS");
    let text = "cannot open plugin `all` of settings-plugins\n\
                caused by: plugin `all` in `ADDRESS` refused `new` with RESOURCE_EXHAUSTED: \
                2 instances are open, which is the server's limit (`Server::instances`)";
    assert_eq!([refused(), refused()], [text, text]);
    drop(first);
    // One that fails takes no place.
    let failing = OpenOptions::new().settings(super::json(r#"{ "fail": "key" }"#));
    registry.open_with::<dyn Counter>("all", &failing).err().unwrap();
    let _third = open(&registry, "{}").unwrap();
    assert_eq!(refused(), text);
}
