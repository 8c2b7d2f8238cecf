//! The form in which a method's result crosses.

use super::Portable;
use crate::portable::arguments::{Crosses, Own};

/// The form of a result. It is owned.
pub trait Returns: Crosses {
    /// The type that the method returns.
    type Ok;

    fn pack(value: Self::Ok) -> Self::Given<'static>;
    fn unpack(given: Self::Given<'_>) -> Self::Ok;
}

impl<T: Portable> Returns for Own<T> {
    type Ok = T;

    #[inline]
    fn pack(value: T) -> T {
        value
    }

    #[inline]
    fn unpack(given: T) -> T {
        given
    }
}
