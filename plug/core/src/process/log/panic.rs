//! Finds the lines of a panic on stderr.
//! A panic in Go lasts to the end of the output; one in Rust may have been caught.

/// The most lines of a panic in Rust whose end is not found.
const MAX_LINES: usize = 128;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panic {
    #[default]
    No,
    /// A panic in Go: all further lines belong to it.
    Go,
    /// A panic in Rust, with the number of its lines so far.
    Rust(usize),
}

/// The position of a line within a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    First,
    Later,
}

impl Panic {
    /// The position of a line without a level; none outside of a panic.
    pub(crate) fn line(&mut self, line: &str) -> Option<Part> {
        if let Some(starting) = Self::starting(line) {
            *self = starting;
            return Some(Part::First);
        }
        match *self {
            Self::No => None,
            Self::Go => Some(Part::Later),
            Self::Rust(lines) => {
                // note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
                // note: Some details are omitted, run with `RUST_BACKTRACE=full` for …
                let is_last = line.starts_with("note: ") && line.contains("RUST_BACKTRACE=");
                *self = if is_last || lines + 1 >= MAX_LINES { Self::No } else { Self::Rust(lines + 1) };
                Some(Part::Later)
            }
        }
    }

    /// The position of a further piece of the same line.
    pub(crate) fn continued(&self) -> Option<Part> {
        (*self != Self::No).then_some(Part::Later)
    }

    /// A line with a level is never part of a panic, and ends one in Rust: it was caught.
    /// It does not end one in Go, since other threads may still write.
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
    fn starting(line: &str) -> Option<Self> {
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
