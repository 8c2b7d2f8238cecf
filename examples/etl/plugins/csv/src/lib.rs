//! The source `csv`. It reads its file lazily, so the size of the file does not matter.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};

use etl_interface::{Host, Record, Source};
use futures_util::stream;
use plug::{Error, Stream, plug};
use serde::Deserialize;

/// Which file, and how to read it.
#[derive(Debug, Deserialize)]
struct Settings {
    /// The file. Its first line has the names of the fields.
    path: PathBuf,
    /// The character between two values.
    #[serde(default = "comma")]
    separator: char,
    /// What to do with a line that has too few or too many values.
    #[serde(default)]
    bad_lines: BadLines,
}

fn comma() -> char {
    ','
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BadLines {
    /// It ends the stream.
    #[default]
    Fail,
    /// It is reported, and the stream goes on.
    Skip,
}

/// Reads a file with a record in each line.
#[derive(Debug)]
pub struct Csv(Settings);

impl Csv {
    fn open(settings: Settings) -> Result<Self, Error> {
        if matches!(settings.separator, '"' | '\n') {
            return Err(Error::msg("a quote or a line feed cannot separate values").at("separator"));
        }
        Ok(Self(settings))
    }
}

/// Reads a file with a record in each line.
#[plug("csv", new = Self::open)]
impl Source for Csv {
    async fn read(&self, host: Box<dyn Host>) -> Result<Stream<Record>, Error> {
        let reader = Reader::open(&self.0, host).map_err(|cause| unreadable(&self.0.path, cause))?;
        Ok(Stream::new(stream::try_unfold(reader, async |mut reader| {
            Ok(reader.next().await?.map(|record| (record, reader)))
        })))
    }
}

struct Reader {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    /// The number of the last line.
    line: u64,
    names: Vec<String>,
    /// The number of records.
    records: u64,
    separator: char,
    bad_lines: BadLines,
    host: Box<dyn Host>,
}

impl Reader {
    fn open(settings: &Settings, host: Box<dyn Host>) -> io::Result<Self> {
        let Settings { path, separator, bad_lines } = settings;
        let mut lines = BufReader::new(File::open(path)?).lines();
        let names = values(&lines.next().transpose()?.unwrap_or_default(), *separator);
        let (path, separator, bad_lines) = (path.clone(), *separator, *bad_lines);
        Ok(Self { path, lines, line: 1, names, records: 0, separator, bad_lines, host })
    }

    async fn next(&mut self) -> Result<Option<Record>, Error> {
        while let Some(line) = self.lines.next() {
            self.line += 1;
            let values = values(&line.map_err(|cause| unreadable(&self.path, cause))?, self.separator);
            if values.len() == self.names.len() {
                self.records += 1;
                let fields: BTreeMap<_, _> = self.names.iter().cloned().zip(values).collect();
                return Ok(Some(Record { number: self.records, fields }));
            }
            let (line, path, expected) = (self.line, self.path.display(), self.names.len());
            let text = format!("line {line} of {path} has {} values, and not {expected}", values.len());
            match self.bad_lines {
                BadLines::Fail => return Err(Error::msg(text)),
                BadLines::Skip => self.host.report(&text).await?,
            }
        }
        Ok(None)
    }
}

fn unreadable(path: &Path, cause: io::Error) -> Error {
    Error::msg(format!("cannot read {}", path.display())).with_source(cause)
}

/// The values of a line. Those in quotes may contain the separator, and a doubled quote is one.
///
/// ```text
/// Ada,"Byron, King",36      three values
/// ```
fn values(line: &str, separator: char) -> Vec<String> {
    let (mut values, mut is_quoted) = (vec![String::new()], false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, values.last_mut()) {
            ('"', Some(value)) if is_quoted && letters.next_if_eq(&'"').is_some() => value.push('"'),
            ('"', _) => is_quoted = !is_quoted,
            (letter, _) if letter == separator && !is_quoted => values.push(String::new()),
            (letter, Some(value)) => value.push(letter),
            (_, None) => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_hides_a_separator() {
        assert_eq!(values("a,b,", ','), ["a", "b", ""]);
        assert_eq!(values(r#"Ada,"Byron, ""King""",36"#, ','), ["Ada", r#"Byron, "King""#, "36"]);
    }
}
