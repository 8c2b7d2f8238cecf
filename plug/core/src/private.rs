//! The output of the macros names items of this module. It is no public API.
//!
//! A macro of `plug-macros` cannot test a feature of this crate, and a `#[cfg]` in its output would
//! test a feature of the plugin's crate.
//! So each item that depends on a feature is a `macro_rules` here, in one version for each case.
//! The output of the macros is then the same for all features.

pub use core;
#[cfg(feature = "inventory")]
pub use inventory;
#[cfg(feature = "linkme")]
pub use linkme;

pub use std::boxed::Box;
pub use std::result::Result;

pub use crate::abi::table::CallFn;
pub use crate::abi::view::{Maybe, Pair, Scratch, Slice};
#[cfg(feature = "schema")]
pub use crate::entry::constructor::WithSchema;
pub use crate::entry::constructor::{
    Arguments as ArgumentsOfNew, Call as CallNew, Cause, Constructor, Made, Make, New, SettingsType, WithoutSchema,
    construct, constructor,
};
pub use crate::entry::handshake::{Declared, Protocol};
pub use crate::entry::record::{PluginRecord, mark};
pub use crate::entry::submission::{Key, Numbered, Submission, distinct, number_of, path_of};
pub use crate::entry::submissions::Linked;
#[cfg(feature = "linkme")]
pub use crate::entry::submissions::{ENTRIES, HANDSHAKES, LINKED, PORTABLES};
pub use crate::entry::{Entry, Slot};
pub use crate::error::Error;
pub use crate::interface::{Declaration, Identity, Interface, Vtables};
pub use crate::library::callee::{answers, call, task::start};
pub use crate::library::objects::{Given, Lent};
pub use crate::library::record::CatalogueRecord;
pub use crate::library::streams::Streamed;
pub use crate::portable::arguments::{Argument, Arguments, Crosses, Hold, Kept, Returns, Viewed};
pub use crate::portable::chain::{Chain, ChainTexts, DisplayText};
pub use crate::portable::codec::{Malformed, PutFields, Sink, Source, TakeFields, finish};
pub use crate::portable::forms::{List, Own, Ref, Str};
pub use crate::portable::method::{
    Boundary, Lend, Method, ObjectOf, PortableInterface, Portables, Proxy, Started, VisitMethods,
};
pub use crate::portable::objects::{Handed, Lending};
pub use crate::portable::outcome::Outcome;
pub use crate::portable::record::{InterfaceRecord, interface_record_len};
pub use crate::portable::signature::{Description, Signature};
pub use crate::portable::types::{Docs, Field, Form, Type, TypeRef, Variant, type_id as type_number};
pub use crate::portable::{Key as MapKey, Portable};
pub use crate::settings::{Nothing, Read as ReadSettings};
pub use crate::task::{Task, task, within};
pub use crate::vtables::AllVtables;
pub use crate::{
    __catalogue as catalogue, __declaration as declaration, __handshake as handshake, __object as object,
    __once as once, __one_image as one_image, __plugin as plugin, __protocol as protocol, __record as record,
    __schema as schema, __submit as submit, __submit_portable as submit_portable, __type_id as type_id,
    __vtables as vtables,
};

/// Internals that the tests and fuzzers of the workspace use.
pub mod testing {
    #[cfg(feature = "library")]
    pub use crate::library::host::{check_structure, open::open_by_folder, read, read_records, section_for};
    #[cfg(feature = "netrpc")]
    pub use crate::process::netrpc::{
        fuzzed::serve as serve_netrpc, gob::Ends as GobEnds, values::read as read_netrpc,
    };
    #[cfg(feature = "process")]
    pub use crate::process::{handshake::read as read_handshake, log::read as read_stderr};
    #[cfg(feature = "wire")]
    pub use crate::protobuf::file::{Undescribable, files};
    #[cfg(feature = "wire")]
    pub use crate::protobuf::{decode_reply, decode_request, encode_reply, encode_request, text::text};
    #[cfg(feature = "rpc")]
    pub use crate::rpc::back::fuzzed::take as take_back_messages;
    #[cfg(feature = "config")]
    pub use crate::settings::reader::read as read_settings;
}

