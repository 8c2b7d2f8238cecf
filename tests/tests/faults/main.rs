//! Faults of callbacks and streams: each is an error of its own call, and nobody else's.

#[cfg(unix)]
mod ends;
mod given;
mod lent;
mod limits;
mod raw;
mod scopes;
mod streams;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use fault_plugins::{Faulty, Host, Sink};
use plug::link::{Grpc, Library, Process, ProcessOptions};
use plug::{Error, Link, Registry, plug};

/// The longest time for anything that must end.
const LONG: Duration = Duration::from_secs(30);

/// The plugin `faulty` over one link.
struct Peer {
    registry: Registry,
    link: &'static str,
}

impl Peer {
    fn new(link: &dyn Link, name: &'static str) -> Self {
        let mut registry = Registry::new();
        registry.add(link).expect("the link has plugins");
        Self { registry, link: name }
    }

    fn open(&self) -> Box<dyn Faulty> {
        self.registry.open::<dyn Faulty>("faulty").expect("it opens")
    }
}

#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library() -> Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { Library::open(plug_tests::shared_library("fault-plugins")) };
    library.expect("it can be opened")
}

fn process() -> Process {
    open(ProcessOptions::new())
}

fn open(options: ProcessOptions) -> Process {
    options.open(plug_tests::program("process-faults")).expect("it can be opened")
}

/// The plugins of this program, on a server.
fn grpc() -> Grpc {
    Grpc::open(grpc_address()).expect("it is an address")
}

fn grpc_address() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| {
        let server = plug::Server::new().instances(100).bind("grpc://127.0.0.1:0").expect("there is a port");
        let address = server.address();
        thread::spawn(move || server.serve());
        address
    });
    &ADDRESS
}

/// The plugin in another process, and on a server.
fn each_remote(test: impl Fn(&Peer)) {
    for peer in [Peer::new(&process(), "process"), Peer::new(&grpc(), "grpc")] {
        test(&peer);
    }
}

/// The same, and in a library.
fn each(test: impl Fn(&Peer)) {
    test(&Peer::new(&library(), "library"));
    each_remote(test);
}

/// Runs `work` while another object of the same connection is called, whose calls must go on.
fn beside<R>(peer: &Peer, work: impl FnOnce() -> R) -> R {
    let (other, is_over, calls) = (peer.open(), AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                other.nothing().expect("the other object is not concerned");
                calls.fetch_add(1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(1));
            }
        });
        let result = catch_unwind(AssertUnwindSafe(|| {
            let result = work();
            let before = calls.load(Ordering::SeqCst);
            until(|| calls.load(Ordering::SeqCst) > before);
            result
        }));
        is_over.store(true, Ordering::SeqCst);
        result.unwrap_or_else(|payload| resume_unwind(payload))
    })
}

#[track_caller]
fn until(is_so: impl FnMut() -> bool) {
    plug_tests::until(LONG, "it has happened", is_so);
}

/// Runs `work` in a thread that must end.
#[track_caller]
fn in_time<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let working = thread::spawn(work);
    until(|| working.is_finished());
    working.join().unwrap_or_else(|payload| resume_unwind(payload))
}

/// A door that calls wait for.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
    /// How many have come to it.
    waiting: AtomicU32,
}

impl Gate {
    fn pass(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let is_open = self.is_open.lock().unwrap();
        drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
    }

    fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::SeqCst)
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// Counts as long as it lives.
struct Counted(Arc<AtomicU32>);

impl Counted {
    fn new(count: &Arc<AtomicU32>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What the line says happens in its call, and in its drop.
struct Lines {
    live: Counted,
    gate: Arc<Gate>,
    on_drop: &'static str,
}

impl Lines {
    fn new(live: &Arc<AtomicU32>) -> Box<Self> {
        Box::new(Self { live: Counted::new(live), gate: Arc::default(), on_drop: "" })
    }

    fn of(gate: &Arc<Gate>, on_drop: &'static str) -> Box<Self> {
        Box::new(Self { live: Counted::new(&Arc::default()), gate: Arc::clone(gate), on_drop })
    }
}

#[plug(_)]
impl Sink for Lines {
    fn line(&self, line: &str) -> Result<u64, Error> {
        match line {
            "block" => self.gate.pass(),
            "panic" => panic!("no line"),
            _ => {}
        }
        Ok(1)
    }

    async fn later(&self, line: &str) -> Result<u64, Error> {
        self.line(line)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        match self.on_drop {
            "block" => self.gate.pass(),
            "panic" => panic!("it does not want to be dropped, and there are {}", Arc::strong_count(&self.live.0)),
            _ => {}
        }
    }
}

/// What the question says happens.
#[derive(Default)]
struct Answers {
    gate: Gate,
    asked: AtomicU32,
    /// How many futures of `answer` there are, and how many sinks.
    live: Arc<AtomicU32>,
    sinks: Arc<AtomicU32>,
}

impl Answers {
    fn live(&self) -> u32 {
        self.live.load(Ordering::SeqCst)
    }
}

#[plug(_)]
impl Host for Answers {
    fn ask(&self, question: &str) -> Result<String, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match question {
            "panic" => panic!("no answer"),
            "block" => self.gate.pass(),
            "sleep" => thread::sleep(Duration::from_millis(300)),
            "long" => return Ok("x".repeat(2 << 20)),
            _ => {}
        }
        Ok(format!("{question}!"))
    }

    async fn answer(&self, question: &str) -> Result<String, Error> {
        let _live = Counted::new(&self.live);
        if question == "never" {
            self.asked.fetch_add(1, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        plug_tests::pause().await;
        self.ask(question)
    }

    fn borrow(&self, sink: &dyn Sink) -> Result<u64, Error> {
        sink.line("x")
    }

    fn sink(&self) -> Result<Box<dyn Sink>, Error> {
        Ok(Lines::new(&self.sinks))
    }
}
