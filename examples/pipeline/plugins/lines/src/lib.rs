//! Four filters in one crate: `number`, `dedup`, `sort` and the older `nl`.
//!
//! ```
//! use pipeline_interface::Filter;
//!
//! plug::link!(); // a test, an example or a bench sees the plugins of its own package
//!
//! let mut number = plug::Registry::builtin().open::<dyn Filter>("number")?;
//! assert_eq!(number.line("one")?.as_deref(), Some("1 one"));
//! assert_eq!(number.line("two")?.as_deref(), Some("2 two"));
//! # Ok::<(), plug::Error>(())
//! ```

use std::collections::HashSet;

use pipeline_interface::Filter;
use plug::{Error, plug};
use serde::Deserialize;

/// How to number lines.
#[derive(Debug, Deserialize)]
struct NumberSettings {
    /// The number of the first line.
    #[serde(default = "one")]
    start: u32,
    /// The width of the numbers, in characters. Spaces fill it.
    #[serde(default)]
    width: u8,
}

/// The number of the next line, and the width.
#[derive(Debug)]
pub struct Number {
    next: u64,
    width: usize,
}

impl Number {
    fn open(settings: NumberSettings) -> Self {
        Self { next: settings.start.into(), width: settings.width.into() }
    }
}

/// Puts its number before each line.
#[plug("number", new = Self::open)]
impl Filter for Number {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        let numbered = format!("{:width$} {line}", self.next, width = self.width);
        self.next += 1;
        Ok(Some(numbered))
    }
}

fn one() -> u32 {
    1
}

/// The lines so far.
#[derive(Debug, Default)]
pub struct Dedup(HashSet<String>);

/// Drops the lines that came before.
///
/// Unlike uniq(1) it compares with all lines so far, so it keeps them in memory.
#[plug("dedup", aliases = ["uniq"])]
impl Filter for Dedup {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        Ok(self.0.insert(line.to_owned()).then(|| line.to_owned()))
    }
}

/// How to sort lines.
#[derive(Debug, Deserialize)]
struct SortSettings {
    /// Whether the last line comes first.
    #[serde(default)]
    reverse: bool,
}

/// The lines so far.
#[derive(Debug)]
pub struct Sort {
    lines: Vec<String>,
    reverse: bool,
}

impl Sort {
    fn open(settings: SortSettings) -> Self {
        Self { lines: Vec::new(), reverse: settings.reverse }
    }
}

/// Sorts the lines, by their bytes.
#[plug("sort", new = Self::open)]
impl Filter for Sort {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        self.lines.push(line.to_owned());
        Ok(None)
    }

    fn finish(&mut self) -> Result<Vec<String>, Error> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_unstable();
        if self.reverse {
            lines.reverse();
        }
        Ok(lines)
    }
}

/// Numbers lines as nl(1) does.
#[derive(Debug, Default)]
pub struct Nl(u64);

/// Puts its number, six wide, and a tab before each line that is not empty.
#[plug("nl", deprecated = "use number")]
impl Filter for Nl {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        if line.is_empty() {
            return Ok(Some(String::new()));
        }
        self.0 += 1;
        Ok(Some(format!("{:6}\t{line}", self.0)))
    }
}

#[cfg(test)]
mod tests {
    use plug::{OpenOptions, Registry, Settings};

    use super::*;

    /// The lines behind the filter of this name.
    fn filtered(name: &str, lines: &[&str]) -> Vec<String> {
        filtered_with(name, "", lines)
    }

    /// The same, with these settings.
    fn filtered_with(name: &str, settings: &str, lines: &[&str]) -> Vec<String> {
        let options = OpenOptions::new().settings(Settings::toml("test.toml", settings).unwrap());
        let mut filter = Registry::builtin().open_with::<dyn Filter>(name, &options).unwrap();
        let mut filtered: Vec<_> = lines.iter().filter_map(|line| filter.line(line).unwrap()).collect();
        filtered.extend(filter.finish().unwrap());
        filtered
    }

    #[test]
    fn number_counts_every_line() {
        assert_eq!(filtered("number", &["a", "", "b"]), ["1 a", "2 ", "3 b"]);
    }

    #[test]
    fn number_has_a_start_and_a_width() {
        assert_eq!(filtered_with("number", "start = 9\nwidth = 3", &["a", "b"]), ["  9 a", " 10 b"]);
    }

    #[test]
    fn dedup_compares_with_all_lines() {
        assert_eq!(filtered("dedup", &["a", "b", "a"]), ["a", "b"]);
        assert_eq!(filtered("uniq", &["a", "b", "a"]), ["a", "b"]);
    }

    #[test]
    fn sort_waits_for_the_last_line() {
        assert_eq!(filtered("sort", &["b", "a"]), ["a", "b"]);
        assert_eq!(filtered_with("sort", "reverse = true", &["b", "a", "c"]), ["c", "b", "a"]);
    }

    #[test]
    fn nl_skips_empty_lines() {
        assert_eq!(filtered("nl", &["a", "", "b"]), ["     1\ta", "", "     2\tb"]);
    }

    #[test]
    fn each_object_has_its_own_state() {
        let open = || Registry::builtin().open::<dyn Filter>("number").unwrap();
        let (mut one, mut other) = (open(), open());
        assert_eq!(one.line("a").unwrap().unwrap(), "1 a");
        assert_eq!(other.line("a").unwrap().unwrap(), "1 a");
    }
}
