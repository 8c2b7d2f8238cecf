//! A type that contains itself, and so has no values.

/// Each has another, and so on.
#[derive(plug::Portable)]
struct Endless {
    next: Box<(u8, [Endless; 1])>,
}

#[plug::interface(portable)]
trait Ends: Send + Sync {
    fn end(&self, endless: Endless) -> Result<(), plug::Error>;
}

fn main() {}
