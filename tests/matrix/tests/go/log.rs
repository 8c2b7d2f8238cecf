//! Records the log of this program, by `tracing`, as text.

use std::fmt::{Debug, Write};
use std::sync::{Condvar, Mutex, Once};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static RECORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static MORE: Condvar = Condvar::new();

/// Records the log from now on. It must be called before the program logs.
pub(crate) fn record() {
    static RECORDING: Once = Once::new();
    RECORDING.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
}

/// Waits for the first record of the plugin that matches.
/// A record is `LEVEL TARGET NAME=VALUE…`.
pub(crate) fn wait_for(plugin: &str, matches: impl Fn(&str) -> bool) -> String {
    let plugin = format!(" plugin={plugin}");
    let found =
        |records: &Vec<String>| records.iter().find(|record| record.contains(&plugin) && matches(record)).cloned();
    let records = RECORDS.lock().unwrap();
    let waited = MORE.wait_timeout_while(records, Duration::from_secs(10), |records| found(records).is_none());
    let records = waited.unwrap().0;
    found(&records).unwrap_or_else(|| panic!("there is no such record in {records:#?}"))
}

struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("plug")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut text);
        RECORDS.lock().unwrap().push(text.0);
        MORE.notify_all();
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {}={value}", field.name()).unwrap();
    }
}
