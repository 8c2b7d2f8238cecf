//! The plugins of `ours`, submitted by hand through inventory with no metadata but file and line.

/// The interface of the plugins.
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> String;
}

/// One plugin.
pub struct Entry {
    /// The name it is found by.
    pub name: &'static str,
    /// Makes one.
    pub new: fn() -> Box<dyn Plug>,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
}

inventory::collect!(Entry);

// Repeated from here, with other numbers.

/// Says hello for the 00000th time.
pub struct Hello00000;

impl Plug for Hello00000 {
    fn say_hello(&self, name: &str) -> String {
        format!("hello 00000, {name}")
    }
}

inventory::submit! {
    Entry { name: "hello-00000", new: || Box::new(Hello00000), file: file!(), line: line!() }
}

/// Says hi for the 00000th time.
pub struct Hi00000;

impl Plug for Hi00000 {
    fn say_hello(&self, name: &str) -> String {
        format!("hi 00000, {name}")
    }
}

inventory::submit! {
    Entry { name: "hi-00000", new: || Box::new(Hi00000), file: file!(), line: line!() }
}
