//! Streams with programs in Go, in each place: the interface of go-plugin's example `streaming`, and the
//! example itself, unchanged, if it is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use counter_plugins::Streamer;
use plug::link::{Handshake, Process, ProcessOptions};
use plug::{Error, Items, Registry};
use plug_tests::{Sockets, built_program, entries, go, go_example, run, scratch, texts, until};

/// Long enough for any effect on the other side.
const SOON: Duration = Duration::from_secs(20);
/// 64 MiB, in chunks of 64 KiB.
const LARGE: u64 = 64 << 20;
const CHUNK: i64 = 64 << 10;

/// How host and plugin connect.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Way {
    is_multiplexed: bool,
    has_tls: bool,
}

const WAYS: [Way; 4] = [
    Way { is_multiplexed: false, has_tls: false },
    Way { is_multiplexed: false, has_tls: true },
    Way { is_multiplexed: true, has_tls: false },
    Way { is_multiplexed: true, has_tls: true },
];

impl Way {
    /// The program in Go, which is a host and a plugin. Debian's go-plugin does not multiplex.
    fn go(self) -> Option<PathBuf> {
        go(if self.is_multiplexed { "mux" } else { "counter" })
    }
}

/// Whether the plugin is ours, and its file. `None` without Go.
fn plugins(way: Way) -> Option<[(bool, PathBuf); 2]> {
    Some([(true, built_program("counter")), (false, way.go()?)])
}

/// Runs a command of `tests/go/streaming` with a host in Go: what it prints, or its error.
fn host_in_go(way: Way, (is_ours, plugin): &(bool, PathBuf), command: &str) -> Result<String, String> {
    let sockets = Sockets::new();
    let mut host = Command::new(way.go().unwrap());
    host.env("TMPDIR", &*sockets);
    if way.has_tls {
        host.arg("-tls");
    }
    if way.is_multiplexed {
        host.args(["-streaming", command]).arg(plugin).args(is_ours.then_some("second"));
    } else {
        host.arg("-streaming").arg(plugin).args(command.split(' '));
    }
    let output = run(&mut host);
    let (stdout, stderr) = texts(&output);
    let left = entries(&sockets);
    assert!(left.is_empty(), "{command}: {left:?} is left");
    if output.status.success() {
        return Ok(stdout.trim_end().to_owned());
    }
    let error = stderr.lines().last().unwrap_or_default();
    Err(error.rsplit("desc = ").next().unwrap_or(error).rsplit("Unknown: ").next().unwrap_or(error).to_owned())
}

/// Has each host in Go with each plugin, in an empty folder.
fn with_hosts_in_go(name: &str, test: impl Fn(&dyn Fn(&str) -> Result<String, String>, &Path, &str)) {
    for (at, way) in WAYS.into_iter().enumerate() {
        let Some(plugins) = plugins(way) else { return };
        for plugin in &plugins {
            let folder = scratch(&format!("go-streams-{name}-{at}-{}", plugin.0));
            test(&|command| host_in_go(way, plugin, command), &folder, &format!("{way:?}, ours: {}", plugin.0));
        }
    }
}

/// Has our host with each plugin, in an empty folder.
fn with_our_host(name: &str, test: impl Fn(&dyn Streamer, &Path, &str)) {
    for (at, way) in WAYS.into_iter().enumerate() {
        let Some(plugins) = plugins(way) else { return };
        for (is_ours, plugin) in plugins {
            let folder = scratch(&format!("go-streams-{name}-{at}-{is_ours}-host"));
            let process = open(way, is_ours, &plugin);
            let mut registry = Registry::new();
            registry.add(&process).unwrap();
            let streamer = registry.plugins_of::<dyn Streamer>().next().unwrap().open::<dyn Streamer>().unwrap();
            test(&*streamer, &folder, &format!("{way:?}, ours: {is_ours}"));
        }
    }
}

