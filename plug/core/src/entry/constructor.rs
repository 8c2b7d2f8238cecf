//! Makes the object of a plugin: by `Default`, or by the function that `new` names.
//! Such a function takes nothing, or the plugin's settings.

use std::marker::PhantomData;

use crate::abi::table::CallFn;
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::settings::{Nothing, Read};

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

/// The function that `new` names, its arguments, and what it takes and returns.
/// All types are inferred.
pub struct Constructor<F, A, S, M> {
    new: F,
    pub takes_settings: bool,
    pub settings: SettingsType<S>,
    types: PhantomData<(A, M)>,
}

/// The type of a plugin's settings.
pub struct SettingsType<S>(PhantomData<S>);

#[inline]
pub const fn constructor<F: New<A>, A>(new: F) -> Constructor<F, A, F::Settings, F::Made> {
    let settings = SettingsType(PhantomData);
    Constructor { new, takes_settings: F::TAKES_SETTINGS, settings, types: PhantomData }
}

/// Makes the object, if the slot asks for it.
/// `answers` is the function by which a library answers questions about the settings.
#[inline]
pub fn construct<T, C: Call<A, S, M>, A: Arguments, S: Read, M: Made<T>>(
    constructor: C,
    slot: &mut Slot<'_>,
    schema: fn() -> Option<String>,
    answers: CallFn,
) -> Result<Option<T>, Error> {
    let settings = slot.settings;
    // A slot asks nothing else of a plugin without settings.
    if C::TAKES_SETTINGS {
        match &mut slot.request {
            Request::Object => {}
            Request::Check => return S::read(settings).map(|_| None),
            Request::Schema(found) => {
                **found = schema();
                return Ok(None);
            }
            Request::Answers(found) => {
                **found = Some(answers);
                return Ok(None);
            }
        }
    }
    constructor.call(|| S::read(settings))?.made().map(Some)
}

/// A constructor whose function is one. The compiler reports a function that is none only once,
/// since this bound names types that follow from it.
pub trait Call<A, S, M> {
    const TAKES_SETTINGS: bool;
    fn call(self, settings: impl FnOnce() -> Result<S, Error>) -> Result<M, Error>;
}

impl<F: New<A, Settings = S, Made = M>, A, S, M> Call<A, S, M> for Constructor<F, A, S, M> {
    const TAKES_SETTINGS: bool = F::TAKES_SETTINGS;

    #[inline]
    fn call(self, settings: impl FnOnce() -> Result<S, Error>) -> Result<M, Error> {
        self.new.call(settings)
    }
}

/// A function that `new` may name.
/// Some with several arguments are among them, so that the compiler refuses the arguments and not
/// the function: its advice for the function would be to call it.
#[diagnostic::on_unimplemented(
    message = "`new` is no safe function that makes a plugin",
    label = "this is `{Self}`",
    note = "name a function without arguments, or with one: the plugin's settings"
)]
pub trait New<A> {
    const TAKES_SETTINGS: bool;
    type Settings;
    /// What the function returns.
    type Made;
    fn call(self, settings: impl FnOnce() -> Result<Self::Settings, Error>) -> Result<Self::Made, Error>;
}

#[diagnostic::do_not_recommend]
impl<F: FnOnce() -> R, R> New<()> for F {
    const TAKES_SETTINGS: bool = false;
    type Settings = Nothing;
    type Made = R;

    #[inline]
    fn call(self, _: impl FnOnce() -> Result<Nothing, Error>) -> Result<R, Error> {
        Ok(self())
    }
}

#[diagnostic::do_not_recommend]
impl<F: FnOnce(S) -> R, S, R> New<(S,)> for F {
    const TAKES_SETTINGS: bool = true;
    type Settings = S;
    type Made = R;

    #[inline]
    fn call(self, settings: impl FnOnce() -> Result<S, Error>) -> Result<R, Error> {
        Ok(self(settings()?))
    }
}

macro_rules! with_arguments {
    ($($argument:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<F: FnOnce($($argument),*) -> R, $($argument,)* R> New<($($argument,)*)> for F {
            const TAKES_SETTINGS: bool = false;
            type Settings = Nothing;
            type Made = R;

            fn call(self, _: impl FnOnce() -> Result<Nothing, Error>) -> Result<R, Error> {
                unreachable!("`Arguments` refuses these")
            }
        }
    };
}
with_arguments!(A1 A2);
with_arguments!(A1 A2 A3);
with_arguments!(A1 A2 A3 A4);

/// The arguments of a function that `new` may name.
#[diagnostic::on_unimplemented(
    message = "`new` takes several arguments",
    label = "this function takes `{Self}`",
    note = "it may take one, the plugin's settings: write a struct with these fields, or a function without \
            arguments that calls this one"
)]
pub trait Arguments {}

impl Arguments for () {}
impl<S> Arguments for (S,) {}

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

/// The JSON Schema of settings. The output of `#[plug]` chooses an implementation by method lookup,
/// since the type of the settings is inferred.
#[cfg(feature = "schema")]
pub trait WithSchema {
    fn schema(&self) -> Option<String>;
}

#[cfg(feature = "schema")]
impl<S: schemars::JsonSchema> WithSchema for SettingsType<S> {
    fn schema(&self) -> Option<String> {
        Some(crate::settings::schema::of::<S>())
    }
}

/// Settings without a schema.
pub trait WithoutSchema {
    fn schema(&self) -> Option<String>;
}

impl<S> WithoutSchema for &SettingsType<S> {
    fn schema(&self) -> Option<String> {
        None
    }
}
