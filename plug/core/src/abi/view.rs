//! The views that stand for values while they cross: pointer and length, tag and payload, or a
//! sequence.
//! A view borrows from the value, and C defines its layout.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A list that the other side owns: pointer and length.
#[repr(C)]
pub struct Slice<'a, T> {
    // Well aligned, and valid for `len` values that live for `'a`.
    // A side that makes one from Rust's own slices guarantees this.
    start: NonNull<T>,
    len: usize,
    list: PhantomData<&'a [T]>,
}

// Not derived, since that would require the same of `T`.
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
        // SAFETY: pointer and length are those of a `&'a [T]`, on this side or on the other, since
        // `new` is the only constructor.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

/// A text that the other side owns: its bytes.
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
        // SAFETY: it was made from a text, on this side or on the other, since `new` is the only
        // constructor.
        // The text is not checked again, since that would take longer than the rest of a call.
        unsafe { std::str::from_utf8_unchecked(self.0.get()) }
    }
}

/// An `Option` with an explicit tag instead of a niche, which each compiler chooses for itself.
#[repr(C, u8)]
#[derive(Clone, Copy)]
pub enum Maybe<V> {
    None,
    Some(V),
}

/// Two values, in order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pair<A, B>(pub A, pub B);

/// Owns the lists that views of nested lists point to, for the duration of a call.
/// Without such lists, the compiler sees that this word is never written.
#[derive(Default)]
pub struct Scratch {
    kept: Cell<Option<Box<Kept>>>,
}

/// A list with its type erased, the function that frees it, and the lists kept before it.
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

    /// Keeps the list, and lends it.
    /// `Copy` values have no destructor that could access a freed list.
    pub fn keep<'a, V: Copy + 'a>(&'a self, list: Vec<V>) -> Slice<'a, V> {
        let len = list.len();
        let start = Box::into_raw(list.into_boxed_slice()).cast::<V>();
        let kept = Kept { start: start.cast(), len, free: free::<V>, others: self.kept.take() };
        self.kept.set(Some(Box::new(kept)));
        // SAFETY: the box is freed when `self` is, and `'a` borrows `self`; nothing writes to it.
        Slice::from(unsafe { std::slice::from_raw_parts(start, len) })
    }

    /// Keeps one value, and lends it.
    pub fn keep_one<'a, V: Copy + 'a>(&'a self, value: V) -> &'a V {
        &self.keep(vec![value]).get()[0]
    }
}

#[cold]
#[allow(clippy::boxed_local, reason = "by value, and as it is kept")]
fn free_all(mut kept: Box<Kept>) {
    loop {
        // SAFETY: `keep` took the box apart into these, with the function for its type, and only
        // this frees it.
        unsafe { (kept.free)(kept.start, kept.len) };
        let Some(others) = kept.others.take() else { break };
        kept = others;
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        // Passed by value, so that a scratch without lists never has an address.
        if let Some(kept) = self.kept.take() {
            free_all(kept);
        }
    }
}

/// # Safety
///
/// `start` and `len` are those of a `Box<[V]>`, which nothing else frees.
unsafe fn free<V>(start: *mut (), len: usize) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start.cast::<V>(), len)) });
}
