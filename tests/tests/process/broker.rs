//! Brokered connections between a host and a plugin of ours, with and without multiplexing.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use plug::link::{Process, ProcessOptions};
use plug::process::{Protocol, Reattach};
use plug_tests::back::{call, echo, serve};
use plug_tests::{fail, program};
use tokio::runtime::Runtime;
use tokio_stream::StreamExt;

use crate::{LONG, in_time, open, work, worker_message};

/// Runs the test with each kind of connection.
fn each_way(test: fn(ProcessOptions)) {
    let options = || ProcessOptions::new().arg("brokers");
    let all = [options(), options().without_tls(), options().multiplex(), options().multiplex().without_tls()];
    for options in all {
        in_time(move || test(options));
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn either_side_calls_the_other_back() {
    each_way(|options| {
        let process = open(options);
        let (broker, channel) = (process.broker().unwrap(), process.channel().unwrap());
        runtime().block_on(async {
            for turn in 1..=2 {
                let number = broker.next_id();
                assert_eq!(number, turn);
                serve(&broker, number).await.unwrap();
                let called: Vec<u8> = call(channel.clone(), "/tests.Back/Call", number).await.unwrap();
                assert_eq!(called, b"from the plugin");
                let number: u32 = call(channel.clone(), "/tests.Back/Accept", 0_u32).await.unwrap();
                assert_eq!(number, turn);
                let dialled = broker.dial(number).await.unwrap();
                let large = vec![7; 1 << 20];
                assert!(echo(dialled.clone(), &large).await.unwrap() == large);
                assert_eq!(echo(dialled, b"again").await.unwrap(), b"again");
            }
        });
    });
}

#[test]
fn a_listener_may_come_after_the_dialling() {
    each_way(|options| {
        let process = open(options);
        let (broker, channel) = (process.broker().unwrap(), process.channel().unwrap());
        runtime().block_on(async {
            let number = broker.next_id();
            let calling = tokio::spawn(call::<u32, Vec<u8>>(channel, "/tests.Back/Call", number));
            tokio::time::sleep(Duration::from_millis(200)).await;
            serve(&broker, number).await.unwrap();
            assert_eq!(calling.await.unwrap().unwrap(), b"from the plugin");
        });
    });
}

#[test]
fn many_connections_at_once() {
    each_way(|options| {
        let process = open(options);
        let (broker, channel) = (process.broker().unwrap(), process.channel().unwrap());
        runtime().block_on(async {
            let mut calls = tokio::task::JoinSet::new();
            for _ in 0..10 {
                let (broker, channel) = (broker.clone(), channel.clone());
                calls.spawn(async move {
                    let number = broker.next_id();
                    serve(&broker, number).await.unwrap();
                    let called: Vec<u8> = call(channel.clone(), "/tests.Back/Call", number).await.unwrap();
                    assert_eq!(called, b"from the plugin");
                    let number: u32 = call(channel, "/tests.Back/Accept", 0_u32).await.unwrap();
                    assert_eq!(echo(broker.dial(number).await.unwrap(), &[3; 100]).await.unwrap(), [3; 100]);
                });
            }
            while let Some(done) = calls.join_next().await {
                done.unwrap();
            }
        });
    });
}

#[test]
#[ignore = "slow"]
fn a_number_that_nobody_accepts_is_an_error() {
    in_time(|| {
        let plain = open(ProcessOptions::new().arg("brokers"));
        let multiplexed = open(ProcessOptions::new().arg("brokers").multiplex());
        let (plain, multiplexed) = (plain.broker().unwrap(), multiplexed.broker().unwrap());
        runtime().block_on(async {
            let start = Instant::now();
            let (plain, multiplexed) = tokio::join!(plain.dial(77), multiplexed.dial(77));
            assert_eq!(
                format!("{:#}", plain.unwrap_err()),
                "the other side has not announced brokered connection 77 within 5 seconds"
            );
            assert_eq!(
                format!("{:#}", multiplexed.unwrap_err()),
                "brokered connection 77 cannot be made: the other side has not accepted it within 5 seconds"
            );
            assert!((4..8).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
        });
    });
}

#[test]
fn a_number_is_accepted_once_at_a_time() {
    let process = open(ProcessOptions::new().arg("brokers").multiplex());
    let broker = process.broker().unwrap();
    runtime().block_on(async {
        let first = broker.accept(5).await.unwrap();
        assert_eq!(broker.accept(5).await.unwrap_err().to_string(), "brokered connection 5 is accepted already");
        drop(first);
        let start = Instant::now();
        while let Err(error) = broker.accept(5).await {
            assert!(start.elapsed() < Duration::from_secs(5), "{error}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}

#[test]
fn a_broker_ends_with_its_process() {
    each_way(|options| {
        let process = open(options);
        let broker = process.broker().unwrap();
        let object = work(&process);
        let runtime = runtime();
        let mut listener = runtime.block_on(broker.accept(broker.next_id())).unwrap();
        let _ = object.die("exit");
        runtime.block_on(async {
            assert!(listener.next().await.is_none());
            let start = Instant::now();
            let error = loop {
                match broker.accept(broker.next_id()).await {
                    Ok(_) => assert!(start.elapsed() < Duration::from_secs(10), "it goes on"),
                    Err(error) => break error.to_string(),
                }
            };
            assert!(error.starts_with("the broker's stream does not run: the plugin has ended it"), "{error}");
        });
        // The next run of the process has another one.
        let again = process.broker().unwrap();
        runtime.block_on(async {
            let number: u32 = call(process.channel().unwrap(), "/tests.Back/Accept", 0_u32).await.unwrap();
            assert_eq!(echo(again.dial(number).await.unwrap(), b"new").await.unwrap(), b"new");
        });
    });
}

/// The process of another host goes on, and its listeners have no broker any more.
#[test]
fn a_listener_ends_with_the_last_broker() {
    let process = open(ProcessOptions::new().arg("brokers").without_tls());
    let attached = ProcessOptions::new().reattach(process.reattachment().unwrap()).unwrap();
    let broker = attached.broker().unwrap();
    let runtime = runtime();
    let mut listener = runtime.block_on(broker.accept(broker.next_id())).unwrap();
    drop((broker, attached));
    let end = runtime.block_on(async { tokio::time::timeout(LONG, listener.next()).await });
    assert!(end.expect("it ends").is_none());
    process.check().unwrap();
}

#[test]
fn both_sides_have_the_certificates_in_both_roles() {
    let with = open(ProcessOptions::new().arg("brokers")).broker().unwrap();
    assert_eq!(with.client_tls().unwrap().unwrap().alpn_protocols, [b"h2"]);
    assert_eq!(with.server_tls().unwrap().unwrap().alpn_protocols, [b"h2"]);
    let without = open(ProcessOptions::new().arg("brokers").without_tls()).broker().unwrap();
    assert!(without.client_tls().unwrap().is_none() && without.server_tls().unwrap().is_none());
}

fn sockets_of(process: &Process) -> usize {
    let pid = process.pid().unwrap();
    let unix = std::fs::read_to_string(format!("/proc/{pid}/net/unix")).unwrap();
    let links = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let inodes = links.filter_map(|link| {
        let link = std::fs::read_link(link.unwrap().path()).ok()?.to_string_lossy().into_owned();
        Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
    });
    // The connections that were accepted at the plugin's address.
    let is_accepted = |inode: &String| {
        unix.lines().any(|line| line.split_whitespace().nth(6) == Some(inode) && line.contains("/plugin"))
    };
    inodes.filter(is_accepted).count()
}

/// The plugin has the socket that it listens at, and one connection.
#[test]
fn one_connection_carries_all_others() {
    let count = |options: ProcessOptions| {
        let process = open(options.arg("brokers"));
        let (broker, channel) = (process.broker().unwrap(), process.channel().unwrap());
        runtime().block_on(async {
            let number: u32 = call(channel, "/tests.Back/Accept", 0_u32).await.unwrap();
            let dialled = broker.dial(number).await.unwrap();
            echo(dialled, b"x").await.unwrap();
            sockets_of(&process)
        })
    };
    assert_eq!(count(ProcessOptions::new().multiplex()), 2);
    // Another channel, the broker's stream, and a socket and a connection of its own.
    assert!(count(ProcessOptions::new()) > 3);
}

#[test]
fn a_multiplexed_plugin_works_like_any_other() {
    in_time(|| {
        let process = open(ProcessOptions::new().multiplex());
        let object = work(&process);
        assert_eq!(object.obey("variable PLUGIN_MULTIPLEX_GRPC").unwrap(), "true");
        let large: Vec<_> = (0..8_u32 << 20).map(|at| (at % 251) as u8).collect();
        assert!(object.echo(&large).unwrap() == large);
        std::thread::scope(|scope| {
            for at in 0..16 {
                let object = &object;
                scope.spawn(move || {
                    object.sleep(50).unwrap();
                    assert_eq!(object.sum(at, &[1]).unwrap(), at + 1);
                });
            }
        });
        process.check().unwrap();
        let start = Instant::now();
        drop((object, process));
        assert!(start.elapsed() < Duration::from_millis(1500), "it was killed: {:?}", start.elapsed());
        let object = work(&open(ProcessOptions::new().multiplex()));
        assert_eq!(
            worker_message(&object.die("exit").unwrap_err()),
            worker_message(&work(&open(ProcessOptions::new())).die("exit").unwrap_err())
        );
    });
}

#[test]
fn a_second_connection_is_closed_and_the_first_goes_on() {
    in_time(|| {
        let process = open(ProcessOptions::new().multiplex().without_tls());
        let object = work(&process);
        let mut second = UnixStream::connect(object.obey("socket").unwrap()).unwrap();
        assert_eq!(second.read(&mut [0; 16]).unwrap(), 0);
        assert_eq!(object.sum(1, &[2]).unwrap(), 3);
    });
}

#[test]
fn a_plugin_that_cannot_multiplex_is_used_without() {
    // net/rpc has a session of its own.
    let process = ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc").multiplex().open(program("worker")).unwrap();
    assert_eq!(work(&process).sum(1, &[2]).unwrap(), 3);
    assert_eq!(
        worker_message(&process.broker().unwrap_err()),
        "`process:PATH` speaks net/rpc, and a broker is one of gRPC"
    );
}

#[test]
fn a_multiplexed_process_has_one_host() {
    let process = open(ProcessOptions::new().multiplex().without_tls());
    assert_eq!(
        worker_message(&process.reattachment().unwrap_err()),
        "`process:PATH` takes one connection, which carries all others\n\
         hint: do without multiplexing: leave `ProcessOptions::multiplex` out"
    );
    let running = Reattach::new(1, "unix:/nowhere").protocol(Protocol::Grpc);
    assert_eq!(
        ProcessOptions::new().multiplex().reattach(running).unwrap_err().to_string(),
        "`unix:/nowhere` runs already, and only the host that starts a process can ask it to multiplex\n\
         hint: leave `ProcessOptions::multiplex` out"
    );
}

#[test]
fn a_service_that_would_get_no_calls_is_refused() {
    let refused = |kind: &str| {
        let mut plugin = Command::new(program("worker"));
        fail(plugin.arg(kind).env("HASHI", "hola").env("PLUGIN_PROTOCOL_VERSIONS", "2"))
    };
    assert_eq!(
        refused("shadows"),
        "services `plugin.GRPCBroker`, `plug.v1.Plugins`, `Work` cannot be added: \
         the server itself has services of these names\n\
         hint: a service finds the broker of its connection in `Request::extensions`, as `plug::process::Broker`\n"
    );
    assert_eq!(refused("repeats"), "two services named `tests.Back` were added\n");
}
