//! The expansions of the macros, as files in `tests/expand`: a person writes `NAME.in.rs`, and the
//! macros write `NAME.out.rs`.
//! `BLESS=1 cargo test -p plug-macros` renews the latter.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Item, Meta};

#[test]
fn the_expansions_are_checked_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.to_string_lossy().ends_with(".in.rs"));
    assert!(cases.len() >= 3, "{cases:?}");
    for case in cases {
        let out = PathBuf::from(case.to_string_lossy().replace(".in.rs", ".out.rs"));
        let expanded = expand(&fs::read_to_string(&case).unwrap());
        if std::env::var_os("BLESS").is_some() {
            fs::write(&out, &expanded).unwrap();
        }
        let blessed = fs::read_to_string(&out).unwrap_or_default();
        assert_eq!(expanded, blessed, "{} is not what the macros emit", out.display());
    }
}

/// The expansion of each item of the file that has one of our attributes or derives.
/// Other items are left out.
fn expand(text: &str) -> String {
    let file = syn::parse_file(text).unwrap();
    let mut tokens = TokenStream::new();
    for mut item in file.items {
        let attributes = match &mut item {
            Item::Impl(item) => &mut item.attrs,
            Item::Trait(item) => &mut item.attrs,
            Item::Struct(item) => &mut item.attrs,
            Item::Enum(item) => &mut item.attrs,
            _ => continue,
        };
        let Some(at) = attributes.iter().position(is_ours) else { continue };
        let attribute = attributes.remove(at);
        let site = crate::plug::Site { unique: "here".to_owned(), line: "here:1".to_owned(), is_build: true };
        let name = attribute.path().segments.last().unwrap().ident.to_string();
        let arguments = match attribute.meta {
            Meta::List(list) => list.tokens,
            _ => TokenStream::new(),
        };
        tokens.extend(match &name[..] {
            "plug" => crate::plug::expand(arguments, item.into_token_stream(), &site),
            "interface" => crate::interface::expand(arguments, item.into_token_stream()),
            _ => crate::portable::expand(item.into_token_stream()),
        });
    }
    assert_names_nothing_else(tokens.clone());
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

fn is_ours(attribute: &Attribute) -> bool {
    let path = attribute.path().segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::");
    match &path[..] {
        "derive" => attribute.to_token_stream().to_string().contains("Portable"),
        path => ["plug", "plug::plug", "plug::interface"].contains(&path),
    }
}

/// Every absolute path in an expansion leads into `__private`.
fn assert_names_nothing_else(tokens: TokenStream) {
    let text = tokens.to_string();
    // Unsafe code stands in macros of `plug`, and only there.
    assert!(!text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe"), "{text}");
    for path in text.split(":: plug ::").skip(1) {
        assert!(path.trim_start().starts_with("__private ::"), "{path}");
    }
}
