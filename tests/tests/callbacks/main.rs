//! Plugins that call back the objects that they are lent: one suite over the links.

#[cfg(not(miri))]
mod faults;
#[cfg(not(miri))]
mod links;
mod suite;

use std::time::Duration;

macro_rules! every_link {
    ($($name:ident: $link:expr;)*) => {
        $(
            mod $name {
                use super::*;

                fn registry() -> plug::Registry {
                    let mut registry = plug::Registry::new();
                    registry.add(&$link).expect("the link has plugins");
                    registry
                }

                every_link!(@ an_object_is_called_back);
                every_link!(@ an_object_borrows);
                every_link!(@ several_threads_call_back);
                every_link!(@ a_callback_calls_the_plugin_again);
                every_link!(@ two_objects_differ);
                every_link!(@ an_error_keeps_its_causes);
                every_link!(@ a_panic_is_an_error_of_the_callback);
                every_link!(@ a_default_body_calls_back);
                every_link!(@ an_asynchronous_method_calls_back);
                every_link!(@ a_given_object_lives_until_it_is_dropped);
                every_link!(@ an_object_is_a_result);
            }
        )*
    };
    (@ $case:ident) => {
        #[test]
        fn $case() {
            suite::$case(&registry());
        }
    };
}

every_link! {
    builtin: plug::link::Builtin;
    loopback: plug::link::Loopback;
}

#[cfg(not(miri))]
every_link! {
    library: links::library();
    older_library: links::older_library();
    process: links::process();
    process_by_netrpc: links::process_by_netrpc();
    grpc: links::grpc();
}

/// Waits for an effect on the other side of a link.
#[track_caller]
fn until(is_so: impl FnMut() -> bool) {
    plug_tests::until(Duration::from_secs(20), "the other side has done it", is_so);
}
