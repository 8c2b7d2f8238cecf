//! A plugin process that was built with another version of the worker's interface.

use std::process::ExitCode;

use narrow_interface::{Number, Work};
use plug::{Error, plug};

#[derive(Default)]
struct Worker;

/// Works with smaller numbers.
#[plug("worker")]
impl Work for Worker {
    fn echo(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(data.to_vec())
    }

    fn fail(&self, text: &str) -> Result<(), Error> {
        Err(Error::msg(text))
    }

    fn sum(&self, start: u64, numbers: &[Number]) -> Result<u64, Error> {
        Ok(start + numbers.iter().map(|number| u64::from(*number)).sum::<u64>())
    }

    fn sleep(&self, _: u64) -> Result<(), Error> {
        Ok(())
    }

    fn die(&self, _: &str) -> Result<(), Error> {
        std::process::abort()
    }
}

fn main() -> ExitCode {
    plug::serve()
}
