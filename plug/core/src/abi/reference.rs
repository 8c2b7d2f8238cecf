//! References between constants, which may form a circle.

use std::mem::MaybeUninit;

/// A reference that the compiler does not follow when it checks a constant.
///
/// The description of a type that contains itself leads back to itself.
/// The compiler follows a plain reference in a constant, and reports such a circle as an error.
pub struct Reference<T: 'static>(MaybeUninit<&'static T>);

// Not derived, since that would require the same of `T`.
impl<T> Clone for Reference<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Reference<T> {}

impl<T> Reference<T> {
    #[inline]
    pub const fn new(to: &'static T) -> Self {
        Self(MaybeUninit::new(to))
    }

    #[inline]
    pub const fn get(self) -> &'static T {
        // SAFETY: `new` is the only constructor, and it writes a reference.
        unsafe { self.0.assume_init() }
    }
}
