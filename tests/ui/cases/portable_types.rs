//! Types that do not cross: one error for each, at the type, by the compiler.

use std::collections::HashMap;

#[plug::interface(portable)]
trait Arguments: Send + Sync {
    fn primitives(&self, size: usize, sizes: &[isize], large: &i128) -> Result<(), plug::Error>;
    fn others(&self, pair: (u8, usize), boxed: Box<str>, array: [u128; 4]) -> Result<(), plug::Error>;
    fn key(&self, map: HashMap<Vec<u8>, u8>) -> Result<(), plug::Error>;
    fn mine(&self, mine: &[Option<Mine>], again: std::vec::Vec<self::Mine>) -> Result<(), plug::Error>;
    fn without_a_size(&self, text: &std::ffi::OsStr) -> Result<(), plug::Error>;
    fn with_a_body(&self, size: Option<usize>) -> Result<(), plug::Error> {
        let _ = size;
        self.key(HashMap::new())
    }
}

struct Mine;

#[plug::interface(portable)]
trait Results: Send + Sync {
    fn value(&self) -> Result<Vec<usize>, plug::Error>;
    fn both(&self) -> std::result::Result<Mine, Mine>;
    fn error(&self) -> Result<(), String>;
    fn io(&self) -> std::io::Result<u8>;
    fn alias(&self) -> Answer;
    fn no_result(&self) -> u8;
    fn no_result_of_several_words(&self) -> std::collections::HashMap<u8, u8>;
    fn nothing(&self) -> ();
}

type Answer = Result<u8, Mine>;

#[derive(plug::Portable)]
struct Page {
    title: String,
    size: usize,
    sizes: Vec<isize>,
    mine: HashMap<String, Option<Mine>>,
    bytes: HashMap<Vec<u8>, u8>,
    sets: std::collections::HashSet<f32>,
}

#[derive(plug::Portable)]
enum Target {
    Nowhere,
    Somewhere(Mine, Page),
    Anchor { line: usize },
}

// One that the derive was refused for is not refused once more.
#[plug::interface(portable)]
trait Browser: Send + Sync {
    fn load(&self, page: &Page) -> Result<Vec<Target>, plug::Error>;
}

fn main() {}
