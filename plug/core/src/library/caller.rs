//! The caller's half of a call: the reply, and the outcome that it becomes.
//! A host calls the objects of a library so, and a library those that it is lent.

pub(crate) mod object;
pub(crate) mod stream;
pub(super) mod task;
mod waker;

use std::any::Any;
use std::fmt::{self, Display, Write};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};

use crate::abi::table::{CallFn, CallStatus, DONE, FAILED, Failure, Object, PANICKED, ReplySlot, ReplyVtable};
use crate::abi::view::Scratch;
use crate::error::Error;
#[cfg(feature = "library")]
use crate::error::kind::ErrorKind;
use crate::panic::{Caught, NO_TEXT, dispose};
use crate::portable::arguments::Returns;
use crate::portable::arguments::{Arguments, Crosses};
use crate::portable::check::refused_arguments;
use crate::portable::method::Method;
use crate::portable::outcome::Outcome;

/// The status of a missing method. Only the placeholder in this file returns it.
const LACKING: u64 = u64::MAX;

/// The placeholder for a method that the other build does not have.
///
/// # Safety
///
/// None: it uses none of its arguments.
pub(super) unsafe extern "C" fn lacking(_: Object, _: *const (), _: *mut ()) -> CallStatus {
    CallStatus::of(LACKING)
}

/// An object of another build.
pub(super) trait Callable {
    fn object(&self) -> Object;

    /// The function of a method of its interface.
    fn function<M: Method>(&self) -> CallFn;

    fn owner(&self) -> Owner<'_>;
}

/// Who has an object, for a message.
pub(super) enum Owner<'a> {
    #[cfg(feature = "library")]
    Plugin(&'a str),
    /// The host, or a plugin, lent or gave an object of the interface with this path.
    Object(&'a str),
    Stream,
}

impl Display for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "library")]
            Self::Plugin(name) => write!(f, "plugin `{name}`"),
            Self::Stream => f.write_str("the owner of the stream"),
            Self::Object(interface) => write!(f, "the owner of the `{interface}`"),
        }
    }
}

/// Calls a method that is not asynchronous.
///
/// # Safety
///
/// The function of the method takes views of its arguments and a reply of its result, and the object
/// is one of its interface.
#[inline]
pub(super) unsafe fn call<M: Method>(
    callable: &impl Callable,
    given: &<M::Arguments as Arguments>::Given<'_>,
) -> M::Outcome {
    if let Err(flaw) = M::Arguments::check(given, M::ARGUMENT_NAMES) {
        return M::Outcome::of(Err(refused_arguments(&callable.owner(), M::NAME, &flaw)));
    }
    let scratch = Scratch::new();
    let views = M::Arguments::view(given, &scratch);
    let mut pending = PendingOf::<M::Returns>::new(TakeResult::<M::Returns>::VTABLE);
    let call = callable.function::<M>();
    // SAFETY: the caller's promise. The views and the reply live until the call returns.
    unsafe {
        let returned = call(callable.object(), (&raw const views).cast(), (&raw mut pending).cast());
        self::returned::<M>(callable, returned, pending)
    }
}

/// A reply and its outcome. The other side gets a pointer to the reply, which is a pointer to the
/// whole.
#[repr(C)]
pub(super) struct Pending<V, T> {
    pub reply: ReplySlot<V>,
    pub outcome: Option<Result<T, FailureText>>,
}

/// The description of a failure.
pub(super) struct FailureText {
    pub texts: Vec<String>,
    pub place: String,
    /// Whether this side failed, when it took the result.
    pub is_ours: bool,
}

impl FailureText {
    /// A panic of this side's own code.
    #[cold]
    fn by_panic(payload: Box<dyn Any + Send>) -> Self {
        let texts = Caught::new(payload).message.into_iter().collect();
        Self { texts, place: String::new(), is_ours: true }
    }
}

impl<V, T> Pending<V, T> {
    /// For a result that is written into the reply.
    pub(super) const FLAT: &'static ReplyVtable = &ReplyVtable { value: take_nothing, failure: take_failure::<V, T> };

    #[inline]
    pub(super) fn new(vtable: &'static ReplyVtable) -> Self {
        Self { reply: ReplySlot { vtable, value: MaybeUninit::uninit() }, outcome: None }
    }
}

