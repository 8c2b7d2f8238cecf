//! The interface of the application: the methods of a greeter.
//! It knows no plugin and no link.
//!
//! A plugin crate depends on this one and on `plug`, and on nothing else of the application.

/// A greeter.
#[plug::interface(portable)]
pub trait Plug: Send + Sync {
    /// Greets `name`.
    ///
    /// # Errors
    ///
    /// Those of the plugin: a greeter may refuse a name.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
}

plug::handshake! {
    cookie = "HASHI=hola",
    versions = { 1: netrpc [dyn Plug], 2: [dyn Plug] },
    hint = "the app takes its path: `app hello --plugin process:{path}`",
}
