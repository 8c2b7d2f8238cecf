//! A secret is in no log, no environment and no command line, whatever happens to it.

use std::fmt::Debug;
use std::fs;
use std::sync::{Arc, Mutex};

use plug::link::ProcessOptions;
use plug::{OpenOptions, Registry, Settings};
use settings_plugins::Counter;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::remote;

const SECRET: &str = "swordfish-of-this-test";

/// Records every event and span of every level and crate, as text.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Visit for &Recorder {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = self.0.lock().unwrap();
        text.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_secret_is_in_no_log_no_environment_and_no_command_line() {
    let recorder = Recorder::default();
    tracing::dispatcher::set_global_default(tracing::Dispatch::new(recorder.clone())).expect("no other is set");
    let with = |json: &str| {
        let settings = Settings::json("app.json", &json.replace("SECRET", SECRET)).expect("it is JSON");
        OpenOptions::new().settings(settings)
    };
    let options = with(r#"{ "token": "SECRET" }"#);
    assert!(!format!("{options:?}").contains(SECRET));

    for link in [&remote::process(ProcessOptions::new()) as &dyn plug::Link, &remote::served()] {
        let mut registry = Registry::new();
        registry.add(link).expect("the link has plugins");
        let all = registry.open_with::<dyn Counter>("all", &options).unwrap();
        assert_eq!(all.token().unwrap().as_deref(), Some(SECRET));
        let process = all.process().unwrap();
        if process != std::process::id() {
            for file in ["environ", "cmdline"] {
                let bytes = fs::read(format!("/proc/{process}/{file}")).expect("the process runs");
                assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "{file}");
            }
        }
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
            let error = registry.open_with::<dyn Counter>("all", &with(json)).err().expect("it is refused");
            assert!(!format!("{error:?} {error:#?} {:?}", error.kind()).contains(SECRET), "{json}: {error:?}");
        }
    }
    let log = recorder.0.lock().unwrap();
    // It records what the links note: else it would find nothing in any case.
    assert!(log.contains("message="), "{log}");
    assert!(!log.contains(SECRET));
}
