//! Brokered connections with programs in Go: with go-plugin's own broker, and multiplexed.

use std::process::Command;

use plug::Registry;
use plug::link::{Process, ProcessOptions};
use plug::process::Broker;
use plug_tests::back::{call, echo, serve};
use plug_tests::{Sockets, built_program, entries, go, succeed};
use process_interface::Work;
use tokio::runtime::Runtime;

/// The replies of brokered connections in both directions, twice.
const BACK: &str = "from the plugin, from the host\nfrom the plugin, from the host\n";

#[test]
fn a_host_in_go_and_a_plugin_in_rust_call_each_other_back() {
    let Some(host) = go("host") else { return };
    for flags in [&["-version", "2", "-back"][..], &["-version", "2", "-back", "-tls"]] {
        let sockets = Sockets::new();
        let mut host = Command::new(&host);
        host.args(flags).arg(built_program("worker")).arg("brokers").env("TMPDIR", &*sockets);
        assert_eq!(succeed(&mut host), format!("{BACK}\n"));
        let left = entries(&sockets);
        assert!(left.is_empty(), "{left:?} is left");
    }
}

#[test]
fn a_host_in_go_multiplexes() {
    let Some(host) = go("mux") else { return };
    for flags in [&[][..], &["-tls"]] {
        let sockets = Sockets::new();
        let mut host = Command::new(&host);
        host.args(flags).arg(built_program("worker")).arg("brokers").env("TMPDIR", &*sockets);
        assert_eq!(succeed(&mut host), format!("7\n8388608 bytes\n{BACK}"));
        let left = entries(&sockets);
        assert!(left.is_empty(), "{left:?} is left");
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Calls the plugin over a brokered connection, and has it call back.
async fn call_both_ways(process: &Process, broker: &Broker) {
    let channel = process.channel().unwrap();
    for _ in 0..3 {
        let number = broker.next_id();
        serve(broker, number).await.unwrap();
        let called: Vec<u8> = call(channel.clone(), "/tests.Back/Call", number).await.unwrap();
        assert_eq!(called, b"from the plugin");
        let number: u32 = call(channel.clone(), "/tests.Back/Accept", 0_u32).await.unwrap();
        assert_eq!(echo(broker.dial(number).await.unwrap(), &[9; 100_000]).await.unwrap(), [9; 100_000]);
    }
}

/// Debian's go-plugin does not know multiplexing, and the host goes on without it.
#[test]
fn a_plugin_in_go_is_called_and_calls_back() {
    let Some(plugin) = go("plugin") else { return };
    let options = || ProcessOptions::new();
    for options in [options(), options().multiplex()] {
        let process = options.clone().without_tls().open(&plugin).unwrap();
        let broker = process.broker().unwrap();
        assert!(format!("{broker:?}").contains("is_multiplexed: false"));
        runtime().block_on(call_both_ways(&process, &broker));
        // With AutoMTLS, a plugin of this old version accepts brokered connections, and cannot dial.
        let process = options.open(&plugin).unwrap();
        let broker = process.broker().unwrap();
        runtime().block_on(async {
            let number: u32 = call(process.channel().unwrap(), "/tests.Back/Accept", 0_u32).await.unwrap();
            assert_eq!(echo(broker.dial(number).await.unwrap(), b"x").await.unwrap(), b"x");
        });
    }
}

#[test]
fn a_plugin_in_go_multiplexes() {
    let Some(plugin) = go("mux") else { return };
    for options in [ProcessOptions::new().multiplex(), ProcessOptions::new().multiplex().without_tls()] {
        let process = options.open(&plugin).unwrap();
        let mut registry = Registry::new();
        registry.add(&process).unwrap();
        let work = registry.open::<dyn Work>("mux").unwrap();
        assert_eq!(work.sum(5, &[2]).unwrap(), 7);
        let large: Vec<_> = (0..8_u32 << 20).map(|at| (at % 251) as u8).collect();
        assert!(work.echo(&large).unwrap() == large);
        let broker = process.broker().unwrap();
        assert!(format!("{broker:?}").contains("is_multiplexed: true"));
        runtime().block_on(call_both_ways(&process, &broker));
        assert_eq!(work.sum(5, &[3]).unwrap(), 8);
    }
}
