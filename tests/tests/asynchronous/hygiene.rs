//! Fakes, conditions, attributes, and traits and impls that a `macro_rules` writes.

use std::sync::Mutex;

use plug::plug;

use pollster::block_on;

use crate::open;

#[plug::interface]
trait Fetch: Send + Sync {
    async fn fetch(&self, url: &str) -> Result<String, plug::Error>;
    fn agent(&self) -> String;
}

/// Answers with a list, and keeps the questions.
struct Fake<T> {
    answer: T,
    urls: Mutex<Vec<String>>,
}

#[plug(_)]
impl<T: AsRef<str> + Send + Sync> Fetch for Fake<T> {
    async fn fetch(&self, url: &str) -> Result<String, plug::Error> {
        self.urls.lock().expect("no panic").push(url.to_owned());
        Ok(self.answer.as_ref().to_owned())
    }
    fn agent(&self) -> String {
        "fake".to_owned()
    }
}

#[test]
fn an_impl_that_is_no_plugin_is_not_registered() {
    let fake = Fake { answer: "page", urls: Mutex::default() };
    let fetch: &dyn Fetch = &fake;
    assert_eq!(block_on(fetch.fetch("here")).expect("it answers"), "page");
    assert_eq!(fetch.agent(), "fake");
    assert_eq!(*fake.urls.lock().expect("no panic"), ["here"]);
    assert_eq!(plug::Registry::builtin().plugins_of::<dyn Fetch>().count(), 0);
}

#[plug::interface]
trait Conditions: Send + Sync {
    /// Is there.
    #[cfg(not(any()))]
    async fn there(&self, #[cfg(not(any()))] this: u8, #[cfg(any())] other: Missing) -> u8;
    #[cfg(any())]
    async fn gone(&self) -> Missing;
    #[cfg_attr(all(), must_use)]
    #[deprecated(note = "use `there`")]
    async fn old(&self, #[expect(unused_variables)] value: u8, #[allow(unused)] text: &str) -> u8 {
        7
    }
}

#[derive(Default)]
struct Conditional;

#[plug("conditional")]
impl Conditions for Conditional {
    #[cfg(not(any()))]
    async fn there(&self, #[cfg(not(any()))] this: u8, #[cfg(any())] other: Missing) -> u8 {
        this
    }
    #[cfg(any())]
    async fn gone(&self) -> Missing {
        Missing
    }
}

#[test]
fn conditions_and_attributes_are_kept() {
    let conditional = open::<dyn Conditions>("conditional");
    assert_eq!(block_on(conditional.there(3)), 3);
    #[expect(deprecated)]
    let old = block_on(conditional.old(1, ""));
    assert_eq!(old, 7);
}

macro_rules! interface {
    ($name:ident $method:ident($($argument:ident: $type:ty),*) -> $result:ty $body:block $plugin:literal) => {
        #[plug::interface]
        trait $name: Send + Sync {
            async fn $method(&self, $($argument: $type),*) -> $result;
            async fn both(&self, $($argument: $type, )* own: &str) -> ($result, usize) {
                (self.$method($($argument),*).await, own.len())
            }
        }

        #[plug($plugin)]
        impl $name for Conditional {
            async fn $method(&self, $($argument: $type),*) -> $result $body
        }
    };
}

interface!(Written write(key: &str, value: Option<&str>) -> String { format!("{key}{value:?}") } "written");

#[test]
fn a_macro_writes_traits_and_impls() {
    let written = open::<dyn Written>("written");
    assert_eq!(block_on(written.write("a", None)), "aNone");
    assert_eq!(block_on(written.both("a", Some("b"), "own")), ("aSome(\"b\")".to_owned(), 3));
}

/// The names of std and of the macros mean something else here.
mod shadowed {
    #![allow(dead_code, non_camel_case_types, unused_macros, clippy::just_underscores_and_digits)]

    struct Box;
    struct Pin;
    struct Task;
    struct Option;
    struct Some;
    struct None;
    struct Send;
    mod core {}
    mod std {}
    mod plug {}
    macro_rules! task {
        () => {};
    }

    #[::plug::interface]
    pub trait Shadowed: ::core::marker::Send + ::core::marker::Sync {
        async fn task(&self, __result: &str, __1: ::std::string::String) -> usize {
            __result.len() + __1.len()
        }
    }

    #[derive(Default)]
    pub struct It;

    #[::plug::plug("shadowed")]
    impl Shadowed for It {
        async fn task(&self, __result: &str, __1: ::std::string::String) -> usize {
            let task = __1.len();
            let __result = __result.len();
            task * __result
        }
    }
}

#[test]
fn the_code_of_the_macros_means_the_same_in_every_scope() {
    let it = open::<dyn shadowed::Shadowed>("shadowed");
    assert_eq!(block_on(it.task("ab", "abc".to_owned())), 6);
}
