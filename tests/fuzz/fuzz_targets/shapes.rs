//! Types of every form, and an interface with all of them, for the fuzzers of formats.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::SystemTime;

use plug::__private::{Crosses, Method, Returns};
use plug::{Error, Portable};

#[derive(Portable, Debug)]
pub struct Empty;

#[derive(Portable, Debug)]
pub struct Numbers {
    pub bool: bool,
    pub i8: i8,
    pub i16: i16,
    #[plug(tag = 300)]
    pub i32: i32,
    pub i64: i64,
    #[plug(tag = 20)]
    pub u8: u8,
    pub u16: u16,
    pub u32: u32,
    pub f32: f32,
    pub f64: f64,
    #[plug(tag = 536_870_911)]
    pub u64: u64,
}

#[derive(Portable, Debug)]
pub enum Direction {
    Left = 5,
    Right = 3,
}

#[derive(Portable, Debug)]
pub enum Target {
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
pub struct Page {
    pub title: String,
    pub bytes: Vec<u8>,
    pub direction: Option<Direction>,
    pub links: BTreeMap<String, Target>,
    pub nothing: Empty,
    pub numbers: Numbers,
}

/// Types inside other types, in every combination.
#[derive(Portable, Debug)]
pub struct Nested {
    pub options: Option<Option<Option<u8>>>,
    pub lists: Vec<Vec<Vec<i16>>>,
    pub maps: BTreeMap<u8, BTreeMap<String, BTreeMap<bool, i64>>>,
    pub list_of_options: Vec<Option<Vec<u8>>>,
    pub option_of_list: Option<Vec<Option<String>>>,
    pub option_of_map: Option<BTreeMap<i32, Option<Target>>>,
    pub map_of_lists: BTreeMap<u64, Vec<BTreeMap<i8, Vec<Direction>>>>,
    pub units: Vec<Option<()>>,
    pub numbers: Vec<Numbers>,
}

#[derive(Portable, Debug)]
pub struct Numerous {
    pub bools: Vec<bool>,
    pub i32s: Vec<i32>,
    pub u64s: Vec<u64>,
    pub f32s: Vec<f32>,
    pub f64s: Vec<f64>,
    pub directions: Vec<Direction>,
}

/// A type that contains itself.
#[derive(Portable, Debug)]
pub enum Value {
    Null,
    Text(String),
    Boxed(Box<Value>),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
    Several { first: Option<Box<Value>>, second: (u8, Box<Value>) },
}

#[derive(Portable, Debug)]
pub struct Mixed<T> {
    pub tuple: (u8, String, Option<(i64,)>),
    pub array: [Option<u16>; 2],
    pub bytes: [u8; 4],
    pub set: BTreeSet<String>,
    pub time: SystemTime,
    pub char: char,
    pub path: PathBuf,
    pub other: Vec<T>,
}

/// The arguments of `gather`.
#[derive(Portable, Debug)]
pub struct Gathered {
    pub text: String,
    pub bytes: Vec<u8>,
    pub targets: Vec<Target>,
    pub page: Page,
    pub option: Option<i8>,
}

macro_rules! echoes {
    ($($name:ident: $ty:ty,)*) => {
        #[plug::interface(portable)]
        pub trait Echo: Send + Sync {
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

        /// A value as a text, for comparison.
        /// Unlike `==`, it distinguishes 0.0 and -0.0, and takes a NaN for equal to itself.
        pub fn text(value: &dyn Any) -> String {
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
    value: Value,
    mixed: Vec<Mixed<SystemTime>>,
}

/// The object.
#[allow(dead_code, reason = "not every target calls it")]
pub struct Here;

/// The value of a reply that was read.
#[allow(dead_code, reason = "not every target reads replies")]
pub fn unpacked<M: Method>(kept: <M::Returns as Crosses>::Kept) -> M::Ok {
    M::Returns::unpack(M::Returns::give_kept(kept, &mut None))
}
