//! The sink `summary`, whose output are its reports to the host.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use etl_interface::{Host, Record, Sink};
use futures_util::StreamExt;
use plug::{Error, Stream, plug};
use serde::Deserialize;

/// What to count.
#[derive(Debug, Deserialize)]
struct Settings {
    /// The field whose values are counted. Without one, all records are.
    by: Option<String>,
}

/// Counts records.
#[derive(Debug)]
pub struct Summary {
    settings: Settings,
    counts: Mutex<BTreeMap<String, u64>>,
}

impl Summary {
    fn open(settings: Settings) -> Self {
        Self { settings, counts: Mutex::default() }
    }
}

/// Reports how many records have each value of a field.
#[plug("summary", new = Self::open)]
impl Sink for Summary {
    async fn write(&self, mut records: Stream<Record>) -> Result<u64, Error> {
        let (mut counts, mut written) = (BTreeMap::new(), 0);
        while let Some(record) = records.next().await {
            let mut record = record?;
            let value = match &self.settings.by {
                None => "records".to_owned(),
                Some(by) => record
                    .fields
                    .remove(by)
                    .ok_or_else(|| Error::msg(format!("record {} has no `{by}`", record.number)))?,
            };
            *counts.entry(value).or_default() += 1;
            written += 1;
        }
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
        Ok(written)
    }

    async fn commit(&self, host: &dyn Host) -> Result<(), Error> {
        let counts = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        for (value, count) in counts {
            host.report(&format!("{value}: {count}")).await?;
        }
        Ok(())
    }
}
