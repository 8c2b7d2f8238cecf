//! The view of a stream that crosses.

use std::marker::PhantomData;

use crate::abi::object::Passing;
use crate::abi::table::{Object, TaskTable};

/// A stream of the side that makes the view, which it gives away.
///
/// Its table is that of a task: `poll` replies with an optional item, or returns `PENDING`.
/// Unlike a task it is polled again after an item, and it is gone only after `close`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct StreamView<'a> {
    size: u32,
    pub(crate) stream: Object,
    pub(crate) table: &'static TaskTable,
    /// Set by the side that takes the stream. It then closes it.
    /// Null if the stream is gone already.
    pub(crate) is_taken: *mut bool,
    passing: PhantomData<&'a ()>,
}

// SAFETY: the stream is `Send`. The flag is used during the call alone, and by one thread.
unsafe impl Send for StreamView<'_> {}
// SAFETY: the same.
unsafe impl Sync for StreamView<'_> {}

impl<'a> StreamView<'a> {
    #[inline]
    pub(crate) fn new<S>(passing: &'a Passing<S>, table: &'static TaskTable) -> Self {
        let (stream, is_taken) = passing.parts_of_sized().unwrap_or((Object::of(&()), std::ptr::null_mut()));
        Self { size: size_of::<Self>() as u32, stream, table, is_taken, passing: PhantomData }
    }
}
