//! The macros of the crate `plug`, which re-exports and documents them. They know no link and no transport: each parses
//! what was written into a model, says all that is wrong with it at once, and renders names of `plug::__private` alone.

mod arguments;
mod interface;
mod link;
mod name;
mod plug;

#[cfg(test)]
mod expand_tests;

use std::sync::atomic::{AtomicU64, Ordering};

use proc_macro::TokenStream;

/// Makes a trait an interface: one that plugins implement and a host opens as `dyn Trait`.
///
/// For any trait that can be made into an object. Where `plug` has another name, `#[interface(crate = that_name)]`.
///
/// ```
/// #[plug::interface]
/// pub trait Filter: Send {
///     /// Passes a line on, changed or not; or drops it.
///     fn line(&mut self, line: String) -> Option<String>;
/// }
/// ```
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    interface::expand(arguments.into(), item.into()).into()
}

/// Makes an impl of an interface a plugin, by the name that it is opened by.
///
/// A name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes. The docs of the impl become
/// the plugin's docs, and their first line its summary; package, version, licence and repository are those of the crate.
///
/// | written | means |
/// |---|---|
/// | `#[plug("a")]` | the name; the type needs `Default` |
/// | `aliases = ["alpha"]` | other names that it is opened by |
/// | `deprecated = "use b"` | still there, and what to use instead |
/// | `new = Self::open` | a function without arguments that returns the type, or a `Result` with it |
/// | `crate = path` | where `plug` is, if renamed or re-exported |
///
/// ```
/// # #[plug::interface]
/// # pub trait Store { fn get(&self) -> Option<String>; }
/// use plug::{Error, plug};
///
/// struct Home(String);
///
/// impl Home {
///     fn open() -> Result<Self, Error> {
///         std::env::var("HOME").map(Self).map_err(Error::new)
///     }
/// }
///
/// /// Knows where home is.
/// #[plug("home", aliases = ["house"], new = Self::open)]
/// impl Store for Home {
///     fn get(&self) -> Option<String> {
///         Some(self.0.clone())
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn plug(arguments: TokenStream, item: TokenStream) -> TokenStream {
    static EXPANSIONS: AtomicU64 = AtomicU64::new(0);
    let span = proc_macro::Span::call_site();
    let variable = |name| std::env::var(name).unwrap_or_default();
    let place = [
        variable("CARGO_PKG_NAME"),
        variable("CARGO_PKG_VERSION"),
        variable("CARGO_CRATE_NAME"),
        variable("CARGO_BIN_NAME"),
        span.file(),
        span.line().to_string(),
        span.column().to_string(),
        // A macro of the author's may say `#[plug]` several times in one place.
        EXPANSIONS.fetch_add(1, Ordering::Relaxed).to_string(),
    ];
    plug::expand(arguments.into(), item.into(), &place.join("\n")).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn link(input: TokenStream) -> TokenStream {
    link::expand(input.into()).into()
}
