//! `link!()`: links the plugin dependencies of the calling package, and tells the registry their
//! features.

mod manifest;
mod nearest;
#[cfg(test)]
mod tests;

use std::env;
use std::path::{Path, PathBuf};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;

use manifest::{Condition, Dependency, Manifest};

/// `input` is the path of `plug`, which `plug::link!` adds, and the arguments of the caller.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut input = input.into_iter();
    let root: TokenStream = input.next().into_iter().collect();
    match input.next().map(|token: TokenTree| token.span()) {
        Some(span) => fail(span, &["`link!()` takes no arguments: Cargo.toml names the plugins".to_owned()]),
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

    // Makes the crate depend on the file, else Cargo would not see an edit of `[package.metadata]`
    // alone.
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

/// The name of a crate, which can be a keyword.
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

/// The `cfg` of the dependency: its features and its platforms.
fn condition(dependency: &Dependency, also: Option<TokenStream>) -> Result<TokenStream, Vec<String>> {
    let features = dependency.features.as_ref().map(|features| quote!(any(#(feature = #features),*)));
    let all = features.into_iter().chain(also).chain(platform(dependency)?);
    Ok(quote!(all(#(#all),*)))
}

/// The `cfg` of the platforms of the dependency; none if it is for all.
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

/// The text that the catalogue of `plug` reads: the package, a line for each feature, and a line for
/// each source, which begins with a space.
/// The line of a feature ends with two flags: the feature is on, and its plugins are for this
/// platform.
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
    let sources: String = manifest.sources.iter().map(|(package, source)| format!(" {package} {source}\n")).collect();
    let sources = (!sources.is_empty()).then(|| quote!(#sources,));
    Ok(quote!(#root::__private::catalogue! { #package, #lines #sources }))
}

/// The target that the compiler compiles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Library,
    Binary,
    /// A test, a doctest, an example or a bench.
    /// It has the package's library and dev-dependencies.
    Test,
}

impl Target {
    /// No variable of Cargo names the target.
    /// These tell it, in this order.
    fn current(manifest: &Manifest, folder: &Path) -> Self {
        let is_set = |variable: &str| env::var_os(variable).is_some();
        // Rustdoc sets it to compile a doctest, unless it merges several into one crate.
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

/// The file that the compiler compiles.
/// The span does not tell, since it lies in `plug`, which has the macro `link!`.
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
