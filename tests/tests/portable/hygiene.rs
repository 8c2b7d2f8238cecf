//! The emitted code in hostile scopes: without the prelude, with `plug` under another name, among
//! names that hide the language's own, and in a function.

#![deny(warnings)]

use plug as sockets;

#[no_implicit_prelude]
mod bare {
    use super::sockets;

    pub(crate) type R<T> = ::std::result::Result<T, sockets::Error>;

    #[allow(non_camel_case_types)]
    pub(crate) type usize = B;
    #[allow(non_camel_case_types)]
    pub(crate) type bool = B;
    #[allow(non_camel_case_types, dead_code)]
    struct str;

    /// It has the name of a type parameter of the emitted code.
    #[derive(sockets::Portable, Debug, PartialEq)]
    #[plug(crate = sockets)]
    pub(crate) struct B(pub(crate) u8, Inner);

    #[derive(sockets::Portable, Debug, PartialEq, Default)]
    #[plug(crate = sockets)]
    struct Inner {
        #[cfg(any())]
        gone: Gone,
        r#fn: u8,
    }

    #[sockets::interface(portable, crate = sockets)]
    pub(crate) trait r#Bare: ::std::marker::Send + ::std::marker::Sync {
        /// It has the name of a method of `Boundary`.
        fn call(&self, object: B, scratch: &B) -> R<usize>;
        fn has(&self, error: bool) -> R<bool> {
            self.call(B(0, ::std::default::Default::default()), &error)
        }
        fn remote(&self) -> R<()> {
            ::std::result::Result::Ok(())
        }
        fn tell(&self, text: &[B]) -> R<::std::vec::Vec<u8>>;
        fn texts(&self) -> R<()>;
    }

    struct Plugin;

    #[sockets::plug("bare", crate = sockets, new = Self::made)]
    impl Bare for Plugin {
        fn call(&self, object: B, scratch: &B) -> R<usize> {
            ::std::result::Result::Ok(B(object.0 + scratch.0, object.1))
        }
        fn tell(&self, text: &[B]) -> R<::std::vec::Vec<u8>> {
            ::std::result::Result::Ok(::std::vec![text[0].0])
        }
        fn texts(&self) -> R<()> {
            ::std::result::Result::Ok(())
        }
    }

    impl Plugin {
        fn made() -> Self {
            Self
        }
    }

    pub(crate) fn b(number: u8) -> B {
        B(number, ::std::default::Default::default())
    }

    use ::std::cmp::PartialEq;
    use ::std::default::Default;
    use ::std::fmt::Debug;
}

/// Types and an interface inside of a function.
fn local() -> String {
    // Within a derive, `plug` is not the attribute macro of that name.
    use plug::{Portable, plug};

    #[derive(Portable)]
    struct Local {
        #[plug(tag = 2)]
        text: String,
    }

    #[plug::interface(portable)]
    trait Works: Send + Sync {
        fn work(&self, local: &Local) -> Result<Local, plug::Error>;
    }

    #[plug::interface(portable)]
    trait Nothing: Send + Sync {}

    #[plug("local")]
    impl Works for crate::Plugin {
        fn work(&self, local: &Local) -> Result<Local, plug::Error> {
            Ok(Local { text: format!("{0} {0}", local.text) })
        }
    }

    #[plug("local")]
    impl Nothing for crate::Plugin {}

    crate::open::<dyn Nothing>("local");
    crate::open::<dyn Works>("local").work(&Local { text: "x".to_owned() }).unwrap().text
}

#[test]
fn the_emitted_code_means_the_same_everywhere() {
    use bare::{Bare, b};

    let bare = crate::open::<dyn Bare>("bare");
    assert_eq!(bare.call(b(1), &b(2)).unwrap(), b(3));
    assert_eq!(bare.has(b(4)).unwrap(), b(4));
    assert_eq!(bare.tell(&[b(5)]).unwrap(), [5]);
    bare.remote().unwrap();
    bare.texts().unwrap();
    assert_eq!(local(), "x x");
}
