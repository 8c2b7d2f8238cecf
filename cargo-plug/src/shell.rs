//! Prints everything: data to standard output, and status words and diagnostics to standard error,
//! in the form of Cargo's.

use std::borrow::Cow;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::ColorChoice;
use anstyle::Style;
use clap_cargo::style;

use crate::failure::Failure;

/// Whether `-q` silences status words. Warnings stay, as Cargo's do.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

pub(crate) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Takes the colours that `CARGO_TERM_COLOR` wants. Without it, the terminal decides.
pub(crate) fn choose_colours() {
    let choice = match std::env::var("CARGO_TERM_COLOR").as_deref() {
        Ok("always") => ColorChoice::Always,
        Ok("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    };
    choice.write_global();
}

/// Prints a status word, right-aligned as Cargo's, and a text.
pub(crate) fn status(word: &str, text: &str) {
    if !IS_QUIET.load(Ordering::Relaxed) {
        print(style::GOOD, &format!("{word:>12}"), &format!(" {text}"));
    }
}

pub(crate) fn warn(text: &str) {
    print(style::WARN, "warning", &format!(": {text}"));
}

/// Prints a message of the compiler, which is rendered with its colours.
pub(crate) fn rendered(text: &str) {
    let _ = write!(anstream::stderr().lock(), "{text}");
}

pub(crate) fn report(failure: &Failure) {
    if !failure.is_silent() {
        print(style::ERROR, "error", &format!(": {failure}"));
    }
}

/// A failure to print to standard error cannot be reported anywhere.
fn print(style: Style, label: &str, text: &str) {
    let text = printable(text);
    let mut stderr = anstream::stderr().lock();
    let mut lines = text.lines();
    let _ = writeln!(stderr, "{style}{label}{style:#}{}", lines.next().unwrap_or_default());
    for line in lines {
        let hint = style::GOOD;
        let _ = match line.strip_prefix("hint:") {
            Some(rest) => writeln!(stderr, "{hint}hint:{hint:#}{rest}"),
            None => writeln!(stderr, "{line}"),
        };
    }
}

/// Prints data. A reader that has closed the pipe, such as `head`, needs no more.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
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
    text.chars().map(|c| if is_unfit(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Rows in columns, each as wide as its widest cell.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cells() {
        let rows = [vec!["a".to_owned(), "größe".into(), "x".into()], vec!["bcd".into(), "e".into(), String::new()]];
        assert_eq!(table(&rows), "a    größe  x\nbcd  e\n");
    }

    #[test]
    fn characters_that_move_the_cursor_are_escaped() {
        assert_eq!(printable("a\u{1b}[2J\u{202e}é\nb"), "a\\u{1b}[2J\\u{202e}é\nb");
    }
}
