//! Makes the object of a plugin: by `Default`, or by the function that `new` names.

use crate::error::Error;

/// Makes the object of a plugin that has no `new`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `Default`, and the plugin no `new`",
    label = "this type cannot be made out of nothing",
    note = "derive `Default` for it, or name a function that makes one: `#[plug(\"name\", new = Self::open)]`"
)]
pub trait Make: Sized {
    fn make() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Make for T {
    fn make() -> Self {
        T::default()
    }
}

/// Makes the object of a plugin that has a `new`.
/// The compiler infers all types but the first.
#[inline]
pub fn construct<T, F: Construct<A, R>, A: NoArguments, R: Made<T>>(new: F) -> Result<T, Error> {
    new.construct().made()
}

/// A function that `new` may name.
/// Some with arguments are among them, so that the compiler refuses the arguments and not the
/// function: its advice for the function would be to call it.
#[diagnostic::on_unimplemented(
    message = "`new` is no safe function without arguments",
    label = "this is `{Self}`",
    note = "a plugin is opened by its name alone: name a function that needs nothing else"
)]
pub trait Construct<A, R> {
    fn construct(self) -> R;
}

#[diagnostic::do_not_recommend]
impl<F: FnOnce() -> R, R> Construct<(), R> for F {
    #[inline]
    fn construct(self) -> R {
        self()
    }
}

macro_rules! with_arguments {
    ($($argument:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<F: FnOnce($($argument),*) -> R, $($argument,)* R> Construct<($($argument,)*), R> for F {
            fn construct(self) -> R {
                unreachable!("`NoArguments` refuses these")
            }
        }
    };
}
with_arguments!(A1);
with_arguments!(A1 A2);
with_arguments!(A1 A2 A3);
with_arguments!(A1 A2 A3 A4);

/// The arguments of a function that `new` may name.
#[diagnostic::on_unimplemented(
    message = "`new` takes arguments",
    label = "this function takes `{Self}`",
    note = "a plugin is opened by its name alone: name a function without arguments, which can call this one"
)]
pub trait NoArguments {}

impl NoArguments for () {}

/// A type that `new` may return: the object, or a result with it.
#[diagnostic::on_unimplemented(
    message = "`new` returns `{Self}`",
    label = "this function must return the plugin's type, or a `Result` with it",
    note = "an error can be `plug::Error`, or whatever turns into a `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait Made<T> {
    fn made(self) -> Result<T, Error>;
}

impl<T> Made<T> for T {
    fn made(self) -> Result<T, Error> {
        Ok(self)
    }
}

impl<T, E: Cause> Made<T> for Result<T, E> {
    fn made(self) -> Result<T, Error> {
        self.map_err(Cause::into_error)
    }
}

/// An error type that `new` may return.
#[diagnostic::on_unimplemented(
    message = "`new` fails with `{Self}`, which is no error",
    label = "the error of this function must say what went wrong",
    note = "an error can be `plug::Error`, or whatever turns into a `Box<dyn std::error::Error + Send + Sync>`"
)]
pub trait Cause {
    fn into_error(self) -> Error;
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> Cause for E {
    fn into_error(self) -> Error {
        Error::new(self)
    }
}
