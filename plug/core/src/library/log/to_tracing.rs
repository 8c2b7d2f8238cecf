//! Where the host's half of the bridge puts records: into `tracing`, where there is a subscriber, else into the crate `log`.

use log::{Metadata, Record};
use tracing::dispatcher;
use tracing_log::AsTrace;

pub(super) fn is_enabled(metadata: &Metadata<'_>) -> bool {
    match dispatcher::has_been_set() {
        true => dispatcher::get_default(|subscriber| subscriber.enabled(&metadata.as_trace())),
        false => metadata.level() <= log::max_level() && log::logger().enabled(metadata),
    }
}

pub(super) fn log(record: &Record<'_>) {
    if dispatcher::has_been_set() {
        // It fails nowhere, for all its result.
        let _ = tracing_log::format_trace(record);
    } else {
        log::logger().log(record);
    }
}
