//! The host's half of a call: a plugin and an object in a library, and the boundary in front of it.

use crate::abi::table::{CHECK, CallFn, CallStatus, DONE, Object, Opening, Question, REFUSED, ReplyVtable, SCHEMA};
use crate::abi::view::Text;
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::interface::Identity;
use crate::library::caller::task::LibraryTask;
use crate::library::caller::{self, Callable, FailureText, Owner, Pending};
use crate::portable::arguments::Arguments;
use crate::portable::method::Boundary;
use crate::portable::method::{Method, Started};
use crate::settings::EMPTY;
use crate::task::Task;

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
        // SAFETY: the library has a method of this name and fingerprint, so it takes views of these
        // types and a reply of this one. The object is of this interface and lives as long as `self`.
        unsafe { caller::call::<M>(self, given) }
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        // SAFETY: the same, and the library makes a task of it.
        Box::pin(unsafe { LibraryTask::<M, _>::new(self, given) })
    }
}

impl Callable for LibraryObject {
    #[inline]
    fn object(&self) -> Object {
        self.object
    }

    #[inline]
    fn function<M: Method>(&self) -> CallFn {
        // SAFETY: it has one entry for each method of the interface, and this is the index of one.
        unsafe { *self.calls.get_unchecked(M::INDEX) }
    }

    fn owner(&self) -> Owner<'_> {
        Owner::Plugin(&self.of.name)
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
            (status, outcome) => caller::outcome(&Owner::Plugin(&self.name), status, outcome, name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use super::*;
    use crate::abi::table::{FAILED, Failure, PANICKED, ReplySlot};
    use crate::abi::view::Slice;
    use crate::error::refusal::Refusal;
    use crate::library::caller::lacking;

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
