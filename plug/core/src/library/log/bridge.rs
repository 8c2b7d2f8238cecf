//! The bridge for log records: a library's logger, which hands them to the host, and the host's half, which hands them to its own.

use std::sync::OnceLock;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::library::table::{HostLog, HostTable, LogRecord};
use crate::library::view::Slice;

/// What this program hands to libraries.
pub(crate) const HOST: Option<HostLog> = Some(HostLog { is_enabled, log });

/// Makes the host's logger this library's, unless it has one of its own.
pub(crate) fn send_to(host: &'static HostTable) {
    static LOGGER: OnceLock<ToHost> = OnceLock::new();
    if let Some(host) = host.log {
        // Whether a record is wanted is asked each time: the host may change its mind.
        if log::set_logger(LOGGER.get_or_init(|| ToHost(host))).is_ok() {
            log::set_max_level(LevelFilter::Trace);
        }
    }
}

/// The logger of a library.
struct ToHost(HostLog);

impl Log for ToHost {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let (level, target) = (metadata.level() as u32, Slice::from(metadata.target().as_bytes()));
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
            target: Slice::from(record.target().as_bytes()),
            text: Slice::from(text.as_bytes()),
            module: Slice::from(record.module_path().unwrap_or_default().as_bytes()),
            file: Slice::from(record.file().unwrap_or_default().as_bytes()),
        };
        // SAFETY: it is the host's function, and the views are of texts.
        unsafe { (self.0.log)(&raw const record) };
    }

    fn flush(&self) {}
}

/// # Safety
///
/// `target` is a view of a text.
unsafe extern "C" fn is_enabled(level: u32, target: Slice<'_, u8>) -> bool {
    super::to::is_enabled(&Metadata::builder().level(level_of(level)).target(target.text()).build())
}

/// # Safety
///
/// `record` points to a record whose views are of texts.
unsafe extern "C" fn log(record: *const LogRecord<'_>) {
    // SAFETY: the caller's promise.
    let record = unsafe { &*record };
    let [module, file] = [record.module, record.file].map(|text| Some(text.text()).filter(|text| !text.is_empty()));
    super::to::log(
        &Record::builder()
            .level(level_of(record.level))
            .target(record.target.text())
            .args(format_args!("{}", record.text.text()))
            .module_path(module)
            .file(file)
            .line(Some(record.line).filter(|line| *line > 0))
            .build(),
    );
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
