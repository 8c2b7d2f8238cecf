//! Where the host's half of the bridge puts records: into the crate `log`.

use log::{Metadata, Record};

pub(super) fn is_enabled(metadata: &Metadata<'_>) -> bool {
    metadata.level() <= log::max_level() && log::logger().enabled(metadata)
}

pub(super) fn log(record: &Record<'_>) {
    log::logger().log(record);
}
