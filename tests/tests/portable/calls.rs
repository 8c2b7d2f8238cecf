//! Calls: every form of argument, errors, and methods that the peer lacks.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex};

use plug::__private::{Arguments, Boundary, Method, PortableInterface, Scratch};
use plug::{Error, plug};

use super::values::{Direction, Empty, Page, Pair, page};
use super::{Answer, Plugin, each, open};

#[plug::interface(crate = ::plug, portable)]
#[allow(clippy::ptr_arg, clippy::too_many_arguments, reason = "every form is to be there")]
trait Forms: Send + Sync {
    fn text(&self, text: &str) -> Result<String, Error>;
    fn bytes(&self, bytes: &[u8]) -> std::result::Result<u64, Error>;
    fn lists(&self, numbers: &[u64], texts: &[String], pages: &[Page], lists: &[Vec<u8>]) -> Answer<String>;
    fn references(
        &self,
        number: &u8,
        text: &String,
        page: &Page,
        list: &Vec<Pair>,
        option: &Option<u8>,
    ) -> Answer<Page>;
    fn owned(&self, text: String, list: Vec<u8>, page: Page) -> Answer<Page>;
    fn many(
        &self,
        a: u8,
        b: &str,
        c: i64,
        d: &[u8],
        e: bool,
        f: f32,
        g: String,
        h: (),
        i: Option<u16>,
        j: &Pair,
        k: Empty,
        _: Direction,
    ) -> Answer<String>;
    fn r#match(&self) -> Answer<()>;
    fn call(&self, _: u8, _: u8) -> Answer<u8>;
    fn aside(&self) -> Self
    where
        Self: Sized + Default,
    {
        Self::default()
    }
}

#[plug("forms")]
impl Forms for Plugin {
    fn text(&self, text: &str) -> Result<String, Error> {
        Ok(text.to_uppercase())
    }
    fn bytes(&self, bytes: &[u8]) -> Result<u64, Error> {
        Ok(bytes.len() as u64)
    }
    fn lists(&self, numbers: &[u64], texts: &[String], pages: &[Page], lists: &[Vec<u8>]) -> Answer<String> {
        Ok(format!("{numbers:?} {texts:?} {} {lists:?}", pages.iter().filter(|other| **other == page()).count()))
    }
    fn references(
        &self,
        number: &u8,
        text: &String,
        page: &Page,
        list: &Vec<Pair>,
        option: &Option<u8>,
    ) -> Answer<Page> {
        Ok(Page { small: *number, title: format!("{text} {list:?} {option:?}"), ..page.clone() })
    }
    fn owned(&self, text: String, list: Vec<u8>, page: Page) -> Answer<Page> {
        Ok(Page { title: format!("{text} {list:?}"), ..page })
    }
    fn many(
        &self,
        a: u8,
        b: &str,
        c: i64,
        d: &[u8],
        e: bool,
        f: f32,
        g: String,
        h: (),
        i: Option<u16>,
        j: &Pair,
        k: Empty,
        l: Direction,
    ) -> Answer<String> {
        Ok(format!("{a} {b} {c} {d:?} {e} {f} {g} {h:?} {i:?} {j:?} {k:?} {l:?}"))
    }
    fn r#match(&self) -> Answer<()> {
        Ok(())
    }
    fn call(&self, first: u8, second: u8) -> Answer<u8> {
        Ok(first - second)
    }
}

#[test]
fn every_form_of_argument_crosses() {
    for forms in each::<dyn Forms>("forms") {
        assert_eq!(forms.text("é\0").unwrap(), "É\0");
        assert_eq!(forms.bytes(&[]).unwrap(), 0);
        assert_eq!(forms.bytes(&[1; 100]).unwrap(), 100);
        let texts = ["a".to_owned(), String::new()];
        let lists = forms.lists(&[1, u64::MAX], &texts, &[page(), page()], &[vec![], vec![1]]).unwrap();
        assert_eq!(lists, format!("[1, {}] [\"a\", \"\"] 2 [[], [1]]", u64::MAX));
        assert_eq!(forms.lists(&[], &[], &[], &[]).unwrap(), "[] [] 0 []");
        let changed = forms.references(&9, &texts[0], &page(), &vec![Pair(1, String::new())], &None).unwrap();
        assert_eq!(changed, Page { small: 9, title: "a [Pair(1, \"\")] None".to_owned(), ..page() });
        let changed = forms.owned("a".to_owned(), vec![1, 2], page()).unwrap();
        assert_eq!(changed, Page { title: "a [1, 2]".to_owned(), ..page() });
        let pair = Pair(8, "j".to_owned());
        let many = forms.many(1, "b", -3, b"d", true, 6.5, "g".to_owned(), (), Some(9), &pair, Empty, Direction::Left);
        assert_eq!(many.unwrap(), "1 b -3 [100] true 6.5 g () Some(9) Pair(8, \"j\") Empty Left");
        forms.r#match().unwrap();
        assert_eq!(forms.call(7, 3).unwrap(), 4);
    }
    let _: Plugin = Plugin.aside();
}

/// An error that is a `std::error::Error`, with a cause.
#[derive(Debug)]
struct Refused {
    text: String,
    cause: Option<Error>,
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.text)
    }
}

impl StdError for Refused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { text: error.to_string(), cause: Some(error) }
    }
}

/// An error with nothing but a text.
#[derive(Debug, PartialEq)]
struct Words(String);

