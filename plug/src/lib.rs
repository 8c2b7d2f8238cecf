//! Plugins for Rust programs.
//!
//! The host writes a trait, and a plugin's author writes an impl.
//! The host's features choose the plugins of a build.
//! The same plugin crate can also be a shared library, a child process, or stand behind a gRPC
//! server.
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
//! A plugin, in a crate of its own:
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
//! The host calls [`plug::link!()`](link!) once, at its root, and opens plugins from the
//! [`Registry`]:
//!
//! ```
//! # #[plug::interface(portable)]
//! # pub trait Plug: Send + Sync {
//! #     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
//! # }
//! # #[derive(Default)]
//! # pub struct A;
//! # #[plug::plug("a")]
//! # impl Plug for A {
//! #     fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
//! #         Ok(format!("hello, {name}"))
//! #     }
//! # }
//! let a = plug::Registry::builtin().open::<dyn Plug>("a")?; // Box<dyn Plug>
//! assert_eq!(a.say_hello("x")?, "hello, x");
//! # Ok::<(), plug::Error>(())
//! ```
//!
//! # Tour
//!
//! In the order of the data flow:
//!
//! * [`macro@interface`] makes a trait an [`Interface`].
//!   `portable` lets its plugins live in another build; their values are [`Portable`].
//! * [`macro@plug`] makes an impl a plugin.
//! * [`link!`] links the plugins of the features that are on.
//!   The [`Catalogue`] has the others.
//! * A [`Link`] brings plugins: [`link::Builtin`] those of this binary, [`Library`] those of a
//!   shared library, [`Process`] those of an executable that it starts, [`Grpc`] those of a server.
//! * The [`Registry`] finds a [`Plugin`] by interface and name, and lists the [`Problem`]s of all
//!   plugins.
//! * [`Settings`] are a file of the host's user, or a part of it.
//!   A plugin whose `new` takes an argument gets them: see [`Registry::open_all`] and
//!   [`OpenOptions::settings`].
//! * [`with_deadline`] and [`with_cancellation`] limit calls that leave this process.
//! * [`Server`] serves plugins, as a child process ([`serve`]) or on a port (`bind`).
//!   [`handshake!`] declares the cookie and the versions that both sides check.
//!   [`proto`] prints the `.proto` for other languages.
//! * An [`Error`] is about one step that failed, and its [`ErrorKind`] says which.
//!
//! The [guides](guide) go into detail, from the [tutorial](guide::tutorial) on.
//!
//! # Features
//!
//! * `host` (on by default) lists and opens plugins: [`Registry`], [`Plugin`], [`Link`], [`link!`],
//!   [`ErrorKind`].
//!   A plugin does not need it, and builds faster without it if no host is in the same build.
//! * `inventory` (on by default) registers plugins with the crate of that name.
//!   It runs a constructor for each plugin before `main`, which inserts the plugin into a list.
//! * `linkme` registers plugins with the crate of that name.
//!   No code runs before `main`.
//!   It does not support WebAssembly.
//!   It does not find plugins across a crate of type `dylib`.
//!   That fails the link on Linux for x86-64 and AArch64.
//!   It wins over `inventory`.
//! * `library` opens shared libraries: see [`Library`].
//!   A plugin needs no feature to be in one.
//! * `process` starts executables, and lets an executable be a plugin: see [`Process`].
//!   It is HashiCorp's go-plugin protocol over gRPC.
//! * `netrpc` adds go-plugin's older protocol, net/rpc, to `process`.
//! * `grpc` reaches servers, and lets a program be one: see [`Grpc`].
//! * `config` lets a plugin take settings, in whichever type implements `serde::Deserialize`, and a
//!   host read and pass them: [`Settings`], [`Secret`].
//!   Host and plugin both need the feature.
//! * `schema` has the JSON Schema of settings, if their type implements `schemars::JsonSchema`.
//!   A plugin needs it for [`Plugin::schema`], and the host does not.
//! * `toml` lets a host read settings in TOML.
//! * `serde_json` lets a host pass any value that is `serde::Serialize` as settings.
//!   `toml` turns it on too.
//! * `tokio` is for a plugin whose `async fn`s use tokio.
//!   They are polled in the current runtime, or in one of this build's own: see the
//!   [guide](mod@guide::async).
//!   The host does not need it.
//! * `log` and `tracing` bring log records of a library's plugins to the host's logger or
//!   subscriber.
//!   Host and library both need the feature.
//!
// A link to an item of a feature that is off leads to its guide.
#![cfg_attr(feature = "library", doc = "[`Library`]: library::Library")]
#![cfg_attr(not(feature = "library"), doc = "[`Library`]: guide::library")]
#![cfg_attr(feature = "process", doc = "[`Process`]: process::Process")]
#![cfg_attr(not(feature = "process"), doc = "[`Process`]: guide::process")]
#![cfg_attr(feature = "grpc", doc = "[`Grpc`]: grpc::Grpc")]
#![cfg_attr(not(feature = "grpc"), doc = "[`Grpc`]: guide::grpc")]
#![cfg_attr(not(feature = "process"), doc = "[`serve`]: guide::process")]
#![cfg_attr(not(any(feature = "process", feature = "grpc")), doc = "[`Server`]: guide::grpc")]
#![cfg_attr(not(any(feature = "process", feature = "grpc")), doc = "[`proto`]: guide::grpc")]
#![cfg_attr(not(any(feature = "process", feature = "grpc")), doc = "[`with_cancellation`]: guide::process")]
#![cfg_attr(not(feature = "config"), doc = "[`Registry::open_all`]: Registry")]
#![cfg_attr(not(feature = "config"), doc = "[`Secret`]: Settings")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]
#![forbid(unsafe_code)]