/// The output of `#[plug]`: an entry, and a symbol that makes the linker refuse a second plugin of
/// the name.
///
/// The interface appears once, as the associated type of a submission, so that the compiler reports
/// a trait that is no interface only once.
#[doc(hidden)]
#[macro_export]
macro_rules! __plugin {
    (
        name: $name:literal,
        aliases: $aliases:literal,
        deprecated: $deprecated:literal,
        docs: [$($docs:expr),*],
        interface: $interface:ty,
        type: $type:ty,
        new: [$($construct:expr, $new:expr)?],
        once: $once:tt,
    ) => {
        #[allow(deprecated, reason = "a deprecated interface or type can be a plugin's")]
        const _: () = {
            // It has an unusual name, since it hides an item of the author with the same name.
            struct __PlugSubmission;

            impl $crate::__private::Submission for __PlugSubmission {
                const TEXT: &'static $crate::__private::core::primitive::str = $crate::__private::core::concat!(
                    $name, "\u{1f}",
                    $aliases, "\u{1f}",
                    $deprecated, "\u{1f}",
                    $crate::__private::core::stringify!($type), "\u{1f}",
                    $crate::__private::core::env!("CARGO_PKG_NAME"), "\u{1f}",
                    $crate::__private::core::env!("CARGO_PKG_VERSION"), "\u{1f}",
                    $crate::__private::core::env!("CARGO_PKG_LICENSE"), "\u{1f}",
                    $crate::__private::core::env!("CARGO_PKG_REPOSITORY"), "\u{1f}",
                    $crate::__private::core::file!(), "\u{1f}",
                    $crate::__private::core::line!(), "\u{1f}",
                    $crate::__private::core::env!("CARGO_PKG_DESCRIPTION"), "\u{1f}",
                    $($docs),*
                );

                type Interface = $interface;

                const TAKES_SETTINGS: $crate::__private::core::primitive::bool = $($new.takes_settings ||)? false;

                #[inline]
                fn new(slot: &mut $crate::__private::Slot<'_>) -> $crate::__private::Result<
                    $crate::__private::core::option::Option<$crate::__private::Box<Self::Interface>>,
                    $crate::__private::Error,
                > {
                    let object: $crate::__private::core::option::Option<$type> =
                        $crate::__private::object!(slot, $type, [$($construct, $new)?]);
                    $crate::__private::Result::Ok(match object {
                        $crate::__private::core::option::Option::Some(object) => {
                            $crate::__private::core::option::Option::Some($crate::__private::Box::new(object))
                        }
                        $crate::__private::core::option::Option::None => $crate::__private::core::option::Option::None,
                    })
                }
            }

            $crate::__private::record! {
                static __PLUG_RECORD: $crate::__private::PluginRecord<
                    { $crate::__private::path_of::<__PlugSubmission>().len() },
                    { <__PlugSubmission as $crate::__private::Submission>::TEXT.len() },
                    { $crate::__private::mark::<__PlugSubmission>().len() },
                > = $crate::__private::PluginRecord::of::<__PlugSubmission>();
            }
            $crate::__private::submit!(ENTRIES: Entry = $crate::__private::Entry::of::<__PlugSubmission>(__PLUG_RECORD.text()));
            $crate::__private::once!($name, $once);
        };
    };
}

/// The object of a plugin, if the slot asks for it.
#[doc(hidden)]
#[macro_export]
macro_rules! __object {
    ($slot:ident, $type:ty, []) => {
        $crate::__private::core::option::Option::Some(<$type as $crate::__private::Make>::make())
    };
    ($slot:ident, $type:ty, [$construct:expr, $new:expr]) => {
        $construct($new, $slot, || $crate::__private::schema!($new), $crate::__private::answers)?
    };
}

