//! Settings over every link: one suite, and what only one link has.

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

                #[test]
                fn settings_reach_the_object() {
                    suite::settings_reach_the_object(&registry());
                }
            }
        )*
    };
}

every_link! {
    builtin: plug::link::Builtin;
}

#[cfg(not(miri))]
every_link! {
    process: remote::process(ProcessOptions::new());
    process_by_netrpc: remote::process(remote::netrpc());
    grpc: remote::served();
}
