//! The layouts that cross the boundary to a shared library: views of values, and tables of
//! functions.

#[doc(hidden)]
pub(crate) mod object;
#[doc(hidden)]
pub(crate) mod reference;
pub(crate) mod stream;
#[doc(hidden)]
pub(crate) mod table;
#[doc(hidden)]
pub(crate) mod view;
