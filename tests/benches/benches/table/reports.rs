//! The reports of the programs that time themselves, plug's and Go's: a line of JSON in one format.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::measure::median;

/// A program with its arguments.
pub struct Measured<'a> {
    pub program: &'a Path,
    pub arguments: Vec<String>,
    /// Chooses the names of the flags that differ between plug's and Go's programs.
    pub is_go: bool,
}

/// The one thing that a run measures.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// Calls, one after another.
    Calls(usize),
    /// Starts up to the first answer.
    Starts(usize),
    /// Calls from 1, 8 and 64 threads, each for this time in milliseconds.
    Load(u64),
}

impl<'a> Measured<'a> {
    pub fn ours(program: &'a Path, arguments: &[&str]) -> Self {
        Self { program, arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(), is_go: false }
    }

    pub fn go(program: &'a Path, arguments: &[&str]) -> Self {
        Self { is_go: true, ..Self::ours(program, arguments) }
    }

    fn run(&self, wanted: Wanted) -> Value {
        let (mut calls, mut starts, mut threads, mut span) = (0, 0, "", 0);
        match wanted {
            Wanted::Calls(count) => calls = count,
            Wanted::Starts(count) => starts = count,
            Wanted::Load(millis) => (threads, span) = ("1,8,64", millis),
        }
        let (name, unit) = if self.is_go { ("-goroutines", "ms") } else { ("-threads", "") };
        let mut command = Command::new(self.program);
        command.args(["-calls", &calls.to_string(), "-starts", &starts.to_string(), name, threads]);
        command.args(["-span", &format!("{span}{unit}")]).args(&self.arguments);
        report(&mut command)
    }
}

/// The report of a program.
pub fn report(command: &mut Command) -> Value {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(output.status.success(), "{command:?} failed, {}", output.status);
    serde_json::from_slice(&output.stdout).expect("a report is JSON")
}

/// The figure at a place of a report, such as `/call/p50_ns`.
pub fn figure(report: &Value, place: &str) -> f64 {
    report.pointer(place).and_then(Value::as_f64).expect("a report has what was measured")
}

/// The reports of all. They run in turns, so that other load affects all alike.
pub struct Reports<const N: usize>([Vec<Value>; N]);

impl<const N: usize> Reports<N> {
    pub fn of(rounds: usize, sides: &[Measured<'_>; N], wanted: Wanted) -> Self {
        Self::with(rounds, sides, wanted, || {})
    }

    /// The same, with another measurement that takes turns with them.
    pub fn with(rounds: usize, sides: &[Measured<'_>; N], wanted: Wanted, mut also: impl FnMut()) -> Self {
        let mut found = [const { Vec::new() }; N];
        for _ in 0..rounds {
            for (found, side) in found.iter_mut().zip(sides) {
                found.push(side.run(wanted));
            }
            also();
        }
        Self(found)
    }

    /// The medians of the figures at this place.
    pub fn medians(&self, place: &str) -> [f64; N] {
        self.0.each_ref().map(|reports| median(reports.iter().map(|report| figure(report, place)).collect()))
    }
}