fn open(way: Way, is_ours: bool, plugin: &Path) -> Process {
    // The host `mux` asks for the second version, and the plugin `mux` has the first.
    let (handshake, version) = match way.is_multiplexed {
        true => (Handshake::new("HASHI", "hola"), if is_ours { 2 } else { 1 }),
        false => (Handshake::new("BASIC_PLUGIN", "hello"), 1),
    };
    let mut options = ProcessOptions::new().handshake(handshake.interface::<dyn Streamer>(version));
    if !is_ours {
        options = options.dispense("counter");
    }
    if way.is_multiplexed {
        options = options.multiplex();
        if is_ours {
            options = options.arg("second");
        }
    }
    if !way.has_tls {
        options = options.without_tls();
    }
    options.open(plugin).unwrap()
}

/// Chunks that differ, as those of the host in Go.
fn chunk(at: u64, len: usize) -> Vec<u8> {
    (0..len as u64).map(|byte| (at + byte) as u8).collect()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// What a plugin has noted in a file.
fn noted(file: &str, what: &str) -> String {
    until(SOON, what, || fs::read(file).is_ok_and(|text| !text.is_empty()));
    fs::read_to_string(file).unwrap()
}

#[test]
fn hosts_in_go_write_and_read_64_mebibytes() {
    let mut sums = Vec::new();
    let sums_of = std::cell::RefCell::new(&mut sums);
    with_hosts_in_go("large", |host, folder, which| {
        let file = path(folder, "file");
        host(&format!("write {file} {CHUNK} 1024")).unwrap();
        let bytes = fs::read(&file).unwrap();
        assert_eq!(bytes.len() as u64, LARGE, "{which}");
        assert!((0..1024).all(|at| bytes[at << 16..][..1 << 16] == *chunk(at as u64, 1 << 16)), "{which}");
        let sum = host(&format!("read {file} {CHUNK}")).unwrap();
        assert!(sum.starts_with("67108864 "), "{which}: {sum}");
        sums_of.borrow_mut().push(sum);
        // Other chunks than those that were written, with a shorter last one.
        assert_eq!(host(&format!("read {file} 1000003")).unwrap(), sums_of.borrow()[0], "{which}");
        fs::remove_file(file).unwrap();
    });
    sums.dedup();
    assert!(sums.len() < 2, "{sums:?}");
}

#[test]
fn our_host_writes_and_reads_64_mebibytes() {
    with_our_host("large", |streamer, folder, which| {
        let file = path(folder, "file");
        streamer.configure(&file, CHUNK).unwrap();
        streamer.write(Items::new((0..1024).map(|at| Ok(chunk(at, 1 << 16))))).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().len(), LARGE, "{which}");
        let mut number = 0;
        for (at, item) in (0..).zip(streamer.read().unwrap()) {
            assert!(item.unwrap() == chunk(at, 1 << 16), "{which}: chunk {at}");
            number += 1;
        }
        assert_eq!(number, 1024, "{which}");
        // An empty file, a chunk that is empty, and one of 3 MiB.
        streamer.write(Items::new(std::iter::empty())).unwrap();
        assert_eq!(streamer.read().unwrap().count(), 0, "{which}");
        streamer.write(Items::new([Ok(Vec::new()), Ok(chunk(1, 3 << 20))].into_iter())).unwrap();
        streamer.configure(&file, 3 << 20).unwrap();
        let items: Result<Vec<_>, Error> = streamer.read().unwrap().collect();
        assert!(items.unwrap() == [chunk(1, 3 << 20)], "{which}");
        fs::remove_file(file).unwrap();
    });
}

#[test]
fn an_error_amid_a_stream_reaches_the_host_in_go() {
    with_hosts_in_go("errors", |host, folder, which| {
        for command in ["read fail:no_such_luck 10", "write fail:no_such_luck 10 3", "write fail:no_such_luck 10 0"] {
            assert_eq!(host(command).unwrap_err(), "no_such_luck", "{which}: {command}");
        }
        let error = host(&format!("read {} 10", path(folder, "absent"))).unwrap_err();
        assert!(error.to_lowercase().contains("no such file"), "{which}: {error}");
        // A client of gRPC has no error to send but a cancellation.
        let log = path(folder, "log");
        host(&format!("cancel log:{log} 10 3")).unwrap_err();
        assert_eq!(noted(&log, "the cancellation is noted"), "3, 30, cancelled", "{which}");
    });
}

