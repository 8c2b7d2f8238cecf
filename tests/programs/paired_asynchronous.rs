//! A plugin process of `paired-asynchronous`.

use std::process::ExitCode;

use paired_asynchronous::Pair;
use plug::{Error, plug};

#[derive(Default)]
struct Adder;

/// Adds.
#[plug("adder")]
impl Pair for Adder {
    async fn sum(&self, start: u64, numbers: &[u64]) -> Result<u64, Error> {
        Ok(numbers.iter().fold(start, |sum, number| sum.wrapping_add(*number)))
    }

    async fn fail(&self, text: &str) -> Result<(), Error> {
        Err(Error::msg(text))
    }
}

fn main() -> ExitCode {
    plug::serve()
}
