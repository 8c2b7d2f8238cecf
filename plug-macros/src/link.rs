//! `link!()`: the plugin dependencies of the calling package become linked, and known to the registry.

mod manifest;
#[cfg(test)]
mod tests;

use std::env;
use std::path::{Path, PathBuf};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;

use manifest::{Condition, Dependency, Manifest};

/// `input` is where `plug` is, as `link!` of `plug` itself knows it, and then what the caller wrote between the brackets.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut input = input.into_iter();
    let root: TokenStream = input.next().into_iter().collect();
    match input.next().map(|token: TokenTree| token.span()) {
        Some(span) => fail(span, &["`link!()` takes nothing: which plugins there are stands in Cargo.toml".to_owned()]),
        None => link(&root).unwrap_or_else(|errors| fail(Span::call_site(), &errors)),
    }
}

fn fail(span: Span, errors: &[String]) -> TokenStream {
    errors.iter().map(|message| syn::Error::new(span, message).to_compile_error()).collect()
}

fn link(root: &TokenStream) -> Result<TokenStream, Vec<String>> {
    let Some(path) = manifest_path() else {
        return Err(vec!["`link!()` reads the Cargo.toml of the package: build it with Cargo".to_owned()]);
    };
    let text =
        std::fs::read_to_string(&path).map_err(|error| vec![format!("cannot read {}: {error}", path.display())])?;
    let manifest = Manifest::parse(&text)?;
    let target = Target::current(&manifest, path.parent().unwrap_or(Path::new("")));

    // Where the file is not a dependency of the crate, an edit of `[package.metadata]` alone would go unseen.
    let path = path.to_str().ok_or_else(|| vec![format!("the path {} is not UTF-8", path.display())])?;
    let mut tokens =
        quote!(const _: &[#root::__private::core::primitive::u8] = #root::__private::core::include_bytes!(#path););
    for dependency in &manifest.plugins {
        let is_linked = match (dependency.is_dev, target) {
            (false, _) | (true, Target::Test) => None,
            (true, Target::Library | Target::Binary) => Some(quote!(test)),
        };
        let condition = condition(dependency, is_linked)?;
        let name = ident(&dependency.crate_name()).map_err(|error| vec![error])?;
        tokens.extend(quote!(#[cfg(#condition)] extern crate #name as _;));
    }
    if let (Some(library), Target::Binary | Target::Test) = (&manifest.library, target) {
        let name = ident(library).map_err(|error| vec![error])?;
        tokens.extend(quote!(extern crate #name as _;));
    }
    tokens.extend(catalogue(root, &manifest)?);
    Ok(tokens)
}

/// The name of a crate, which may be a keyword.
fn ident(name: &str) -> Result<Ident, String> {
    match name {
        "self" | "super" | "crate" | "Self" => Err(format!("no crate can be called `{name}`: rename the dependency")),
        name if syn::parse_str::<Ident>(name).is_err() => Ok(Ident::new_raw(name, Span::call_site())),
        name => Ok(Ident::new(name, Span::call_site())),
    }
}

fn manifest_path() -> Option<PathBuf> {
    let file = || env::var_os("CARGO_MANIFEST_PATH").map(PathBuf::from);
    let folder = || Some(PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.toml"));
    file().or_else(folder)
}

/// The `cfg` under which the dependency is there: its features and its platform.
fn condition(dependency: &Dependency, also: Option<TokenStream>) -> Result<TokenStream, Vec<String>> {
    let features = dependency.features.as_ref().map(|features| quote!(any(#(feature = #features),*)));
    let all = features.into_iter().chain(also).chain(platform(dependency)?);
    Ok(quote!(all(#(#all),*)))
}

/// The `cfg` of the platforms that the dependency is for, where it is not for all.
fn platform(dependency: &Dependency) -> Result<Option<TokenStream>, Vec<String>> {
    let mut platforms = Vec::new();
    for condition in &dependency.conditions {
        match condition {
            Condition::Always => return Ok(None),
            Condition::Platform { cfg, line } => platforms.push(
                cfg.parse::<TokenStream>()
                    .map_err(|error| vec![format!("Cargo.toml:{line}: cannot read `cfg({cfg})`: {error}")])?,
            ),
        }
    }
    Ok(Some(quote!(any(#(#platforms),*))))
}

/// The text that `plug`'s catalogue reads: the package, and a line for each feature, which ends with whether the feature is on
/// and whether what it brings is for this platform.
fn catalogue(root: &TokenStream, manifest: &Manifest) -> Result<TokenStream, Vec<String>> {
    let package = format!("{}\n", manifest.package);
    let mut lines = TokenStream::new();
    for feature in &manifest.catalogue {
        let (name, plugins) = (&feature.name, feature.plugins.join(","));
        let start = format!("{name} {} {plugins} ", feature.packages.join(","));
        let mut platforms = Vec::new();
        for dependency in manifest.plugins.iter().filter(|dependency| feature.keys.contains(&dependency.key)) {
            platforms.extend(platform(dependency)?);
        }
        let on = quote!(#root::__private::core::cfg!(feature = #name));
        let here = quote!(#root::__private::core::cfg!(all(#(#platforms),*)));
        lines.extend(quote!(#start, #on, " ", #here, "\n",));
    }
    Ok(quote!(#root::__private::catalogue! { #package, #lines }))
}

/// What is being compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Library,
    Binary,
    /// A test, a doctest, an example or a bench: has the package's library and its dev-dependencies.
    Test,
}

impl Target {
    /// No variable of Cargo's says it. These do, in this order.
    fn current(manifest: &Manifest, folder: &Path) -> Self {
        let is_set = |variable: &str| env::var_os(variable).is_some();
        // Set by rustdoc around the compilation of a doctest; but not where it merges several into one crate.
        let is_doctest = is_set("UNSTABLE_RUSTDOC_TEST_PATH") || is_bundle_of_doctests();
        // "Only set when building integration test or benchmark code."
        let is_test = is_set("CARGO_TARGET_TMPDIR");
        // "Only set for binaries or binary examples."
        let is_binary = is_set("CARGO_BIN_NAME");
        if is_doctest || is_test || (is_binary && is_example(manifest, folder)) {
            return Self::Test;
        }
        let is_library = match (env::var("CARGO_CRATE_NAME"), &manifest.library) {
            (Ok(this), Some(library)) => this == *library,
            _ => !is_binary,
        };
        match (is_binary, is_library) {
            (true, _) => Self::Binary,
            (false, true) => Self::Library,
            (false, false) => Self::Test,
        }
    }
}

/// The file that the compiler was given. A macro's span does not tell: `link!` is a macro of `plug`, and is where that stands.
fn root_file() -> Option<PathBuf> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    arguments.find(|argument| argument.extension().is_some_and(|extension| extension == "rs"))
}

fn is_bundle_of_doctests() -> bool {
    let file = root_file();
    let name = file.as_deref().and_then(Path::file_stem).map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with("doctest_bundle_"))
}

fn is_example(manifest: &Manifest, folder: &Path) -> bool {
    let file = root_file().and_then(|file| file.canonicalize().ok());
    let (Some(file), Ok(folder)) = (file, folder.canonicalize()) else { return false };
    file.starts_with(folder.join("examples")) || manifest.examples.iter().any(|path| folder.join(path) == file)
}
