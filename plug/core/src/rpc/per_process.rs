//! A value that each fork of a process makes anew.

use once_cell::sync::OnceCell;

/// A value of this process, and those of its forks.
///
/// A fork has none of its parent's threads, and a lock that one of them held stays locked.
/// So it must not use the parent's value, nor drop it.
pub(crate) struct PerProcess<T> {
    /// The ID of the process that has made the value, and the value.
    own: OnceCell<(u32, T)>,
    of_fork: OnceCell<Box<Self>>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { own: OnceCell::new(), of_fork: OnceCell::new() }
    }

    /// The value of this process, which the first call makes.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub(crate) fn get_or_try_init<E>(&self, make: impl Fn() -> Result<T, E>) -> Result<&T, E> {
        let id = std::process::id();
        let mut place = self;
        loop {
            let (maker, value) = place.own.get_or_try_init(|| Ok((id, make()?)))?;
            if *maker == id {
                return Ok(value);
            }
            place = place.of_fork.get_or_init(|| Box::new(Self::new()));
        }
    }
}
