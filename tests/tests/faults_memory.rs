//! The memory of both sides, after many objects were given and dropped, and amid a long stream.
//! It is a program of its own, since other tests take memory too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fault_plugins::{Faulty, Host, Sink};
use plug::{Error, Items, Link, Registry, plug};

/// The most that a side may grow.
const GROWTH: usize = 4 << 20;

/// Takes lines, and gives sinks that count until they are dropped.
struct Gives(Arc<AtomicU64>);

struct Counted(Arc<AtomicU64>);

impl Counted {
    fn new(live: &Arc<AtomicU64>) -> Box<Self> {
        live.fetch_add(1, Ordering::SeqCst);
        Box::new(Self(Arc::clone(live)))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[plug(_)]
impl Sink for Counted {
    fn line(&self, _: &str) -> Result<u64, Error> {
        Ok(1)
    }

    async fn later(&self, _: &str) -> Result<u64, Error> {
        Ok(1)
    }
}

#[plug(_)]
impl Host for Gives {
    fn ask(&self, question: &str) -> Result<String, Error> {
        Ok(question.to_owned())
    }

    async fn answer(&self, question: &str) -> Result<String, Error> {
        self.ask(question)
    }

    fn borrow(&self, sink: &dyn Sink) -> Result<u64, Error> {
        sink.line("x")
    }

    fn sink(&self) -> Result<Box<dyn Sink>, Error> {
        Ok(Counted::new(&self.0))
    }
}

fn open(link: &dyn Link) -> Box<dyn Faulty> {
    let mut registry = Registry::new();
    registry.add(link).expect("the link has plugins");
    registry.open::<dyn Faulty>("faulty").expect("it opens")
}

/// The plugin in a process, and on a server that is another process.
fn each(test: impl Fn(&dyn Faulty, u32, &str)) {
    let process = plug::link::Process::open(plug_tests::program("process-faults")).expect("it can be opened");
    test(&*open(&process), process.pid().expect("it runs"), "process");
    let mut server = std::process::Command::new(plug_tests::program("fault-server"));
    let mut server = plug_tests::start(&mut server);
    let address = server.line();
    test(&*open(&plug::link::Grpc::open(&address).expect("it is an address")), server.id(), "grpc");
}

fn until(is_so: impl FnMut() -> bool) {
    plug_tests::until(Duration::from_secs(60), "nothing is left", is_so);
}

#[test]
fn neither_objects_nor_streams_leave_memory() {
    each(|faulty, plugin, link| {
        let (live, host) = (Arc::default(), Gives(Arc::default()));
        let resident = || [std::process::id(), plugin].map(plug_tests::resident);
        let give = |number: u64| {
            for _ in 0..number / 500 {
                // Those that are given, kept and dropped by the plugin.
                for _ in 0..100 {
                    faulty.keep(Counted::new(&live), 0, "").expect("it keeps it");
                }
                assert_eq!(faulty.forget().expect("it drops them"), 100);
                // Those that the host returns, and the plugin.
                assert_eq!(faulty.drop_sinks(&host, 300).expect("it drops them"), 300);
                for _ in 0..100 {
                    assert_eq!(faulty.open(0).and_then(|sink| sink.line("abc")).expect("a number"), 3);
                }
            }
            until(|| live.load(Ordering::SeqCst) + host.0.load(Ordering::SeqCst) + faulty.live().expect("it") == 0);
        };
        give(5_000);
        let before = resident();
        give(if plug_tests::is_full() { 100_000 } else { 20_000 });
        for (before, after) in before.into_iter().zip(resident()) {
            assert!(after.saturating_sub(before) < GROWTH, "{link}: {before} and then {after} bytes");
        }
        // 256 MiB in each direction, watched on the way.
        let chunk = 64 << 10;
        let (before, mut most) = (resident(), [0, 0]);
        let mut note = |at: u64| {
            if at.is_multiple_of(256) {
                most = [0, 1].map(|side| most[side].max(resident()[side]));
            }
        };
        for (at, read) in (0..).zip(faulty.chunks(4096, chunk).expect("a stream")) {
            assert_eq!(read.expect("a chunk").len(), chunk as usize);
            note(at);
        }
        let (send, noted) = std::sync::mpsc::channel();
        let chunks = (0..4096).map(move |at| {
            let _ = send.send(at);
            Ok(vec![0; chunk as usize])
        });
        let measured = std::thread::scope(|scope| {
            let measured = scope.spawn(|| faulty.measure(Items::new(chunks)));
            noted.into_iter().for_each(&mut note);
            measured.join().expect("it does not panic")
        });
        assert_eq!(measured.expect("a number"), 256 << 20);
        for (before, most) in before.into_iter().zip(most) {
            assert!(most.saturating_sub(before) < GROWTH, "{link}: {before} and at most {most} bytes");
        }
    });
}
