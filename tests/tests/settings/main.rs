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
    process_by_netrpc: remote::process(ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc"));
    grpc: remote::served();
}
