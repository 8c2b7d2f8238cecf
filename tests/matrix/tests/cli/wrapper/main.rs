//! A package that wraps the app. Its plugins fail, panic, and claim each other's names.

use std::process::ExitCode;

use app_interface::Plug;
use plug::{Error, Registry, plug};

plug::link!();

fn main() -> ExitCode {
    app::main()
}

/// Declares a plugin whose greeting is this expression.
macro_rules! greeter {
    ($type:ident, $name:pat => $greeting:expr, $(#[$attribute:meta])*) => {
        #[derive(Default)]
        struct $type;

        $(#[$attribute])*
        impl Plug for $type {
            fn say_hello(&self, $name: &str) -> Result<String, Error> {
                $greeting
            }
        }
    };
}

greeter!(Panics, name => panic!("no greeting for {name}\u{1b}[31m"), #[plug("panics")]);
greeter!(Throws, _ => std::panic::panic_any(7), #[plug("throws")]);
greeter!(Borrows, _ => std::thread::spawn(|| panic!("in a thread")).join().map_err(|_| Error::msg("the thread is gone")), #[plug("threads")]);
greeter!(Raw, name => Ok(format!("\u{1b}[1m{name}\u{1b}[0m")), #[plug("raw")]);
greeter!(One, _ => Ok("one".into()), #[plug("one", aliases = ["same", "two"])]);
greeter!(Two, _ => Ok("two".into()), #[plug("two", aliases = ["same", "deux"])]);
greeter!(Asks, _ => Registry::builtin().open::<dyn Plug>("nobody")?.say_hello(""), #[plug("asks")]);
greeter!(Loud, _ => Ok("HELLO".into()),
    /// Rings the bell.
    ///
    /// Then it greets, in a sentence that is longer than many a terminal is wide, and so it has to wrap.
    ///
    ///     indented
    #[doc = "\u{7}\u{1b}]0;title\u{7}"]
    #[plug("loud", deprecated = "use \u{200f}raw")]
);

struct Unopened;

impl Unopened {
    fn panic() -> Self {
        panic!("first line\nsecond line")
    }

    fn fail() -> Result<Self, Error> {
        let io = std::io::Error::new(std::io::ErrorKind::NotFound, Error::msg("no such file: greetings.txt"));
        Err(Error::msg("cannot read the greetings\nhint: write some")
            .with_source(Error::msg("on the way").with_source(io)))
    }
}

struct Opened(Unopened);

#[plug("panics-in-new", new = Unopened::panic)]
impl Plug for Unopened {
    fn say_hello(&self, _: &str) -> Result<String, Error> {
        Ok("never".into())
    }
}

#[plug("fails-in-new", new = Opened::open)]
impl Plug for Opened {
    fn say_hello(&self, _: &str) -> Result<String, Error> {
        let Unopened = self.0;
        Ok("never".into())
    }
}

impl Opened {
    fn open() -> Result<Self, Error> {
        Unopened::fail().map(Self)
    }
}

/// Another interface, which `hello` knows nothing of.
#[plug::interface]
pub trait Tone {
    /// In hertz.
    fn pitch(&self) -> f64;
}

#[derive(Default)]
struct Bell;

/// Rings at 440 Hz.
#[plug("raw")]
impl Tone for Bell {
    fn pitch(&self) -> f64 {
        440.0
    }
}

#[derive(Default)]
struct Gong;

#[plug("gong")]
impl Tone for Gong {
    fn pitch(&self) -> f64 {
        55.0
    }
}