// Its blocks are doctests of the tests, which have the crates that they need.
#[cfg(all(doc, not(doctest)))]
pub mod guide;

#[cfg(feature = "config")]
pub use plug_core::Secret;
#[doc(inline)]
#[cfg(feature = "stream")]
#[cfg_attr(docsrs, doc(cfg(feature = "stream")))]
pub use plug_core::Stream;
#[cfg(feature = "grpc")]
#[doc(inline)]
pub use plug_core::grpc;
#[cfg(feature = "library")]
#[doc(inline)]
pub use plug_core::library;
#[cfg(feature = "host")]
#[doc(inline)]
pub use plug_core::link;
#[cfg(feature = "process")]
#[doc(inline)]
pub use plug_core::process;
#[cfg(any(feature = "process", feature = "grpc"))]
#[doc(inline)]
pub use plug_core::server;
#[cfg(any(feature = "process", feature = "grpc"))]
pub use plug_core::{Cancellation, Server, proto, tonic, with_cancellation};
#[cfg(feature = "host")]
#[doc(inline)]
pub use plug_core::{
    Catalogue, ErrorKind, Feature, Link, OpenOptions, Place, Plugin, PluginBuilder, Position, Problem, Registry,
    Settings, with_deadline,
};
#[cfg(all(feature = "host", feature = "config"))]
#[doc(inline)]
pub use plug_core::{Checked, Instances, Opened, Section};
pub use plug_core::{Error, Identity, Interface, Items, Portable, Task};
#[cfg(feature = "process")]
pub use plug_core::{serve, serve_isolated};

pub use plug_macros::{Portable, interface, plug};

#[doc(hidden)]
pub mod __private {
    pub use plug_core::__private::*;
    #[cfg(feature = "host")]
    pub use plug_macros::link;

    plug_core::__private::one_image!(define);
}

/// Links the plugins of the features that are on, and tells the registry about all others.
///
/// A host calls it once, at the root of its library, or of its binary if it has no library.
/// The tests, examples and benches of a plugin crate call it too, and so see the crate's plugins.
///
/// It reads the package's Cargo.toml.
/// A dependency is a plugin if its key or its `package` begins with `plugin-`:
///
/// ```toml
/// [features]
/// a = ["dep:plugin-a"]
/// [dependencies]
/// plugin-a = { version = "1", optional = true }
/// ```
///
/// A feature that turns on one such dependency brings the plugin of the feature's name, without a
/// prefix `plugin-`.
/// Metadata describes all other cases:
///
/// ```toml
/// [package.metadata.plug]
/// plugins = ["greeters"]      # more dependencies that are plugins
/// ignore = ["plugin-sdk"]     # dependencies that are no plugins
/// [package.metadata.plug.names]
/// source-file = ["file"]      # the plugins of a feature
/// ```
///
/// The [manifest guide](crate::guide::manifest) has the rules, and a table of the targets that it
/// links for.
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

/// Links the plugins of the features that are on: needs the feature `host`.
#[cfg(not(feature = "host"))]
#[macro_export]
macro_rules! link {
    ($($rest:tt)*) => {
        ::core::compile_error!(
            "`link!` is for those who open plugins: turn on the feature `host` of plug, which is on by default"
        );
    };
}

/// Declares the handshake between a host and its plugins in other processes.
/// The interface's crate does so once.
///
/// The cookie is an environment variable and its value.
/// It keeps a person from starting a plugin by hand, and protects nothing.
/// A version is one of the application's protocol, with the interfaces of that version.
/// Host and plugin use the highest version that both know.
///
/// A version is served over gRPC.
/// `netrpc` before its interfaces serves it over Go's net/rpc instead, for programs that speak it:
/// `1: netrpc [dyn Plug]`.
/// A plugin needs the feature `netrpc` to serve such a version.
/// A host takes either protocol, as the plugin's handshake line says.
///
/// If a person starts a plugin by hand, it prints the hint.
/// In it, `{path}` is the path of the plugin.
///
/// ```
/// #[plug::interface(portable)]
/// pub trait Plug: Send + Sync {
///     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// }
///
/// plug::handshake! {
///     cookie = "HASHI=hola",
///     versions = { 1: netrpc [dyn Plug], 2: [dyn Plug] },
///     hint = "the app takes its path: `app --plugin {path}`",
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! handshake {
    (
        cookie = $cookie:expr,
        versions = { $($version:literal: $($protocol:ident)? [$($interface:ty),* $(,)?]),* $(,)? }
        $(, hint = $hint:expr)?
        $(,)?
    ) => {
        $crate::__private::handshake! { $cookie, [$($hint)?], $($version: $(($protocol))? [$($interface),*]),* }
    };
}
