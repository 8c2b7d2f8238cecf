//! What a plugin prints on stderr, as records for the host's log: lines of hclog's JSON, lines that begin with a level, the words of a
//! panic, and whatever else there is. Any bytes, of any length, with nothing lost and little kept.

pub(crate) mod emit;
pub(crate) mod lines;
pub(crate) mod panic;
pub(crate) mod tail;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::process::log::lines::{Lines, Piece};
use crate::process::log::panic::Panic;
use crate::process::log::tail::Tail;

/// How much a record matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// One thing that a plugin said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub level: Level,
    pub message: String,
    /// The part of the plugin that said it: hclog's name of the logger.
    pub module: Option<String>,
    /// When, as the plugin wrote it.
    pub timestamp: Option<String>,
    /// What else it said, by name; what is no text, as JSON.
    pub fields: Vec<(String, String)>,
}

/// Makes records of what is read from a plugin's stderr, and keeps the last lines of it.
#[derive(Debug, Default)]
pub(crate) struct Records {
    lines: Lines,
    said: Said,
}

/// All that is known of the lines before.
#[derive(Debug, Default)]
struct Said {
    panic: Panic,
    tail: Tail,
}

impl Records {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Takes what was read next, and hands on the records that it completes.
    pub(crate) fn push(&mut self, chunk: &[u8], mut each: impl FnMut(Record)) {
        let said = &mut self.said;
        self.lines.push(chunk, |piece| each(said.record(&piece)));
    }

    /// Hands on what is left where stderr has ended without a line's end.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(Record)) {
        let said = &mut self.said;
        self.lines.finish(|piece| each(said.record(&piece)));
    }

    /// The last words: of a panic that nothing came after, its beginning; else the last lines. With control characters escaped, and fit
    /// for an error in number and length.
    pub(crate) fn tail(&self) -> Vec<String> {
        self.said.tail.lines()
    }
}

impl Said {
    fn record(&mut self, piece: &Piece<'_>) -> Record {
        let text = String::from_utf8_lossy(piece.bytes);
        // A piece of a longer line makes no sense by itself, but as the beginning of one.
        let told = if piece.is_whole() { Record::told(&text) } else { None };
        let is_panic = match &told {
            Some(_) => self.panic.interrupt(),
            None if piece.begins => self.panic.line(&text),
            None => self.panic.goes_on(),
        };
        self.tail.push(&text, piece, is_panic);
        let level = if is_panic.is_some() { Level::Error } else { Level::Debug };
        told.unwrap_or_else(|| Record::of(level, text))
    }
}

impl Record {
    pub(crate) fn of(level: Level, message: impl Into<String>) -> Self {
        Self { level, message: message.into(), module: None, timestamp: None, fields: Vec::new() }
    }

    /// A line that says its level, and with hclog's JSON more.
    fn told(line: &str) -> Option<Self> {
        if line.trim_start().starts_with('{') {
            return Self::hclog(serde_json::from_str(line).ok()?);
        }
        // [WARN] text
        let (level, text) = line.strip_prefix('[')?.split_once(']')?;
        let level = Level::named(level)?;
        Some(Self::of(level, text.trim_start()))
    }

    // {"@level":"info","@message":"text","@module":"plugin","@timestamp":"2006-01-02T15:04:05.000000Z","key":1}
    fn hclog(mut keys: Map<String, Value>) -> Option<Self> {
        let level = keys.get("@level").and_then(Value::as_str).and_then(Level::named);
        // Whatever else is an object has nothing to do with hclog, and is a text.
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
        let is_it = |(known, _): &&(&str, Self)| name.trim().eq_ignore_ascii_case(known);
        NAMES.iter().find(is_it).map(|(_, level)| *level)
    }
}

/// A text as it is, anything else as JSON.
fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// Reads bytes as what a plugin prints on stderr, for the fuzzer: in chunks of a length that the first byte says, and whole. Both give
/// the same, and nothing of a line is lost.
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
    assert!(tail.len() <= tail::MOST_LINES + 1 && tail.iter().all(|line| !line.contains(['\n', '\x1b'])));
    records.len()
}
