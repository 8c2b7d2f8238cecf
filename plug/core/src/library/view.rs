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

impl<'a> Slice<'a, u8> {
    /// The text of a view that was made of a text.
    #[inline]
    pub(crate) fn text(self) -> &'a str {
        // SAFETY: only views of texts are asked for theirs: what a view is of is in the fingerprint of its method. It is not
        // looked at once more, since that would take longer than everything else about a call.
        unsafe { std::str::from_utf8_unchecked(self.get()) }
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
