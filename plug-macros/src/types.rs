//! The checks of a type that tokens allow: it must own its data, and have a name that is valid
//! elsewhere.
//! The compiler checks the rest.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, GenericParam, Lifetime, Path, PathArguments, Token, Type, TypeParamBound, TypeReference,
    TypeTraitObject,
};

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

/// Whether the type has an `impl Trait`.
pub(crate) fn is_opaque(ty: &Type) -> bool {
    matches!(ty, Type::ImplTrait(_)) || inner(ty).into_iter().any(is_opaque)
}

fn arguments(path: &Path) -> impl Iterator<Item = &GenericArgument> {
    path.segments.iter().flat_map(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args).into_iter().flatten(),
        _ => None.into_iter().flatten(),
    })
}

/// The place of a lifetime in a type.
#[derive(Clone, Copy)]
pub(crate) struct LifetimePlace {
    /// Whether it is that of a reference, and not an argument of another type.
    pub(crate) is_of_reference: bool,
    /// Whether a reference is around it.
    pub(crate) is_below_reference: bool,
}

/// Visits the lifetimes of a type, from left to right.
/// That of a reference that leaves it out is written as `'_`.
pub(crate) fn each_lifetime(ty: &mut Type, visit: &mut dyn FnMut(&mut Lifetime, LifetimePlace)) {
    each_lifetime_in(ty, false, visit);
}

/// Visits those in the arguments of a path.
pub(crate) fn each_lifetime_of_path(path: &mut Path, visit: &mut dyn FnMut(&mut Lifetime, LifetimePlace)) {
    each_lifetime_in_path(path, false, visit);
}

fn each_lifetime_in(ty: &mut Type, is_below_reference: bool, visit: &mut dyn FnMut(&mut Lifetime, LifetimePlace)) {
    match ty {
        Type::Paren(ty) => each_lifetime_in(&mut ty.elem, is_below_reference, visit),
        Type::Group(ty) => each_lifetime_in(&mut ty.elem, is_below_reference, visit),
        Type::Array(ty) => each_lifetime_in(&mut ty.elem, is_below_reference, visit),
        Type::Slice(ty) => each_lifetime_in(&mut ty.elem, is_below_reference, visit),
        Type::Ptr(ty) => each_lifetime_in(&mut ty.elem, is_below_reference, visit),
        Type::Tuple(ty) => ty.elems.iter_mut().for_each(|ty| each_lifetime_in(ty, is_below_reference, visit)),
        Type::Reference(ty) => {
            let elided = Lifetime::new("'_", ty.and_token.span);
            let place = LifetimePlace { is_of_reference: true, is_below_reference };
            visit(ty.lifetime.get_or_insert(elided), place);
            each_lifetime_in(&mut ty.elem, true, visit);
        }
        Type::Path(ty) => {
            if let Some(of) = &mut ty.qself {
                each_lifetime_in(&mut of.ty, is_below_reference, visit);
            }
            each_lifetime_in_path(&mut ty.path, is_below_reference, visit);
        }
        Type::TraitObject(ty) => {
            for bound in &mut ty.bounds {
                match bound {
                    TypeParamBound::Trait(bound) => {
                        // Those that `for<'a> Trait<'a>` declares are its own.
                        let own = bound.lifetimes.iter().flat_map(|own| &own.lifetimes);
                        let own: Vec<_> = own
                            .filter_map(|param| match param {
                                GenericParam::Lifetime(param) => Some(&param.lifetime),
                                _ => None,
                            })
                            .collect();
                        each_lifetime_in_path(&mut bound.path, is_below_reference, &mut |lifetime, place| {
                            if !own.contains(&&*lifetime) {
                                visit(lifetime, place);
                            }
                        });
                    }
                    TypeParamBound::Lifetime(lifetime) => {
                        visit(lifetime, LifetimePlace { is_of_reference: false, is_below_reference });
                    }
                    _ => {}
                }
            }
        }
        // `fn(&str)` declares the lifetimes that it elides.
        _ => {}
    }
}

