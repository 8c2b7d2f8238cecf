//! The library's half of a call: the functions behind each method, behind opening and closing
//! objects, and behind questions about settings.
//! It catches panics.

pub(crate) mod stream;
pub(crate) mod task;
mod waker;

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use crate::abi::table::{
    CHECK, CallStatus, DONE, FAILED, Failure, Object, Opening, PANICKED, Question, REFUSED, ReplySlot, SCHEMA,
};
use crate::abi::view::{Scratch, Slice, Text};
use crate::entry::{Entry, Request};
use crate::error::Error;
use crate::error::refusal::Refusal;
use crate::interface::Interface;
use crate::panic::Caught;
use crate::portable::arguments::Returns;
use crate::portable::arguments::{Arguments, Crosses};
use crate::portable::chain::{Chain, ChainTexts};
use crate::portable::check::{REPLY, refused_result};
use crate::portable::method::{Method, ObjectOf};
use crate::portable::outcome::Outcome;
use crate::settings::EMPTY;
use crate::task::with_hint;

/// # Safety
///
/// `object` is one of `M::Interface` that this library made and has not destroyed; `arguments`
/// points to the views of M's arguments, and `reply` to a reply for M's result, both for as long as
/// the call takes.
pub unsafe extern "C" fn call<M: Method>(object: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        let (object, views) = unsafe { (object.get::<ObjectOf<'_, M>>(), *arguments.cast()) };
        let outcome = M::call(object, M::Arguments::hold(views));
        // SAFETY: the caller's promise.
        unsafe { replied::<M>(outcome, reply) }
    };
    // SAFETY: the caller's promise.
    unsafe { caught(reply, work) }
}

/// Writes the outcome of a method to the reply.
///
/// # Safety
///
/// `reply` points to a reply for M's result.
#[inline(always)]
unsafe fn replied<M: Method>(outcome: M::Outcome, reply: *mut ()) -> CallStatus {
    match outcome.result() {
        Ok(value) => {
            let value = M::Returns::pack(value);
            if let Err(flaw) = M::Returns::check(&value, REPLY) {
                // SAFETY: the caller's promise.
                return unsafe { fail(reply, &[refused_result(M::NAME, &flaw)], "", FAILED) };
            }
            // SAFETY: the caller's promise.
            unsafe { reply_with::<M::Returns>(&value, reply) }
        }
        // SAFETY: the caller's promise.
        Err(error) => unsafe { failed::<M>(reply, error) },
    }
}

/// Writes a value to the reply.
///
/// # Safety
///
/// `reply` points to a reply for a value of this form.
#[inline(always)]
unsafe fn reply_with<C: Crosses>(value: &C::Given<'_>, reply: *mut ()) -> CallStatus {
    let scratch = Scratch::new();
    let view = C::view(value, &scratch);
    if C::IS_FLAT && CallStatus::holds::<C::View<'_>>() {
        return CallStatus::with(view);
    }
    let reply: *mut ReplySlot<C::View<'_>> = reply.cast();
    // SAFETY: the caller's promise. The caller copies a view before it returns, and a flat view has no
    // pointers.
    unsafe {
        if C::IS_FLAT {
            (*reply).value.write(view);
        } else {
            ((*reply).vtable.value)(reply.cast(), std::ptr::from_ref(&view).cast());
        }
    }
    CallStatus::of(DONE)
}

/// # Safety
///
/// `reply` points to a reply.
// A function of its own, so that a call that does not fail saves no registers for it.
#[cold]
unsafe fn failed<M: Method>(reply: *mut (), error: <M::Outcome as Outcome>::Error) -> CallStatus {
    // SAFETY: the caller's promise.
    unsafe { fail(reply, &M::texts(&error), "", FAILED) }
}

/// Does the work, and turns a panic into the reply.
///
/// # Safety
///
/// `reply` points to a reply.
#[inline]
unsafe fn caught(reply: *mut (), work: impl FnOnce() -> CallStatus) -> CallStatus {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(answer) => answer,
        // SAFETY: the caller's promise.
        Err(payload) => unsafe { panicked(reply, payload) },
    }
}

