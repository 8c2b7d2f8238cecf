//! The transform `select`, with a stream in each direction.

use etl_interface::{Record, Transform};
use futures_util::{StreamExt, future};
use plug::{Error, Stream, plug};
use serde::Deserialize;

/// Which records pass.
#[derive(Debug, Clone, Deserialize)]
struct Settings {
    /// The field that decides.
    field: String,
    /// Its value.
    equals: Option<String>,
    /// Its least value, as a number.
    min: Option<f64>,
}

/// Passes some records on.
#[derive(Debug)]
pub struct Select(Settings);

impl Select {
    fn open(settings: Settings) -> Result<Self, Error> {
        match settings {
            Settings { equals: None, min: None, .. } => Err(Error::msg("it has neither `equals` nor `min`").at("")),
            settings => Ok(Self(settings)),
        }
    }
}

/// Passes the records on whose field has a value.
#[plug("select", new = Self::open)]
impl Transform for Select {
    async fn apply(&self, records: Stream<Record>) -> Result<Stream<Record>, Error> {
        let settings = self.0.clone();
        Ok(Stream::new(records.filter_map(move |record| {
            let selected = record.and_then(|record| Ok(settings.passes(&record)?.then_some(record)));
            future::ready(selected.transpose())
        })))
    }
}

impl Settings {
    fn passes(&self, record: &Record) -> Result<bool, Error> {
        let Self { field, equals, min } = self;
        let wrong = |what| Error::msg(format!("record {} {what}", record.number));
        let value = record.fields.get(field).ok_or_else(|| wrong(format!("has no `{field}`")))?;
        if equals.as_ref().is_some_and(|expected| expected != value) {
            return Ok(false);
        }
        let Some(min) = min else { return Ok(true) };
        let number: f64 = value.parse().map_err(|_| wrong(format!("has a `{field}` that is no number: `{value}`")))?;
        Ok(number >= *min)
    }
}
