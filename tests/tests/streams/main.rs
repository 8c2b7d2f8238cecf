//! Methods that take and return streams: one suite over the links.

mod links;
mod objects;
mod scopes;
mod suite;

use std::time::Duration;

use plug::{Link, Registry};
use stream_plugins::Streams;

/// A module of tests for each link, with a registry of it and all cases of the suite.
macro_rules! every_link {
    ($further:tt $($name:ident: $link:expr;)*) => {
        $(every_link! { @ [
            items_come_in_order
            a_stream_is_an_argument
            both_directions_at_once
            items_are_awaited
            an_error_ends_a_stream
            an_error_of_the_caller_ends_a_stream
            items_fail_with_an_error_of_their_own
            dropping_a_stream_ends_it
            a_reader_that_stops_reading_stops_the_writer
            a_method_may_stop_reading
            large_items_cross
        ] $further $name: $link })*
    };
    (@ [$($case:ident)*] [$($further:ident)*] $name:ident: $link:expr) => {
        mod $name {
            use super::*;

            fn open() -> Box<dyn Streams> {
                crate::open(&$link)
            }

            $(
                #[test]
                fn $case() {
                    suite::$case(&*open());
                }
            )*
            $(
                #[test]
                fn $further() {
                    suite::$further(&*open());
                }
            )*

            /// Over an object that the plugin gives.
            mod object {
                use super::*;

                $(
                    #[test]
                    fn $case() {
                        suite::$case(&*open().object().unwrap());
                    }
                )*
                $(
                    #[test]
                    fn $further() {
                        suite::$further(&*open().object().unwrap());
                    }
                )*
            }
        }
    };
}

every_link! {
    []
    builtin: plug::link::Builtin;
}

every_link! {
    [a_panic_is_the_error_of_an_item]
    loopback: plug::link::Loopback;
    library: links::library();
    process: links::process();
    grpc: links::grpc();
    process_by_netrpc: links::netrpc();
}

fn open(link: &dyn Link) -> Box<dyn Streams> {
    let mut registry = Registry::new();
    registry.add(link).expect("the link has plugins");
    registry.open("streams").expect("it opens")
}

/// Waits for an effect on the other side of a link.
#[track_caller]
fn until(is_so: impl FnMut() -> bool) {
    plug_tests::until(Duration::from_secs(20), "the other side has done it", is_so);
}
