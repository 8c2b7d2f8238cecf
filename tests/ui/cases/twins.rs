//! Two plugins of one name in one crate.
//! For another interface the name is free, however alike its path is.

use plug::plug;

#[plug::interface]
trait Greeter {}

#[derive(Default)]
struct A;

#[plug("a")]
impl Greeter for A {}

mod other {
    use super::{A, Greeter as Renamed, plug};

    #[plug::interface]
    trait Greeter {}

    #[plug("a")]
    impl Greeter for A {}

    #[derive(Default)]
    struct B;

    #[plug("a", aliases = ["b"])]
    impl Renamed for B {}

    #[plug("a")]
    #[cfg(any())]
    impl Renamed for Gone {}

    fn within() {
        #[derive(Default)]
        struct C;

        #[plug("a")]
        impl Greeter for C {}
    }
}

fn main() {}
