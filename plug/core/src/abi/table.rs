//! The tables that a library and a host exchange.
//! Under one ABI number, a field is never moved or changed.
//! New fields come at the end, and `size` tells which fields a table has.

use std::mem::MaybeUninit;

use crate::abi::view::{Slice, Text};

/// The number of this ABI: of these tables, the views and the records.
/// The name of the entry contains it too.
pub(crate) const ABI: u32 = 1;

/// A function that the other side calls: a method, an object's destructor, a plugin's `new`, or
/// what answers about its settings.
/// Its parameters are the object, the views of the arguments, and the reply.
/// It does not unwind.
pub type CallFn = unsafe extern "C" fn(object: Object, arguments: *const (), reply: *mut ()) -> CallStatus;

/// The status of a call, and its result if that is a flat view of at most one word.
/// C returns both in registers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CallStatus {
    pub(crate) status: u64,
    // A view may have padding, and so may the word that holds it.
    word: MaybeUninit<u64>,
}

/// The value is in the status or in the reply, or the reply has taken it.
pub(crate) const DONE: u64 = 0;
/// The method returned an error, whose texts went to the reply.
pub(crate) const FAILED: u64 = 1;
/// The method panicked, and its message went to the reply.
pub(crate) const PANICKED: u64 = 2;
/// The task is not ready. Only the call of an asynchronous method and a task's `poll` return it.
pub(crate) const PENDING: u64 = 3;
/// The plugin refuses its settings. Only `open` and `ask` return it, and only to a host that passed
/// arguments; to another one they return `FAILED`.
///
/// The failure's place is the JSON pointer of the value: <https://www.rfc-editor.org/rfc/rfc6901>.
/// Its first text says what is wrong, the causes follow, and the last one is the nearest known name,
/// or empty.
pub(crate) const REFUSED: u64 = 4;

impl CallStatus {
    #[inline]
    pub(crate) const fn of(status: u64) -> Self {
        Self { status, word: MaybeUninit::uninit() }
    }

    /// Whether a flat view of this type is in the status rather than in the reply.
    pub(crate) const fn holds<V>() -> bool {
        size_of::<V>() <= size_of::<u64>() && align_of::<V>() <= align_of::<u64>()
    }

    #[inline]
    pub(crate) fn with<V: Copy>(view: V) -> Self {
        // Not in a constant, which would also be evaluated for views that are never stored here.
        assert!(Self::holds::<V>());
        let mut answer = Self::of(DONE);
        // SAFETY: the word has the size and the alignment for it, by the assertion.
        unsafe { answer.word.as_mut_ptr().cast::<V>().write(view) };
        answer
    }

    /// # Safety
    ///
    /// It was made by `with::<V>`, on the other side.
    #[cfg_attr(not(feature = "library"), allow(dead_code, reason = "only hosts read answers"))]
    #[inline]
    pub(crate) unsafe fn view<V: Copy>(self) -> V {
        // SAFETY: the caller's promise.
        unsafe { self.word.as_ptr().cast::<V>().read() }
    }
}

/// The parts of a `Box<dyn Interface>` of the library. Only the library knows their meaning.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Object([*mut (); 2]);

/// The caller's slot for the result. A larger structure may begin with it.
#[repr(C)]
pub(crate) struct ReplySlot<V> {
    pub vtable: &'static ReplyVtable,
    /// The view of a result that holds no pointers and is too large for the status.
    pub value: MaybeUninit<V>,
}

/// The functions that receive a result which cannot be written into the reply.
/// Both are called with that reply, and the last call counts.
#[repr(C)]
pub(crate) struct ReplyVtable {
    /// Takes the view of any other result, which lives only for this call.
    pub value: unsafe extern "C" fn(reply: *mut (), view: *const ()),
    pub failure: unsafe extern "C" fn(reply: *mut (), failure: *const Failure<'_>),
}

/// A failure.
#[repr(C)]
pub(crate) struct Failure<'a> {
    /// The texts of the error and of its causes; or the message of the panic, if it was a text.
    pub texts: Slice<'a, Text<'a>>,
    /// The place of a panic, if it is known.
    pub place: Text<'a>,
}

/// The table that a library's entry returns.
#[repr(C)]
pub(crate) struct LibraryTable {
    pub abi: u32,
    pub size: u32,
    /// The library's own record.
    pub record: Slice<'static, u8>,
    /// Calls `visit` for each plugin.
    pub plugins: unsafe extern "C" fn(context: *mut (), visit: Visit) -> u64,
}

pub(crate) type Visit = unsafe extern "C" fn(context: *mut (), plugin: *const PluginTable);

/// A plugin of a portable interface.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct PluginTable {
    pub size: u32,
    /// The text of its description, which is the same as in its record.
    pub text: Text<'static>,
    /// The record of its interface.
    pub interface: Slice<'static, u8>,
    /// In the order of that record.
    pub calls: Slice<'static, CallFn>,
    /// Makes an object. It takes `plugin` as its object, and the reply's value is an `Object`.
    /// Its arguments are an `Opening`, or null: then the plugin has no settings.
    pub open: CallFn,
    /// Destroys an object.
    pub close: CallFn,
    pub plugin: Object,
    /// Answers a `Question` about settings. It takes `plugin` as its object.
    /// `None` if the plugin takes none.
    /// A table of before settings ends above, which its `size` tells.
    pub ask: Option<CallFn>,
}

/// The arguments of a plugin's `open`.
#[repr(C)]
pub(crate) struct Opening<'a> {
    pub size: u32,
    /// A JSON text.
    pub settings: Text<'a>,
}