#[test]
fn an_error_amid_a_stream_reaches_our_host() {
    with_our_host("errors", |streamer, folder, which| {
        streamer.configure("fail:no such luck", 10).unwrap();
        let mut items = streamer.read().unwrap();
        for _ in 0..3 {
            assert_eq!(items.next().unwrap().unwrap(), [0; 10], "{which}");
        }
        assert_eq!(items.next().unwrap().unwrap_err().to_string(), "no such luck", "{which}");
        assert!(items.next().is_none(), "{which}");
        for number in [3, u64::MAX] {
            let error = streamer.write(Items::new((0..number).map(|at| Ok(chunk(at, 10))))).unwrap_err();
            assert_eq!(error.to_string(), "no such luck", "{which}");
        }
        // Ours of the writer is the error of its call.
        let log = path(folder, "log");
        streamer.configure(&format!("log:{log}"), 10).unwrap();
        let items = (0..=3).map(|at| {
            if at < 3 {
                return Ok(chunk(at, 10));
            }
            // The cancellation may overtake the items before it, and a call that is cancelled at once may never begin.
            std::thread::sleep(Duration::from_millis(500));
            Err(Error::msg("the disk is full"))
        });
        assert_eq!(streamer.write(Items::new(items)).unwrap_err().to_string(), "the disk is full", "{which}");
        assert_eq!(noted(&log, "the cancellation is noted"), "3, 30, cancelled", "{which}");
        // The connection goes on.
        streamer.configure(&path(folder, "file"), 10).unwrap();
        streamer.write(Items::new([Ok(vec![1])].into_iter())).unwrap();
        assert_eq!(streamer.read().unwrap().next().unwrap().unwrap(), [1], "{which}");
    });
}

#[test]
fn a_host_in_go_that_takes_no_more_ends_the_plugins_stream() {
    with_hosts_in_go("take", |host, folder, which| {
        let file = path(folder, "ended");
        assert_eq!(host(&format!("take endless:{file} {CHUNK} 5")).unwrap(), "5", "{which}");
        assert_eq!(noted(&file, "the plugin's stream has ended"), "ended", "{which}");
        // A plugin that takes no more ends the host's stream, which has no end of its own.
        let sent = host("write three: 65536 0").unwrap();
        assert!(!sent.ends_with(", 0"), "{which}: {sent}");
    });
}

/// An endless stream, which notes its items and its drop.
fn endless(len: usize) -> (Items<Vec<u8>>, Arc<AtomicU64>, Arc<AtomicBool>) {
    struct Notes(Arc<AtomicBool>);
    impl Drop for Notes {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let (drawn, dropped) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (notes, counter) = (Notes(Arc::clone(&dropped)), Arc::clone(&drawn));
    let items = (0..).map(move |at| {
        let Notes(_) = &notes;
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(chunk(at, len))
    });
    (Items::new(items), drawn, dropped)
}

#[test]
fn dropping_a_stream_ends_it_on_the_other_side() {
    with_our_host("drop", |streamer, folder, which| {
        let file = path(folder, "ended");
        streamer.configure(&format!("endless:{file}"), CHUNK).unwrap();
        let mut items = streamer.read().unwrap();
        assert_eq!(items.by_ref().take(5).filter(Result::is_ok).count(), 5, "{which}");
        assert!(!Path::new(&file).exists(), "{which}");
        drop(items);
        assert_eq!(noted(&file, "the plugin's stream has ended"), "ended", "{which}");
        // A plugin that takes no more ends ours.
        streamer.configure("three:", CHUNK).unwrap();
        let (items, drawn, dropped) = endless(1 << 16);
        streamer.write(items).unwrap();
        until(SOON, "our stream is dropped", || dropped.load(Ordering::SeqCst));
        assert!(drawn.load(Ordering::SeqCst) < 300, "{which}: {drawn:?} were drawn");
    });
}

/// The text that the example's host writes and reads.
const TEXT: &str = "Lorem ipsum dolor sit amet";

/// It starts `./plugin/streamer`, and writes and reads in chunks of 10 bytes. It takes no message over 1,000 bytes.
#[test]
fn the_host_of_the_example_streams_with_our_plugin() {
    let Some(host) = go_example("streaming") else { return };
    let (folder, sockets) = (scratch("go-streams-example"), Sockets::new());
    fs::create_dir(folder.join("plugin")).unwrap();
    fs::hard_link(built_program("counter"), folder.join("plugin/streamer")).unwrap();
    let output = run(Command::new(host).arg("file").env("TMPDIR", &*sockets).current_dir(&folder));
    let (_, stderr) = texts(&output);
    assert!(output.status.success() && stderr.contains("received 26 bytes") && stderr.contains(TEXT), "{stderr}");
    assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), TEXT);
    assert!(entries(&sockets).is_empty());
}