/// `Fn(&str)` declares the lifetimes that it elides, so only arguments in angle brackets count.
fn each_lifetime_in_path(
    path: &mut Path,
    is_below_reference: bool,
    visit: &mut dyn FnMut(&mut Lifetime, LifetimePlace),
) {
    for segment in &mut path.segments {
        let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { continue };
        for argument in &mut arguments.args {
            match argument {
                GenericArgument::Lifetime(lifetime) => {
                    visit(lifetime, LifetimePlace { is_of_reference: false, is_below_reference });
                }
                GenericArgument::Type(ty) => each_lifetime_in(ty, is_below_reference, visit),
                GenericArgument::AssocType(binding) => each_lifetime_in(&mut binding.ty, is_below_reference, visit),
                _ => {}
            }
        }
    }
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

/// The object type of a `Box<dyn Trait>`.
pub(crate) fn boxed_object(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let is_box = path.path.segments.last().is_some_and(|last| last.ident == "Box");
    match inner(bare(ty))[..] {
        [object] if is_box => Some(bare(object)).filter(|object| matches!(object, Type::TraitObject(_))),
        _ => None,
    }
}

/// Whether it is written as one of plug's streams.
pub(crate) fn is_stream(ty: &Type) -> bool {
    let Type::Path(path) = bare(ty) else { return false };
    path.path
        .segments
        .last()
        .is_some_and(|last| (last.ident == "Items" || last.ident == "Stream") && !last.arguments.is_none())
}

/// The way out for a trait of the standard library or of futures whose objects do not cross.
fn way_out(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<&'static str> {
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last()?;
        match &last.ident {
            // Only the traits of closures have arguments in parentheses.
            _ if matches!(last.arguments, PathArguments::Parenthesized(_)) => Some(CLOSURE),
            ident if ident == "Iterator" || ident == "IntoIterator" => Some(ITEMS),
            ident if ident == "Stream" => Some(STREAM),
            _ => None,
        }
    })
}

/// `way_out` of `dyn Trait` and `impl Trait`.
fn way_out_of(ty: &Type) -> Option<&'static str> {
    match bare(ty) {
        Type::TraitObject(object) => way_out(&object.bounds),
        Type::ImplTrait(opaque) => way_out(&opaque.bounds),
        _ => None,
    }
}

const CLOSURE: &str = "a closure does not cross: make a portable interface with one method, and pass `&dyn Trait` or \
                       `Box<dyn Trait>` of it";
const ITEMS: &str =
    "items cross one after another as `plug::Items<T>`: write that, and `Items::new(…)` around the iterator";
const STREAM: &str =
    "items cross one after another as `plug::Stream<T>`: write that, and `Stream::new(…)` around the stream";

/// The side of a method on which a type is written.
#[derive(Clone, Copy)]
enum Side {
    Argument,
    Result,
}

impl Side {
    /// The reason against borrowed data in a type.
    fn why(self) -> &'static str {
        match self {
            Self::Argument => "only an argument as a whole can be borrowed",
            Self::Result => "a result is owned",
        }
    }

    /// What to write instead of a reference to an object that is inside another type.
    fn instead_of_reference(self, object: &TypeTraitObject) -> String {
        let object = alone(object);
        match self {
            Self::Argument => format!(
                "an object is lent as a whole argument, and cannot be optional or in a list: take `&{object}` and \
                 lend a default object, or make two methods"
            ),
            Self::Result => format!(
                "an object is returned as the whole result, and cannot be optional or in a list: write \
                 `Result<Box<{object}>, plug::Error>`"
            ),
        }
    }
}

/// `whole` is the author's type, and `ty` the rest of it without its form.
pub(crate) fn check_argument(whole: &Type, ty: &Type, is_object: bool, errors: &mut Errors) {
    if let Type::Reference(TypeReference { lifetime, mutability, elem, .. }) = bare(whole) {
        check_lifetime(lifetime.as_ref(), errors);
        if is_stream(elem) {
            let reference = if mutability.is_some() { "&mut" } else { "&" };
            errors.at(whole, format!("a stream is given away and not lent: write it without the `{reference}`"));
        } else if mutability.is_some() && way_out_of(elem).is_none() {
            errors.at(whole, "the other side cannot change an argument: take a `&`, and return the new value");
        }
    }
    match ty {
        Type::TraitObject(object) if is_object => check_object(object, errors),
        ty => check_owned(ty, Side::Argument, errors),
    }
}

