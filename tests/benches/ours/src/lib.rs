//! Plugins of plug, and their interface.
//! The table repeats the part below the mark for the number of plugins that it measures.

/// The interface of the plugins.
#[plug::interface]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> String;
}

// Repeated from here, with other numbers.

/// Plugin 00000.
#[derive(Default)]
pub struct Hello00000;

/// Says hello for the 00000th time.
///
/// The name is repeated as it was given, in whatever language.
#[plug::plug("hello-00000")]
impl Plug for Hello00000 {
    fn say_hello(&self, name: &str) -> String {
        format!("hello 00000, {name}")
    }
}

/// Plugin 00000, as it was.
#[derive(Default)]
pub struct Hi00000;

/// Says hi for the 00000th time.
///
/// The name is repeated as it was given, in whatever language.
#[plug::plug("hi-00000", aliases = ["hey-00000"], deprecated = "use hello-00000")]
impl Plug for Hi00000 {
    fn say_hello(&self, name: &str) -> String {
        format!("hi 00000, {name}")
    }
}
