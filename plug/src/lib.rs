//! Plugins for Rust programs: write the interface once as a trait, write a plugin once as an impl, and choose last how
//! they are joined.
//!
//! The interface, in a crate of its own so that plugins can depend on it:
//!
//! ```
//! #[plug::interface(portable)]
//! pub trait Plug: Send + Sync {
//!     /// Greets `name`.
//!     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
//! }
//! ```
//!
//! A plugin, in a crate of its own, that says nothing but its name:
//!
//! ```
//! # #[plug::interface(portable)]
//! # pub trait Plug: Send + Sync {
//! #     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
//! # }
//! use plug::plug;
//!
//! #[derive(Default)]
//! pub struct A;
//!
//! /// Says hello in English.
//! #[plug("a")]
//! impl Plug for A {
//!     fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
//!         Ok(format!("hello, {name}"))
//!     }
//! }
//! ```
//!
//! The host says [`plug::link!()`](link!) once, at its root, and asks the [`Registry`]. Which plugins are in it is up to
//! its Cargo features.
//!
//! # How it hangs together
//!
//! * [`Interface`]: what makes a trait one that plugins implement.
//! * [`Portable`]: what can cross to a plugin that is in another build, where the interface is `portable`.
//! * [`Plugin`]: one of them, before it is opened; what it says of itself.
//! * [`Link`]: a place that plugins come from. [`link::Builtin`] is what the linker put into this binary, `link::Library` a shared
//!   library, `link::Process` an executable that is started, and `link::Grpc` a server.
//! * `Server`: the other half of the last two, which `serve` makes short for an executable of plugins; [`handshake!`] is what a host and its
//!   processes know each other by, and `proto` what is needed to be either in another language.
//! * [`with_deadline`]: how long calls may take that leave this process; and, with `process` or `grpc`, `with_cancellation`.
//! * [`Catalogue`]: what could have been linked, by feature.
//! * [`Registry`]: the plugins of some links, by interface and name, and the [`Problem`]s they have together.
//! * [`Error`]: what went wrong, by the step that failed.
//!
//! # Features
//!
//! * `host` (on by default) is what lists and opens plugins: [`Registry`], [`Plugin`], [`Link`], [`link!`], [`ErrorKind`]. A plugin's crate does not need it,
//!   and is built sooner without, where it is built by itself.
//! * `inventory` (on by default) registers through the crate of that name: a constructor for each plugin that runs before
//!   `main` and does nothing but insert it into a list.
//! * `linkme` registers through the crate of that name: nothing at all runs before `main`. Not for WebAssembly. With both,
//!   this one is taken.
//! * `library` opens plugins that are in shared libraries: [`mod@link`] then has `Library`, and tells all about it. To be in a library, a plugin
//!   needs no feature.
//! * `process` starts plugins that are executables ([`mod@link`] then has `Process`), and lets an executable be one (`serve`): HashiCorp's go-plugin
//!   protocol, both ways, by gRPC and by net/rpc.
//! * `grpc` reaches plugins behind servers (`link::Grpc`), and lets a program be such a server (`Server::bind`).
//! * `log`, and `tracing`, bring the log records of a library's plugins to the host's logger, or subscriber: they are to be on on both sides.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

#[cfg(feature = "host")]
#[doc(inline)]
pub use plug_core::link;
#[cfg(any(feature = "process", feature = "grpc"))]
pub use plug_core::{Cancellation, Server, proto, tonic, with_cancellation};
#[cfg(feature = "host")]
#[doc(inline)]
pub use plug_core::{
    Catalogue, ErrorKind, Feature, Link, OpenOptions, Place, Plugin, PluginBuilder, Problem, Registry, with_deadline,
};
#[doc(inline)]
pub use plug_core::{Error, Identity, Interface, Portable};
#[cfg(feature = "process")]
pub use plug_core::{serve, serve_isolated};

pub use plug_macros::{Portable, interface, plug};

#[doc(hidden)]
pub mod __private {
    pub use plug_core::__private::*;
    #[cfg(feature = "host")]
    pub use plug_macros::link;
}

/// Links the plugins that the calling package's features choose. Once, at the root of its library, or of its binary where
/// it has no library; and in the tests, examples and benches of a plugin crate, so that they see its plugins.
///
/// It reads the package's Cargo.toml. A dependency is a plugin where its key begins with `plugin-`, or the
/// `package` that it names:
///
/// ```toml
/// [features]
/// a = ["dep:plugin-a"]
/// [dependencies]
/// plugin-a = { version = "1", optional = true }
/// ```
///
/// and adding a plugin is adding such lines. A feature that turns on one such dependency is expected to bring the plugin of
/// its own name, less a `plugin-` before it; `default`, and a feature that turns on several, are not. A dependency that is not
/// optional is always linked, and nothing is expected of it. What is otherwise stands in
///
/// ```toml
/// [package.metadata.plug]
/// plugins = ["greeters"]      # dependencies that are plugins too
/// ignore = ["plugin-sdk"]     # dependencies that are none
/// [package.metadata.plug.names]
/// extra = ["x", "y"]          # the plugins that a feature brings
/// ```
///
/// What stands there are the keys of dependencies. A key is also the name of the crate, but where the crate's `[lib]` has
/// another one; then rename the dependency: `its_name = { package = "plugin-odd", … }`.
///
/// In a target that is not the package's library it links that library too. A dev-dependency is linked where
/// dev-dependencies are: in tests, examples and benches. A dependency for some platforms says so with a `cfg`
/// (`[target.'cfg(unix)'.dependencies]`), since a macro cannot tell what a target's name means.
///
/// ```
/// plug::link!();
/// # fn main() {}
/// ```
#[cfg(feature = "host")]
#[macro_export]
macro_rules! link {
    ($($rest:tt)*) => {
        $crate::__private::link! { $crate $($rest)* }
    };
}

/// Links the plugins that the calling package's features choose: with the feature `host`.
#[cfg(not(feature = "host"))]
#[macro_export]
macro_rules! link {
    ($($rest:tt)*) => {
        ::core::compile_error!(
            "`link!` is for those who open plugins: turn on the feature `host` of plug, which is on by default"
        );
    };
}

/// Declares what the programs of an application know their plugins by, where those are processes: once, in the interface's crate.
///
/// The cookie is a variable and its value; it keeps a person from starting a plugin by hand, and protects nothing. The versions are those of
/// the application's protocol, each with the interfaces that it has: host and plugin take the highest that both know. With version 1, a host that does not say what it speaks is
/// answered in net/rpc, which go-plugin has spoken from the beginning, and with any other in gRPC.
///
/// ```
/// #[plug::interface(portable)]
/// pub trait Plug: Send + Sync {
///     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// }
///
/// plug::handshake! { cookie = "HASHI=hola", versions = { 1: [dyn Plug] } }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! handshake {
    (cookie = $cookie:expr, versions = { $($version:literal: [$($interface:ty),* $(,)?]),* $(,)? } $(,)?) => {
        $crate::__private::handshake! { $cookie, $($version: [$($interface),*]),* }
    };
}