/// Makes an object.
///
/// # Safety
///
/// `plugin` is `Object::of` an entry whose interface is `I`, `arguments` is null or points to an
/// `Opening`, and `reply` points to a reply for an `Object`.
pub(super) unsafe extern "C" fn open<I: ?Sized + Interface>(
    plugin: Object,
    arguments: *const (),
    reply: *mut (),
) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        let (entry, opening): (&Entry, Option<&Opening<'_>>) =
            unsafe { (plugin.thing(), arguments.cast::<Opening<'_>>().as_ref()) };
        let settings = opening.map_or(EMPTY, |opening| opening.settings.get());
        let made = entry
            .answer::<I>(settings, Request::Object)
            .and_then(|object| object.ok_or_else(|| Error::msg("it made no object")));
        match made {
            Ok(object) => {
                // SAFETY: the caller's promise.
                unsafe { (*reply.cast::<ReplySlot<Object>>()).value.write(Object::new(object)) };
                CallStatus::of(DONE)
            }
            // SAFETY: the caller's promise.
            Err(error) => unsafe { refuse(reply, &error, opening.is_some()) },
        }
    };
    // SAFETY: the caller's promise.
    unsafe { caught(reply, work) }
}

/// Answers a question about the settings of a plugin.
///
/// # Safety
///
/// `plugin` is `Object::of` an entry of a plugin with settings, `arguments` points to a `Question`, and `reply` to a reply for
/// a `Text`.
pub unsafe extern "C" fn answers(plugin: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        let (entry, question): (&Entry, &Question<'_>) = unsafe { (plugin.thing(), &*arguments.cast()) };
        let mut schema = None;
        let request = match question.about {
            CHECK => Request::Check,
            SCHEMA => Request::Schema(&mut schema),
            // SAFETY: the caller's promise.
            _ => return unsafe { fail(reply, &["this build cannot answer that question".to_owned()], "", FAILED) },
        };
        if let Err(error) = entry.ask(question.settings.get(), request) {
            // SAFETY: the caller's promise.
            return unsafe { refuse(reply, &error, true) };
        }
        if let Some(schema) = schema {
            let view = Text::new(&schema);
            // SAFETY: the caller's promise. The caller copies the text before it returns.
            unsafe { ((*reply.cast::<ReplySlot<()>>()).vtable.value)(reply, (&raw const view).cast()) };
        }
        CallStatus::of(DONE)
    };
    // SAFETY: the caller's promise.
    unsafe { caught(reply, work) }
}

/// Destroys an object.
///
/// # Safety
///
/// `object` is one of `I` that this library made, and is not used again; `reply` points to a reply
/// for nothing.
pub(crate) unsafe extern "C" fn close<I: ?Sized>(object: Object, _: *const (), reply: *mut ()) -> CallStatus {
    let work = || {
        // SAFETY: the caller's promise.
        drop(unsafe { object.into_box::<I>() });
        CallStatus::of(DONE)
    };
    // SAFETY: the caller's promise.
    unsafe { caught(reply, work) }
}

/// Passes on the error of a plugin's `new`, or of reading its settings.
/// A host that passes no settings cannot read a refusal, and gets the texts alone.
///
/// # Safety
///
/// `reply` points to a reply.
// A copy for each caller: together with `open` it is smaller than alone, and most libraries have no
// other caller.
#[inline(always)]
unsafe fn refuse(reply: *mut (), error: &Error, knows_refusals: bool) -> CallStatus {
    let mut texts = Chain(error).texts();
    let (place, status) = match error.refusal() {
        Some(Refusal { pointer, nearest }) if knows_refusals => {
            texts.push(nearest.clone().unwrap_or_default());
            (&**pointer, REFUSED)
        }
        _ => ("", FAILED),
    };
    // SAFETY: the caller's promise.
    unsafe { fail(reply, &texts, place, status) }
}

/// # Safety
///
/// `reply` points to a reply.
#[cold]
unsafe fn fail(reply: *mut (), texts: &[String], place: &str, status: u64) -> CallStatus {
    let texts: Vec<_> = texts.iter().map(|text| Text::new(text)).collect();
    let failure = Failure { texts: Slice::from(&texts[..]), place: Text::new(place) };
    // SAFETY: the caller's promise; every reply begins with this vtable. It copies the texts.
    unsafe { ((*reply.cast::<ReplySlot<()>>()).vtable.failure)(reply, &raw const failure) };
    CallStatus::of(status)
}

/// # Safety
///
/// `reply` points to a reply.
#[cold]
unsafe fn panicked(reply: *mut (), payload: Box<dyn Any + Send>) -> CallStatus {
    let Caught { message, place } = Caught::new(payload);
    // SAFETY: the caller's promise.
    unsafe { fail(reply, message.map(with_hint).as_slice(), &place.unwrap_or_default(), PANICKED) }
}
