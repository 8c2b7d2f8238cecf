//! Turns a plugin's stderr into records for the host's log.
//!
//! A line is a record of hclog's JSON, a text after a level, a part of a panic, or plain text.
//! Bytes of any kind and length are accepted, none is lost, and few are kept.

pub(crate) mod emit;
pub(crate) mod lines;
pub(crate) mod panic;
pub(crate) mod tail;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::process::log::lines::{LineSplitter, Piece};
use crate::process::log::panic::Panic;
use crate::process::log::tail::Tail;

/// The level of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// One message of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub level: Level,
    pub message: String,
    /// hclog's name of the logger.
    pub module: Option<String>,
    /// The time, in the plugin's own format.
    pub timestamp: Option<String>,
    /// The other fields, by name. A value that is not a string is JSON.
    pub fields: Vec<(String, String)>,
}

/// Makes records of the bytes of a plugin's stderr, and keeps its last lines.
#[derive(Debug, Default)]
pub(crate) struct Records {
    lines: LineSplitter,
    history: History,
}

/// The state that the lines so far have left.
#[derive(Debug, Default)]
struct History {
    panic: Panic,
    tail: Tail,
}

impl Records {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds the next chunk, and passes on the records that it completes.
    pub(crate) fn push(&mut self, chunk: &[u8], mut each: impl FnMut(Record)) {
        let history = &mut self.history;
        self.lines.push(chunk, |piece| each(history.record(&piece)));
    }

    /// Passes on the last line if it had no end.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(Record)) {
        let history = &mut self.history;
        self.lines.finish(|piece| each(history.record(&piece)));
    }

    /// The last lines; after a panic that nothing else followed, the first lines of the panic.
    /// Control characters are escaped, and number and length are limited for use in an error.
    pub(crate) fn tail(&self) -> Vec<String> {
        self.history.tail.lines()
    }
}

impl History {
    fn record(&mut self, piece: &Piece<'_>) -> Record {
        let text = String::from_utf8_lossy(piece.bytes);
        // A piece of a longer line is plain text, or a part of a panic.
        let record = if piece.is_whole() { Record::parse(&text) } else { None };
        let is_panic = match &record {
            Some(_) => self.panic.interrupt(),
            None if piece.begins => self.panic.line(&text),
            None => self.panic.continued(),
        };
        self.tail.push(&text, piece, is_panic);
        let level = if is_panic.is_some() { Level::Error } else { Level::Debug };
        record.unwrap_or_else(|| Record::of(level, text))
    }
}

impl Record {
    pub(crate) fn of(level: Level, message: impl Into<String>) -> Self {
        Self { level, message: message.into(), module: None, timestamp: None, fields: Vec::new() }
    }

    /// Reads a line of hclog's JSON, or one that begins with its level.
    fn parse(line: &str) -> Option<Self> {
        if line.trim_start().starts_with('{') {
            return Self::hclog(serde_json::from_str(line).ok()?);
        }
        // [WARN] text
        let (level, text) = line.strip_prefix('[')?.split_once(']')?;
        let level = Level::named(level)?;
        Some(Self::of(level, text.trim_start()))
    }

    // {"@level":"info","@message":"text","@module":"plugin",
    //  "@timestamp":"2006-01-02T15:04:05.000000Z","key":1}
    fn hclog(mut keys: Map<String, Value>) -> Option<Self> {
        let level = keys.get("@level").and_then(Value::as_str).and_then(Level::named);
        // Any other JSON object is not hclog's, and is plain text.
        if level.is_none() && !keys.get("@message").is_some_and(Value::is_string) {
            return None;
        }
        if level.is_some() {
            keys.remove("@level");
        }
        let mut take = |key: &str| keys.remove(key).map(text_of);
        let (message, module, timestamp) = (take("@message"), take("@module"), take("@timestamp"));
        Some(Self {
            level: level.unwrap_or(Level::Debug),
            message: message.unwrap_or_default(),
            module,
            timestamp,
            fields: keys.into_iter().map(|(key, value)| (key, text_of(value))).collect(),
        })
    }
}

impl Level {
    fn named(name: &str) -> Option<Self> {
        const NAMES: [(&str, Level); 5] = [
            ("trace", Level::Trace),
            ("debug", Level::Debug),
            ("info", Level::Info),
            ("warn", Level::Warn),
            ("error", Level::Error),
        ];
        let matches = |(known, _): &&(&str, Self)| name.trim().eq_ignore_ascii_case(known);
        NAMES.iter().find(matches).map(|(_, level)| *level)
    }
}

/// The text of a string; any other value as JSON.
fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// The fuzzer's entry: reads bytes as a plugin's stderr, in chunks and as a whole.
/// The first byte is the length of the chunks, less one. Both must give the same records.
pub fn read(bytes: &[u8]) -> usize {
    let (&first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let collect = |chunk: usize| {
        let (mut records, mut all) = (Records::new(), Vec::new());
        rest.chunks(chunk).for_each(|chunk| records.push(chunk, |record| all.push(record)));
        records.finish(|record| all.push(record));
        (all, records.tail())
    };
    let (in_chunks, whole) = (collect(usize::from(first) + 1), collect(rest.len().max(1)));
    assert_eq!(in_chunks, whole, "chunks make no difference");
    let (records, tail) = whole;
    assert!(tail.len() <= tail::MAX_LINES + 1 && tail.iter().all(|line| !line.contains(['\n', '\x1b'])));
    records.len()
}
