//! Two plugins in one crate: `polite`, and `formal`, which it has replaced.

use app_interface::Plug;
use plug::{Error, plug};

/// Greets, and refuses an empty name.
#[derive(Default)]
pub struct Polite;

/// Says good day, and refuses an empty name.
#[plug("polite")]
impl Plug for Polite {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        let name = addressee(name).map_err(|cause| Error::msg("cannot greet politely").with_source(cause))?;
        Ok(format!("good day, {name}"))
    }
}

/// Greets everybody, as `polite` once did.
#[derive(Default)]
pub struct Formal;

/// Says good day to anybody.
#[plug("formal", deprecated = "use polite")]
impl Plug for Formal {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        Ok(format!("good day, {name}"))
    }
}

fn addressee(name: &str) -> Result<&str, Error> {
    match name.trim() {
        "" => Err(Error::msg("the name is empty")),
        name => Ok(name),
    }
}
