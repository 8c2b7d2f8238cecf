//! `#[tracing::instrument]` above the methods of a plugin covers all their polls.

use std::sync::Mutex;

use plug::plug;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use plug_tests::pause;
use pollster::block_on;

use crate::open;

#[plug::interface]
trait Fetch: Send + Sync {
    async fn fetch(&self, url: &str, times: usize) -> Result<usize, plug::Error>;
}

#[derive(Default)]
struct Traced;

#[plug("traced")]
impl Fetch for Traced {
    #[tracing::instrument(skip(self), err)]
    async fn fetch(&self, url: &str, mut times: usize) -> Result<usize, plug::Error> {
        while times > 0 {
            times -= 1;
            tracing::info!("fetches");
            pause().await;
        }
        if url.is_empty() {
            return Err(plug::Error::msg("no address"));
        }
        Ok(url.len())
    }
}

/// Notes the spans that are entered and left, and the events in between.
struct Notes(&'static Mutex<Vec<&'static str>>);

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("asynchronous::instrumented")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert_eq!(span.metadata().name(), "fetch");
        assert!(span.metadata().fields().iter().map(|field| field.name()).eq(["url", "times"]));
        self.0.lock().expect("no panic").push("new");
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let is_error = *event.metadata().level() == tracing::Level::ERROR;
        self.0.lock().expect("no panic").push(if is_error { "error" } else { "event" });
    }
    fn enter(&self, _: &Id) {
        self.0.lock().expect("no panic").push("enter");
    }
    fn exit(&self, _: &Id) {
        self.0.lock().expect("no panic").push("exit");
    }
}

#[test]
fn a_span_covers_all_polls() {
    static NOTES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    tracing::subscriber::with_default(Notes(&NOTES), || {
        let traced = open::<dyn Fetch>("traced");
        let task = traced.fetch("here", 1);
        assert!(NOTES.lock().expect("no panic").is_empty());
        assert_eq!(block_on(task).expect("it has an address"), 4);
        assert!(block_on(traced.fetch("", 0)).is_err());
    });
    let notes = NOTES.lock().expect("no panic");
    // A future is also dropped within its span.
    let expected = ["new", "enter", "event", "exit", "enter", "exit", "enter", "exit", "new", "enter", "error", "exit"];
    assert_eq!(notes[..expected.len()], expected);
}
