//! Settings go by the connection alone: they are in no argument, no variable, no log and no `Debug`.

use std::fmt::Debug;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use plug::OpenOptions;
use plug::link::{Grpc, ProcessOptions};
use settings_plugins::Counter;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{json, netrpc, open, process, registry, server};

const SECRET: &str = "hunter2-is-no-token";

/// Keeps the records of this program that hold the secret, of any level and target.
struct Recorder(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Recorder {
    fn keep(&self, target: &str, record: impl FnOnce(&mut Text)) {
        let mut text = Text(format!("{target}: "));
        record(&mut text);
        // Bytes are printed as text, or as numbers.
        let numbers = format!("{:?}", SECRET.as_bytes());
        if text.0.contains(SECRET) || text.0.contains(numbers.trim_matches(['[', ']'])) {
            self.0.lock().unwrap().push(text.0);
        }
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.keep(span.metadata().target(), |text| span.record(text));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.keep("", |text| values.record(text));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.keep(event.metadata().target(), |text| event.record(text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn settings_go_by_the_connection_alone() {
    let found = Arc::new(Mutex::new(Vec::new()));
    tracing::subscriber::set_global_default(Recorder(Arc::clone(&found))).expect("no other test sets a subscriber");
    tracing::error!("{SECRET}");
    tracing::error!("{:?}", SECRET.as_bytes());
    assert_eq!(std::mem::take(&mut *found.lock().unwrap()).len(), 2);
    let settings = json(&format!(r#"{{ "token": "{SECRET}" }}"#));
    let options = OpenOptions::new().settings(settings);
    assert!(!format!("{options:?}").contains(SECRET));
    for peer in [ProcessOptions::new(), netrpc()] {
        let process = process(peer);
        let registry = registry(&process);
        let object = registry.open_with::<dyn Counter>("all", &options).unwrap();
        assert_eq!(object.token().unwrap().as_deref(), Some(SECRET));
        let pid = object.process().unwrap();
        for file in ["cmdline", "environ"] {
            let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap();
            assert!(!String::from_utf8_lossy(&text).contains(SECRET), "{file}");
        }
        assert!(!format!("{process:?} {registry:?}").contains(SECRET));
        // Mistakes beside it, around it, and in its place.
        for json in [
            r#"{ "token": "SECRET", "tmes": 1 }"#,
            r#"{ "token": ["SECRET"] }"#,
            r#"{ "token": { "SECRET": "SECRET" } }"#,
            r#"{ "token": "SECRET", "fail": "key" }"#,
            r#"{ "token": "SECRET", "fail": "plain" }"#,
            r#"{ "token": "SECRET", "fail": "a panic" }"#,
            r#"{ "times": "SECRET" }"#,
        ] {
            let refused = open(&registry, &json.replace("SECRET", SECRET)).err().unwrap();
            assert!(!format!("{refused:?} {:?}", refused.kind()).contains(SECRET), "{json}: {refused:?}");
        }
    }
    let (_server, address) = server(10);
    let object = registry(&Grpc::open(&address).unwrap()).open_with::<dyn Counter>("all", &options).unwrap();
    assert_eq!(object.token().unwrap().as_deref(), Some(SECRET));
    drop(object);
    assert_eq!(*found.lock().unwrap(), [""; 0]);
}
