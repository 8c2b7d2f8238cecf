//! Texts that fit the terminal. It knows how wide that is, and nothing of what the texts say.

use std::fmt::Write;
use std::io::IsTerminal;

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

use crate::output::{BOLD, printable};

/// The columns there are: what `COLUMNS` says, or else the terminal. No end of them where it is no terminal.
pub(crate) fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    let measured = || {
        let terminal = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
        terminal.map(|(width, _)| width.0.into())
    };
    said.or_else(measured).unwrap_or(usize::MAX)
}

/// The narrowest column that a sentence can be read in.
const READABLE: usize = 20;

const GAP: usize = 2;

/// Rows in columns, below a head where there is one. The last column takes the space that is left, and wraps.
///
/// Where too little is left, every row becomes a block: the first cell, and the others indented below it.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut widths = Vec::new();
    for row in rows.iter().chain([&head]) {
        widths.resize(widths.len().max(row.len()), 0);
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = display_width(&printable(cell)).max(*width));
    }
    let Some(last) = widths.pop() else { return String::new() };
    let before = widths.iter().map(|width| width + GAP).sum::<usize>();
    let left = width.saturating_sub(before);
    if left < last.min(READABLE) {
        return rows.iter().map(|row| block(row, width)).collect();
    }
    let mut table = String::new();
    if !head.is_empty() {
        let _ = writeln!(table, "{BOLD}{}{BOLD:#}", line(&head, &widths, left).trim_end());
    }
    rows.iter().for_each(|row| table.push_str(&line(row, &widths, left)));
    table
}

/// The text, each of its lines wrapped. What is longer than a line and has no space is broken.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let options = Options::new(width).initial_indent(indent).subsequent_indent(indent);
    // A name or a path with a hyphen stays in one piece.
    let options = options.word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(&printable(text), options).iter().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// `widths` are those of all columns but the last, which has what is `left`.
fn line(row: &[String], widths: &[usize], left: usize) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let cell = printable(cell);
        let padding = width + GAP - display_width(&cell);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', padding));
    }
    let last = row.get(widths.len()).map(|cell| wrapped(cell, left, "")).unwrap_or_default();
    let indent = " ".repeat(display_width(&line));
    let mut lines = last.lines();
    line.push_str(lines.next().unwrap_or_default());
    line.truncate(line.trim_end().len());
    lines.for_each(|rest| line.extend(["\n", &indent, rest]));
    line + "\n"
}

fn block(row: &[String], width: usize) -> String {
    let mut cells = row.iter();
    let first = cells.next().map(|cell| wrapped(cell, width, "")).unwrap_or_default();
    cells.filter(|cell| !cell.is_empty()).fold(first, |block, cell| block + &wrapped(cell, width, "  "))
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
    fn where_it_is_narrow_a_row_is_a_block() {
        let expected = "a\n  plugin-a 0.1.0\n  Says hello in\n  English.\n日本\n  \\u{1b}[31m\n";
        assert_eq!(table(&["NAME", "PACKAGE", "SUMMARY"], &rows(), 20), expected);
    }

    #[test]
    fn no_width_is_too_small() {
        for width in 1..60 {
            let text = table(&["NAME", "PACKAGE", "SUMMARY"], &rows(), width);
            // Below 4 there is no room for an indented character of two columns.
            assert!(width < 4 || text.lines().all(|line| display_width(line) <= width), "{width}:\n{text}");
        }
    }
}
