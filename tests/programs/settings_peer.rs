//! The other side of the tests of instances: a host, a server, and a process of before there were any.
//!
//! * `settings-peer host ADDRESS COUNT PROTOCOL` opens instances, prints the process that has them, and
//!   waits until its stdin is closed.
//! * `settings-peer serve COUNT` serves the plugins, allows this many instances, prints its address,
//!   and stops when its stdin is closed.
//! * `settings-peer old` is a plugin that lists and calls as plug did before there were instances.
//! * `settings-peer foreign` is one that lists nothing, as those of other libraries.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::io::{Read, Write};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::uri::PathAndQuery;
use http::{Request, Response};
use plug::link::{Grpc, ProcessOptions};
use plug::{Link, OpenOptions, Registry, Server, Settings};
use settings_plugins::Counter;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc as Serve, NamedService, UnaryService};
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["host", address, count, protocol] => host(address, count.parse().expect("it is a number"), protocol),
        ["serve", count] => serve(count.parse().expect("it is a number")),
        ["old"] => in_front(Server::new(), true),
        ["foreign"] => {
            let builtin = Registry::builtin();
            in_front(Server::new().plugins(builtin.plugin::<dyn Counter>("plain").ok().cloned()), false);
        }
        _ => panic!("{arguments:?}"),
    }
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("somebody reads");
}

fn wait() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn host(address: &str, count: usize, protocol: &str) {
    let mut registry = Registry::new();
    let link: Box<dyn Link> = match address.strip_prefix("process:") {
        Some(path) => {
            let options = ProcessOptions::new().env("PLUG_PROTOCOL", protocol);
            Box::new(options.open(path).expect("it can be opened"))
        }
        None => Box::new(Grpc::open(address).expect("it is an address")),
    };
    registry.add(&*link).expect("it has plugins");
    let options = OpenOptions::new().settings(Settings::json("", r#"{ "times": 2 }"#).expect("it is JSON"));
    let open = |_| registry.open_with::<dyn Counter>("all", &options).expect("it opens");
    let all: Vec<_> = (0..count).map(open).collect();
    say(&all[0].process().expect("it answers").to_string());
    wait();
}

fn serve(count: usize) {
    let server = Server::new().instances(count).bind("grpc://127.0.0.1:0").expect("there is a port");
    say(&server.address());
    let stop = server.stop();
    std::thread::spawn(move || {
        wait();
        stop.stop();
    });
    server.serve().expect("there are threads");
    say("served");
}

/// A process in front of a server of today, which hides all that is new, or all that is plug's.
fn in_front(server: Server, lists: bool) {
    let folder = std::env::var_os("PLUGIN_UNIX_SOCKET_DIR").expect("a host says where");
    let [inner, outer] = ["inner", "outer"].map(|name| Path::new(&folder).join(name));
    let server = server.bind(&format!("grpc+unix:{}", inner.display())).expect("it can be listened at");
    std::thread::spawn(move || server.serve());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there is a runtime");
    runtime.block_on(async {
        let endpoint = Endpoint::from_shared(format!("unix:{}", inner.display())).expect("it is an address");
        let channel = endpoint.connect_lazy();
        let listener = tokio::net::UnixListener::bind(&outer).expect("it can be listened at");
        say(&format!("1|2|unix|{}|grpc|", outer.display()));
        let served = tonic::transport::Server::builder()
            .add_optional_service(lists.then(|| Hidden(channel.clone())))
            .add_service(Passed(channel))
            .add_service(Controller)
            .serve_with_incoming(UnixListenerStream::new(listener));
        served.await.expect("it serves");
    });
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Infallible>> + Send>>;

/// `plug.v1.Plugins` with its one method of before.
#[derive(Clone)]
struct Hidden(Channel);

/// The list of before: it leaves out all fields that came later.
#[derive(Clone, PartialEq, prost::Message)]
struct OldList {
    #[prost(message, repeated, tag = "1")]
    plugins: Vec<OldPlugin>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    interfaces: Vec<Vec<u8>>,
    #[prost(string, tag = "3")]
    plug: String,
    #[prost(string, tag = "4")]
    compiler: String,
}

/// Its other fields are of no use to the tests.
#[derive(Clone, PartialEq, prost::Message)]
struct OldPlugin {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "4")]
    interface: String,
    #[prost(string, tag = "5")]
    package: String,
    #[prost(string, tag = "6")]
    version: String,
}

impl UnaryService<()> for Hidden {
    type Response = OldList;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<OldList>, Status>> + Send>>;

    fn call(&mut self, _: tonic::Request<()>) -> Self::Future {
        let mut grpc = tonic::client::Grpc::new(self.0.clone());
        Box::pin(async move {
            grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let path = PathAndQuery::from_static("/plug.v1.Plugins/List");
            grpc.unary(tonic::Request::new(()), path, ProstCodec::<(), OldList>::default()).await
        })
    }
}

impl NamedService for Hidden {
    const NAME: &'static str = "plug.v1.Plugins";
}

impl Service<Request<Body>> for Hidden {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Response<Body>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let list = self.clone();
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/plug.v1.Plugins/List" => Serve::new(ProstCodec::default()).unary(list, request).await,
                path => Status::unimplemented(format!("there is no method `{path}`")).into_http(),
            })
        })
    }
}

/// The plugins, whose calls are passed on.
#[derive(Clone)]
struct Passed(Channel);

impl NamedService for Passed {
    const NAME: &'static str = "Counter";
}

impl Service<Request<Body>> for Passed {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Response<Body>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut channel = self.0.clone();
        assert!(!request.headers().contains_key("plug-instance"), "an old peer gets no instance");
        Box::pin(async move {
            let ready = std::future::poll_fn(|context| channel.poll_ready(context)).await;
            let passed = match ready {
                Ok(()) => channel.call(request).await,
                Err(error) => Err(error),
            };
            Ok(passed.unwrap_or_else(|error| Status::unavailable(error.to_string()).into_http()))
        })
    }
}

/// Ends the process at its host's request.
#[derive(Clone)]
struct Controller;

impl NamedService for Controller {
    const NAME: &'static str = "plugin.GRPCController";
}

impl Service<Request<Body>> for Controller {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        std::thread::spawn(|| std::process::exit(0));
        ready(Ok(Status::ok("").into_http()))
    }
}
