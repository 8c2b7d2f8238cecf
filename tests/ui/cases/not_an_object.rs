//! A trait that cannot be made into an object.

#[plug::interface]
trait Copied {
    fn copy(&self) -> Self;
}

#[plug::interface]
trait Generic {
    fn each<T>(&self, of: T);
}

fn main() {}
