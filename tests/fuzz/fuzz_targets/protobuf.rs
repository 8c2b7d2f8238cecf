//! A request and a reply as protobuf: whatever the bytes, a value or an error, and a value that is written is read as the same one.
//! The first byte says which method they are of.

#![no_main]

use std::any::Any;
use std::collections::BTreeMap;

use plug::__private::protobuf::{decode_reply, decode_request, encode_reply, encode_request};
use plug::__private::{Arguments, Border, Method, Outcome, PortableInterface, VisitMethods};
use plug::{Error, Portable};

#[derive(Portable, Debug)]
struct Empty;

#[derive(Portable, Debug)]
struct Numbers {
    bool: bool,
    i8: i8,
    i16: i16,
    #[plug(tag = 300)]
    i32: i32,
    i64: i64,
    #[plug(tag = 20)]
    u8: u8,
    u16: u16,
    u32: u32,
    f32: f32,
    f64: f64,
    #[plug(tag = 536_870_911)]
    u64: u64,
}

#[derive(Portable, Debug)]
enum Direction {
    Left = 5,
    Right = 3,
}

#[derive(Portable, Debug)]
enum Target {
    Nowhere,
    Nothing(),
    Address(String),
    Both(u8, Empty),
    Option(Option<u8>),
    List(Vec<String>),
    Map(BTreeMap<String, Direction>),
    Unit(()),
    #[plug(tag = 20)]
    Anchor {
        page: u16,
        line: Option<u64>,
    },
}

#[derive(Portable, Debug)]
struct Page {
    title: String,
    bytes: Vec<u8>,
    direction: Option<Direction>,
    links: BTreeMap<String, Target>,
    nothing: Empty,
    numbers: Numbers,
}

/// What is in something else, in each way.
#[derive(Portable, Debug)]
struct Nested {
    options: Option<Option<Option<u8>>>,
    lists: Vec<Vec<Vec<i16>>>,
    maps: BTreeMap<u8, BTreeMap<String, BTreeMap<bool, i64>>>,
    list_of_options: Vec<Option<Vec<u8>>>,
    option_of_list: Option<Vec<Option<String>>>,
    option_of_map: Option<BTreeMap<i32, Option<Target>>>,
    map_of_lists: BTreeMap<u64, Vec<BTreeMap<i8, Vec<Direction>>>>,
    units: Vec<Option<()>>,
    numbers: Vec<Numbers>,
}

#[derive(Portable, Debug)]
struct Numerous {
    bools: Vec<bool>,
    i32s: Vec<i32>,
    u64s: Vec<u64>,
    f32s: Vec<f32>,
    f64s: Vec<f64>,
    directions: Vec<Direction>,
}

/// The arguments of `gather`.
#[derive(Portable, Debug)]
struct Gathered {
    text: String,
    bytes: Vec<u8>,
    targets: Vec<Target>,
    page: Page,
    option: Option<i8>,
}

macro_rules! echoes {
    ($($name:ident: $ty:ty,)*) => {
        #[plug::interface(portable)]
        trait Echo: Send + Sync {
            fn gather(
                &self,
                text: &str,
                bytes: &[u8],
                targets: Vec<Target>,
                page: Page,
                option: Option<i8>,
            ) -> Result<Gathered, Error>;

            $(
                fn $name(&self, value: $ty) -> Result<$ty, Error>;
            )*
        }

        impl Echo for Here {
            fn gather(
                &self,
                text: &str,
                bytes: &[u8],
                targets: Vec<Target>,
                page: Page,
                option: Option<i8>,
            ) -> Result<Gathered, Error> {
                Ok(Gathered { text: text.to_owned(), bytes: bytes.to_owned(), targets, page, option })
            }

            $(
                fn $name(&self, value: $ty) -> Result<$ty, Error> {
                    Ok(value)
                }
            )*
        }

        /// A value as a text, which tells those apart that `==` does not: 0.0 and -0.0. And of one that is no number, it says that it is
        /// the same.
        fn text(value: &dyn Any) -> String {
            if let Some(value) = value.downcast_ref::<Gathered>() {
                return format!("{value:?}");
            }
            $(
                if let Some(value) = value.downcast_ref::<$ty>() {
                    return format!("{value:?}");
                }
            )*
            unreachable!("every method returns one of these")
        }
    };
}

echoes! {
    numbers: Numbers,
    numerous: Numerous,
    page: Page,
    target: Target,
    nested: Nested,
    targets: Vec<Target>,
    map: BTreeMap<i64, Page>,
    option: Option<Option<Target>>,
    unit: (),
    direction: Direction,
    string: String,
    f64: f64,
}

/// The object itself.
struct Here;

/// The way to it through bytes.
struct Bytes;

impl Border for Bytes {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        let kept = decode_request::<M>(&encode_request::<M>(given)).expect("it was written as a request");
        // There is no other interface.
        let here: &dyn Any = &(Box::new(Here) as Box<dyn Echo>);
        let here = here.downcast_ref::<Box<M::Interface>>().expect("it is the interface");
        M::call(here, M::Arguments::hold_kept(kept))
    }
}

/// Looks at one method.
struct Look<'b> {
    method: usize,
    bytes: &'b [u8],
}

impl VisitMethods<dyn Echo> for Look<'_> {
    fn method<M: Method<Interface = dyn Echo>>(&mut self) {
        if M::INDEX != self.method {
            return;
        }
        match (decode_request::<M>(self.bytes), decode_request::<M>(self.bytes)) {
            (Ok(kept), Ok(same)) => {
                let there = <dyn Echo>::remote(Bytes);
                assert_eq!(called::<M>(&Here, kept), called::<M>(&*there, same), "a request of `{}`", M::NAME);
            }
            (Err(error), Err(_)) => assert!(!error.to_string().is_empty()),
            _ => panic!("the same bytes are a request of `{}` and are none", M::NAME),
        }
        match decode_reply::<M>(self.bytes) {
            Ok(value) => {
                let written = encode_reply::<M>(&value);
                let read = decode_reply::<M>(&written).expect("it was written as a reply");
                assert_eq!(text(&value), text(&read), "a reply of `{}`", M::NAME);
                // Each bit of a float is the same.
                assert_eq!(written, encode_reply::<M>(&read), "a reply of `{}`", M::NAME);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn called<M: Method<Interface = dyn Echo>>(
    object: &(dyn Echo + 'static),
    kept: <M::Arguments as Arguments>::Kept,
) -> String {
    match M::call(object, M::Arguments::hold_kept(kept)).result() {
        Ok(value) => text(&value),
        Err(_) => unreachable!("no method fails"),
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((method, bytes)) = bytes.split_first() else { return };
    let method = usize::from(*method) % <dyn Echo>::SIGNATURES.len();
    <dyn Echo>::methods(&mut Look { method, bytes });
});
