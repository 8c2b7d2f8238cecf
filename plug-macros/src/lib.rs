//! The macros of the crate `plug`, which re-exports and documents them. They know no link and no transport: each parses
//! what was written into a model, says all that is wrong with it at once, and renders names of `plug::__private` alone.

mod arguments;
mod docs;
mod interface;
#[cfg(feature = "link")]
mod link;
mod name;
mod place;
mod plug;
mod portable;
mod types;

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
///
/// # Portable interfaces
///
/// `#[interface(portable)]` is for plugins that can be behind a border: in a shared library that another compiler built, in
/// another process, on another machine. Nothing changes for those who implement or call such an interface.
///
/// ```
/// #[plug::interface(portable)]
/// pub trait Dictionary: Send + Sync {
///     /// What a word means.
///     fn look_up(&self, word: &str) -> Result<Option<Entry>, plug::Error>;
///
///     /// How many of these words there are.
///     fn count(&self, words: &[String]) -> Result<u64, plug::Error> {
///         let mut count = 0;
///         for word in words {
///             count += u64::from(self.look_up(word)?.is_some());
///         }
///         Ok(count)
///     }
/// }
///
/// #[derive(plug::Portable)]
/// pub struct Entry {
///     pub meaning: String,
///     pub see_also: Vec<String>,
/// }
/// ```
///
/// * The trait is `Send + Sync`, with no other supertrait, no parameters, associated types or constants.
/// * Its methods take `&self` and return a `Result`, since a border can fail. The error is `plug::Error`, or one that implements
///   `Display` and `From<plug::Error>`; across a border it keeps its text, and those of its causes where it is a
///   `std::error::Error`.
/// * Arguments and values are [`Portable`](macro@Portable). An argument can be borrowed as a whole: `&str`, `&[T]`, `&T`.
/// * Methods are matched by name and signature. A plugin that was built before a method was added lacks it: where the method
///   has a default body, that runs in the host, and what it calls, it calls on the plugin.
/// * A method with `where Self: Sized` is not one of the objects, and does not cross.
///
/// ## On the wire
///
/// Behind a process or a server such an interface is a service of protobuf, so that programs in other languages can offer it and call it.
/// `#[interface(portable, service = "proto.KV")]` says which; without that it is named after the trait. A method is called as in
/// `SayHello` for `say_hello`, and its arguments are fields by their names.
///
/// Where a process dies in a call, nobody knows whether the method has run. One that may run twice says so, and is called once more:
///
/// ```
/// #[plug::interface(portable, service = "proto.KV")]
/// pub trait Store: Send + Sync {
///     #[plug(idempotent)]
///     fn get(&self, key: &str) -> Result<Option<Vec<u8>>, plug::Error>;
///
///     fn append(&self, key: &str, value: &[u8]) -> Result<(), plug::Error>;
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

/// Has the values of a struct or an enum cross to plugins behind a border, in the methods of a
/// [portable interface](macro@interface#portable-interfaces).
///
/// All fields are of types that cross. The type has no parameters, and does not contain itself.
///
/// ```
/// #[derive(plug::Portable)]
/// pub struct Page {
///     pub title: String,
///     pub links: Vec<Target>,
/// }
///
/// #[derive(plug::Portable)]
/// pub enum Target {
///     Nowhere,
///     Address(String),
///     #[plug(tag = 5)]
///     Anchor { page: u32, line: Option<u32> },
/// }
/// ```
///
/// Both sides of a border must have the same type: name, fields and variants with their names, and what is in them.
///
/// Each field, and each variant, has a number, which protobuf knows it by. Without `#[plug(tag = …)]` it is the one after the
/// field's or the variant's before, and the first is 1. The number of a field is at most 536,870,911 and none of 19,000 to 19,999,
/// which protobuf keeps for itself. So is that of a variant, save that in an enum of nothing but units it is any up to 2,147,483,647. What is under a `#[cfg]` that does not hold has
/// no number: where there is such a thing, give the others theirs.
///
/// Where `plug` has another name, write `#[plug(crate = that_name)]` above the type.
#[proc_macro_derive(Portable, attributes(plug))]
pub fn portable(item: TokenStream) -> TokenStream {
    portable::expand(item.into()).into()
}

#[cfg(feature = "link")]
#[doc(hidden)]
#[proc_macro]
pub fn link(input: TokenStream) -> TokenStream {
    link::expand(input.into()).into()
}
