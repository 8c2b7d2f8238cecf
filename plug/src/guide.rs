//! The guides, which are also files of the repository's folder `docs`.
//!
//! Start with the [`tutorial`].
//! [`library`], [`process`], [`go`] and [`grpc`] are about the links, [`settings`] about settings of
//! plugins, [`mod@async`] about asynchronous methods, [`callbacks`] and [`streams`] about objects and
//! items that go back and forth, [`manifest`] about Cargo.toml, and [`testing`] about tests of
//! plugins and hosts.

// `docs` beside `src` is a symbolic link to the repository's folder: a package has no files from
// outside, and Cargo puts the files behind the link into it.
//
// The first definition of a link counts.
// So these lead to modules here, and those of the files lead to files.
macro_rules! guides {
    ($($name:ident $file:literal)*) => {
        $(
            /// [app]: crate::guide::app
            /// [async]: mod@crate::guide::async
            /// [callbacks]: crate::guide::callbacks
            /// [go]: crate::guide::go
            /// [grpc]: crate::guide::grpc
            /// [library]: crate::guide::library
            /// [manifest]: crate::guide::manifest
            /// [performance]: crate::guide::performance
            /// [process]: crate::guide::process
            /// [settings]: crate::guide::settings
            /// [streams]: crate::guide::streams
            /// [testing]: crate::guide::testing
            /// [tutorial]: crate::guide::tutorial
            ///
            #[doc = include_str!($file)]
            pub mod $name {}
        )*
    };
}

guides! {
    tutorial "../docs/tutorial.md"
    manifest "../docs/manifest.md"
    r#async "../docs/async.md"
    callbacks "../docs/callbacks.md"
    streams "../docs/streams.md"
    settings "../docs/settings.md"
    testing "../docs/testing.md"
    library "../docs/library.md"
    process "../docs/process.md"
    go "../docs/go.md"
    grpc "../docs/grpc.md"
    app "../docs/app.md"
    platforms "../docs/platforms.md"
    performance "../docs/performance.md"
    compared "../docs/compared.md"
}
