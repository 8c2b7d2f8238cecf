//! The macros of the crate `plug`, which re-exports them.
//! They know no link.
//! Each macro parses its input into a model, reports all mistakes at once, and renders code that
//! names only `plug::__private`.

mod arguments;
mod docs;
mod field;
mod interface;
#[cfg(feature = "link")]
mod link;
mod name;
mod place;
mod plug;
mod portable;
mod task;
mod types;

#[cfg(test)]
mod expand_tests;

use std::sync::atomic::{AtomicU64, Ordering};

use proc_macro::TokenStream;

/// Makes a trait an interface: one that plugins implement and a host opens as `dyn Trait`.
///
/// Any trait that can be made into an object can be an interface.
/// So none of its methods returns an `impl Trait`: it returns a box instead.
/// If `plug` has another name, write `#[interface(crate = that_name)]`.
///
/// ```
/// #[plug::interface]
/// pub trait Filter: Send {
///     /// Passes a line on, changed or not, or drops it.
///     fn line(&mut self, line: String) -> Option<String>;
/// }
/// ```
///
/// # Asynchronous methods
///
/// A method can be an `async fn`, beside others that are not.
/// It becomes a function that returns a boxed future, a `plug::Task`, and so does its impl below
/// [`#[plug]`](macro@plug).
/// `#[async_trait]` is not needed, and is refused.
///
/// ```
/// use plug::plug;
///
/// #[plug::interface]
/// pub trait Fetch: Send + Sync {
///     /// Fetches a page.
///     async fn fetch(&self, url: &str) -> Result<String, plug::Error>;
///
///     /// Fetches a page twice.
///     async fn reload(&self, url: &str) -> Result<String, plug::Error> {
///         self.fetch(url).await?;
///         self.fetch(url).await
///     }
///
///     fn agent(&self) -> String;
/// }
///
/// #[derive(Default)]
/// struct Local;
///
/// #[plug("local")]
/// impl Fetch for Local {
///     async fn fetch(&self, url: &str) -> Result<String, plug::Error> {
///         Ok(format!("the page {url}"))
///     }
///
///     fn agent(&self) -> String {
///         "local".to_owned()
///     }
/// }
///
/// # use std::task::{Context, Poll, Waker};
/// let local = plug::Registry::builtin().open::<dyn Fetch>("local")?;
/// let mut page = local.reload("a"); // in an `async fn`: `local.reload("a").await?`
/// # let page = page.as_mut().poll(&mut Context::from_waker(Waker::noop()));
/// # let Poll::Ready(Ok(page)) = page else { panic!("it waits for nothing") };
/// # assert_eq!(page, "the page a");
/// # Ok::<(), plug::Error>(())
/// ```
///
/// * The future is `Send`.
///   It borrows the object and the arguments, and does nothing before it is polled.
///   Dropping it cancels the call.
/// * A default body needs an interface that is `Sync` if it takes `&self`.
/// * A lifetime in the result is that of `&self`, as in an `async fn` elsewhere.
/// * A method with parameters of its own, or with `impl Trait`, is for no object:
///   with `where Self: Sized`, it stays an ordinary `async fn`.
///
/// # Portable interfaces
///
/// `#[interface(portable)]` is for plugins that can be behind a boundary: in a shared library from
/// another compiler, in another process, on another machine.
/// Implementing and calling the interface stays the same.
///
/// ```
/// #[plug::interface(portable)]
/// pub trait Dictionary: Send + Sync {
///     /// The meaning of a word.
///     fn look_up(&self, word: &str) -> Result<Option<Entry>, plug::Error>;
///
///     /// The number of these words that are known.
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
/// * The trait is `Send + Sync`.
///   It has no other supertraits, and no parameters, associated types or constants.
/// * Its methods take `&self` and return a `Result`, since a boundary can fail.
///   The error is `plug::Error`, or a type that implements `Display` and `From<plug::Error>`.
///   Across a boundary it keeps its text; a `std::error::Error` keeps the texts of its causes too.
/// * Arguments and values are [`Portable`](macro@Portable).
///   An argument can be borrowed as a whole: `&str`, `&[T]`, `&T`.
/// * Methods are matched by name and signature.
///   A plugin lacks a method that was added after it was built.
///   If the method has a default body, that body runs in the host, and calls the plugin's methods.
/// * A method with `where Self: Sized` does not cross, since objects lack it.
///
/// ## On the wire
///
/// In a process or a server the interface is a protobuf service, so programs in other languages can
/// serve and call it.
/// The service has the name of the trait, or the one in
/// `#[interface(portable, service = "proto.KV")]`.
/// The method `say_hello` is `SayHello` there, and its arguments are fields of their names.
/// They are numbered from 1, unless the author gives a number to fit a service that exists already.
/// Both sides of a boundary must number them alike:
///
/// ```
/// #[plug::interface(portable, service = "proto.Notifier")]
/// pub trait Notifier: Send + Sync {
///     fn configure(&self, #[plug(tag = 2)] config: &[u8]) -> Result<(), plug::Error>;
/// }
/// ```
///
/// Over Go's net/rpc, several arguments are a struct, with fields in upper camel case.
/// `#[plug(name = "ID")]` gives an argument another name.
/// `#[plug(netrpc = "map")]` on a method makes the arguments a `map[string]interface{}`, as in
/// go-plugin's example.
/// Its keys are the names of the arguments as they are written, and its values are of type `bool`,
/// numbers, texts and bytes, or an `Option` of one, which is left out if it is `None`.
/// A plugin reads the struct and the map in either case.
///
/// If a process dies during a call, it is unknown whether the method has run.
/// A method that may run twice is called again if it is marked:
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
/// The impl can have [asynchronous methods](macro@interface#asynchronous-methods).
///
/// A name is lower-case letters and digits, in parts joined by `-` or `_`, of at most 64 bytes.
/// The docs of the impl become the plugin's docs, and their first line its summary.
/// The package, version, licence and repository are those of the crate.
///
/// | written | means |
/// |---|---|
/// | `#[plug("a")]` | the name; the type needs `Default` |
/// | `aliases = ["alpha"]` | other names that open it |
/// | `deprecated = "use b"` | the plugin works, and this says what to use instead |
/// | `new = Self::open` | a function that returns the type, or a `Result` with it; it takes nothing, or settings |
/// | `crate = path` | the path of `plug`, if it is renamed or re-exported |
/// | `#[plug(_)]` | no plugin: an impl with asynchronous methods, such as a fake in a test |
///
/// The settings that `new` takes are a type that is `serde::Deserialize`, by the feature `config` of
/// `plug`. It is inferred from the function.
/// The guide `settings` has all about them.
///
/// The name is a literal.
/// Lifetimes that the impl leaves out, as in `impl Plug for Reader<'_>`, are `'static`.
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
/// /// Knows the home folder.
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
    let unique = [
        variable("CARGO_PKG_NAME"),
        variable("CARGO_PKG_VERSION"),
        variable("CARGO_CRATE_NAME"),
        variable("CARGO_BIN_NAME"),
        span.file(),
        span.line().to_string(),
        span.column().to_string(),
        // A macro of the author can expand to several `#[plug]` at one place.
        EXPANSIONS.fetch_add(1, Ordering::Relaxed).to_string(),
    ];
    let site = plug::Site {
        unique: unique.join("\n"),
        line: format!("{}:{}", span.file(), span.line()),
        is_build: std::env::args_os().any(|argument| argument.as_encoded_bytes().starts_with(b"--crate-name")),
    };
    plug::expand(arguments.into(), item.into(), &site).into()
}

