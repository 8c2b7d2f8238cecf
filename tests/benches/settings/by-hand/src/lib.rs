//! The plugin of the benches of libraries, which reads settings from the environment.

#[path = "../../settings.rs"]
mod settings;

use library_interface::Work;

use settings::Settings;

/// Works by its settings.
pub struct A(Settings);

impl A {
    /// Its constructor.
    pub fn open() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(serde_json::from_str(&std::env::var("SETTINGS")?)?))
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
