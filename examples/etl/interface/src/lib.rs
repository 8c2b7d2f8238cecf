//! The interfaces of the application.
//! A [`Source`] has records, a [`Transform`] changes their stream, and a [`Sink`] takes it.
//! All of them report to a [`Host`], which is an object of the program.

use std::collections::BTreeMap;

use plug::{Error, Portable, Stream};

/// A record: values by the names of their fields.
#[derive(Portable, Debug, Clone, PartialEq)]
pub struct Record {
    /// Its number in the source, from 1.
    pub number: u64,
    /// The values.
    pub fields: BTreeMap<String, String>,
}

/// What a stage may ask of the program.
#[plug::interface(portable)]
pub trait Host: Send + Sync {
    /// Reports an event to the user.
    ///
    /// # Errors
    ///
    /// Only those of the link.
    async fn report(&self, text: &str) -> Result<(), Error>;
}

/// Has records.
#[plug::interface(portable)]
pub trait Source: Send + Sync {
    /// Opens the records.
    /// The host is given, and not lent: the source reports to it while the stream is read, which is
    /// after this call.
    ///
    /// # Errors
    ///
    /// If there are no records to be read. A record that cannot be read ends the stream.
    async fn read(&self, host: Box<dyn Host>) -> Result<Stream<Record>, Error>;
}

/// Changes a stream of records.
#[plug::interface(portable)]
pub trait Transform: Send + Sync {
    /// The changed records. It passes an error on.
    ///
    /// # Errors
    ///
    /// Only those of the link. A record that cannot be changed ends the stream.
    async fn apply(&self, records: Stream<Record>) -> Result<Stream<Record>, Error>;
}

/// Takes the records of one run. If it is dropped before `commit`, it leaves nothing behind.
#[plug::interface(portable)]
pub trait Sink: Send + Sync {
    /// Takes all records, and returns their number.
    ///
    /// # Errors
    ///
    /// The error that ends the stream, or one of the sink.
    async fn write(&self, records: Stream<Record>) -> Result<u64, Error>;

    /// Makes the output last, and reports what it is. The host is lent for this call.
    ///
    /// # Errors
    ///
    /// If the sink cannot be written.
    async fn commit(&self, host: &dyn Host) -> Result<(), Error>;
}

plug::handshake! {
    cookie = "ETL_PLUGIN=records",
    versions = { 1: [dyn Source, dyn Transform, dyn Sink] },
}
