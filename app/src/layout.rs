//! Texts that fit the terminal.
//! It knows the terminal's width, and not the meaning of the texts.

use std::io::IsTerminal;
use std::iter;

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

use crate::output::{BOLD, printable};

/// The number of columns: `COLUMNS`, else the terminal's, else without limit.
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured = || {
        let terminal = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
        terminal.map(|(width, _)| width.0.into())
    };
    columns.filter(|columns| *columns > 0).or_else(measured).unwrap_or(usize::MAX)
}

/// The narrowest column that a sentence can be read in.
const READABLE: usize = 20;

const GAP: usize = 2;

/// Rows in columns, below a head if it is not empty.
/// The last column takes the space that is left, and wraps.
///
/// If too little space is left, every row becomes a block: the first cell, and the others indented
/// below it.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut widths = Vec::new();
    for row in rows.iter().chain([&head]) {
        widths.resize(widths.len().max(row.len()), 0);
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = display_width(&printable(cell)).max(*width));
    }
    let Some(last) = widths.pop() else { return String::new() };
    let left = width.saturating_sub(widths.iter().map(|width| width + GAP).sum());
    if left < last.min(READABLE) {
        return rows.iter().map(|row| block(row, width)).collect();
    }
    let head = Some(line(&head, &widths, width)).filter(|_| !head.is_empty());
    let head = head.map(|head| format!("{BOLD}{}{BOLD:#}\n", head.trim_end()));
    head.into_iter().chain(rows.iter().map(|row| line(row, &widths, width))).collect()
}

/// The text, each of its lines wrapped.
/// A word that is longer than a line is broken.
pub(crate) fn wrapped(text: &str, width: usize) -> String {
    indented(text, width, "", "")
}

/// The same, behind `first`; each further line is behind `further`.
fn indented(text: &str, width: usize, first: &str, further: &str) -> String {
    let options = Options::new(width).initial_indent(first).subsequent_indent(further);
    // A name or a path with a hyphen stays in one piece.
    let options = options.word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(&printable(text), options).iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// `widths` are those of all columns but the last.
fn line(row: &[String], widths: &[usize], width: usize) -> String {
    let mut start = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let cell = printable(cell);
        start.push_str(&cell);
        start.extend(iter::repeat_n(' ', width + GAP - display_width(&cell)));
    }
    match row.get(widths.len()).filter(|last| !last.is_empty()) {
        Some(last) => indented(last, width, &start, &" ".repeat(display_width(&start))),
        None => start.trim_end().to_owned() + "\n",
    }
}

fn block(row: &[String], width: usize) -> String {
    let mut cells = row.iter();
    let first = cells.next().map(|cell| wrapped(cell, width)).unwrap_or_default();
    cells.filter(|cell| !cell.is_empty()).fold(first, |block, cell| block + &indented(cell, width, "  ", "  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        vec![row(["a", "plugin-a 0.1.0", "Says hello in English."]), row(["日本", "", "\u{1b}[31m"])]
    }

    #[test]
    fn a_table_without_limits() {
        let expected = "\
            \u{1b}[1mNAME  PACKAGE         SUMMARY\u{1b}[0m\n\
            a     plugin-a 0.1.0  Says hello in English.\n\
            日本                  \\u{1b}[31m\n";
        assert_eq!(table(&["NAME", "PACKAGE", "SUMMARY"], &rows(), usize::MAX), expected);
    }

    #[test]
    fn the_last_column_wraps() {
        let expected = "\
            a     plugin-a 0.1.0  Says hello in\n\
            \x20                     English.\n\
            日本                  \\u{1b}[31m\n";
        assert_eq!(table(&["NAME"], &rows(), 42).split_once('\n').unwrap().1, expected);
    }

    #[test]
    fn a_row_is_a_block_in_a_narrow_terminal() {
        let expected = "a\n  plugin-a 0.1.0\n  Says hello in\n  English.\n日本\n  \\u{1b}[31m\n";
        assert_eq!(table(&["NAME", "PACKAGE", "SUMMARY"], &rows(), 20), expected);
    }

    #[test]
    fn no_width_is_too_small() {
        for width in 1..60 {
            let text = table(&["NAME", "PACKAGE", "SUMMARY"], &rows(), width);
            // An indented character of two columns needs 4.
            assert!(width < 4 || text.lines().all(|line| display_width(line) <= width), "{width}:\n{text}");
        }
    }
}
