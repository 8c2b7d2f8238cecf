//! Settings over every link: one suite, and what only one link has.

mod random;
mod suite;

use plug::Registry;

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
