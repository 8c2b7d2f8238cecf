//! Emits a plugin's record as an event of `tracing`.
//! The target and the field names of an event are fixed at compile time.
//! So the plugin's own names are in the values.

use std::fmt;

use log::Level as LogLevel;
use tracing::Level as TracingLevel;
use tracing::dispatcher::get_default;
use tracing::field::display;
use tracing::subscriber::NoSubscriber;

use super::{Level, Record};
use crate::escape::Lines;

/// The target of all events, for a subscriber's filter.
pub(crate) const TARGET: &str = "plug::process";

/// Emits a record of the plugin. It goes to `log` if `tracing` has no subscriber.
pub(crate) fn emit(plugin: &str, record: &Record) {
    let Record { level, message, module, timestamp, fields } = record;
    let (module, timestamp) = (module.as_deref(), timestamp.as_deref());
    let fields = (!fields.is_empty()).then(|| display(FieldList(fields)));
    let message = Lines(message);
    let has_subscriber = !get_default(|dispatch| dispatch.is::<NoSubscriber>());
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

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let fields = [("a", "1"), ("b c", "two words"), ("d", ""), ("e", "x=\"y\"\x1b")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(FieldList(&fields).to_string(), r#"a=1 "b c"="two words" d="" e="x=\"y\"\u{1b}""#);
    }
}
