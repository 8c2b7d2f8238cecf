//! A caught panic: its message, its place, and the safe drop of its payload.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

/// The message of a panic whose payload is neither a `&str` nor a `String`.
pub(crate) const NO_TEXT: &str = "(no message: the payload is not a text)";

/// A caught panic.
pub(crate) struct Caught {
    /// The message, if the payload is a text.
    pub message: Option<String>,
    /// File, line and column, if [`note_places`] was called before.
    pub place: Option<String>,
}

impl Caught {
    /// Reads the payload, and drops it.
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| payload.downcast_ref::<String>().cloned());
        // Read the place before the drop, which could panic and overwrite it.
        let place = PLACE.try_with(RefCell::take).ok().filter(|place| !place.is_empty());
        dispose(payload);
        Self { message, place }
    }
}

/// Drops the payload of a panic.
/// The drop can panic too: its payload is dropped if it is a text, and leaked otherwise.
pub(crate) fn dispose(payload: Box<dyn Any + Send>) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)))
        && !payload.is::<&str>()
        && !payload.is::<String>()
    {
        std::mem::forget(payload);
    }
}

thread_local! {
    /// The place of this thread's last panic.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Installs a panic hook that notes the place of each panic, and then calls the previous hook.
pub(crate) fn note_places() {
    // `take_hook` panics in a panicking thread.
    if std::thread::panicking() {
        return;
    }
    static IS_NOTING: AtomicBool = AtomicBool::new(false);
    if IS_NOTING.swap(true, Ordering::Relaxed) {
        return;
    }
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        // This fails in a thread whose locals are being destroyed.
        let _ = PLACE.try_with(|noted| noted.replace(place));
        others(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caught(work: impl FnOnce()) -> Caught {
        note_places();
        Caught::new(panic::catch_unwind(AssertUnwindSafe(work)).expect_err("it panics"))
    }

    /// Panics when it is dropped.
    struct Bomb(u32);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 > 0 {
                panic::panic_any(Self(self.0 - 1));
            }
        }
    }

    #[test]
    fn a_text_is_the_message() {
        let line = line!() + 1;
        let Caught { message, place } = caught(|| panic!("gone"));
        assert_eq!(message.as_deref(), Some("gone"));
        let place = place.expect("it was noted");
        assert!(place.starts_with(&format!("{}:{line}:", file!())), "{place}");
        let why = String::from("formatted");
        assert_eq!(caught(|| panic!("{why}")).message, Some(why));
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_does_no_harm() {
        for bombs in 0..3 {
            let line = line!() + 1;
            let Caught { message, place } = caught(|| panic::panic_any(Bomb(bombs)));
            assert_eq!(message, None);
            let place = place.expect("it was noted");
            assert!(place.starts_with(&format!("{}:{line}:", file!())), "{place}");
        }
    }
}
