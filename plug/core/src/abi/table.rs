//! The tables that a library and a host hand each other. A field is never moved or changed under the same number of the ABI;
//! new ones come at the end, and `size` tells which there are.

use std::mem::MaybeUninit;

use crate::abi::view::{Slice, Text};

/// The number of this ABI: of these tables, the views and the records. The name of the entry holds it too.
pub(crate) const ABI: u32 = 1;

/// A method, an object's destructor or a plugin's `new`, as the other side calls it: with the object, the views of the arguments
/// and the reply. It does not unwind.
pub type CallFn = unsafe extern "C" fn(object: Object, arguments: *const (), reply: *mut ()) -> CallStatus;

/// How a call has ended, and its result where that is a flat view of one word at most: C returns both in registers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CallStatus {
    pub(crate) status: u64,
    // A view may have gaps, and so may a word that holds one.
    word: MaybeUninit<u64>,
}

/// The answer or the reply holds the value, or the reply has taken it.
pub(crate) const DONE: u64 = 0;
/// The method returned an error, whose texts the reply was told.
pub(crate) const FAILED: u64 = 1;
/// It panicked, and the reply was told so.
pub(crate) const PANICKED: u64 = 2;

impl CallStatus {
    #[inline]
    pub(crate) const fn of(status: u64) -> Self {
        Self { status, word: MaybeUninit::uninit() }
    }

    /// Whether a flat view of this type is in the answer, and not in the reply.
    pub(crate) const fn holds<V>() -> bool {
        size_of::<V>() <= size_of::<u64>() && align_of::<V>() <= align_of::<u64>()
    }

    #[inline]
    pub(crate) fn with<V: Copy>(view: V) -> Self {
        // Not in a constant, which would be asked of views too that are never put here.
        assert!(Self::holds::<V>());
        let mut answer = Self::of(DONE);
        // SAFETY: there is room for it.
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

/// A `Box<dyn Interface>` of the library's, taken apart. What is in it is known to the library alone.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Object([*mut (); 2]);

/// What a caller hands over for the result, and what begins with this.
#[repr(C)]
pub(crate) struct ReplySlot<V> {
    pub takes: &'static ReplyVtable,
    /// The view of a result that points to nothing but itself, and is too large for the answer.
    pub value: MaybeUninit<V>,
}

/// How a reply is told what cannot just be written into it. Both are called with that reply; what is told last counts.
#[repr(C)]
pub(crate) struct ReplyVtable {
    /// ReplyVtable the view of any other result, while that lasts.
    pub value: unsafe extern "C" fn(reply: *mut (), view: *const ()),
    pub failure: unsafe extern "C" fn(reply: *mut (), failure: *const Failure<'_>),
}

/// What went wrong.
#[repr(C)]
pub(crate) struct Failure<'a> {
    /// The text of the error and of each cause; or what the panic said, where it was a text.
    pub texts: Slice<'a, Text<'a>>,
    /// Where a panic came from, if that is known.
    pub place: Text<'a>,
}

/// What a library's entry returns.
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
    /// What it says of itself: the same text as in its record.
    pub text: Text<'static>,
    /// The record of its interface.
    pub interface: Slice<'static, u8>,
    /// In the order of that record.
    pub calls: Slice<'static, CallFn>,
    /// Makes an object of it: with `plugin` in the place of an object, and an `Object` as the reply's value.
    pub open: CallFn,
    /// Destroys an object of it.
    pub close: CallFn,
    pub plugin: Object,
}

/// What a host hands to a library's entry.
#[repr(C)]
pub(crate) struct HostTable {
    pub abi: u32,
    pub size: u32,
    /// Whether the host wants records of this level and target, and what takes them; neither where it wants none.
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
    /// 0 where it is not known.
    pub line: u32,
    pub target: Text<'a>,
    pub text: Text<'a>,
    /// Empty where they are not known.
    pub module: Text<'a>,
    pub file: Text<'a>,
}

impl Object {
    /// ReplyVtable the box apart.
    pub(crate) fn new<I: ?Sized>(object: Box<I>) -> Self {
        const { assert!(size_of::<*mut I>() == size_of::<Self>(), "an interface is a trait") };
        let object = Box::into_raw(object);
        // SAFETY: both are of one size, and nothing is read from these but by `get` and `into_box`.
        Self(unsafe { std::mem::transmute_copy(&object) })
    }

    /// # Safety
    ///
    /// It was made by `new::<I>` in this library, and has not been turned back into a box.
    #[inline]
    pub(crate) unsafe fn get<'a, I: ?Sized>(self) -> &'a I {
        // SAFETY: `new` did the reverse, in the same library, and the box is still there.
        unsafe { &*std::mem::transmute_copy::<_, *const I>(&self.0) }
    }

    /// # Safety
    ///
    /// The same, and nobody uses it any more.
    pub(crate) unsafe fn into_box<I: ?Sized>(self) -> Box<I> {
        // SAFETY: `new` did the reverse, in the same library.
        unsafe { Box::from_raw(std::mem::transmute_copy(&self.0)) }
    }

    /// A thing that is no box.
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
