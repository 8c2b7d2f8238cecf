//! The bridge for log records from a library to its host. Both need the feature `log` for it.
//!
//! A library's logger passes each record to the host, which passes it to its own logger or
//! `tracing` subscriber.
//! An event of `tracing` in a library without a subscriber becomes a record, by tracing's own
//! feature `log`.

#[cfg(feature = "log")]
pub(crate) use bridge::{HOST, send_to};

#[cfg(not(feature = "log"))]
#[cfg(feature = "library")]
pub(crate) const HOST: Option<&'static crate::abi::table::HostLog> = None;

#[cfg(not(feature = "log"))]
pub(crate) fn send_to(_: Option<&'static crate::abi::table::HostLog>) {}

#[cfg(feature = "log")]
mod bridge {
    use std::panic::AssertUnwindSafe;
    use std::sync::OnceLock;

    use log::{Level, LevelFilter, Log, Metadata, Record};

    use crate::abi::table::{HostLog, LogRecord};
    use crate::abi::view::Text;
    use crate::panic::dispose;

    /// The host's half, which this program passes to libraries.
    pub(crate) const HOST: Option<&'static HostLog> = Some(&HostLog { is_enabled, log });

    /// Makes the host's logger this library's, unless the library has its own.
    pub(crate) fn send_to(host: Option<&'static HostLog>) {
        static LOGGER: OnceLock<ToHost> = OnceLock::new();
        if let Some(host) = host {
            // The host filters each record, since its filter may change.
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
        let metadata = Metadata::builder().level(level_of(level)).target(target.get()).build();
        caught(|| is_wanted(&metadata)).unwrap_or_default()
    }

    /// # Safety
    ///
    /// `record` points to a record whose views are of texts.
    unsafe extern "C" fn log(record: *const LogRecord<'_>) {
        // SAFETY: the caller's promise.
        let record = unsafe { &*record };
        let [module, file] = [record.module, record.file].map(|text| Some(text.get()).filter(|text| !text.is_empty()));
        let log = || {
            hand_on(
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

    /// Keeps a panic of the host's logger, which the panic hook has printed, from the library.
    fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
        std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(dispose).ok()
    }

    fn is_wanted(metadata: &Metadata<'_>) -> bool {
        #[cfg(feature = "tracing")]
        if tracing::dispatcher::has_been_set() {
            let metadata = tracing_log::AsTrace::as_trace(metadata);
            return tracing::dispatcher::get_default(|subscriber| subscriber.enabled(&metadata));
        }
        metadata.level() <= log::max_level() && log::logger().enabled(metadata)
    }

    fn hand_on(record: &Record<'_>) {
        #[cfg(feature = "tracing")]
        if tracing::dispatcher::has_been_set() {
            // It returns a result, but does not fail.
            let _ = tracing_log::format_trace(record);
            return;
        }
        log::logger().log(record);
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
}
