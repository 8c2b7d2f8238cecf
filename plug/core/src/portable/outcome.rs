//! The result of a method, and the errors that it can have.

use std::any::Any;
use std::fmt::Display;

use crate::error::Error;

/// The return type of a method.
#[diagnostic::on_unimplemented(
    message = "a portable method returns `{Self}`",
    label = "a call across the boundary can fail, so this must be a `Result`",
    note = "write `Result<T, plug::Error>`, or with an error of your own that implements `Display` and `From<plug::Error>`"
)]
pub trait Outcome {
    type Ok;
    type Error;

    fn result(self) -> Result<Self::Ok, Self::Error>;

    fn of(result: Result<Self::Ok, Error>) -> Self
    where
        Self::Error: Fails;
}

// Implemented for any two types, so that the compiler reports an unsuitable type only at `Method`.
impl<T, E> Outcome for Result<T, E> {
    type Ok = T;
    type Error = E;

    #[inline]
    fn result(self) -> Self {
        self
    }

    #[inline]
    fn of(result: Result<T, Error>) -> Self
    where
        E: Fails,
    {
        result.map_err(E::with)
    }
}

/// The error type of a method.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a portable method",
    label = "a call across the boundary can fail too, so this must be made of a `plug::Error`, and say what went wrong",
    note = "implement `Display` and `From<plug::Error>` for it, or return `Result<T, plug::Error>`"
)]
pub trait Fails: Sized {
    fn with(error: Error) -> Self;

    /// The same as an error of plug.
    fn into_error(self) -> Error
    where
        Self: 'static;
}

#[diagnostic::do_not_recommend]
impl<E: Display + From<Error>> Fails for E {
    #[inline]
    fn with(error: Error) -> Self {
        error.into()
    }

    #[cold]
    fn into_error(self) -> Error
    where
        Self: 'static,
    {
        let mut error = Some(self);
        // plug's own keeps its causes.
        let own = (&mut error as &mut dyn Any).downcast_mut::<Option<Error>>().and_then(Option::take);
        own.or_else(|| error.map(|error| Error::msg(error.to_string()))).unwrap_or_else(|| Error::msg(""))
    }
}
