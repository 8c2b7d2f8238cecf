//! The records and the last lines that come of a plugin's stderr.

use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as Values};
use tracing::{Event, Metadata, Subscriber};

use super::*;

fn records(text: impl AsRef<[u8]>) -> Vec<Record> {
    let (mut records, mut all) = (Records::new(), Vec::new());
    records.push(text.as_ref(), |record| all.push(record));
    records.finish(|record| all.push(record));
    all
}

fn tail(text: &str) -> Vec<String> {
    let mut records = Records::new();
    records.push(text.as_bytes(), drop);
    records.finish(drop);
    records.tail()
}

fn plain(level: Level, message: &str) -> Record {
    Record { level, message: message.to_owned(), module: None, timestamp: None, fields: vec![] }
}

/// Asserts that the line becomes one plain record with the same text.
#[track_caller]
fn is_verbatim(line: &str) {
    assert_eq!(records(line), [plain(Level::Debug, line)]);
}

#[test]
fn a_record_of_hclogs() {
    let line = r#"{"@caller":"main.go:9","@level":"warn","@message":"low \u001b[1m","@module":"kv.store","@timestamp":"2026-01-02T15:04:05.000000Z","free":12,"nested":{"a":[1,null,"x"]},"text":"a b"}"#;
    let texts = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let record = Record {
        level: Level::Warn,
        message: "low \u{1b}[1m".into(),
        module: Some("kv.store".into()),
        timestamp: Some("2026-01-02T15:04:05.000000Z".into()),
        fields: texts(&[
            ("@caller", "main.go:9"),
            ("free", "12"),
            ("nested", r#"{"a":[1,null,"x"]}"#),
            ("text", "a b"),
        ]),
    };
    assert_eq!(records(line), [record]);
}

#[test]
fn every_level_has_its_name_and_its_brackets() {
    use Level::{Debug, Error, Info, Trace, Warn};
    for (name, level) in [("TRACE", Trace), ("DEBUG", Debug), ("INFO", Info), ("WARN", Warn), ("ERROR", Error)] {
        assert_eq!(records(format!("[{name}] text [x]\r\n")), [plain(level, "text [x]")]);
        let json = format!(r#"{{"@level":"{}","@message":"text"}}"#, name.to_lowercase());
        assert_eq!(records(json), [plain(level, "text")]);
    }
    is_verbatim("[FATAL] text");
    is_verbatim("text [WARN]");
    is_verbatim("[WARN");
}

#[test]
fn any_json_is_taken() {
    is_verbatim(r#"{"@message":1}"#);
    is_verbatim(r#"{"level":"info","msg":"of another library"}"#);
    is_verbatim(r#"["@message"]"#);
    is_verbatim("{}");
    is_verbatim("{");
    is_verbatim(r#"{"@level":"info","@message":"cut"#);
    is_verbatim(r#"{"@level":"info","@message":"x","n":1e400}"#);
    is_verbatim(&"[".repeat(10_000));
    is_verbatim(&r#"{"@message":"#.repeat(5_000));
    let deep = format!(r#"{{"@level":"info","@message":"x","deep":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    is_verbatim(&deep);
    // Without a level it is a debug record.
    // A record may have no message, or one that is not a string.
    assert_eq!(records(r#"{"@message":"x"}"#), [plain(Level::Debug, "x")]);
    assert_eq!(records(r#"{"@level":"error"}"#), [plain(Level::Error, "")]);
    assert_eq!(records(r#"{"@level":"error","@message":{"a":1}}"#), [plain(Level::Error, r#"{"a":1}"#)]);
    // The last of two equal keys counts, as in Go.
    assert_eq!(records(r#"{"@level":"info","@message":"x","@message":"y"}"#), [plain(Level::Info, "y")]);
    let odd = records(r#"{"@level":5,"@message":"x","n":123456789012345678901234567890}"#);
    assert_eq!(odd[0].level, Level::Debug);
    assert_eq!(odd[0].fields[0], ("@level".into(), "5".into()));
}

#[test]
fn any_bytes_of_any_length_are_taken() {
    assert_eq!(records(b"\xff\0x\n\n"), [plain(Level::Debug, "\u{fffd}\0x"), plain(Level::Debug, "")]);
    let long = "x".repeat(1 << 20);
    let all = records(format!("{long}\n[WARN] next"));
    assert_eq!(all.len(), 17);
    assert_eq!(all[..16].iter().map(|record| &record.message[..]).collect::<String>(), long);
    assert_eq!(all[16], plain(Level::Warn, "next"));
    // A piece of a line is not parsed.
    let all = records(format!("{}[WARN] inside", "x".repeat(lines::MAX_LEN)));
    assert_eq!(all[1], plain(Level::Debug, "[WARN] inside"));
    assert_eq!(read(b"\x03[WARN] text\nxy"), 2);
    assert_eq!(read(b""), 0);
}

fn levels(text: &str) -> String {
    records(text).iter().map(|record| format!("{:?}", record.level).remove(0)).collect()
}

#[test]
fn a_panic_of_gos_is_an_error_to_its_end() {
    assert_eq!(levels("before\npanic: boom\n\ngoroutine 1 [running]:\nmain.main()\n"), "DEEEE");
    assert_eq!(levels("fatal error: all goroutines are asleep - deadlock!\nmore\n[INFO] still\nmore"), "EEIE");
    assert_eq!(levels("a panic: none\n"), "D");
    let long = format!("panic: {}\nmore", "x".repeat(100_000));
    assert_eq!(levels(&long), "EEE");
}

#[test]
fn a_panic_of_rusts_is_an_error_until_the_plugin_goes_on() {
    let panic = "thread 'main' panicked at src/main.rs:2:5:\nboom\n";
    assert_eq!(levels(&format!("{panic}more of it\n[INFO] caught\nnext")), "EEEID");
    assert_eq!(levels(&format!("{panic}note: run with `RUST_BACKTRACE=1` environment variable\nnext")), "EEED");
    assert_eq!(levels("\nthread 'a b' (4711) panicked at x:1:1:\nboom"), "DEE");
    assert_eq!(
        levels("\nthread 'main' has overflowed its stack\nfatal runtime error: stack overflow, aborting\n"),
        "DEE"
    );
    assert_eq!(levels("memory allocation of 1099511627776 bytes failed\n"), "E");
    assert_eq!(levels("thread 'main' started\n"), "D");
    let endless = levels(&format!("{panic}{}", "x\n".repeat(200)));
    assert_eq!(endless.matches('E').count(), 128);
}

#[test]
fn the_last_lines_are_kept_and_are_few_and_short() {
    assert_eq!(tail(""), Vec::<String>::new());
    assert_eq!(tail("a\n\nb\x1b[1m\n\n"), ["a", "b\\u{1b}[1m"]);
    let many: String = (0..1_000).map(|n| format!("line {n}\n")).collect();
    let last = tail(&many);
    assert_eq!((last.len(), &last[0][..], &last[19][..]), (20, "line 980", "line 999"));
    let long = tail(&format!("{}\n", "x".repeat(1 << 20)));
    assert_eq!(long, [format!("{}…", "x".repeat(1_000))]);
}

#[test]
fn the_last_words_of_a_panic_are_its_first() {
    let noise: String = (0..100).map(|n| format!("noise {n}\n")).collect();
    let stack: String = (0..100).map(|n| format!("main.f{n}()\n\t/x.go:{n}\n")).collect();
    let words = tail(&format!("{noise}panic: boom\n\ngoroutine 1 [running]:\n{stack}exit status 2\n"));
    assert_eq!(words[..4], ["panic: boom", "", "goroutine 1 [running]:", "main.f0()"]);
    assert_eq!((words.len(), &words[20][..]), (21, "… and 184 more lines"));

    let words = tail(&format!(
        "{noise}thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`\n\n"
    ));
    assert_eq!(words, ["thread 'main' panicked at src/main.rs:2:5:", "boom", "note: run with `RUST_BACKTRACE=1`"]);

    // The panic was caught, and the plugin went on.
    let words = tail(&format!("thread 'x' panicked at src/main.rs:2:5:\nboom\n[INFO] caught\n{noise}"));
    assert_eq!(words[0], "noise 80");

    // The first panic is the cause of the second, unless there were many.
    let (first, second) = ("thread 'x' panicked at a:1:1:\nboom\n", "thread 'x' panicked at b:1:1:\nin a destructor\n");
    assert_eq!(tail(&format!("{first}{second}")).len(), 4);
    let words = tail(&format!("{}{second}", first.repeat(100)));
    assert_eq!(words.last().unwrap(), "in a destructor");
}

/// Records every event of the plugin `emitted`, as text.
struct Recorder;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct EventText(String);

impl Visit for EventText {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Values<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = EventText(format!("{} {}", event.metadata().target(), event.metadata().level()));
        event.record(&mut text);
        if text.0.contains("\"emitted\"") {
            SEEN.lock().unwrap().push(text.0);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn records_become_events() {
    tracing::dispatcher::set_global_default(tracing::Dispatch::new(Recorder)).expect("no other test sets a subscriber");
    let text = concat!(
        r#"{"@level":"error","@message":"failed\n\u001b","@module":"kv","@timestamp":"T","n":1,"s":"a b"}"#,
        "\n[TRACE] t\n[DEBUG] d\n[INFO] i\n[WARN] w\n"
    );
    records(text).iter().for_each(|record| emit::emit("emitted", record));
    assert_eq!(
        *SEEN.lock().unwrap(),
        [
            "plug::process ERROR message=failed\n\\u{1b} plugin=\"emitted\" module=\"kv\" timestamp=\"T\" fields=n=1 s=\"a b\"",
            "plug::process TRACE message=t plugin=\"emitted\"",
            "plug::process DEBUG message=d plugin=\"emitted\"",
            "plug::process INFO message=i plugin=\"emitted\"",
            "plug::process WARN message=w plugin=\"emitted\"",
        ]
    );
}
