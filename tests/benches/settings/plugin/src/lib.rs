//! The plugin of the benches of libraries, with settings.

#[path = "../../settings.rs"]
mod settings;

use library_interface::Work;

pub use settings::Settings;

/// Works by its settings.
pub struct A(Settings);

impl A {
    /// Its constructor.
    pub fn open(settings: Settings) -> Self {
        Self(settings)
    }
}

/// Does the work.
#[plug::plug("a", new = Self::open)]
impl Work for A {
    fn add(&self, a: u64, b: u64) -> Result<u64, plug::Error> {
        Ok(a.wrapping_add(b).wrapping_add(self.0.sum()))
    }

    fn length(&self, bytes: &[u8]) -> Result<u64, plug::Error> {
        Ok(bytes.len() as u64)
    }

    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("hello, {name}"))
    }
}