/// The JSON Schema of the settings that a constructor takes, if their type has one.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! __schema {
    ($new:expr) => {{
        use $crate::__private::{WithSchema as _, WithoutSchema as _};
        (&$new.settings).schema()
    }};
}

#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __schema {
    ($new:expr) => {
        $crate::__private::core::option::Option::None
    };
}

/// The output of `#[plug::interface(portable)]` beside the methods: the interface's record and
/// vtables.
#[doc(hidden)]
#[macro_export]
macro_rules! __vtables {
    ($interface:ty) => {{
        $crate::__private::record! {
            static __PLUG_RECORD: $crate::__private::InterfaceRecord<
                { $crate::__private::interface_record_len::<$interface>() },
            > = $crate::__private::InterfaceRecord::of::<$interface>();
        }
        $crate::__private::submit_portable!($interface);
        static __PLUG_VTABLES: $crate::__private::Vtables =
            $crate::__private::Vtables::new(__PLUG_RECORD.bytes(), <$interface as $crate::__private::AllVtables>::ALL);
        $crate::__private::core::option::Option::Some(&__PLUG_VTABLES)
    }};
}

/// Puts a static into the section that a host reads without loading the library.
/// WebAssembly has no section whose bytes are in memory too.
#[doc(hidden)]
#[macro_export]
macro_rules! __record {
    ($item:item) => {
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__plug"))]
        #[cfg_attr(any(windows, all(unix, not(target_vendor = "apple"))), unsafe(link_section = ".plug"))]
        $item
    };
}

/// The output of `#[plug::interface]`: the trait's path and version, and whether the trait is
/// generic.
#[doc(hidden)]
#[macro_export]
macro_rules! __declaration {
    ($name:literal, $is_generic:literal) => {
        $crate::__private::Declaration {
            path: $crate::__private::core::concat!($crate::__private::core::module_path!(), "::", $name),
            version: $crate::__private::core::env!("CARGO_PKG_VERSION"),
            // Two functions can each contain a trait with the same name.
            place: $crate::__private::core::concat!(
                $crate::__private::core::line!(),
                ":",
                $crate::__private::core::column!()
            ),
            is_generic: $is_generic,
        }
    };
}

/// The output of `#[derive(Portable)]`: the number of the type, which no other type has.
#[doc(hidden)]
#[macro_export]
macro_rules! __type_id {
    ($name:literal $(, $argument:expr)*) => {
        $crate::__private::type_number(
            $crate::__private::core::concat!(
                $crate::__private::core::module_path!(),
                "::",
                $name,
                " ",
                $crate::__private::core::env!("CARGO_PKG_VERSION"),
                " ",
                // Two functions can each contain a type with the same name.
                $crate::__private::core::line!(),
                ":",
                $crate::__private::core::column!()
            ),
            &[$($argument),*],
        )
    };
}

/// The output of `link!`: its features, as one text.
#[doc(hidden)]
#[macro_export]
macro_rules! __catalogue {
    ($($text:expr),* $(,)?) => {
        const _: () = {
            const TEXT: &$crate::__private::core::primitive::str = $crate::__private::core::concat!($($text),*);
            $crate::__private::record! {
                static __PLUG_RECORD: $crate::__private::CatalogueRecord<{ TEXT.len() }> =
                    $crate::__private::CatalogueRecord::of(TEXT);
            }
            $crate::__private::submit!(LINKED: Linked = $crate::__private::Linked(__PLUG_RECORD.text()));
        };
    };
}