/// That is enough for a method without a result.
#[test]
fn a_call_of_our_host_may_end_without_a_reply() {
    for (at, way) in WAYS.into_iter().enumerate() {
        let Some(plugin) = way.go() else { return };
        let file = path(&scratch(&format!("go-streams-mute-{at}")), "file");
        let mut registry = Registry::new();
        registry.add(&open(way, false, &plugin)).unwrap();
        let streamer = registry.plugins_of::<dyn Streamer>().next().unwrap().open::<dyn Streamer>().unwrap();
        streamer.configure(&format!("mute:{file}"), 10).unwrap();
        streamer.write(Items::new([Ok(chunk(0, 10))].into_iter())).unwrap();
        assert_eq!(fs::read(&file).unwrap(), chunk(0, 10), "{way:?}");
    }
}

#[test]
fn our_host_streams_with_the_plugin_of_the_example() {
    let Some(plugin) = go_example("streaming-plugin") else { return };
    let file = path(&scratch("go-streams-example-plugin"), "file");
    for multiplexes in [false, true] {
        let handshake = Handshake::new("BASIC_PLUGIN", "hello").interface::<dyn Streamer>(1);
        let mut options = ProcessOptions::new().handshake(handshake).dispense("streamer");
        if multiplexes {
            options = options.multiplex();
        }
        let mut registry = Registry::new();
        registry.add(&options.open(&plugin).unwrap()).unwrap();
        let streamer = registry.plugins_of::<dyn Streamer>().next().unwrap().open::<dyn Streamer>().unwrap();
        streamer.configure(&file, 10).unwrap();
        let chunks: Vec<_> = TEXT.as_bytes().chunks(10).map(|chunk| Ok(chunk.to_vec())).collect();
        streamer.write(Items::new(chunks.into_iter())).unwrap();
        let items: Result<Vec<_>, Error> = streamer.read().unwrap().collect();
        assert_eq!(items.unwrap().concat(), TEXT.as_bytes());
        fs::remove_file(&file).unwrap();
        let error = streamer.read().and_then(|mut items| items.next().transpose()).unwrap_err().to_string();
        assert!(error.contains("no such file"), "{error}");
    }
}

#[test]
fn many_short_items_wait_for_a_reader_that_stalls() {
    with_hosts_in_go("short", |host, folder, which| {
        let log = path(folder, "log");
        let sent = host(&format!("write stall:{log} 10 100000")).unwrap();
        assert_eq!(noted(&log, "all are read"), "100000, 1000000, ok", "{which}");
        // After half a second the reader has taken none.
        let (early, all) = sent.split_once(", ").unwrap();
        assert_eq!(all, "100000", "{which}");
        let early: u64 = early.parse().unwrap();
        assert!((1..90_000).contains(&early), "{which}: {sent}");
    });
    with_our_host("short", |streamer, folder, which| {
        let log = path(folder, "log");
        streamer.configure(&format!("stall:{log}"), 10).unwrap();
        let (items, drawn, dropped) = endless(10);
        let write = || streamer.write(Items::new(items.take(100_000)));
        std::thread::scope(|scope| {
            let writer = scope.spawn(write);
            std::thread::sleep(Duration::from_millis(500));
            let early = drawn.load(Ordering::SeqCst);
            assert!((1..90_000).contains(&early), "{which}: {early}");
            writer.join().unwrap().unwrap();
        });
        assert_eq!(noted(&log, "all are read"), "100000, 1000000, ok", "{which}");
        until(SOON, "our stream is dropped", || dropped.load(Ordering::SeqCst));
    });
}