/// Lets the values of a struct or an enum cross a boundary, in the methods of a [portable
/// interface](macro@interface#portable-interfaces).
///
/// The types of all fields are portable.
/// The type may contain itself, or have parameters: types that are portable too, and constants.
/// A type with parameters cannot contain itself.
///
/// ```
/// #[derive(plug::Portable)]
/// pub struct Page<T> {
///     pub title: String,
///     pub links: Vec<T>,
/// }
///
/// #[derive(plug::Portable)]
/// pub enum Target {
///     Nowhere,
///     Address(String),
///     #[plug(tag = 5)]
///     Anchor { page: u32, line: Option<u32> },
///     Several(Vec<Target>),
/// }
/// ```
///
/// Both sides of a boundary must have the same type: its name, and the names and types of its
/// fields and variants.
///
/// Each field and each variant has a number, which identifies it in protobuf.
/// Without `#[plug(tag = …)]` it is the number before it plus one, and the first is 1.
/// A number is at most 536,870,911, and not 19,000 to 19,999, which protobuf keeps for itself.
/// In an enum without data it is any number up to 2,147,483,647.
/// A field or variant under a `#[cfg]` that does not hold has no number, so write the numbers of
/// the others down.
///
/// `#[plug(name = "ID")]` gives a field another name in Go, over net/rpc.
/// Without it, `user_id` is `UserId` there.
///
/// If `plug` has another name, write `#[plug(crate = that_name)]` above the type.
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
