//! Plugins of unusual form, which are linked into this binary: each opens as it is written.

use plug::{Error, Registry, plug};

/// An interface without parameters.
#[plug::interface]
trait Named {
    fn named(&self) -> String;
}

/// An interface with parameters and associated types.
#[plug::interface]
trait Codec<T> {
    type Item;
    type List: AsRef<[Self::Item]>;
    fn encode(&self, of: T) -> Self::Item;
    fn list(&self) -> Self::List;
}

/// An interface that borrows.
#[plug::interface]
trait Borrows<'a, T> {
    fn text(&self, or: T) -> &'a str;
}

#[derive(Default, Clone, PartialEq, Debug)]
struct Own(u8);

impl Own {
    const LENGTH: usize = 2;
}

#[plug("own")]
impl Codec<Self> for Own {
    type Item = Option<Self>;
    type List = Vec<Self::Item>;
    fn encode(&self, of: Self) -> Self::Item {
        Some(of)
    }
    fn list(&self) -> Self::List {
        vec![None, Some(self.clone())]
    }
}

impl Iterator for Own {
    type Item = u16;
    fn next(&mut self) -> Option<u16> {
        None
    }
}

#[plug("own")]
impl Codec<<Self as Iterator>::Item> for Own {
    type Item = Box<dyn Fn(&str) -> usize + Send>;
    type List = [Self::Item; Self::LENGTH];
    fn encode(&self, of: u16) -> Self::Item {
        Box::new(move |text| usize::from(of) + text.len())
    }
    fn list(&self) -> Self::List {
        [self.encode(1), self.encode(2)]
    }
}

#[test]
fn the_interface_of_an_impl_can_name_the_type_itself() {
    let registry = Registry::builtin();
    let own = registry.open::<dyn Codec<Own, Item = Option<Own>, List = Vec<Option<Own>>>>("own").expect("it opens");
    assert_eq!(own.encode(Own(7)), Some(Own(7)));
    assert_eq!(own.list(), [None, Some(Own(0))]);
    type Count = Box<dyn Fn(&str) -> usize + Send>;
    let counts = registry.open::<dyn Codec<u16, Item = Count, List = [Count; 2]>>("own").expect("it opens");
    assert_eq!(counts.encode(40)("ab"), 42);
    assert_eq!(counts.list().map(|count| count("a")), [2, 3]);
}

struct Lent<'a>(&'a str);

impl Default for Lent<'_> {
    fn default() -> Self {
        Self("lent")
    }
}

#[plug("lent")]
impl Named for Lent<'_> {
    fn named(&self) -> String {
        self.0.to_owned()
    }
}

struct Of<T>(T);

impl Of<&str> {
    fn open() -> Result<Self, Error> {
        Ok(Self("opened"))
    }
}

#[plug("opened", new = Self::open)]
impl Named for Of<&str> {
    fn named(&self) -> String {
        self.0.to_owned()
    }
}

#[plug("pairs", new = <Self>::open)]
impl Borrows<'_, (Lent<'_>, fn(&str) -> usize)> for Of<[&'_ str; 2]> {
    fn text(&self, _: (Lent<'_>, fn(&str) -> usize)) -> &'static str {
        if self.0[0].is_empty() { "static" } else { "other" }
    }
}

impl Of<[&str; 2]> {
    fn open() -> Self {
        Self(["", ""])
    }
}

#[test]
fn a_lifetime_that_an_impl_leaves_out_is_static() {
    let registry = Registry::builtin();
    assert_eq!(registry.open::<dyn Named>("lent").expect("it opens").named(), "lent");
    assert_eq!(registry.open::<dyn Named>("opened").expect("it opens").named(), "opened");
    let pairs = registry.open::<dyn Borrows<'static, (Lent<'static>, fn(&str) -> usize)>>("pairs").expect("it opens");
    assert_eq!(pairs.text((Lent(""), str::len)), "static");
}

macro_rules! documented {
    ($type:ident $name:expr, $docs:expr, $more:expr) => {
        #[derive(Default)]
        struct $type;

        #[doc = $docs]
        /// Between.
        #[doc = $more]
        #[plug($name)]
        impl Named for $type {
            fn named(&self) -> String {
                String::new()
            }
        }
    };
}

macro_rules! own_docs {
    () => {
        "By a macro."
    };
}

documented!(Joined "joined", concat!("One ", "line", "."), "The last line.");
documented!(Expanded "expanded", own_docs!(), stringify!(a + b));

#[test]
fn docs_that_a_macro_passes_on_are_kept() {
    let docs = |name| Registry::builtin().plugin::<dyn Named>(name).expect("it is there").docs();
    assert_eq!(docs("joined"), "One line.\nBetween.\nThe last line.");
    assert_eq!(docs("expanded"), "By a macro.\nBetween.\na + b");
}
