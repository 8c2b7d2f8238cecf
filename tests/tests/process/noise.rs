//! What processes print: where it goes, and that no amount of it does harm.

use std::fmt::Debug;
use std::process::Command;
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::Duration;

use plug::link::ProcessOptions;
use plug_tests::{program, start};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::{LONG, open, work, worker};

/// What was said since, by whom and in words.
pub(crate) struct Heard(usize);

type Said = (Level, String, String);

static SAID: LazyLock<Arc<(Mutex<Vec<Said>>, Condvar)>> = LazyLock::new(|| {
    let said = Arc::default();
    tracing::dispatcher::set_global_default(tracing::Dispatch::new(Listener(Arc::clone(&said))))
        .expect("nobody else listens");
    said
});

/// What is said during `work`, and after.
pub(crate) fn heard(work: impl FnOnce()) -> Heard {
    let begin = SAID.0.lock().unwrap().len();
    work();
    Heard(begin)
}

impl Heard {
    /// Waits until this plugin has said this, and says at what level.
    #[track_caller]
    pub(crate) fn wait_for(&self, plugin: &str, text: &str) -> Level {
        let find = |said: &[Said]| said.iter().find(|said| said.1 == plugin && said.2 == text).map(|said| said.0);
        let said = SAID.0.lock().unwrap();
        let (said, _) = SAID.1.wait_timeout_while(said, LONG, |said| find(&said[self.0..]).is_none()).unwrap();
        find(&said[self.0..]).unwrap_or_else(|| {
            panic!("`{text}` was not said, but {:?}", said.iter().rev().take(20).collect::<Vec<_>>())
        })
    }
}

/// Keeps the events of the link's, but for long ones.
struct Listener(Arc<(Mutex<Vec<Said>>, Condvar)>);

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

impl Subscriber for Listener {
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
fn what_is_printed_comes_to_the_log() {
    for options in [ProcessOptions::new(), ProcessOptions::new().without_tls()] {
        let heard = heard(|| ());
        let work = work(&open(options));
        work.die("print").unwrap();
        assert_eq!(heard.wait_for("worker", "printed"), Level::DEBUG);
        work.obey("tell [WARN] so it is").unwrap();
        assert_eq!(heard.wait_for("worker", "so it is"), Level::WARN);
        work.obey(r#"tell {"@level":"error","@message":"worse","n":1}"#).unwrap();
        assert_eq!(heard.wait_for("worker", "worse"), Level::ERROR);
        work.obey("tell \u{1b}[31mred").unwrap();
        assert_eq!(heard.wait_for("worker", "\\u{1b}[31mred"), Level::DEBUG);
    }
}

/// A plugin that was told of its end by nobody has its death in the log.
#[test]
fn a_death_comes_to_the_log() {
    let heard = heard(|| ());
    let process = crate::shell(&format!("'{}'; exit 5", program("worker").display())).open("/bin/sh").unwrap();
    let work = work(&process);
    work.die("exit").unwrap_err();
    assert_eq!(heard.wait_for("sh", "the process of the plugin has ended"), Level::ERROR);
}

/// The worker floods a stream, to a host whose memory is looked at before and after.
fn floods(stream: &str) {
    let mut command = Command::new(program("host"));
    let order = format!("{stream} 100");
    let orders = ["pid", "memory", &order, "pid", "memory"];
    let mut host = start(command.arg(program("worker")).args(orders));
    let (pid, before) = (host.line(), host.line());
    let millis: u64 = host.line().parse().unwrap();
    assert_eq!(host.line(), pid);
    let after = host.line();
    let grown = after.parse::<u64>().unwrap() - before.parse::<u64>().unwrap();
    assert!(grown < 16 * 1024, "100 MiB of {stream} made the host larger by {grown} KiB");
    assert!(Duration::from_millis(millis) < Duration::from_secs(20), "{millis} ms");
    assert!(host.end().success());
}

#[test]
fn a_flood_on_stderr_does_no_harm() {
    floods("say");
}

#[test]
fn a_flood_on_stdout_does_no_harm() {
    floods("print");
}

#[test]
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