/// An object that is lent or given: of one interface, and nothing else.
fn check_object(object: &TypeTraitObject, errors: &mut Errors) {
    if let Some(message) = way_out(&object.bounds) {
        return errors.at(object, message);
    }
    let mut bounds = object.bounds.iter();
    if !matches!((bounds.next(), bounds.next()), (Some(TypeParamBound::Trait(_)), None)) {
        let message = "an object that crosses is of one portable interface, which is `Send + Sync`: \
                       write `dyn Trait` alone";
        errors.at(object, message);
    }
}

/// The object type without the bounds that `check_object` refuses.
/// It is text, since the compiler puts spaces between the tokens of a path.
fn alone(object: &TypeTraitObject) -> String {
    let interface = object.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => Some(&bound.path.segments),
        _ => None,
    });
    let names: Vec<_> = interface.into_iter().flatten().map(|segment| segment.ident.to_string()).collect();
    format!("dyn {}", names.join("::"))
}

/// The lifetime of a reference.
/// One that the method declares is refused at its declaration.
pub(crate) fn check_lifetime(lifetime: Option<&Lifetime>, errors: &mut Errors) {
    if let Some(lifetime) = lifetime.filter(|lifetime| lifetime.ident == "static") {
        errors.at(lifetime, "an argument is borrowed for the call and not for longer: leave the lifetime out");
    }
}

pub(crate) fn check_result(ty: &Type, errors: &mut Errors) {
    if let Some(object) = returned_object(ty) {
        check_object(object, errors);
        if way_out(&object.bounds).is_none() {
            let object = alone(object);
            let message = format!(
                "a portable method returns a `Result`, since a boundary can fail: write \
                 `Result<Box<{object}>, plug::Error>`"
            );
            errors.at(ty, message);
        }
        return;
    }
    let types = arguments_of_result(ty);
    if let [ok, others @ ..] = &types[..]
        && let Some(object) = returned_object(ok)
    {
        check_object(object, errors);
        if matches!(bare(ok), Type::Reference(_)) && way_out(&object.bounds).is_none() {
            let object = alone(object);
            errors.at(ok, format!("a result is owned, and this object is borrowed: write `Box<{object}>`"));
        }
        others.iter().for_each(|ty| check_owned(ty, Side::Result, errors));
    } else {
        check_owned(ty, Side::Result, errors);
    }
}

/// The object of a result that is one, as `Box<dyn Trait>`, or as `&dyn Trait`, which is refused.
fn returned_object(ty: &Type) -> Option<&TypeTraitObject> {
    let object = match bare(ty) {
        Type::Reference(reference) => bare(&reference.elem),
        ty => boxed_object(ty)?,
    };
    match object {
        Type::TraitObject(object) => Some(object),
        _ => None,
    }
}

/// Refuses borrowed data in a type.
fn check_owned(ty: &Type, side: Side, errors: &mut Errors) {
    let why = side.why();
    match ty {
        Type::Reference(reference) => {
            let better = match bare(&reference.elem) {
                Type::TraitObject(object) => {
                    let message = way_out(&object.bounds).map(String::from);
                    return errors.at(ty, message.unwrap_or_else(|| side.instead_of_reference(object)));
                }
                Type::Path(path) if path.path.is_ident("str") => "a `String`",
                Type::Slice(_) => "a `Vec`",
                _ => "it without the `&`",
            };
            return errors.at(ty, format!("{why}, and this is a reference: write {better}"));
        }
        Type::ImplTrait(opaque) => {
            errors.at(ty, way_out(&opaque.bounds).unwrap_or("both sides must know the type: name it"));
        }
        Type::Infer(_) => errors.at(ty, "both sides must know the type: name it"),
        Type::TraitObject(object) => {
            let message = "an object crosses as a whole argument, `&dyn Trait` or `Box<dyn Trait>`, or as a whole \
                           result, `Result<Box<dyn Trait>, plug::Error>`";
            errors.at(ty, way_out(&object.bounds).unwrap_or(message));
        }
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
    inner(ty).into_iter().for_each(|ty| check_owned(ty, side, errors));
}
