//! Special cases: services that are not interfaces, several versions of the protocol, explicit
//! cookies, and a person who starts a plugin.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use plug::Registry;
use plug::link::{Handshake, Process, ProcessOptions, Protocol};
use plug_tests::{fail, program};
use process_interface::{Extra, Work};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic_prost::ProstCodec;

use crate::{LONG, open, work};

fn versions() -> Handshake {
    Handshake::new("HASHI", "hola").interface::<dyn Work>(1).interface::<dyn Extra>(2)
}

#[test]
fn a_version_has_its_own_interfaces() {
    let names = |handshake: Handshake| {
        let process = open(ProcessOptions::new().arg("versions").handshake(handshake));
        let mut registry = Registry::new();
        registry.add(&process).unwrap();
        let names: Vec<_> = registry.plugins().map(|plugin| plugin.name().to_owned()).collect();
        (process.version().unwrap(), names.join(" "))
    };
    // The highest version that both have.
    assert_eq!(names(versions()), (2, "second".to_owned()));
    assert_eq!(names(versions().version(3)), (2, "second".to_owned()));
    assert_eq!(names(Handshake::new("HASHI", "hola").interface::<dyn Work>(1)), (1, "worker".to_owned()));
    let error =
        open(ProcessOptions::new().arg("versions").handshake(Handshake::new("HASHI", "hola").version(3))).check();
    assert_eq!(
        crate::worker_message(&error.unwrap_err()),
        "plugin `PATH` speaks version 1 of the application's protocol, and this program version 3\n\
         hint: install a plugin that is made for this version of the program"
    );
}

#[test]
fn an_interface_of_a_version_is_called() {
    let process = open(ProcessOptions::new().arg("versions").handshake(versions()));
    let mut registry = Registry::new();
    registry.add(&process).unwrap();
    assert_eq!(registry.open::<dyn Extra>("second").unwrap().name().unwrap(), "second");
    assert_eq!(
        registry.open::<dyn Work>("worker").err().unwrap().to_string(),
        "unknown plugin `worker` of interface `process_interface::Work`\nhint: there is no plugin of this interface"
    );
}

/// A plugin's own service streams without end over tonic's channel.
/// It produces no more than the client reads.
#[test]
fn a_service_that_is_no_interface() {
    let process = open(ProcessOptions::new().arg("pours"));
    let work = work(&process);
    let channel = process.channel().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut poured = runtime.block_on(async {
        let mut grpc = Grpc::new(channel);
        grpc.ready().await.unwrap();
        let path = PathAndQuery::from_static("/tests.Pour/Pour");
        let request = tonic::Request::new(Vec::<u8>::new());
        let reply = grpc.server_streaming(request, path, ProstCodec::<Vec<u8>, Vec<u8>>::default()).await.unwrap();
        let mut pieces = reply.into_inner();
        assert_eq!(pieces.message().await.unwrap(), Some(vec![7; 16 * 1024]));
        pieces
    });
    // The client stops reading.
    let count = || work.obey("poured").unwrap().parse::<usize>().unwrap();
    let start = Instant::now();
    let mut before = (count(), Instant::now());
    while before.1.elapsed() < Duration::from_millis(200) {
        assert!(start.elapsed() < LONG, "it pours on: {}", before.0);
        let now = count();
        if now != before.0 {
            before = (now, Instant::now());
        }
    }
    assert!(before.0 < 16 << 20, "{} bytes", before.0);
    // The client reads again.
    let taken: usize = runtime.block_on(async {
        let mut taken = 0;
        while taken <= before.0 {
            taken += poured.message().await.unwrap().unwrap().len();
        }
        taken
    });
    assert!(taken > before.0);
    plug_tests::until(LONG, "it pours on", || count() > before.0);
}

/// The first message of a stream from this path. `None` if the stream ends without one.
/// The request has a text as its only field, and a message begins with a number.
fn first_of_stream(process: &Process, path: &'static str, request: &str) -> Option<i32> {
    let channel = process.channel().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut grpc = Grpc::new(channel);
        grpc.ready().await.unwrap();
        let request = tonic::Request::new(request.as_bytes().to_vec());
        let codec = ProstCodec::<Vec<u8>, i32>::default();
        let reply = grpc.server_streaming(request, PathAndQuery::from_static(path), codec).await.unwrap();
        let mut stream = reply.into_inner();
        let first = tokio::time::timeout(LONG, stream.message()).await.expect("it is answered").unwrap();
        if first.is_some() {
            let more = tokio::time::timeout(Duration::from_millis(50), stream.message()).await;
            assert!(more.is_err(), "the stream stays open: {more:?}");
        }
        first
    })
}

#[test]
fn the_health_of_a_service_is_watched() {
    let process = open(ProcessOptions::new());
    let watched = |service| first_of_stream(&process, "/grpc.health.v1.Health/Watch", service).unwrap();
    // 1 is SERVING, and 3 is SERVICE_UNKNOWN.
    assert_eq!(["", "plugin", "Work", "Other"].map(watched), [1, 1, 1, 3]);
}

