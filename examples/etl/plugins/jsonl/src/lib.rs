//! The sink `jsonl`. It writes beside its file until the records are committed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use etl_interface::{Host, Record, Sink};
use futures_util::StreamExt;
use plug::{Error, Stream, plug};
use serde::Deserialize;

/// Where to write.
#[derive(Debug, Deserialize)]
struct Settings {
    /// The file.
    path: PathBuf,
    /// Whether a file that is there is replaced.
    #[serde(default)]
    replace: bool,
}

/// Writes a file with a line of JSON for each record.
#[derive(Debug)]
pub struct Jsonl {
    path: PathBuf,
    /// The file that becomes the other one.
    part: PathBuf,
    output: Mutex<Output>,
}

#[derive(Debug)]
struct Output {
    file: BufWriter<File>,
    records: u64,
}

impl Jsonl {
    fn open(settings: Settings) -> Result<Self, Error> {
        let Settings { path, replace } = settings;
        if !replace && path.exists() {
            return Err(Error::msg(format!("{} exists, and `replace` is not set", path.display())).at("path"));
        }
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|cause| failed(&part, cause).at("path"))?;
        Ok(Self { path, part, output: Mutex::new(Output { file: BufWriter::new(file), records: 0 }) })
    }

    fn add(&self, record: &Record) -> io::Result<()> {
        let Output { file, records } = &mut *self.output.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_writer(&mut *file, &record.fields)?;
        *records += 1;
        file.write_all(b"\n")
    }

    fn finish(&self) -> io::Result<u64> {
        let Output { file, records } = &mut *self.output.lock().unwrap_or_else(PoisonError::into_inner);
        file.flush()?;
        fs::rename(&self.part, &self.path)?;
        Ok(*records)
    }
}

/// Writes a file with a line of JSON for each record.
#[plug("jsonl", new = Self::open)]
impl Sink for Jsonl {
    async fn write(&self, mut records: Stream<Record>) -> Result<u64, Error> {
        let mut written = 0;
        while let Some(record) = records.next().await {
            self.add(&record?).map_err(|cause| failed(&self.part, cause))?;
            written += 1;
        }
        Ok(written)
    }

    async fn commit(&self, host: &dyn Host) -> Result<(), Error> {
        let records = self.finish().map_err(|cause| failed(&self.path, cause))?;
        host.report(&format!("{records} records in {}", self.path.display())).await
    }
}

impl Drop for Jsonl {
    fn drop(&mut self) {
        // After `commit` there is none.
        let _ = fs::remove_file(&self.part);
    }
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::msg(format!("cannot write {}", path.display())).with_source(cause)
}
