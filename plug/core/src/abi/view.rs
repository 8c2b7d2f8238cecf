//! What stands for a value while it crosses: pointer and length, tag and payload, one after another. A view borrows from the
//! value, and is of a layout that C defines.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A list that somebody else has: pointer and length.
#[repr(C)]
pub struct Slice<'a, T> {
    // Well aligned, and to `len` values that live for `'a`; a side that makes one from Rust's own slices cannot do otherwise.
    start: NonNull<T>,
    len: usize,
    list: PhantomData<&'a [T]>,
}

// Not derived, which would ask the same of `T`.
impl<T> Clone for Slice<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<'_, T> {}

impl<'a, T> From<&'a [T]> for Slice<'a, T> {
    #[inline]
    fn from(list: &'a [T]) -> Self {
        Self::new(list)
    }
}

// SAFETY: it is a `&[T]`.
unsafe impl<T: Sync> Send for Slice<'_, T> {}
// SAFETY: the same.
unsafe impl<T: Sync> Sync for Slice<'_, T> {}

impl<'a, T> Slice<'a, T> {
    #[inline]
    pub const fn new(list: &'a [T]) -> Self {
        Self { start: NonNull::from_ref(list).cast(), len: list.len(), list: PhantomData }
    }

    #[inline]
    pub fn get(self) -> &'a [T] {
        // SAFETY: pointer and length are those of a `&'a [T]`, on this side or on the other: there is no other way to make one.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

/// A text that somebody else has: its bytes.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Text<'a>(Slice<'a, u8>);

impl<'a> From<&'a str> for Text<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

impl<'a> Text<'a> {
    #[inline]
    pub const fn new(text: &'a str) -> Self {
        Self(Slice::new(text.as_bytes()))
    }

    #[inline]
    pub fn get(self) -> &'a str {
        // SAFETY: it was made of a text, on this side or on the other: there is no other way to make one. It is not looked at once more,
        // since that would take longer than everything else about a call.
        unsafe { std::str::from_utf8_unchecked(self.0.get()) }
    }
}

/// An `Option`, with a tag of its own instead of a niche that each compiler finds for itself.
#[repr(C, u8)]
#[derive(Clone, Copy)]
pub enum Maybe<V> {
    None,
    Some(V),
}

/// Two values, the first one first.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pair<A, B>(pub A, pub B);

/// What views of nested lists point to, for as long as a call takes. Without such lists it is a word that the compiler sees is
/// never written.
#[derive(Default)]
pub struct Scratch {
    kept: Cell<Option<Box<Kept>>>,
}

/// A list whose type was forgotten, how to free it, and what was kept before.
struct Kept {
    start: *mut (),
    len: usize,
    free: unsafe fn(*mut (), usize),
    others: Option<Box<Kept>>,
}

impl Scratch {
    #[inline]
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Keeps the list, and lends it. `Copy` values have no destructor that could look at what is gone before them.
    pub fn keep<'a, V: Copy + 'a>(&'a self, list: Vec<V>) -> Slice<'a, V> {
        let len = list.len();
        let start = Box::into_raw(list.into_boxed_slice()).cast::<V>();
        let kept = Kept { start: start.cast(), len, free: free::<V>, others: self.kept.take() };
        self.kept.set(Some(Box::new(kept)));
        // SAFETY: the box is freed when `self` is, and `'a` borrows `self`; nobody writes to it.
        Slice::from(unsafe { std::slice::from_raw_parts(start, len) })
    }
}

#[cold]
#[allow(clippy::boxed_local, reason = "by value, and as it is kept")]
fn free_all(mut kept: Box<Kept>) {
    loop {
        // SAFETY: `keep` took the box apart into these, with the function for its type, and nobody else frees it.
        unsafe { (kept.free)(kept.start, kept.len) };
        let Some(others) = kept.others.take() else { break };
        kept = others;
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        // Handed over by value, so that a scratch without lists never has an address.
        if let Some(kept) = self.kept.take() {
            free_all(kept);
        }
    }
}

/// # Safety
///
/// `start` and `len` are those of a `Box<[V]>` that is freed by nobody else.
unsafe fn free<V>(start: *mut (), len: usize) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start.cast::<V>(), len)) });
}
