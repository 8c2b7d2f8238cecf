//! Interfaces with `async fn`: their meaning in the builtin link, and one suite over the links.
//! Any executor polls their futures.

mod bodies;
mod executors;
#[cfg(not(miri))]
mod faults;
mod faults_library;
mod hygiene;
mod instrumented;
#[cfg(not(miri))]
mod remote;
#[cfg(not(miri))]
mod runtimes;
#[cfg(not(miri))]
mod scopes;
mod signatures;
mod suite;
mod tables;

use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A module of tests for each link, with a registry of it and all cases of the suite.
macro_rules! every_link {
    ($further:tt $($name:ident: $link:expr;)*) => {
        $(every_link! { @ [
            values_cross
            a_pending_task_is_woken
            a_waker_stays_the_same
            an_error_keeps_its_causes
            a_task_moves_between_threads_and_runtimes
        ] $further $name: $link })*
    };
    (@ [$($case:ident)*] [$($further:ident)*] $name:ident: $link:expr) => {
        mod $name {
            use super::*;

            fn registry() -> plug::Registry {
                let mut registry = plug::Registry::new();
                registry.add(&$link).expect("the link has plugins");
                registry
            }

            $(
                #[test]
                fn $case() {
                    suite::$case(&registry());
                }
            )*
            $(
                #[test]
                fn $further() {
                    suite::$further(&registry());
                }
            )*
        }
    };
}

every_link! {
    [dropping_a_task_drops_its_state a_kept_waker_outlives_its_task the_waker_of_the_latest_poll_is_woken]
    builtin: plug::link::Builtin;
}

every_link! {
    [
        dropping_a_task_drops_its_state
        a_kept_waker_outlives_its_task
        the_waker_of_the_latest_poll_is_woken
        panics_are_errors
    ]
    loopback: plug::link::Loopback;
}

#[cfg(not(miri))]
every_link! {
    [
        dropping_a_task_drops_its_state
        a_kept_waker_outlives_its_task
        the_waker_of_the_latest_poll_is_woken
        panics_are_errors
    ]
    library: tables::library();
}

#[cfg(not(miri))]
every_link! {
    [dropping_a_task_drops_its_state a_kept_waker_outlives_its_task panics_are_errors]
    process: remote::process_link();
    grpc: remote::grpc_link();
}

// net/rpc has no cancellation.
#[cfg(not(miri))]
every_link! {
    [panics_are_errors]
    process_by_netrpc: remote::netrpc_link();
}

/// Waits for an effect on the other side of a link.
#[track_caller]
fn until(is_so: impl FnMut() -> bool) {
    plug_tests::until(Duration::from_secs(20), "the other side has done it", is_so);
}

fn poll<T>(future: &mut plug::Task<'_, T>) -> Poll<T> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn open<I: ?Sized + plug::Interface>(name: &str) -> Box<I> {
    plug::Registry::builtin().open(name).expect("it opens")
}
