//! Emits a plugin's record as an event of `tracing`, as a record of `log`, or on stderr.
//! The target and the field names of an event are fixed at compile time.
//! So the plugin's own names are in the values.

use std::fmt;

use log::{Level as LogLevel, LevelFilter, Log, Metadata};
use tracing::Level as TracingLevel;
use tracing::dispatcher::get_default;
use tracing::field::display;
use tracing::subscriber::NoSubscriber;

use super::{Level, Record};
use crate::escape::Lines;
use crate::process::stderr;

/// The target of all events, for a subscriber's filter.
pub(crate) const TARGET: &str = "plug::process";

/// Emits a record of the plugin.
/// It goes to `log` if `tracing` has no subscriber, and to stderr if `log` has no logger either.
pub(crate) fn emit(plugin: &str, record: &Record) {
    let Record { level, message, module, timestamp, fields } = record;
    let (module, timestamp) = (module.as_deref(), timestamp.as_deref());
    let fields = (!fields.is_empty()).then(|| display(FieldList(fields)));
    let message = Lines(message);
    let has_subscriber = !get_default(|dispatch| dispatch.is::<NoSubscriber>());
    if !has_subscriber && !is_set(log::logger(), log::max_level()) {
        return stderr::print(&printed(plugin, record));
    }
    if !has_subscriber {
        let module = module.map_or(String::new(), |module| format!(" module={module:?}"));
        let fields = fields.map_or(String::new(), |fields| format!(" {fields}"));
        log::log!(target: TARGET, to_log(level), "{message} plugin={plugin:?}{module}{fields}");
        return;
    }
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(target: TARGET, TracingLevel::$level, plugin, module, timestamp, fields, "{message}")
        };
    }
    match level {
        Level::Trace => event!(TRACE),
        Level::Debug => event!(DEBUG),
        Level::Info => event!(INFO),
        Level::Warn => event!(WARN),
        Level::Error => event!(ERROR),
    }
}

/// Whether the program has set this logger, which `log` does not say.
///
/// The placeholder of `log` has no size, enables nothing, and leaves the maximum level off.
/// A logger with all three properties would show no record either.
fn is_set(logger: &dyn Log, max: LevelFilter) -> bool {
    let error = Metadata::builder().level(LogLevel::Error).target(TARGET).build();
    size_of_val(logger) > 0 || max > LevelFilter::Off || logger.enabled(&error)
}

/// The lines of a record for stderr, each behind the name of the plugin.
// a: text
// a: [WARN] text module="store" key=value
fn printed(plugin: &str, record: &Record) -> String {
    let level = match record.level {
        // That of a line without a level.
        Level::Debug => "",
        Level::Trace => "[TRACE] ",
        Level::Info => "[INFO] ",
        Level::Warn => "[WARN] ",
        Level::Error => "[ERROR] ",
    };
    let mut text = format!("{level}{}", Lines(&record.message));
    if let Some(module) = &record.module {
        text.push_str(&format!(" module={module:?}"));
    }
    if !record.fields.is_empty() {
        text.push_str(&format!(" {}", FieldList(&record.fields)));
    }
    let line = |line: &str| format!("{}\n", format!("{plugin}: {line}").trim_end());
    text.split('\n').map(line).collect()
}

fn to_log(level: &Level) -> LogLevel {
    match level {
        Level::Trace => LogLevel::Trace,
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    }
}

/// Writes `name=value` pairs with spaces between.
/// A name or value with special characters is quoted.
struct FieldList<'a>(&'a [(String, String)]);

impl fmt::Display for FieldList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.0.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            let is_plain = |text: &str| {
                !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=')
            };
            write!(f, "{space}")?;
            for (text, end) in [(name, "="), (value, "")] {
                match is_plain(text) {
                    true => write!(f, "{text}{end}")?,
                    false => write!(f, "{text:?}{end}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A logger that enables this much, and of this size.
    struct Dummy<const ENABLES: bool, T>(T);

    impl<const ENABLES: bool, T: Send + Sync> Log for Dummy<ENABLES, T> {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            ENABLES
        }

        fn log(&self, _: &log::Record<'_>) {}

        fn flush(&self) {}
    }

    #[test]
    fn a_logger_is_distinguished_from_none() {
        // That of `log` itself.
        assert!(!is_set(&Dummy::<false, ()>(()), LevelFilter::Off));
        // A logger that shows nothing is one, such as `env_logger` with the filter `off`.
        assert!(is_set(&Dummy::<false, u8>(0), LevelFilter::Off));
        // So is one without fields.
        assert!(is_set(&Dummy::<true, ()>(()), LevelFilter::Off));
        assert!(is_set(&Dummy::<false, ()>(()), LevelFilter::Info));
    }

    #[test]
    fn each_printed_line_has_the_name() {
        let plain = |level, text: &str| printed("a", &Record::of(level, text));
        assert_eq!(plain(Level::Debug, "tab\t\x1b[1m"), "a: tab\t\\u{1b}[1m\n");
        assert_eq!(plain(Level::Debug, ""), "a:\n");
        assert_eq!(plain(Level::Warn, "one\ntwo\r\n"), "a: [WARN] one\na: two\\r\na:\n");
        let record = Record {
            module: Some("kv\n".into()),
            fields: vec![("n".into(), "1".into()), ("s".into(), "a\nb".into())],
            ..Record::of(Level::Error, "failed")
        };
        assert_eq!(printed("a", &record), "a: [ERROR] failed module=\"kv\\n\" n=1 s=\"a\\nb\"\n");
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let fields = [("a", "1"), ("b c", "two words"), ("d", ""), ("e", "x=\"y\"\x1b")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(FieldList(&fields).to_string(), r#"a=1 "b c"="two words" d="" e="x=\"y\"\u{1b}""#);
    }
}
