//! Where the words of a panic begin and end: Go's, which ends with the program, and Rust's, which may have been caught.

/// The most lines that are taken for a panic of Rust's, where nothing else says that it has ended.
const MOST: usize = 128;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panic {
    #[default]
    No,
    /// All that follows belongs to it.
    Go,
    /// So many lines have belonged to it.
    Rust(usize),
}

/// What a line is of a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    First,
    Later,
}

impl Panic {
    /// What the line is, if anything, that says nothing of its level.
    pub(crate) fn line(&mut self, line: &str) -> Option<Part> {
        if let Some(begun) = Self::begun(line) {
            *self = begun;
            return Some(Part::First);
        }
        match *self {
            Self::No => None,
            Self::Go => Some(Part::Later),
            Self::Rust(lines) => {
                // note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
                // note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.
                let is_last = line.starts_with("note: ") && line.contains("RUST_BACKTRACE=");
                *self = if is_last || lines + 1 >= MOST { Self::No } else { Self::Rust(lines + 1) };
                Some(Part::Later)
            }
        }
    }

    /// What the next piece of the line before is.
    pub(crate) fn goes_on(&self) -> Option<Part> {
        (*self != Self::No).then_some(Part::Later)
    }

    /// A line that says its level is never part of a panic, and ends one that was caught. In Go other threads may still write.
    pub(crate) fn interrupt(&mut self) -> Option<Part> {
        if matches!(self, Self::Rust(_)) {
            *self = Self::No;
        }
        None
    }

    // panic: runtime error: index out of range [3] with length 3
    // fatal error: all goroutines are asleep - deadlock!
    // thread 'main' panicked at src/main.rs:2:5:
    // thread 'main' (4711) panicked at src/main.rs:2:5:
    // thread 'main' has overflowed its stack
    // fatal runtime error: stack overflow, aborting
    // memory allocation of 1099511627776 bytes failed
    fn begun(line: &str) -> Option<Self> {
        if line.starts_with("panic: ") || line.starts_with("fatal error: ") {
            return Some(Self::Go);
        }
        let is_thread = line.trim_start().starts_with("thread '")
            && (line.contains("' panicked at ")
                || line.contains(") panicked at ")
                || line.ends_with(" has overflowed its stack"));
        let is_fatal = line.starts_with("fatal runtime error: ")
            || (line.starts_with("memory allocation of ") && line.ends_with(" bytes failed"));
        (is_thread || is_fatal).then_some(Self::Rust(1))
    }
}
