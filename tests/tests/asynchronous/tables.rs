//! The links with a table between both sides.

use asynchronous_plugins::Waits;
use plug::__private::{
    Arguments, Boundary, InterfaceRecord, Method, Outcome, PortableInterface, Started, interface_record_len,
};
use plug::{Error, Registry, Task};

use pollster::block_on;

/// The crate asynchronous-plugins as a shared library.
#[cfg(not(miri))]
#[allow(unsafe_code, reason = "opening a library is unsafe")]
pub fn library() -> plug::link::Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { plug::link::Library::open(plug_tests::shared_library("asynchronous-plugins")) };
    library.expect("it can be opened")
}

#[test]
fn a_task_behind_a_table_that_is_polled_after_its_end_is_an_error() {
    let mut registry = Registry::new();
    registry.add(&plug::link::Loopback).expect("the link has plugins");
    let waiter = registry.open::<dyn Waits>("waiter").expect("it opens");
    let mut task = waiter.repeat("x", 1);
    assert!(crate::poll(&mut task).is_ready());
    let error = block_on(task).expect_err("it has ended");
    assert_eq!(error.to_string(), "the task of `repeat` was polled after its end");
}

/// A peer that lacks all methods with a default body.
struct Older;

impl Boundary for Older {
    fn has<M: Method>(&self) -> bool {
        !M::HAS_DEFAULT
    }

    fn call<M: Method>(&self, _: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        Outcome::of(Err(Error::msg(format!("{} was called", M::NAME))))
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        drop(given);
        Box::pin(async { Outcome::of(Err(Error::msg(format!("{} was started", M::NAME)))) })
    }
}

#[test]
fn a_default_body_runs_in_the_host_if_the_plugin_lacks_the_method() {
    let waits = <dyn Waits>::remote(Older);
    let error = block_on(waits.twice("ab".to_owned())).expect_err("the body calls another method");
    assert_eq!(error.to_string(), "repeat was started");
}

#[test]
fn a_record_says_which_methods_are_asynchronous() {
    const RECORD: InterfaceRecord<{ interface_record_len::<dyn Waits>() }> = InterfaceRecord::of::<dyn Waits>();
    let record = String::from_utf8_lossy(RECORD.bytes()).into_owned();
    for part in
        ["\u{1e}repeat\u{1f}\u{1f}async (String, u32) -> String\u{1f}", "\u{1e}dropped\u{1f}\u{1f}() -> u64\u{1f}"]
    {
        assert!(record.contains(part), "{record}");
    }
    assert!(record.contains("\u{1e}by_hand\u{1f}\u{1f}async (String) -> u64\u{1f}"), "{record}");
    assert!(record.contains("\u{1e}twice\u{1f}default\u{1f}async (String) -> String\u{1f}"), "{record}");
}
