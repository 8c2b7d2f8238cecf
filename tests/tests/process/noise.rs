//! The output of processes: it reaches the log, and no amount of it does harm.

use std::fmt::Debug;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::Duration;

use plug::link::ProcessOptions;
use plug_tests::{program, start};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::{LONG, open, work, worker};

/// The events of the log since an index.
pub(crate) struct Log(usize);

/// The level of an event, its plugin and its message.
type LogEvent = (Level, String, String);

static EVENTS: LazyLock<Arc<(Mutex<Vec<LogEvent>>, Condvar)>> = LazyLock::new(|| {
    let events = Arc::default();
    tracing::dispatcher::set_global_default(tracing::Dispatch::new(Recorder(Arc::clone(&events))))
        .expect("no other subscriber is set");
    events
});

/// Keeps the output of plugins away from the stderr of the tests.
pub(crate) fn listen() {
    LazyLock::force(&EVENTS);
}

/// Runs `work`, and returns the log since its start.
pub(crate) fn capture(work: impl FnOnce()) -> Log {
    let begin = EVENTS.0.lock().unwrap().len();
    work();
    Log(begin)
}

impl Log {
    /// Waits for this message of this plugin, and returns its level.
    #[track_caller]
    pub(crate) fn wait_for(&self, plugin: &str, text: &str) -> Level {
        let find =
            |events: &[LogEvent]| events.iter().find(|event| event.1 == plugin && event.2 == text).map(|event| event.0);
        let events = EVENTS.0.lock().unwrap();
        let (events, _) =
            EVENTS.1.wait_timeout_while(events, LONG, |events| find(&events[self.0..]).is_none()).unwrap();
        find(&events[self.0..]).unwrap_or_else(|| {
            panic!("`{text}` was not logged, but {:?}", events.iter().rev().take(20).collect::<Vec<_>>())
        })
    }
}

/// Records the events of the link, except long ones.
struct Recorder(Arc<(Mutex<Vec<LogEvent>>, Condvar)>);

#[derive(Default)]
struct Fields {
    plugin: String,
    message: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "plugin" {
            self.plugin = value.to_owned();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "plug::process"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if fields.message.len() < 500 {
            self.0.0.lock().unwrap().push((*event.metadata().level(), fields.plugin, fields.message));
            self.0.1.notify_all();
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn output_reaches_the_log() {
    for options in [ProcessOptions::new(), ProcessOptions::new().without_tls()] {
        let log = capture(|| ());
        let work = work(&open(options));
        work.die("print").unwrap();
        assert_eq!(log.wait_for("worker", "printed"), Level::DEBUG);
        work.obey("tell [WARN] so it is").unwrap();
        assert_eq!(log.wait_for("worker", "so it is"), Level::WARN);
        work.obey(r#"tell {"@level":"error","@message":"worse","n":1}"#).unwrap();
        assert_eq!(log.wait_for("worker", "worse"), Level::ERROR);
        work.obey("tell \u{1b}[31mred").unwrap();
        assert_eq!(log.wait_for("worker", "\\u{1b}[31mred"), Level::DEBUG);
    }
}

/// The log reports the death of a plugin that was not asked to end.
#[test]
fn a_death_comes_to_the_log() {
    let log = capture(|| ());
    let process = crate::shell(&format!("'{}'; exit 5", program("worker").display())).open("/bin/sh").unwrap();
    let work = work(&process);
    work.die("exit").unwrap_err();
    assert_eq!(log.wait_for("sh", "the process of the plugin has ended"), Level::ERROR);
}

/// The worker floods a stream. The memory of the host hardly grows.
fn flood(stream: &str) {
    let mut command = Command::new(program("host"));
    let order = format!("{stream} 50");
    let orders = ["pid", "memory", &order, "pid", "memory"];
    // This host has no log, and so prints the flood.
    let mut host = start(command.arg(program("worker")).args(orders).stderr(Stdio::null()));
    let (pid, before) = (host.line(), host.line());
    let millis: u64 = host.line().parse().unwrap();
    assert_eq!(host.line(), pid);
    let after = host.line();
    let grown = after.parse::<u64>().unwrap() - before.parse::<u64>().unwrap();
    assert!(grown < 16 * 1024, "50 MiB of {stream} made the host larger by {grown} KiB");
    assert!(Duration::from_millis(millis) < Duration::from_secs(20), "{millis} ms");
    assert!(host.end().success());
}

#[test]
#[ignore = "slow"]
fn a_flood_on_stderr_does_no_harm() {
    flood("say");
}

#[test]
#[ignore = "slow"]
fn a_flood_on_stdout_does_no_harm() {
    flood("print");
}

#[test]
#[ignore = "slow"]
fn calls_are_answered_while_a_plugin_floods() {
    let process = worker();
    let work = work(&process);
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| work.obey("say 30").unwrap());
        while !flood.is_finished() {
            let start = std::time::Instant::now();
            work.sum(1, &[2]).unwrap();
            assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        }
    });
}
