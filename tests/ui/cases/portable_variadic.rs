//! The compiler has a word for this one too.

#[plug::interface(portable)]
trait Variadic: Send + Sync {
    fn many(&self, number: u8, ...) -> Result<(), plug::Error>;
}

fn main() {}
