//! Callbacks with programs in Go: go-plugin's own example `bidirectional`, unchanged, in each place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use counter_plugins::{AddHelper, Adds, Counter};
use plug::Registry;
use plug::link::{Handshake, Process, ProcessOptions};
use plug_tests::{Sockets, built_program, entries, go, scratch, succeed};

const EXAMPLE: &str = "github.com/hashicorp/go-plugin/examples/bidirectional";

fn example_host() -> Option<PathBuf> {
    go(EXAMPLE)
}

fn example_plugin() -> Option<PathBuf> {
    go(&format!("{EXAMPLE}/plugin-go-grpc"))
}

/// Counts with the example's host, which starts a plugin for each command.
fn counts(host: &Path, plugin: &Path, folder: &Path) {
    let sockets = Sockets::new();
    let counter = |arguments: &[&str]| {
        let mut host = Command::new(host);
        host.env("COUNTER_PLUGIN", plugin).env("TMPDIR", &*sockets).current_dir(folder);
        succeed(host.args(arguments))
    };
    for sum in ["2", "4", "6"] {
        assert_eq!(counter(&["put", "hello", "2"]), "");
        assert_eq!(counter(&["get", "hello"]), format!("{sum}\n"));
    }
    assert_eq!(counter(&["put", "hello", "-7"]), "");
    assert_eq!(counter(&["get", "hello"]), "-1\n");
    let left = entries(&sockets);
    assert!(left.is_empty(), "{left:?} is left");
}

fn empty(name: &str) -> PathBuf {
    let folder = scratch(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// go-plugin's own pair is the yardstick of the other ones.
#[test]
fn the_host_of_the_example_lends_to_its_own_plugin() {
    let (Some(host), Some(plugin)) = (example_host(), example_plugin()) else { return };
    counts(&host, &plugin, &empty("go-callbacks-go"));
}

#[test]
fn the_host_of_the_example_lends_to_our_plugin() {
    let Some(host) = example_host() else { return };
    counts(&host, &built_program("counter"), &empty("go-callbacks-host"));
}

fn options() -> ProcessOptions {
    let handshake = Handshake::new("BASIC_PLUGIN", "hello").interface::<dyn Counter>(1);
    ProcessOptions::new().handshake(handshake).dispense("counter")
}

fn open(process: &Process) -> Box<dyn Counter> {
    let mut registry = Registry::new();
    registry.add(process).unwrap();
    registry.open::<dyn Counter>("bidirectional-plugin-go-grpc").unwrap()
}

/// Adds a borrowed number.
struct Borrows<'b>(&'b i64);

#[plug::plug(_)]
impl AddHelper for Borrows<'_> {
    fn sum(&self, a: i64, b: i64) -> Result<i64, plug::Error> {
        Adds.sum(a, b)?.checked_add(*self.0).ok_or_else(|| plug::Error::msg("the sum is too large"))
    }
}

/// Debian's go-plugin does not multiplex, and its plugins cannot dial with AutoMTLS.
#[test]
fn the_plugin_of_the_example_calls_our_host_back() {
    let Some(plugin) = example_plugin() else { return };
    for options in [options().without_tls(), options().without_tls().multiplex()] {
        let key = format!("plug-{}-{:?}", std::process::id(), std::time::Instant::now());
        let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        let counter = open(&options.open(&plugin).unwrap());
        for sum in 1..=50 {
            counter.put(&Adds, &key, 1).unwrap();
            assert_eq!(counter.get(&key).unwrap(), sum);
        }
        counter.put(&Borrows(&100), &key, 1).unwrap();
        assert_eq!(counter.get(&key).unwrap(), 151);
        let error = counter.put(&Adds, &key, i64::MAX).unwrap_err();
        assert!(error.to_string().contains("the sum is too large"), "{error}");
        counter.put(&Adds, &key, -1).unwrap();
        fs::remove_file(format!("kv_{key}")).unwrap();
    }
}