/// The arguments of a plugin's `ask`.
#[repr(C)]
pub(crate) struct Question<'a> {
    pub size: u32,
    pub about: u32,
    /// A JSON text.
    pub settings: Text<'a>,
}

/// Asks to read the settings and make nothing. There is no value.
pub(crate) const CHECK: u32 = 0;
/// Asks for the JSON Schema of the settings, which passes to the reply's `value` as a `Text`.
/// A plugin without one is done without a value.
pub(crate) const SCHEMA: u32 = 1;

/// The arguments of an asynchronous method's call, which starts its task and polls it once.
///
/// The call replies as one of another method does, or it returns `PENDING` and has made a task.
/// The values that the views point to are lent for the life of the task.
#[repr(C)]
pub(crate) struct Start {
    pub size: u32,
    /// The views of the method's arguments. They are lent for the call.
    pub views: *const (),
    /// The same as for a later poll.
    pub waker: *const HostWaker,
    /// The callee writes the task and its table when it returns `PENDING`.
    pub task: MaybeUninit<Object>,
    pub table: Option<&'static TaskTable>,
}

/// The functions of the task of an asynchronous method that was pending at its first poll.
#[repr(C)]
#[cfg_attr(not(feature = "library"), allow(dead_code, reason = "only hosts read it"))]
pub(crate) struct TaskTable {
    pub size: u32,
    /// Replies as a call of the method does, or returns `PENDING`.
    /// It takes the task as its object and a `HostWaker` as its arguments.
    /// With another status than `PENDING`, the task is gone.
    pub poll: CallFn,
    /// Ends a task that is pending. It takes no arguments, and its reply is for nothing.
    pub close: CallFn,
}

/// A waker of a host. The host's own fields follow.
///
/// A poll gets a lent one, which is for that poll alone, and is not dropped or woken by value.
/// A clone of it is owned, and is used in any thread and at any time, also after the task.
/// The poll can get a clone again, as a lent one.
#[repr(C)]
pub(crate) struct HostWaker {
    pub table: &'static WakerTable,
}

/// The functions of a host behind a waker, which each gets. They do not unwind.
/// Each means the same as in a `RawWakerVTable`.
#[repr(C)]
pub(crate) struct WakerTable {
    pub size: u32,
    pub clone: unsafe extern "C" fn(waker: *const HostWaker) -> *const HostWaker,
    /// Wakes and drops it.
    pub wake: unsafe extern "C" fn(waker: *const HostWaker),
    pub wake_by_ref: unsafe extern "C" fn(waker: *const HostWaker),
    pub drop: unsafe extern "C" fn(waker: *const HostWaker),
}

/// The table that a host passes to a library's entry.
#[repr(C)]
pub(crate) struct HostTable {
    pub abi: u32,
    pub size: u32,
    /// The functions that filter and take log records. `None` if the host wants no records.
    pub log: Option<&'static HostLog>,
}

/// The host's half of the bridge for log records.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct HostLog {
    pub is_enabled: unsafe extern "C" fn(level: u32, target: Text<'_>) -> bool,
    pub log: unsafe extern "C" fn(record: *const LogRecord<'_>),
}

/// A log record.
#[repr(C)]
pub(crate) struct LogRecord<'a> {
    /// 1 is an error, 5 a trace, as in the crate `log`.
    pub level: u32,
    /// 0 if it is not known.
    pub line: u32,
    pub target: Text<'a>,
    pub text: Text<'a>,
    /// Empty if they are not known.
    pub module: Text<'a>,
    pub file: Text<'a>,
}

impl Object {
    /// Takes the box apart.
    pub(crate) fn new<I: ?Sized>(object: Box<I>) -> Self {
        const { assert!(size_of::<*mut I>() == size_of::<Self>(), "an interface is a trait") };
        let object = Box::into_raw(object);
        // SAFETY: both are of one size, and only `get` and `into_box` read them.
        Self(unsafe { std::mem::transmute_copy(&object) })
    }

    /// # Safety
    ///
    /// It was made by `new::<I>` in this library, and has not been turned back into a box.
    #[inline]
    pub(crate) unsafe fn get<'a, I: ?Sized>(self) -> &'a I {
        // SAFETY: `new` did the reverse, in the same library, and the box still exists.
        unsafe { &*std::mem::transmute_copy::<_, *const I>(&self.0) }
    }

    /// # Safety
    ///
    /// The same, and nothing else uses it for `'a`.
    pub(crate) unsafe fn get_mut<'a, I: ?Sized>(self) -> &'a mut I {
        // SAFETY: `new` did the reverse, in the same library, and the box still exists.
        unsafe { &mut *std::mem::transmute_copy::<_, *mut I>(&self.0) }
    }

    /// # Safety
    ///
    /// The same, and it is not used again.
    pub(crate) unsafe fn into_box<I: ?Sized>(self) -> Box<I> {
        // SAFETY: `new` did the reverse, in the same library.
        unsafe { Box::from_raw(std::mem::transmute_copy(&self.0)) }
    }

    /// A reference that is no box.
    pub(crate) fn of<T>(thing: &'static T) -> Self {
        Self([std::ptr::from_ref(thing).cast_mut().cast(), std::ptr::null_mut()])
    }

    /// # Safety
    ///
    /// It was made by `of::<T>`.
    pub(crate) unsafe fn thing<T>(self) -> &'static T {
        // SAFETY: `of` did the reverse.
        unsafe { &*self.0[0].cast() }
    }
}
