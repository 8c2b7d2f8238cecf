//! Settings over every link: one suite, and what only one link has.

mod instances;
#[cfg(all(not(miri), target_os = "linux"))]
mod old;
#[cfg(not(miri))]
mod random;
#[cfg(not(miri))]
mod remote;
mod suite;

use plug::Registry;
#[cfg(not(miri))]
use plug::link::ProcessOptions;

use settings_plugins as _;

macro_rules! every_link {
    ($($name:ident: $link:expr;)*) => {
        $(
            mod $name {
                use super::*;

                fn registry() -> Registry {
                    let mut registry = Registry::new();
                    registry.add(&$link).expect("the link has plugins");
                    registry
                }

                every_link!(@ settings_reach_the_object);
                every_link!(@ instances_have_settings_of_their_own);
                every_link!(@ texts_of_any_length_reach_the_object);
                every_link!(@ a_plugin_without_settings_opens);
                every_link!(@ a_check_reads_and_makes_nothing);
                every_link!(@ a_schema_is_given_on_request);
                every_link!(@ refused_settings_are_data);
                every_link!(@ a_wrong_key_is_named);
                every_link!(@ a_wrong_type_is_found_at_any_depth);
                every_link!(@ a_missing_key_is_named);
                every_link!(@ a_number_out_of_range_is_named);
                every_link!(@ a_number_can_be_a_key);
                every_link!(@ a_constructor_refuses_what_its_type_allows);
                every_link!(@ settings_that_nothing_takes_are_refused);
                every_link!(@ a_secret_is_in_no_error);

                #[test]
                #[ignore = "slow"]
                fn settings_can_be_large() {
                    suite::settings_can_be_large(&registry());
                }
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
    library: library();
}

/// The crate settings-plugins as a shared library.
#[cfg(not(miri))]
#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library() -> plug::link::Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { plug::link::Library::open(plug_tests::shared_library("settings-plugins")) };
    library.expect("it can be opened")
}

#[test]
fn what_no_plugin_could_read_is_refused_at_once() {
    suite::what_no_plugin_could_read_is_refused_at_once();
}

/// A link that catches panics makes errors of them: `panics_are_errors`.
#[test]
fn a_panic_in_a_constructor_unwinds_to_the_host_that_links_it() {
    let all = Registry::builtin().plugin::<dyn settings_plugins::Counter>("all").expect("it is linked");
    let open = || all.open_with::<dyn settings_plugins::Counter>(&suite::with(r#"{ "fail": "by a panic" }"#)).map(drop);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(open)).expect_err("it panics");
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("by a panic"));
}

#[test]
fn panics_behind_a_table_are_errors() {
    let mut loopback = Registry::new();
    loopback.add(&plug::link::Loopback).expect("the link has plugins");
    suite::panics_are_errors(&loopback);
    #[cfg(not(miri))]
    {
        let mut registry = Registry::new();
        registry.add(&library()).expect("the link has plugins");
        suite::panics_are_errors(&registry);
    }
}

#[cfg(not(miri))]
every_link! {
    process: remote::process(ProcessOptions::new());
    process_by_netrpc: remote::process(remote::netrpc());
    grpc: remote::served();
}
