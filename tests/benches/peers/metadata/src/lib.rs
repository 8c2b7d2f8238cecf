//! The plugins of `ours`, submitted by hand through inventory with the metadata that plug records.

/// The interface of the plugins.
pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> String;
}

/// One plugin.
pub struct Entry {
    /// The name it is found by.
    pub name: &'static str,
    /// Other names, separated by commas.
    pub aliases: &'static str,
    /// The advice if it is deprecated.
    pub deprecated: Option<&'static str>,
    /// Its type.
    pub type_name: &'static str,
    /// The package it is in.
    pub package: &'static str,
    /// The version of that package.
    pub version: &'static str,
    /// Its licence.
    pub license: &'static str,
    /// Its repository.
    pub repository: &'static str,
    /// The description of that package.
    pub description: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// Its docs.
    pub docs: &'static str,
    /// Makes one.
    pub new: fn() -> Box<dyn Plug>,
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
    Entry {
        name: "hello-00000",
        aliases: "",
        deprecated: None,
        type_name: "Hello00000",
        package: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        license: env!("CARGO_PKG_LICENSE"),
        repository: env!("CARGO_PKG_REPOSITORY"),
        description: env!("CARGO_PKG_DESCRIPTION"),
        file: file!(),
        line: line!(),
        docs: "Says hello for the 00000th time.\n\nThe name is repeated as it was given, in whatever language.",
        new: || Box::new(Hello00000),
    }
}

/// Says hi for the 00000th time.
pub struct Hi00000;

impl Plug for Hi00000 {
    fn say_hello(&self, name: &str) -> String {
        format!("hi 00000, {name}")
    }
}

inventory::submit! {
    Entry {
        name: "hi-00000",
        aliases: "hey-00000",
        deprecated: Some("use hello-00000"),
        type_name: "Hi00000",
        package: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        license: env!("CARGO_PKG_LICENSE"),
        repository: env!("CARGO_PKG_REPOSITORY"),
        description: env!("CARGO_PKG_DESCRIPTION"),
        file: file!(),
        line: line!(),
        docs: "Says hi for the 00000th time.\n\nThe name is repeated as it was given, in whatever language.",
        new: || Box::new(Hi00000),
    }
}
