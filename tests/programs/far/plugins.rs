//! Plugins that take long or end badly, for an app and for a process without an app.

use std::time::Duration;

use app_interface::Plug;
use plug::{Error, plug};

#[derive(Default)]
struct Sleeps;

/// Sleeps for as many milliseconds as the name says.
#[plug("sleeps")]
impl Plug for Sleeps {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        std::thread::sleep(Duration::from_millis(name.parse().map_err(Error::new)?));
        Ok(format!("slept {name}"))
    }
}

#[derive(Default)]
struct Dies;

/// Kills the process it is in, with some last words.
#[plug("dies")]
impl Plug for Dies {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        eprintln!("farewell, {name}");
        std::process::abort()
    }
}

#[derive(Default)]
struct Panics;

#[plug("panics")]
impl Plug for Panics {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        panic!("no greeting for {name}\u{1b}[31m")
    }
}

#[derive(Default)]
struct Tells;

/// Returns the id of its process.
#[plug("tells")]
impl Plug for Tells {
    fn say_hello(&self, _: &str) -> Result<String, Error> {
        Ok(std::process::id().to_string())
    }
}
