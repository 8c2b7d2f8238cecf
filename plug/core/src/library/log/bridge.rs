//! The bridge for log records: a library's logger, which hands them to the host, and the host's half, which hands them to its own.

use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::library::table::{HostLog, LogRecord};
use crate::library::view::Text;
use crate::panic::dispose;

/// What this program hands to libraries.
pub(crate) const HOST: Option<&'static HostLog> = Some(&HostLog { is_enabled, log });

/// Makes the host's logger this library's, unless it has one of its own.
pub(crate) fn send_to(host: Option<&'static HostLog>) {
    static LOGGER: OnceLock<ToHost> = OnceLock::new();
    if let Some(host) = host {
        // Whether a record is wanted is asked each time: the host may change its mind.
        if log::set_logger(LOGGER.get_or_init(|| ToHost(host))).is_ok() {
            log::set_max_level(LevelFilter::Trace);
        }
    }
}

/// The logger of a library.
struct ToHost(&'static HostLog);

impl Log for ToHost {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let (level, target) = (metadata.level() as u32, Text::new(metadata.target()));
        // SAFETY: it is the host's function, and the view is of a text.
        unsafe { (self.0.is_enabled)(level, target) }
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        let record = LogRecord {
            level: record.level() as u32,
            line: record.line().unwrap_or_default(),
            target: Text::new(record.target()),
            text: Text::new(&text),
            module: Text::new(record.module_path().unwrap_or_default()),
            file: Text::new(record.file().unwrap_or_default()),
        };
        // SAFETY: it is the host's function, and the views are of texts.
        unsafe { (self.0.log)(&raw const record) };
    }

    fn flush(&self) {}
}

/// # Safety
///
/// `target` is a view of a text.
unsafe extern "C" fn is_enabled(level: u32, target: Text<'_>) -> bool {
    let ask = || super::to::is_enabled(&Metadata::builder().level(level_of(level)).target(target.get()).build());
    // A logger that panics wants nothing.
    caught(ask).unwrap_or_default()
}

/// # Safety
///
/// `record` points to a record whose views are of texts.
unsafe extern "C" fn log(record: *const LogRecord<'_>) {
    // SAFETY: the caller's promise.
    let record = unsafe { &*record };
    let [module, file] = [record.module, record.file].map(|text| Some(text.get()).filter(|text| !text.is_empty()));
    let log = || {
        super::to::log(
            &Record::builder()
                .level(level_of(record.level))
                .target(record.target.get())
                .args(format_args!("{}", record.text.get()))
                .module_path(module)
                .file(file)
                .line(Some(record.line).filter(|line| *line > 0))
                .build(),
        );
    };
    caught(log);
}

/// What the host's logger does, unless it panics, which has been printed then and must not get into the library.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(dispose).ok()
}

fn level_of(number: u32) -> Level {
    match number {
        1 => Level::Error,
        2 => Level::Warn,
        3 => Level::Info,
        4 => Level::Debug,
        _ => Level::Trace,
    }
}