impl Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for Words {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

type Refusable<T> = Result<T, Refused>;

#[plug::interface(portable)]
trait Fails: Send + Sync {
    fn ours(&self) -> Result<String, Error>;
    fn theirs(&self) -> Refusable<()>;
    fn words(&self) -> Result<Page, Words>;
    fn panics(&self, text: &str) -> Result<u8, Words>;
}

#[plug("fails")]
impl Fails for Plugin {
    fn ours(&self) -> Result<String, Error> {
        let cause = Refused { text: "inner".to_owned(), cause: Some(Error::msg("innermost")) };
        Err(Error::new(cause))
    }
    fn theirs(&self) -> Refusable<()> {
        Err(Refused { text: "é".to_owned(), cause: Some(Error::msg("a cause")) })
    }
    fn words(&self) -> Result<Page, Words> {
        Err(Words("just words".to_owned()))
    }
    fn panics(&self, text: &str) -> Result<u8, Words> {
        panic!("{text}")
    }
}

/// The texts of the causes, the nearest one first.
fn causes(error: &Error) -> Vec<String> {
    std::iter::successors(error.source(), |cause| (*cause).source()).map(ToString::to_string).collect()
}

#[test]
fn errors_keep_what_they_say_and_their_causes() {
    let fails = open::<dyn Fails>("fails");
    let (here, there) = (Plugin.ours().unwrap_err(), fails.ours().unwrap_err());
    assert_eq!(there.to_string(), here.to_string());
    assert_eq!(causes(&there), causes(&here));
    assert!(causes(&there).contains(&"innermost".to_owned()), "{:?}", causes(&there));
    let theirs = fails.theirs().unwrap_err();
    assert_eq!(theirs.text, "refused: é");
    assert_eq!(causes(&theirs.cause.unwrap()), ["a cause"]);
    assert_eq!(fails.words().unwrap_err(), Words("just words".to_owned()));
    let panicked = fails.panics("no \0 more").unwrap_err().0;
    assert!(panicked.starts_with("plugin `fails` panicked in `panics`"), "{panicked}");
    assert!(panicked.ends_with("no \0 more"), "{panicked}");
}

#[plug::interface(portable)]
trait Grows: Send + Sync {
    fn name(&self) -> Answer<String>;
    #[cfg(any())]
    fn never(&self) -> Answer<()>;
    fn greeting(&self, who: &str, pairs: &[Pair], mut last: Pair) -> Answer<String> {
        last.0 += 1;
        Ok(format!("{} by default: {who} {pairs:?} {last:?}", self.name()?))
    }
    #[cfg_attr(all(), cfg(all()))]
    fn twice(&self, who: String) -> Answer<String> {
        let one = self.greeting(&who, &[], Pair(1, who.clone()))?;
        Ok(format!("{one}, {one}"))
    }
    #[deprecated]
    fn last(&self) -> Answer<()>;
}

#[plug("grows")]
impl Grows for Plugin {
    fn name(&self) -> Answer<String> {
        Ok("grown".to_owned())
    }
    fn greeting(&self, who: &str, pairs: &[Pair], last: Pair) -> Answer<String> {
        Ok(format!("hello, {who} {pairs:?} {last:?}"))
    }
    fn last(&self) -> Answer<()> {
        Ok(())
    }
}

/// A boundary within this program, which records the calls, and lacks some methods.
struct Recording {
    object: Box<dyn Any + Send + Sync>,
    lacks: &'static [&'static str],
    calls: Arc<Mutex<Vec<String>>>,
}

impl Boundary for Recording {
    fn has<M: Method>(&self) -> bool {
        !self.lacks.contains(&M::NAME)
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        self.calls.lock().unwrap().push(format!("{} {}", M::INDEX, M::NAME));
        let object = self.object.downcast_ref::<Box<M::Interface>>().unwrap();
        let scratch = Scratch::default();
        M::call(M::Interface::borrow(object), M::Arguments::hold(M::Arguments::view(given, &scratch)))
    }
}

/// An object behind a boundary that lacks these methods, and the record of the calls.
fn without(lacks: &'static [&'static str]) -> (Box<dyn Grows>, Arc<Mutex<Vec<String>>>) {
    let (object, calls) = (Box::new(Plugin) as Box<dyn Grows>, Arc::default());
    let recording = Recording { object: Box::new(object), lacks, calls: Arc::clone(&calls) };
    (<dyn Grows>::remote(recording), calls)
}

#[test]
fn a_default_body_runs_if_the_peer_lacks_the_method() {
    let greet = |object: &dyn Grows| object.greeting("x", &[Pair(1, String::new())], Pair(2, "y".to_owned())).unwrap();
    let hello = "hello, x [] Pair(1, \"x\")";

    let (object, calls) = without(&[]);
    assert_eq!(greet(&*object), "hello, x [Pair(1, \"\")] Pair(2, \"y\")");
    assert_eq!(object.twice("x".to_owned()).unwrap(), format!("{hello}, {hello}"));
    assert_eq!(*calls.lock().unwrap(), ["1 greeting", "2 twice"]);

    // A default body calls other methods at the peer, including those with a default body.
    let (object, calls) = without(&["twice"]);
    assert_eq!(object.twice("x".to_owned()).unwrap(), format!("{hello}, {hello}"));
    assert_eq!(*calls.lock().unwrap(), ["1 greeting"]);

    let (object, calls) = without(&["twice", "greeting"]);
    assert_eq!(greet(&*object), "grown by default: x [Pair(1, \"\")] Pair(3, \"y\")");
    let once = "grown by default: x [] Pair(2, \"x\")";
    assert_eq!(object.twice("x".to_owned()).unwrap(), format!("{once}, {once}"));
    #[allow(deprecated)]
    object.last().unwrap();
    assert_eq!(*calls.lock().unwrap(), ["0 name", "0 name", "3 last"]);
    assert_eq!(<dyn Grows>::SIGNATURES.len(), 4);
    assert_eq!(<dyn Grows>::CALLS.len(), 4);
}
