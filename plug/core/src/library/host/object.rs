//! The host's half of a call: a plugin and an object in a library, and the boundary in front of it.

use std::any::Any;
use std::fmt::Write;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::{self, AssertUnwindSafe};

use crate::abi::table::{
    CHECK, CallFn, CallStatus, DONE, FAILED, Failure, Object, Opening, PANICKED, Question, REFUSED, ReplySlot,
    ReplyVtable, SCHEMA,
};
use crate::abi::view::{Scratch, Text};
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::interface::Identity;
use crate::library::host::task::LibraryTask;
use crate::panic::{Caught, NO_TEXT, dispose};
use crate::portable::Portable;
use crate::portable::arguments::Arguments;
use crate::portable::check::refused_arguments;
use crate::portable::method::{Method, Started};
use crate::portable::outcome::Outcome;
use crate::portable::proxy::Boundary;
use crate::settings::EMPTY;
use crate::task::Task;

/// The status of a missing method. Only the placeholder in this file returns it.
const LACKING: u64 = u64::MAX;

/// An object in a library.
pub struct LibraryObject {
    pub(super) object: Object,
    /// This program's methods, in order. `lacking` replaces a method that the library does not
    /// have.
    calls: &'static [CallFn],
    pub(super) of: &'static MatchedPlugin,
}

/// A plugin of a library in this host's view. It is leaked, since a library is never unloaded.
pub(crate) struct MatchedPlugin {
    /// The interface of this program.
    pub interface: &'static Identity,
    /// The plugin's name.
    pub name: String,
    pub calls: Box<[CallFn]>,
    /// Whether the library has each of them.
    pub has: Box<[bool]>,
    pub open: CallFn,
    pub close: CallFn,
    pub plugin: Object,
    /// `None` if the plugin takes no settings.
    pub ask: Option<CallFn>,
}

// SAFETY: the interface is `Send + Sync`, which `PortableInterface` requires, and so is the object,
// whose type the library's compiler has checked for it. The tables are never written to.
unsafe impl Send for LibraryObject {}
// SAFETY: the same.
unsafe impl Sync for LibraryObject {}
// SAFETY: it points to constants, and a plugin's entry is of the same type in every thread.
unsafe impl Send for MatchedPlugin {}
// SAFETY: the same.
unsafe impl Sync for MatchedPlugin {}

/// A reply and its outcome. The library gets a pointer to the reply, which is a pointer to the
/// whole.
#[repr(C)]
pub(super) struct Pending<V, T> {
    pub reply: ReplySlot<V>,
    pub outcome: Option<Result<T, FailureText>>,
}

/// The description of a failure.
pub(super) struct FailureText {
    texts: Vec<String>,
    place: String,
    /// Whether this program failed, when it took the result.
    is_ours: bool,
}

