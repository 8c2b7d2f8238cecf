//! Plugins that the app can do nothing with.

use app_interface::Plug;
use plug::{Error, plug};

#[derive(Default)]
struct Odd;

/// Greets oddly.
#[plug("odd", aliases = ["strange"], deprecated = "greet evenly")]
impl Plug for Odd {
    fn say_hello(&self, name: &str, times: u32) -> Result<String, Error> {
        Ok(name.repeat(times as usize))
    }
}

/// Another interface.
#[plug::interface(portable)]
pub trait Tone: Send + Sync {
    /// In hertz.
    fn pitch(&self) -> Result<f64, Error>;

    /// From 0 to 1.
    fn volume(&self) -> Result<f64, Error> {
        Ok(1.0)
    }
}

#[derive(Default)]
struct Bell;

/// Rings at 440 Hz.
#[plug("bell")]
impl Tone for Bell {
    fn pitch(&self) -> Result<f64, Error> {
        Ok(440.0)
    }
}
