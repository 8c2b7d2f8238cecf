//! Prints everything: data to standard output, diagnostics to standard error.
//! It alone uses colour, and anstream decides: by `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, and the
//! terminal.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::{Exit, Failure};

pub(crate) const BOLD: Style = Style::new().bold();

/// The labels that a line of a diagnostic can begin with, and their styles.
const LABELS: [(&str, Style); 6] = [
    ("error:", AnsiColor::Red.on_default().bold()),
    ("problem:", AnsiColor::Red.on_default().bold()),
    ("warning:", AnsiColor::Yellow.on_default().bold()),
    ("note:", AnsiColor::Cyan.on_default().bold()),
    ("hint:", AnsiColor::Green.on_default().bold()),
    ("caused by:", BOLD),
];

/// Prints data.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    written(write(io::stdout().lock(), text))
}

/// Prints styled data, for people.
pub(crate) fn page(text: &str) -> Result<(), Failure> {
    written(write(anstream::stdout().lock(), text))
}

/// Prints data for programs: the fields of this object, behind the version of their format.
///
/// The version counts changes that break a reader: a key that goes, or gets another meaning.
/// A new key does not.
pub(crate) fn json(object: &impl Serialize) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Versioned<'a, T> {
        format_version: u32,
        #[serde(flatten)]
        object: &'a T,
    }
    let text = serde_json::to_string_pretty(&Versioned { format_version: 1, object });
    let text = text.map_err(|error| Failure::new("cannot write JSON", Exit::Failed).caused_by(Some(&error)))?;
    data(&(text + "\n"))
}

/// Prints the failure that ends the program.
pub(crate) fn report(failure: &Failure) {
    aside("error", &failure.to_string());
}

/// Prints a message that does not end the program.
pub(crate) fn aside(label: &str, text: &str) {
    diagnostic(&styled(&printable(&format!("{label}: {text}\n"))));
}

/// Prints to standard error.
/// A failure to do so cannot be reported anywhere.
pub(crate) fn diagnostic(text: &str) {
    let _ = write(anstream::stderr().lock(), text);
}

/// The same lines, with coloured labels.
pub(crate) fn styled(text: &str) -> String {
    let mut styled = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let label = LABELS.iter().find_map(|(label, style)| Some((label, style, line.strip_prefix(label)?)));
        match label {
            Some((label, style, rest)) => {
                let _ = write!(styled, "{style}{label}{style:#}{rest}");
            }
            None => styled.push_str(line),
        }
    }
    styled
}

/// The same text, safe for a terminal: control characters other than line ends, and characters that
/// change the direction of writing, are escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_unfit = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_unfit) {
        return text.into();
    }
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => printable.push_str("    "),
            c if is_unfit(c) => printable.extend(c.escape_default()),
            c => printable.push(c),
        }
    }
    printable.into()
}

fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// A reader that has closed the pipe, such as `head`, needs no more.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new("cannot write to standard output", Exit::Failed).caused_by(Some(&error)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_move_the_cursor_or_turn_the_text_are_escaped() {
        let text = "a\u{1b}[2J\r\u{9b}31m\u{202e}\u{7}é日\n\tb";
        assert_eq!(printable(text), "a\\u{1b}[2J\\r\\u{9b}31m\\u{202e}\\u{7}é日\n    b");
    }

    #[test]
    fn a_label_stands_at_the_start_of_a_line() {
        assert_eq!(styled("a error:\nhint: b"), "a error:\n\u{1b}[1m\u{1b}[32mhint:\u{1b}[0m b");
    }
}