/// The host has the output already. A plugin in Go ends such a stream too.
#[test]
fn a_second_stream_of_the_output_ends_at_once() {
    let process = open(ProcessOptions::new());
    let work = work(&process);
    work.echo(b"x").unwrap();
    assert_eq!(first_of_stream(&process, "/plugin.GRPCStdio/StreamStdio", ""), None);
}

/// The version is declared as net/rpc, which has no services.
#[test]
fn a_service_alone_is_served_over_grpc() {
    let handshake = Handshake::new("HASHI", "hola").version(1).protocol(1, Protocol::NetRpc);
    let process = ProcessOptions::new().arg("service").handshake(handshake).open(program("worker")).unwrap();
    process.channel().unwrap();
    process.check().unwrap();
}

/// The first lines of a worker on stdout and stderr, for a host with version 1.
fn first_lines(worker: &mut Command) -> (String, String) {
    let folder = plug_tests::Sockets::new();
    let worker = worker.env("HASHI", "hola").env("PLUGIN_PROTOCOL_VERSIONS", "1").env("TMPDIR", &*folder);
    let mut worker = worker.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut line, mut warning) = (String::new(), String::new());
    BufReader::new(worker.stdout.take().unwrap()).read_line(&mut line).unwrap();
    BufReader::new(worker.stderr.take().unwrap()).read_line(&mut warning).unwrap();
    worker.kill().unwrap();
    worker.wait().unwrap();
    (line, warning)
}

#[test]
fn a_plugin_warns_of_everything_that_its_version_lacks() {
    let (line, warning) = first_lines(Command::new(program("worker")).arg("pours"));
    assert!(line.starts_with("1|1|unix|") && line.ends_with("|netrpc|\n"), "{line:?}");
    assert_eq!(warning, "[WARN] the gRPC service `tests.Pour` is not served: version 1 is served over net/rpc\n");
    let (line, warning) = first_lines(Command::new(program("worker")).env("PLUG_PROTOCOL", "grpc"));
    assert!(line.starts_with("1|1|unix|") && line.ends_with("|netrpc|\n"), "{line:?}");
    assert_eq!(
        warning,
        "[WARN] `grpc` in `PLUG_PROTOCOL` is the protocol of no version that host and plugin share, and is ignored\n"
    );
}

#[test]
fn a_plugin_tells_a_person_what_it_is() {
    let path = program("worker");
    let text = |command: &mut Command| fail(command).replace(&*path.to_string_lossy(), "PATH");
    let rest = "  second  Is there from version 2 on.\n  worker  Works as it is told.\n";
    assert_eq!(
        text(Command::new(&path).env_remove("HASHI")),
        format!("`worker` holds plugins: it is started by the program that uses them, and not by hand\n{rest}")
    );
    assert_eq!(
        text(Command::new(&path).env("HASHI", "mundo")),
        format!(
            "`worker` holds plugins of another program than the one that started it: `HASHI` has another value than theirs\n{rest}"
        )
    );
    assert_eq!(
        text(Command::new(&path).arg("service").env_remove("HASHI")),
        "`worker` holds gRPC services: it is started by the program that uses them, and not by hand\n  tests.Pour\n"
    );
    // The host of this one gives a hint.
    let path = program("process-a");
    assert_eq!(
        fail(Command::new(&path).env_remove("HASHI")),
        format!(
            "`process-a` holds plugins: it is started by the program that uses them, and not by hand\n  \
               a  Says hello in English.\n\
             hint: the app takes its path: `app hello --plugin process:{}`\n",
            path.display()
        )
    );
    assert_eq!(
        Command::new(&path).env_remove("HASHI").stderr(std::process::Stdio::null()).status().unwrap().code(),
        Some(1)
    );
}

#[test]
fn two_cookies_in_one_executable_are_an_error() {
    let text = fail(&mut Command::new(program("twice")));
    let (first, hint) = text.split_once('\n').unwrap();
    let places: Vec<_> = first.split('`').collect();
    assert_eq!(places[0], "two handshakes are declared: ");
    let mut cookies = [places[1], places[3]];
    cookies.sort_unstable();
    assert_eq!(cookies, ["HASHI=hola", "OTHER=cookie"]);
    assert_eq!(
        hint,
        "hint: plugins of one program have one cookie; give the link, or the server, the handshake that is meant\n"
    );
}

#[test]
fn a_process_gets_its_arguments_and_variables() {
    let options = ProcessOptions::new().env("WORKER", "busy").env("PLUG_PROTOCOLS", "none");
    let work = work(&open(options));
    assert_eq!(work.obey("variable WORKER").unwrap(), "busy");
    // Variables that belong to the link cannot be set.
    assert_eq!(work.obey("variable PLUG_PROTOCOLS").unwrap(), "grpc,netrpc");
    assert_eq!(work.obey("variable PLUG_PROTOCOL").unwrap(), "grpc");
    assert_eq!(work.obey("arguments").unwrap(), "");
}

#[test]
fn inherited_variables_are_for_the_host_only() {
    // A host may itself be a plugin, with these variables from its own host.
    let mut host = Command::new(program("host"));
    host.arg(program("worker")).arg("variable PLUG_PROTOCOL").env("PLUG_PROTOCOL", "netrpc");
    let mut host = plug_tests::start(&mut host);
    assert_eq!(host.line(), "none");
    assert!(host.end().success());
}
