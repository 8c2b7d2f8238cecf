//! One suite that runs over every link.

use app_interface::Plug;
use plug::{ErrorKind, Link, Registry};

plug::link!();

/// Runs the suite over a link with the plugins of plugin-a, plugin-b and plugin-polite.
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
                fn lists_in_order() {
                    suite::lists_in_order(&registry());
                }

                #[test]
                fn calls() {
                    suite::calls(&registry());
                }

                #[test]
                fn fails_with_a_chain() {
                    suite::fails_with_a_chain(&registry());
                }

                #[test]
                fn describes() {
                    suite::describes(&registry());
                }

                #[test]
                fn opens_from_64_threads() {
                    suite::opens_from_64_threads(&registry());
                }

                #[test]
                fn adds_up() {
                    suite::adds_up(&$link);
                }
            }
        )*
    };
}

every_link! {
    builtin: plug::link::Builtin;
    by_hand: plug::link::Builtin.plugins().expect("the link has plugins");
    loopback: plug::link::Loopback;
}

#[cfg(not(miri))]
every_link! {
    library: library();
    process: Processes::open();
    process_without_tls: Processes::without_tls();
    process_by_netrpc: Processes::by_netrpc();
    grpc: plug::link::Grpc::open(plug_tests::server()).expect("it is an address");
}

/// The same plugin crates, as one library.
#[cfg(not(miri))]
#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library() -> plug::link::Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { plug::link::Library::open(plug_tests::shared_library("library-greeters")) };
    library.expect("it can be opened")
}

/// The same plugin crates, each as a process.
#[cfg(not(miri))]
struct Processes(Vec<plug::link::Process>);

#[cfg(not(miri))]
impl Processes {
    fn open() -> Self {
        Self::with(plug::link::ProcessOptions::new)
    }

    fn without_tls() -> Self {
        Self::with(|| plug::link::ProcessOptions::new().without_tls())
    }

    fn by_netrpc() -> Self {
        Self::with(|| plug::link::ProcessOptions::new().env("PLUG_PROTOCOL", "netrpc"))
    }

    fn with(options: impl Fn() -> plug::link::ProcessOptions) -> Self {
        let open = |program| options().open(plug_tests::program(program)).expect("it can be opened");
        Self(["process-a", "process-b", "process-polite"].map(open).into())
    }
}

#[cfg(not(miri))]
impl Link for Processes {
    fn plugins(&self) -> Result<Vec<plug::Plugin>, plug::Error> {
        let plugins: Result<Vec<_>, _> = self.0.iter().map(Link::plugins).collect();
        Ok(plugins?.into_iter().flatten().collect())
    }
}

mod suite {
    use std::error::Error as _;

    use super::*;

    pub fn lists_in_order(registry: &Registry) {
        let names: Vec<_> = registry.plugins().map(|plugin| (plugin.interface(), plugin.name())).collect();
        assert_eq!(names, ["a", "b", "formal", "polite"].map(|name| ("app_interface::Plug", name)));
        assert_eq!(registry.plugins().len(), 4);
        assert_eq!(registry.plugins_of::<dyn Plug>().map(plug::Plugin::name).next_back(), Some("polite"));
        assert!(registry.problems().is_empty(), "{:?}", registry.problems());
        assert!(registry.check().is_ok());
    }

    pub fn calls(registry: &Registry) {
        let greet = |name: &str| registry.open::<dyn Plug>(name).and_then(|plugin| plugin.say_hello("x"));
        assert_eq!(greet("a").ok().as_deref(), Some("hello, x"));
        assert_eq!(greet("b").ok().as_deref(), Some("bonjour, x"));
        assert_eq!(greet("bonjour").ok().as_deref(), Some("bonjour, x"));
        assert_eq!(greet("polite").ok().as_deref(), Some("good day, x"));
    }

    pub fn fails_with_a_chain(registry: &Registry) {
        let polite = registry.open::<dyn Plug>("polite").expect("it opens");
        let error = polite.say_hello(" ").expect_err("nobody is not greeted");
        assert!(matches!(error.kind(), ErrorKind::Plugin));
        assert_eq!(error.to_string(), "cannot greet politely");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("the name is empty"));
        // The object is still served.
        assert_eq!(polite.say_hello("x").ok().as_deref(), Some("good day, x"));
    }

    pub fn describes(registry: &Registry) {
        let b = registry.plugin::<dyn Plug>("bonjour").expect("it is there");
        assert_eq!(b.name(), "b");
        assert_eq!(b.aliases().collect::<Vec<_>>(), ["bonjour"]);
        assert_eq!(b.deprecated(), None);
        assert_eq!(b.summary(), "Says hello in French.");
        assert_eq!(b.docs(), "Says hello in French.");
        assert_eq!(b.package(), Some("plugin-b"));
        assert_eq!(b.version(), Some(env!("CARGO_PKG_VERSION")));
        assert_eq!(b.license(), Some("MIT OR Apache-2.0"));
        assert_eq!(b.repository(), None);
        assert_eq!(b.file().replace('\\', "/"), "plugins/b/src/lib.rs");
        assert_eq!(b.line(), 11);
        assert!(b.implements::<dyn Plug>());
        let formal = registry.plugin::<dyn Plug>("formal").expect("it is there");
        assert_eq!(formal.deprecated(), Some("use polite"));
        let debug = "Plugin { name: \"formal\", interface: \"app_interface::Plug\", package: Some(\"plugin-polite\"), \
             file: \"plugins/polite/src/lib.rs\", line: 67, .. }";
        assert_eq!(format!("{formal:?}").replace("\\\\", "/"), debug);
    }

    pub fn opens_from_64_threads(registry: &Registry) {
        let barrier = std::sync::Barrier::new(64);
        std::thread::scope(|scope| {
            for at in 0..64 {
                let (registry, barrier) = (&registry, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let name = ["a", "b", "formal", "polite"][at % 4];
                    registry.open::<dyn Plug>(name).expect("it opens").say_hello("x").expect("it greets");
                });
            }
        });
    }

    /// Adding the same plugins again changes nothing, and a failed lookup is not cached.
    pub fn adds_up(link: &dyn Link) {
        let mut registry = Registry::new();
        assert_eq!(registry.plugins().len(), 0);
        assert!(registry.open::<dyn Plug>("a").is_err());
        registry.add(link).expect("the link has plugins").add(link).expect("the link has plugins");
        assert!(registry.open::<dyn Plug>("a").is_ok());
        assert_eq!(registry.plugins().len(), 4);
        assert!(registry.problems().is_empty());
    }
}

#[test]
fn the_builtin_registry_is_the_same_for_64_threads_at_first_use() {
    let barrier = std::sync::Barrier::new(64);
    let addresses: Vec<usize> = std::thread::scope(|scope| {
        let ask = || {
            barrier.wait();
            let registry = Registry::builtin();
            registry.open::<dyn Plug>("a").expect("it opens");
            std::ptr::from_ref(registry) as usize
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    assert!(addresses.iter().all(|address| *address == addresses[0]));
}