/// The output of `handshake!`.
#[cfg(any(feature = "inventory", feature = "linkme"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __handshake {
    ($cookie:expr, [$($hint:expr)?], $($version:literal: $(($protocol:ident))? [$($interface:ty),*]),*) => {
        const _: () = {
            $crate::__private::submit!(HANDSHAKES: Declared = $crate::__private::Declared::of(
                $cookie,
                &[$((
                    $version,
                    $crate::__private::protocol!($($protocol)?),
                    &[$(<$interface as $crate::__private::Interface>::IDENTITY),*],
                )),*],
                &[$($hint)?],
                $crate::__private::core::concat!(
                    $crate::__private::core::env!("CARGO_PKG_NAME"), " ",
                    $crate::__private::core::env!("CARGO_PKG_VERSION"), ", ",
                    $crate::__private::core::file!(), ":",
                    $crate::__private::core::line!()
                ),
            ));
        };
    };
}

/// The protocol of a version, by its name in `handshake!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __protocol {
    () => {
        $crate::__private::Protocol::Grpc
    };
    (grpc) => {
        $crate::__private::Protocol::Grpc
    };
    (netrpc) => {
        $crate::__private::Protocol::NetRpc
    };
    ($other:ident) => {
        $crate::__private::core::compile_error!($crate::__private::core::concat!(
            "`",
            $crate::__private::core::stringify!($other),
            "` is no protocol of a version: it is `grpc` or `netrpc`, and `grpc` can be left out"
        ))
    };
}

/// Without a way to register it, a handshake could not be found.
#[cfg(not(any(feature = "inventory", feature = "linkme")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __handshake {
    ($($declared:tt)*) => {};
}

/// Registers the interface, so that links to other builds find it by its path.
#[cfg(any(feature = "inventory", feature = "linkme"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __submit_portable {
    ($interface:ty) => {
        $crate::__private::submit!(PORTABLES: Portables = $crate::__private::Portables(
            <$interface as $crate::__private::Interface>::IDENTITY
        ));
    };
}

#[cfg(not(any(feature = "inventory", feature = "linkme")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __submit_portable {
    ($interface:ty) => {};
}

#[cfg(feature = "linkme")]
#[doc(hidden)]
#[macro_export]
macro_rules! __submit {
    ($slice:ident: $type:ident = $value:expr) => {
        #[$crate::__private::linkme::distributed_slice($crate::__private::$slice)]
        #[linkme(crate = $crate::__private::linkme)]
        static __PLUG_SUBMITTED: $crate::__private::$type = $value;
        $crate::__private::one_image!(refer);
    };
}

/// Makes the linker refuse a submission in another image than this crate.
/// If this crate is in a dylib, the program is such an image, and so is every other dylib.
/// `linkme` finds the submissions of its own image alone.
///
/// `plug` defines a hidden symbol, and each submission refers to it.
/// Both are left out in Miri, and where the form of the reference was not tried.
#[cfg(feature = "linkme")]
#[doc(hidden)]
#[macro_export]
macro_rules! __one_image {
    (define) => {
        $crate::__one_image!(
            ".hidden \"`linkme` of plug finds no plugins across a dylib: use `inventory` instead\"",
            ".globl \"`linkme` of plug finds no plugins across a dylib: use `inventory` instead\"",
            "\"`linkme` of plug finds no plugins across a dylib: use `inventory` instead\": .byte 0",
        );
    };
    (refer) => {
        $crate::__one_image!(
            ".hidden \"`linkme` of plug finds no plugins across a dylib: use `inventory` instead\"",
            ".long \"`linkme` of plug finds no plugins across a dylib: use `inventory` instead\" - .",
        );
    };
    ($($line:literal,)*) => {
        #[cfg(all(
            not(miri),
            unix,
            not(any(target_vendor = "apple", target_os = "aix", target_os = "cygwin")),
            any(target_arch = "x86_64", target_arch = "aarch64"),
        ))]
        mod __plug_image {
            $crate::__private::core::arch::global_asm!(
                ".pushsection .rodata.plug_names,\"aR\",%progbits",
                $($line,)*
                ".popsection",
            );
        }
    };
}

#[cfg(not(feature = "linkme"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __one_image {
    (define) => {};
}

#[cfg(all(feature = "inventory", not(feature = "linkme")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __submit {
    ($slice:ident: $type:ident = $value:expr) => {
        $crate::__private::inventory::submit! { $value }
    };
}

