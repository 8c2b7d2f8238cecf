//! The last lines that a plugin printed on stderr, for the error that a caller gets: few, short, and those that matter.

use std::collections::VecDeque;

use crate::escape::beginning;
use crate::process::log::lines::Piece;
use crate::process::log::panic::Part;

/// The most lines that are kept, and the most characters of each: 20 KiB at most, or with characters of four bytes 80 KiB.
pub(crate) const MOST_LINES: usize = 20;
const LONGEST: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Tail {
    last: VecDeque<String>,
    /// How a panic begins that nothing else has come after.
    panic: Vec<String>,
    /// How many more lines it has.
    more: usize,
}

impl Tail {
    pub(crate) fn push(&mut self, text: &str, piece: &Piece<'_>, is_panic: Option<Part>) {
        // Of a long line the beginning says enough.
        if !piece.begins {
            return;
        }
        let (mut line, is_all) = beginning(text.as_bytes(), LONGEST);
        if !is_all {
            line.push('…');
        }
        match is_panic {
            // A panic while one is written belongs to it: the first is why the second came. Unless they are many, each of which was caught.
            Some(Part::First) if self.panic.len() + self.more > MOST_LINES / 2 => self.panic = vec![line.clone()],
            Some(_) if self.panic.len() < MOST_LINES => self.panic.push(line.clone()),
            Some(_) => self.more += 1,
            // An empty line says nothing, and so does not say that the plugin went on.
            None if line.is_empty() => return,
            None => self.panic.clear(),
        }
        if is_panic != Some(Part::Later) {
            self.more = 0;
        }
        if self.last.len() == MOST_LINES {
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
        if self.more > 0 {
            lines.push(format!("… and {} more lines", self.more));
        }
        lines
    }
}