/// # Safety
///
/// `reply` points to a `Pending` for a value of this form, and `view` to a view of it.
unsafe extern "C" fn take<R: Returns>(reply: *mut (), view: *const ()) {
    // SAFETY: the caller's promise.
    let (pending, view) = unsafe { (&mut *reply.cast::<PendingOf<'_, R>>(), *view.cast()) };
    // This side's own code runs here, such as the hasher of a map, and may panic.
    let own = || R::unpack(R::give(view, &mut Default::default()));
    pending.outcome = Some(panic::catch_unwind(AssertUnwindSafe(own)).map_err(FailureText::by_panic));
}

/// The vtable that takes a value of this form.
pub(super) struct TakeResult<R>(PhantomData<R>);

impl<R: Returns> TakeResult<R> {
    pub(super) const VTABLE: &'static ReplyVtable = match R::IS_FLAT {
        true => PendingOf::<R>::FLAT,
        false => &ReplyVtable { value: take::<R>, failure: PendingOf::<R>::FLAT.failure },
    };
}

pub(super) type PendingOf<'a, R> = Pending<<R as Crosses>::View<'a>, <R as Returns>::Ok>;

/// # Safety
///
/// None: it does nothing, and is not called.
unsafe extern "C" fn take_nothing(_: *mut (), _: *const ()) {}

/// # Safety
///
/// `reply` points to a `Pending<V, T>`, and `failure` to a failure with valid texts.
unsafe extern "C" fn take_failure<V, T>(reply: *mut (), failure: *const Failure<'_>) {
    // SAFETY: the caller's promise.
    let (pending, failure) = unsafe { (&mut *reply.cast::<Pending<V, T>>(), &*failure) };
    let texts = failure.texts.get().iter().map(|text| text.get().to_owned()).collect();
    let failure_text = FailureText { texts, place: failure.place.get().to_owned(), is_ours: false };
    // A failure supersedes a result: the other side panicked when it dropped the result.
    // Dropping it here may panic too.
    if let Some(Err(failure_text)) =
        pending.outcome.replace(Err(failure_text)).map(|old| panic::catch_unwind(AssertUnwindSafe(|| drop(old))))
    {
        dispose(failure_text);
    }
}

/// The outcome of a call that has returned.
///
/// # Safety
///
/// The other side has returned the status for this reply.
#[inline]
pub(super) unsafe fn returned<M: Method>(
    callable: &impl Callable,
    returned: CallStatus,
    pending: PendingOf<'_, M::Returns>,
) -> M::Outcome {
    // SAFETY: the caller's promise.
    M::Outcome::of(unsafe { value::<M::Returns>(|| callable.owner(), M::NAME, returned, pending) })
}

/// The value of a call that has returned.
///
/// # Safety
///
/// The same.
#[inline]
pub(super) unsafe fn value<'o, R: Returns>(
    owner: impl FnOnce() -> Owner<'o>,
    method: &str,
    returned: CallStatus,
    pending: PendingOf<'_, R>,
) -> Result<R::Ok, Error> {
    if returned.status == DONE && R::IS_FLAT {
        // SAFETY: a side that is done has written a flat value into the status or into the reply.
        let view: R::View<'_> = unsafe {
            if CallStatus::holds::<R::View<'_>>() { returned.view() } else { pending.reply.value.assume_init() }
        };
        // The reply got nothing else, so there is nothing to drop.
        std::mem::forget(pending);
        return Ok(R::unpack(R::give(view, &mut Default::default())));
    }
    if R::IS_FLAT {
        return failed(&owner(), returned.status, pending.outcome, method);
    }
    outcome(&owner(), returned.status, pending.outcome, method)
}

#[cold]
fn failed<T>(
    owner: &Owner<'_>,
    status: u64,
    pending: Option<Result<T, FailureText>>,
    method: &str,
) -> Result<T, Error> {
    outcome(owner, status, pending, method)
}

#[inline(never)]
pub(super) fn outcome<T>(
    owner: &Owner<'_>,
    status: u64,
    outcome: Option<Result<T, FailureText>>,
    method: &str,
) -> Result<T, Error> {
    match (status, outcome) {
        (DONE, Some(Ok(value))) => Ok(value),
        (_, Some(Err(FailureText { is_ours: true, texts, .. }))) => {
            let text = texts.first().map_or(NO_TEXT, |text| text);
            let fact = format!("this program panicked in taking what `{method}` of {owner} returned");
            Err(Error::msg(format!("{fact}: {text}")))
        }
        (FAILED, Some(Err(failure_text))) => Err(Error::from_texts(failure_text.texts)),
        (PANICKED, Some(Err(failure_text))) => {
            let message = failure_text.texts.into_iter().next();
            let place = Some(failure_text.place).filter(|place| !place.is_empty());
            Err(panicked(owner, method, place, message))
        }
        (LACKING, _) => Err(Error::msg(format!("{owner} has no method `{method}`"))),
        (status, _) => {
            let mut text = format!("{owner} broke the rules of a call to `{method}`");
            let _ = write!(text, ": it returned with status {status} and no such reply");
            Err(Error::msg(text))
        }
    }
}

fn panicked(owner: &Owner<'_>, method: &str, place: Option<String>, message: Option<String>) -> Error {
    match owner {
        #[cfg(feature = "library")]
        Owner::Plugin(name) => {
            ErrorKind::Panicked { plugin: (*name).to_owned(), method: method.to_owned(), place, message }.into()
        }
        Owner::Object(_) | Owner::Stream => {
            let place = place.map_or_else(String::new, |place| format!(" at {place}"));
            let message = message.as_deref().unwrap_or(NO_TEXT);
            Error::msg(format!("{owner} panicked in `{method}`{place}: {message}"))
        }
    }
}