#[cfg(not(any(feature = "inventory", feature = "linkme")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __submit {
    ($slice:ident: $type:ident = $value:expr) => {
        $crate::__private::core::compile_error!(
            "plug was built without a way to register plugins: turn on its feature `inventory` or `linkme`"
        );
    };
}

/// Defines two symbols named after the plugin and its interface, so that the linker refuses a
/// second plugin of both.
/// One has the number of the interface alone, since a crate may rename what it imports.
/// The other has the interface's name in the impl too, for a person.
/// Each is one byte long and not exported.
///
/// They stand in a section that the linker retains, since thin LTO and `--gc-sections` drop
/// unreferenced symbols.
/// They are left out in these cases, in which the registry alone finds duplicates of other crates:
/// * In a package's own unit tests: if a dev-dependency leads back to the package, two copies of it
///   are rightly linked.
/// * In Miri, which has no linker.
/// * On targets without a stable `global_asm!` (WebAssembly, MIPS, …), or with an object format
///   other than ELF, Mach-O and COFF.
///
/// `global_asm!` is an item, and inside of a block it can only stand in a module.
/// That module can name nothing of the block: not the interface, if the impl stands in a function
/// that imports it.
/// So the block implements a trait for a key that only this plugin has, and the module leaves the
/// rest to inference.
/// (Importing `super::*` instead fails in functions, and takes n² steps to resolve n plugins.)
#[doc(hidden)]
#[macro_export]
macro_rules! __once {
    ($name:literal, none) => {};
    ($name:literal, [$key:literal $interface:literal]) => {
        impl $crate::__private::Numbered<__PlugSubmission> for $crate::__private::Key<$key> {
            const NUMBER: $crate::__private::core::primitive::u64 = $crate::__private::number_of::<__PlugSubmission>();
        }

        #[cfg(all(
            not(test),
            not(miri),
            any(unix, windows),
            not(target_os = "aix"),
            any(
                target_arch = "x86",
                target_arch = "x86_64",
                target_arch = "arm",
                target_arch = "aarch64",
                target_arch = "riscv32",
                target_arch = "riscv64",
                target_arch = "loongarch64",
                target_arch = "s390x",
            ),
        ))]
        const _: () = {
            mod __plug_once {
                #[cfg(not(any(target_vendor = "apple", target_os = "cygwin", windows)))]
                $crate::__private::core::arch::global_asm!(
                    ".pushsection .rodata.plug_names,\"aR\",%progbits",
                    $crate::__private::core::concat!(".globl \"duplicate plugin `", $name, "` of `", $interface, "`, interface {number}\""),
                    $crate::__private::core::concat!("\"duplicate plugin `", $name, "` of `", $interface, "`, interface {number}\": .byte 0"),
                    $crate::__private::core::concat!(".globl \"duplicate plugin `", $name, "` of interface {number}\""),
                    $crate::__private::core::concat!("\"duplicate plugin `", $name, "` of interface {number}\": .byte 0"),
                    ".popsection",
                    number = const <$crate::__private::Key<$key> as $crate::__private::Numbered<_>>::NUMBER,
                );
                #[cfg(any(target_vendor = "apple", target_os = "cygwin", windows))]
                $crate::__private::core::arch::global_asm!(
                    ".data",
                    $crate::__private::core::concat!(".globl \"duplicate plugin `", $name, "` of `", $interface, "`, interface {number}\""),
                    $crate::__private::core::concat!("\"duplicate plugin `", $name, "` of `", $interface, "`, interface {number}\": .byte 0"),
                    $crate::__private::core::concat!(".globl \"duplicate plugin `", $name, "` of interface {number}\""),
                    $crate::__private::core::concat!("\"duplicate plugin `", $name, "` of interface {number}\": .byte 0"),
                    ".text",
                    number = const <$crate::__private::Key<$key> as $crate::__private::Numbered<_>>::NUMBER,
                );
            }
        };
    };
}