impl FailureText {
    /// A panic of this program's own code.
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
/// `reply` points to a `Pending` for the result of `M`, and `view` to a view of that result.
unsafe extern "C" fn take<M: Method>(reply: *mut (), view: *const ()) {
    // SAFETY: the caller's promise.
    let (pending, view) = unsafe { (&mut *reply.cast::<PendingOf<'_, M>>(), *view.cast()) };
    // This program's own code runs here, such as the hasher of a map, and may panic.
    let own = || <M::Ok as Portable>::own(view);
    pending.outcome = Some(panic::catch_unwind(AssertUnwindSafe(own)).map_err(FailureText::by_panic));
}

/// The vtable that takes the result of a method.
pub(super) struct TakeResult<M>(PhantomData<M>);

impl<M: Method> TakeResult<M> {
    pub(super) const VTABLE: &'static ReplyVtable = match M::Ok::IS_FLAT {
        true => PendingOf::<M>::FLAT,
        false => &ReplyVtable { value: take::<M>, failure: PendingOf::<M>::FLAT.failure },
    };
}

type View<'a, M> = <<M as Method>::Ok as Portable>::View<'a>;

pub(super) type PendingOf<'a, M> = Pending<View<'a, M>, <M as Method>::Ok>;

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
    // A failure supersedes a result: the library panicked when it dropped the result.
    // Dropping it here may panic too.
    if let Some(Err(failure_text)) =
        pending.outcome.replace(Err(failure_text)).map(|old| panic::catch_unwind(AssertUnwindSafe(|| drop(old))))
    {
        dispose(failure_text);
    }
}

impl Pending<(), String> {
    /// For a text, or none.
    const TEXT: &'static ReplyVtable = &ReplyVtable { value: take_text, failure: Self::FLAT.failure };
}

/// # Safety
///
/// `reply` points to a `Pending` for a text, and `view` to a valid text.
unsafe extern "C" fn take_text(reply: *mut (), view: *const ()) {
    // SAFETY: the caller's promise.
    let (pending, text) = unsafe { (&mut *reply.cast::<Pending<(), String>>(), *view.cast::<Text<'_>>()) };
    pending.outcome = Some(Ok(text.get().to_owned()));
}

impl Boundary for LibraryObject {
    #[inline]
    fn has<M: Method>(&self) -> bool {
        self.of.has[M::INDEX]
    }

    #[inline]
    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        if let Err(flaw) = M::Arguments::check(given, M::ARGUMENT_NAMES) {
            return M::Outcome::of(Err(refused_arguments(&self.of.name, M::NAME, &flaw)));
        }
        let scratch = Scratch::new();
        let views = M::Arguments::view(given, &scratch);
        let mut pending = PendingOf::<M>::new(TakeResult::<M>::VTABLE);
        let call = self.call_fn::<M>();
        // SAFETY: the library has a method of this name and fingerprint, so it takes views of these
        // types and a reply of this one.
        // The object is of this interface and lives as long as `self`; the views and the reply live
        // until the call returns.
        unsafe {
            let returned = call(self.object, (&raw const views).cast(), (&raw mut pending).cast());
            self.returned::<M>(returned, pending)
        }
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        Box::pin(LibraryTask::<M>::new(self, given))
    }
}

impl LibraryObject {
    /// An object that no library has made.
    #[cfg(test)]
    pub(super) fn of(plugin: &'static MatchedPlugin) -> Self {
        Self { object: plugin.plugin, calls: &plugin.calls, of: plugin }
    }

    /// The function of a method of its interface.
    #[inline]
    pub(super) fn call_fn<M: Method>(&self) -> CallFn {
        // SAFETY: it has one entry for each method of the interface, and this is the index of one.
        unsafe { *self.calls.get_unchecked(M::INDEX) }
    }

    /// The outcome of a call that has returned.
    ///
    /// # Safety
    ///
    /// The library has returned the status for this reply.
    #[inline]
    pub(super) unsafe fn returned<M: Method>(&self, returned: CallStatus, pending: PendingOf<'_, M>) -> M::Outcome {
        if returned.status == DONE && M::Ok::IS_FLAT {
            // SAFETY: a library that is done has written a flat value into the status or into the
            // reply.
            let view: View<'_, M> = unsafe {
                if CallStatus::holds::<View<'_, M>>() { returned.view() } else { pending.reply.value.assume_init() }
            };
            // The reply got nothing else, so there is nothing to drop.
            std::mem::forget(pending);
            return M::Outcome::of(Ok(Portable::own(view)));
        }
        let status = returned.status;
        if M::Ok::IS_FLAT {
            return M::Outcome::of(self.of.failed(status, pending.outcome, M::NAME));
        }
        M::Outcome::of(self.of.outcome(status, pending.outcome, M::NAME))
    }
}

impl Drop for LibraryObject {
    fn drop(&mut self) {
        let mut pending = Pending::<(), ()>::new(Pending::<(), ()>::FLAT);
        // SAFETY: the object was made by this plugin's `open`, and this is the last use of it.
        // A drop returns nothing, and the library has printed the message of a panic.
        let _: CallStatus = unsafe { (self.of.close)(self.object, std::ptr::null(), (&raw mut pending).cast()) };
    }
}

impl MatchedPlugin {
    /// Does what the slot asks for. `make` wraps an object as the interface.
    pub(crate) fn answer(
        &'static self,
        slot: &mut Slot<'_>,
        make: fn(&mut Slot<'_>, LibraryObject),
    ) -> Result<(), Error> {
        if !matches!(slot.request, Request::Object) {
            return self.answer_question(slot);
        }
        let object = self.open(slot.settings)?;
        make(slot, object);
        Ok(())
    }

    /// The same, unless the slot asks for an object.
    pub(crate) fn answer_question(&self, slot: &mut Slot<'_>) -> Result<(), Error> {
        match &mut slot.request {
            Request::Object | Request::Answers(_) => {}
            Request::Check => _ = self.ask(CHECK, slot.settings, "check")?,
            Request::Schema(schema) => **schema = self.ask(SCHEMA, EMPTY, "schema")?,
        }
        Ok(())
    }

    /// Makes an object.
    fn open(&'static self, settings: &str) -> Result<LibraryObject, Error> {
        let opening = Opening { size: size_of::<Opening<'_>>() as u32, settings: Text::new(settings) };
        // A plugin of a library of before settings gets what it got then.
        let arguments = self.ask.map_or(std::ptr::null(), |_| &raw const opening);
        let mut pending = Pending::<Object, Object>::new(Pending::<Object, Object>::FLAT);
        // SAFETY: `open` and `plugin` are those of one table. The arguments and the reply live until
        // it returns.
        let CallStatus { status, .. } =
            unsafe { (self.open)(self.plugin, arguments.cast(), (&raw mut pending).cast()) };
        let object = match status {
            // SAFETY: a library that is done has written the object.
            DONE => unsafe { pending.reply.value.assume_init() },
            _ => self.answered(status, pending.outcome, "new")?,
        };
        Ok(LibraryObject { object, calls: &self.calls, of: self })
    }

    /// Asks about settings. `name` is that of the question in a message.
    fn ask(&self, about: u32, settings: &str, name: &str) -> Result<Option<String>, Error> {
        let Some(ask) = self.ask else { return Ok(None) };
        let question = Question { size: size_of::<Question<'_>>() as u32, about, settings: Text::new(settings) };
        let mut pending = Pending::<(), String>::new(Pending::TEXT);
        // SAFETY: `ask` and `plugin` are those of one table. The question and the reply live until it
        // returns.
        let CallStatus { status, .. } =
            unsafe { ask(self.plugin, (&raw const question).cast(), (&raw mut pending).cast()) };
        match (status, pending.outcome) {
            (DONE, None) => Ok(None),
            (status, outcome) => self.answered(status, outcome, name).map(Some),
        }
    }

    /// The outcome of a function that may refuse settings.
    fn answered<T>(&self, status: u64, outcome: Option<Result<T, FailureText>>, name: &str) -> Result<T, Error> {
        match (status, outcome) {
            (REFUSED, Some(Err(FailureText { texts, place, is_ours: false }))) => {
                Err(Error::refused_elsewhere(texts, place))
            }
            (status, outcome) => self.outcome(status, outcome, name),
        }
    }

    #[cold]
    fn failed<T>(&self, status: u64, outcome: Option<Result<T, FailureText>>, method: &str) -> Result<T, Error> {
        self.outcome(status, outcome, method)
    }

    #[inline(never)]
    pub(super) fn outcome<T>(
        &self,
        status: u64,
        outcome: Option<Result<T, FailureText>>,
        method: &str,
    ) -> Result<T, Error> {
        match (status, outcome) {
            (DONE, Some(Ok(value))) => Ok(value),
            (_, Some(Err(FailureText { is_ours: true, texts, .. }))) => {
                let text = texts.first().map_or(NO_TEXT, |text| text);
                let fact =
                    format!("this program panicked in taking what `{method}` of plugin `{}` returned", self.name);
                Err(Error::msg(format!("{fact}: {text}")))
            }
            (FAILED, Some(Err(failure_text))) => Err(Error::from_texts(failure_text.texts)),
            (PANICKED, Some(Err(failure_text))) => {
                let message = failure_text.texts.into_iter().next();
                let place = Some(failure_text.place).filter(|place| !place.is_empty());
                Err(ErrorKind::Panicked { plugin: self.name.clone(), method: method.to_owned(), place, message }.into())
            }
            (LACKING, _) => Err(Error::msg(format!("plugin `{}` has no method `{method}`", self.name))),
            (status, _) => {
                let mut text = format!("plugin `{}` broke the rules of a call to `{method}`", self.name);
                let _ = write!(text, ": it returned with status {status} and no such reply");
                Err(Error::msg(text))
            }
        }
    }
}

/// The placeholder for a method that the library does not have.
///
/// # Safety
///
/// None: it uses none of its arguments.
pub(super) unsafe extern "C" fn lacking(_: Object, _: *const (), _: *mut ()) -> CallStatus {
    CallStatus::of(LACKING)
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use super::*;
    use crate::abi::view::Slice;
    use crate::error::refusal::Refusal;

    /// # Safety
    ///
    /// `reply` points to a reply.
    unsafe fn fail(reply: *mut (), status: u64, texts: &[&str], place: &str) -> CallStatus {
        let texts: Vec<_> = texts.iter().copied().map(Text::new).collect();
        let failure = Failure { texts: Slice::new(&texts), place: Text::new(place) };
        // SAFETY: the caller's promise; every reply begins with this vtable.
        unsafe { ((*reply.cast::<ReplySlot<()>>()).vtable.failure)(reply, &raw const failure) };
        CallStatus::of(status)
    }

    /// Fails in the way that its settings name.
    ///
    /// # Safety
    ///
    /// `arguments` is null or points to an `Opening`, and `reply` points to a reply.
    unsafe extern "C" fn open(_: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
        // SAFETY: the caller's promise.
        unsafe {
            let Some(opening) = arguments.cast::<Opening<'_>>().as_ref() else {
                return fail(reply, FAILED, &["there are no arguments"], "");
            };
            assert_eq!(opening.size as usize, size_of::<Opening<'_>>());
            match opening.settings.get() {
                "all" => fail(reply, REFUSED, &["there is no `tmes`", "a cause", "its cause", "times"], "/a/tmes"),
                "what" => fail(reply, REFUSED, &["it cannot be", ""], ""),
                "nothing" => fail(reply, REFUSED, &[], ""),
                _ => CallStatus::of(REFUSED),
            }
        }
    }

    /// Answers with the question.
    ///
    /// # Safety
    ///
    /// `arguments` points to a `Question`, and `reply` to a reply for a `Text`.
    unsafe extern "C" fn ask(_: Object, arguments: *const (), reply: *mut ()) -> CallStatus {
        // SAFETY: the caller's promise.
        unsafe {
            let question = &*arguments.cast::<Question<'_>>();
            assert_eq!(question.size as usize, size_of::<Question<'_>>());
            let answer = format!("{} {}", question.about, question.settings.get());
            match question.settings.get() {
                "refuse" => return fail(reply, REFUSED, &["it cannot be", ""], "/a/0"),
                "panic" => return fail(reply, PANICKED, &["too much"], "a.rs:1:2"),
                "none" => {}
                _ => {
                    let view = Text::new(&answer);
                    ((*reply.cast::<ReplySlot<()>>()).vtable.value)(reply, (&raw const view).cast());
                }
            }
        }
        CallStatus::of(DONE)
    }

    fn plugin(ask: Option<CallFn>) -> &'static MatchedPlugin {
        let interface = Identity::foreign(TypeId::of::<()>(), "a::B", "1");
        let (name, plugin) = ("a".to_owned(), Object::of(&()));
        let (calls, has) = (Box::default(), Box::default());
        Box::leak(Box::new(MatchedPlugin { interface, name, calls, has, open, close: lacking, plugin, ask }))
    }

    #[test]
    fn a_refusal_is_rebuilt_from_its_texts() {
        let refused = |settings: &str| {
            let error = plugin(Some(ask)).open(settings).err().unwrap();
            (format!("{error:?}"), error.refusal().cloned())
        };
        let refusal = |pointer: &str, nearest: Option<&str>| {
            Some(Refusal { pointer: pointer.to_owned(), nearest: nearest.map(str::to_owned) })
        };
        let text = "there is no `tmes`\ncaused by: a cause\ncaused by: its cause";
        assert_eq!(refused("all"), (text.to_owned(), refusal("/a/tmes", Some("times"))));
        assert_eq!(refused("what"), ("it cannot be".to_owned(), refusal("", None)));
        assert_eq!(refused("nothing"), ("the plugin failed without a message".to_owned(), refusal("", None)));
        let broken = "plugin `a` broke the rules of a call to `new`: it returned with status 4 and no such reply";
        assert_eq!(refused("no reply"), (broken.to_owned(), None));
    }

    #[test]
    fn a_plugin_without_settings_gets_no_arguments() {
        let plain = plugin(None);
        assert_eq!(plain.open("all").err().unwrap().to_string(), "there are no arguments");
        assert_eq!(plain.ask(SCHEMA, "x", "schema").unwrap(), None);
    }

    #[test]
    fn an_answer_is_a_text_or_none() {
        let answer = |about, settings: &str| plugin(Some(ask)).ask(about, settings, "check");
        assert_eq!(answer(CHECK, "é").unwrap().as_deref(), Some("0 é"));
        assert_eq!(answer(SCHEMA, "{}").unwrap().as_deref(), Some("1 {}"));
        assert_eq!(answer(SCHEMA, "none").unwrap(), None);
        let error = answer(CHECK, "refuse").unwrap_err();
        assert_eq!((error.to_string(), &*error.refusal().unwrap().pointer), ("it cannot be".to_owned(), "/a/0"));
        let error = answer(CHECK, "panic").unwrap_err();
        assert_eq!(error.to_string(), "plugin `a` panicked in `check` at a.rs:1:2: too much");
    }
}
