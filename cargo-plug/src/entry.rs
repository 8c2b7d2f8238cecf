//! The `main` of a program's library, which the package that is built calls.
//! It reads the text of the library's root alone.

use std::fmt;

use syn::{Item, ItemFn, ReturnType, Type, Visibility};

/// The reason why no other package can call it as its own `main`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    Missing,
    Private,
    Asynchronous,
    Arguments,
    /// The type of the result, which says nothing of success.
    Result(String),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Private => f.write_str("is private"),
            Self::Asynchronous => f.write_str("is asynchronous, and no executor runs it"),
            Self::Arguments => f.write_str("has arguments or parameters"),
            Self::Result(ty) => write!(f, "returns `{ty}`, which is no result of a program"),
        }
    }
}

/// The mistake in the `main` of this file, if it certainly is one.
pub(crate) fn mistake(text: &str) -> Option<Mistake> {
    let has_word = || text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "main");
    // The compiler says more of a file that cannot be read.
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    let mains = items.iter().filter_map(|item| match item {
        Item::Fn(function) if function.sig.ident == "main" => Some(of_function(function)),
        _ => None,
    });
    let mut mains: Vec<_> = mains.collect();
    match mains.pop() {
        // It may be exported from a module, or made by a macro.
        None => (!has_word()).then_some(Mistake::Missing),
        // Of several, the configuration chooses one.
        Some(last) if mains.is_empty() => last,
        Some(_) => None,
    }
}

fn of_function(function: &ItemFn) -> Option<Mistake> {
    // `#[tokio::main]` makes another function of it.
    let has_executor = function.attrs.iter().any(|attribute| {
        let is_plain = ["cfg", "doc", "allow", "expect", "deny", "inline", "must_use"];
        !is_plain.iter().any(|name| attribute.path().is_ident(name))
    });
    let signature = &function.sig;
    if !matches!(function.vis, Visibility::Public(_)) {
        return Some(Mistake::Private);
    }
    if has_executor {
        return None;
    }
    if signature.asyncness.is_some() {
        return Some(Mistake::Asynchronous);
    }
    if !signature.inputs.is_empty() || !signature.generics.params.is_empty() {
        return Some(Mistake::Arguments);
    }
    match &signature.output {
        ReturnType::Type(_, ty) => of_result(ty).map(Mistake::Result),
        ReturnType::Default => None,
    }
}

/// The type, if it certainly is no `std::process::Termination`.
fn of_result(ty: &Type) -> Option<String> {
    const PLAIN: [&str; 18] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
        "usize", "String", "Option",
    ];
    let Type::Path(path) = ty else { return None };
    let name = path.path.segments.last()?.ident.to_string();
    (path.path.segments.len() == 1 && PLAIN.contains(&&*name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_that_a_package_can_call() {
        for text in [
            "pub fn main() {}",
            "/// Runs.\n#[cfg(unix)]\npub fn main() -> Result<(), Error> {}",
            "pub fn main() -> std::process::ExitCode {}",
            "pub fn main() -> ! { loop {} }",
            "pub use cli::main;",
            "#[tokio::main]\npub async fn main() {}",
            "#[cfg(a)]\nfn main() {}\n#[cfg(not(a))]\npub fn main() {}",
            "pub fn main( {",
        ] {
            assert_eq!(mistake(text), None, "{text}");
        }
    }

    #[test]
    fn a_main_that_no_package_can_call() {
        for (text, expected) in [
            ("", "is missing"),
            ("pub fn domain() {}", "is missing"),
            ("fn main() {}", "is private"),
            ("pub(crate) fn main() {}", "is private"),
            ("pub async fn main() {}", "is asynchronous, and no executor runs it"),
            ("pub fn main(x: u8) {}", "has arguments or parameters"),
            ("pub fn main() -> i32 { 0 }", "returns `i32`, which is no result of a program"),
        ] {
            assert_eq!(mistake(text).map(|mistake| mistake.to_string()).as_deref(), Some(expected), "{text}");
        }
    }
}
