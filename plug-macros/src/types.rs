//! The checks of a type that tokens allow: it must own its data, and have a name that is valid
//! elsewhere.
//! The compiler checks the rest.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::{GenericArgument, Lifetime, Path, PathArguments, Type, TypeReference};

use crate::arguments::Errors;

/// The type without parentheses, visible or from a macro.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(ty) => bare(&ty.elem),
        Type::Group(ty) => bare(&ty.elem),
        ty => ty,
    }
}

/// The types inside a type, as they are written.
pub(crate) fn inner(ty: &Type) -> Vec<&Type> {
    match ty {
        Type::Paren(ty) => vec![&ty.elem],
        Type::Group(ty) => vec![&ty.elem],
        Type::Array(ty) => vec![&ty.elem],
        Type::Slice(ty) => vec![&ty.elem],
        Type::Reference(ty) => vec![&ty.elem],
        Type::Tuple(ty) => ty.elems.iter().collect(),
        Type::Path(ty) => arguments(&ty.path)
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn arguments(path: &Path) -> impl Iterator<Item = &GenericArgument> {
    path.segments.iter().flat_map(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args).into_iter().flatten(),
        _ => None.into_iter().flatten(),
    })
}

/// The tokens of a type, with another name for `Self`.
pub(crate) fn replace_self(tokens: TokenStream, name: &TokenStream) -> TokenStream {
    let replaced = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => name.clone(),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), name));
            inner.set_span(group.span());
            TokenTree::Group(inner).into()
        }
        token => token.into(),
    });
    replaced.collect()
}

/// The arguments of a type that is written as `Result<…>`.
pub(crate) fn arguments_of_result(ty: &Type) -> Vec<&Type> {
    match bare(ty) {
        Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result") => inner(bare(ty)),
        _ => Vec::new(),
    }
}

/// `whole` is the author's type, and `ty` the rest of it without its form.
pub(crate) fn check_argument(whole: &Type, ty: &Type, errors: &mut Errors) {
    if let Type::Reference(TypeReference { lifetime, mutability, .. }) = bare(whole) {
        check_lifetime(lifetime.as_ref(), errors);
        if mutability.is_some() {
            errors.at(whole, "the other side cannot change an argument: take a `&`, and return the new value");
        }
    }
    check_owned(ty, "only an argument as a whole can be borrowed", errors);
}

/// The lifetime of a reference.
/// One that the method declares is refused at its declaration.
pub(crate) fn check_lifetime(lifetime: Option<&Lifetime>, errors: &mut Errors) {
    if let Some(lifetime) = lifetime.filter(|lifetime| lifetime.ident == "static") {
        errors.at(lifetime, "an argument is borrowed for the call and not for longer: leave the lifetime out");
    }
}

pub(crate) fn check_result(ty: &Type, errors: &mut Errors) {
    check_owned(ty, "a result is owned", errors);
}

/// Refuses borrowed data in a type.
fn check_owned(ty: &Type, why: &str, errors: &mut Errors) {
    match ty {
        Type::Reference(reference) => {
            let better = match bare(&reference.elem) {
                Type::Path(path) if path.path.is_ident("str") => "a `String`",
                Type::Slice(_) => "a `Vec`",
                _ => "it without the `&`",
            };
            return errors.at(ty, format!("{why}, and this is a reference: write {better}"));
        }
        Type::ImplTrait(_) | Type::Infer(_) => errors.at(ty, "both sides must know the type: name it"),
        Type::TraitObject(_) => errors.at(ty, "a trait object does not cross: name a type that does"),
        Type::Path(path) => {
            if path.qself.is_none() && path.path.segments.first().is_some_and(|first| first.ident == "Self") {
                errors.at(ty, "the plugin's own type does not cross: name a type that does");
            }
            for argument in arguments(&path.path) {
                if matches!(argument, GenericArgument::Lifetime(lifetime) if lifetime.ident != "static") {
                    errors.at(argument, format!("{why}, and this type borrows: write one that does not"));
                }
            }
        }
        _ => {}
    }
    inner(ty).into_iter().for_each(|ty| check_owned(ty, why, errors));
}
