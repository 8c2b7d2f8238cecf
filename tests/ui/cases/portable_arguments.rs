//! Attributes of arguments: numbers and names that no message can have, keys that there are not, and owners that do not cross.

#[plug::interface(portable)]
trait Numbers: Send + Sync {
    fn reserved(&self, #[plug(tag = 19_000)] text: &str) -> Result<(), plug::Error>;
    fn zero(&self, #[plug(tag = 0)] text: &str) -> Result<(), plug::Error>;
    fn twice(&self, #[plug(tag = 2)] text: &str, _: u8, #[plug(tag = 3)] last: u8) -> Result<(), plug::Error>;
    fn unknown(&self, #[plug(number = 2, tag)] text: &str) -> Result<(), plug::Error>;
    #[plug(tag = 2)]
    fn method(&self, #[plug(tag = 1)] text: &str) -> Result<(), plug::Error>;
    fn receiver(#[plug(tag = 1)] &self) -> Result<(), plug::Error>;
    fn aside(#[plug(tag = 1)] text: &str) -> usize
    where
        Self: Sized,
    {
        text.len()
    }
}

#[plug::interface(portable)]
trait Names: Send + Sync {
    fn small(&self, #[plug(name = "id")] id: u64, other: u8) -> Result<(), plug::Error>;
    fn twice(&self, #[plug(name = "ID")] id: u64, #[plug(name = "ID")] other: u8) -> Result<(), plug::Error>;
    #[plug(netrpc = "map")]
    fn keys(&self, #[plug(name = "")] id: u64, #[plug(name = "id")] other: u8) -> Result<(), plug::Error>;
    #[plug(netrpc = "list")]
    fn list(&self, id: u64) -> Result<(), plug::Error>;
    #[plug(netrpc = "map")]
    fn nothing(&self) -> Result<(), plug::Error>;
}

#[plug::interface]
trait Plain {
    fn greet(&self, #[plug(tag = 2)] name: &str) -> String;
}

#[derive(plug::Portable)]
struct Fields {
    #[plug(name = "id")]
    id: u64,
    #[plug(name = "ID")]
    one: u64,
    #[plug(name = "ID", named = "ID")]
    other: u64,
}

#[derive(plug::Portable)]
enum Variants {
    #[plug(name = "ID")]
    One(u8),
}

fn main() {}
