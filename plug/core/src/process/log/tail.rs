//! Keeps the last lines of a plugin's stderr for an error: a few short ones, or the last panic.

use std::collections::VecDeque;

use crate::escape::beginning;
use crate::process::log::lines::Piece;
use crate::process::log::panic::Part;

/// The most lines that are kept.
pub(crate) const MAX_LINES: usize = 20;
/// The most characters that are kept of a line.
/// So the lines have at most 20 KiB, or with characters of four bytes 80 KiB.
const MAX_CHARS: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Tail {
    last: VecDeque<String>,
    /// The first lines of the last panic, until another line follows it.
    panic: Vec<String>,
    /// The number of its further lines.
    omitted: usize,
}

impl Tail {
    pub(crate) fn push(&mut self, text: &str, piece: &Piece<'_>, is_panic: Option<Part>) {
        // The first piece of a long line is enough.
        if !piece.begins {
            return;
        }
        let (mut line, is_all) = beginning(text.as_bytes(), MAX_CHARS);
        if !is_all {
            line.push('…');
        }
        match is_panic {
            // The first of two panics in a row is the cause of the second.
            // After many lines the panics are separate: each one before was caught.
            Some(Part::First) if self.panic.len() + self.omitted > MAX_LINES / 2 => self.panic = vec![line.clone()],
            Some(_) if self.panic.len() < MAX_LINES => self.panic.push(line.clone()),
            Some(_) => self.omitted += 1,
            // An empty line does not show that the plugin went on.
            None if line.is_empty() => return,
            None => self.panic.clear(),
        }
        if is_panic != Some(Part::Later) {
            self.omitted = 0;
        }
        if self.last.len() == MAX_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        if self.panic.is_empty() {
            return self.last.iter().cloned().collect();
        }
        let mut lines = self.panic.clone();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        if self.omitted > 0 {
            lines.push(format!("… and {} more lines", self.omitted));
        }
        lines
    }
}
