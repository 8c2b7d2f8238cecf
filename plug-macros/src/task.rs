//! An `async fn` of a trait or an impl, as a function that returns a boxed future:
//!
//! ```text
//! async fn get(&self, key: &str) -> Option<String>;
//! fn get<'__plug>(&'__plug self, key: &'__plug str) -> Task<'__plug, Option<String>>;
//! ```
//!
//! All references that leave out their lifetime share one, which is late bound, so an impl by hand
//! is short.
//! A lifetime below another reference, and a `'_` among the arguments of a type, stay apart:
//! the type may not be able to shorten it.

pub(crate) mod async_trait;
mod body;

use proc_macro2::Span;
use quote::quote;
use syn::{
    FnArg, GenericParam, ImplItem, ItemImpl, ItemTrait, Lifetime, LifetimeParam, ReceiverKind, ReturnType, Signature,
    TraitItem, Type, parse_quote, parse_quote_spanned,
};

use crate::arguments::Root;
use crate::place::Place;
use crate::types::{self, LifetimePlace};

/// Whether the method becomes a function that returns a future.
/// Trait and impl must agree on it, so it depends only on tokens that both have.
pub(crate) fn is_task(signature: &Signature) -> bool {
    signature.asyncness.is_some() && signature.receiver().is_some() && !is_generic(signature)
}

/// Whether the method has types or constants as parameters, or an `impl Trait`.
pub(crate) fn is_generic(signature: &Signature) -> bool {
    let is_opaque = |input: &FnArg| matches!(input, FnArg::Typed(input) if types::is_opaque(&input.ty));
    signature.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)))
        || signature.inputs.iter().any(is_opaque)
        || matches!(&signature.output, ReturnType::Type(_, ty) if types::is_opaque(ty))
}

/// Rewrites the asynchronous methods of a trait.
pub(crate) fn rewrite_trait(root: &Root, item: &mut ItemTrait) {
    for item in &mut item.items {
        if let TraitItem::Fn(item) = item
            && is_task(&item.sig)
        {
            let output = rewrite(root, &mut item.sig);
            if let Some(body) = &mut item.default {
                body::rewrite(root, &item.attrs, &mut item.sig, &output, body);
            }
        }
    }
}

/// Rewrites the asynchronous methods of an impl.
/// Returns whether it has one.
pub(crate) fn rewrite_impl(root: &Root, item: &mut ItemImpl) -> bool {
    let mut has_one = false;
    for item in &mut item.items {
        if let ImplItem::Fn(item) = item
            && is_task(&item.sig)
        {
            has_one = true;
            let output = rewrite(root, &mut item.sig);
            body::rewrite(root, &item.attrs, &mut item.sig, &output, &mut item.block);
        }
    }
    has_one
}

/// Rewrites the signature.
/// Returns the type of the future's output.
fn rewrite(root: &Root, signature: &mut Signature) -> Type {
    // The compiler shows there that `async` is too much, if the method has no written type.
    let span = signature.asyncness.take().map_or_else(Span::call_site, |token| token.span);
    let (arrow, mut output) = match std::mem::replace(&mut signature.output, ReturnType::Default) {
        ReturnType::Type(arrow, ty) => (arrow, *ty),
        ReturnType::Default => (parse_quote_spanned!(span=> ->), parse_quote_spanned!(span=> ())),
    };
    let lifetime = name_lifetimes(signature, &mut output, span);
    let place = Place::of(&output);
    let start = quote!(#root::__private::Task<);
    let inner = quote!(#lifetime, #output);
    signature.output = ReturnType::Type(arrow, Box::new(Type::Verbatim(place.enclosing(start, inner, quote!(>)))));
    output
}

/// Names the lifetimes that the signature and its result leave out.
/// Returns that of the future.
fn name_lifetimes(signature: &mut Signature, output: &mut Type, span: Span) -> Lifetime {
    let mut names = Names::default();
    let mut inputs = signature.inputs.iter_mut();
    let receiver = inputs.next();
    let mut others: Vec<_> = inputs
        .filter_map(|input| match input {
            FnArg::Typed(input) => Some(&mut *input.ty),
            FnArg::Receiver(_) => None,
        })
        .collect();
    // A result that borrows does so from the object, and not from the other arguments.
    names.is_self_apart = is_elided(output, false) && others.iter().any(|ty| is_elided(ty, true));
    let mut of_self = None;
    if let Some(FnArg::Receiver(receiver)) = receiver {
        let mut name = |lifetime: &mut Lifetime, place| {
            names.name(lifetime, place);
            of_self.get_or_insert_with(|| lifetime.clone());
        };
        match &mut receiver.kind {
            ReceiverKind::Reference(and, lifetime, _) => {
                let elided = || Lifetime::new("'_", and.span);
                name(
                    lifetime.get_or_insert_with(elided),
                    LifetimePlace { is_of_reference: true, is_below_reference: false },
                );
            }
            ReceiverKind::Typed(_, ty) => types::each_lifetime(ty, &mut name),
            _ => {}
        }
    }
    names.is_self_apart = false;
    for ty in &mut others {
        types::each_lifetime(ty, &mut |lifetime, place| names.name(lifetime, place));
    }
    let is_borrowed = of_self.is_some();
    let of_output = of_self.or_else(|| names.shared.clone());
    types::each_lifetime(output, &mut |lifetime, _| {
        if let Some(of_output) = of_output.as_ref().filter(|_| lifetime.ident == "_") {
            *lifetime = Lifetime { ident: of_output.ident.clone(), apostrophe: of_output.apostrophe };
        }
    });
    names.declare(signature, is_borrowed, span)
}

/// Whether the type leaves a lifetime out.
/// `shared` counts only those that the future shares.
fn is_elided(ty: &Type, shared: bool) -> bool {
    let mut is_elided = false;
    types::each_lifetime(&mut ty.clone(), &mut |lifetime, place| {
        is_elided |= lifetime.ident == "_" && (!shared || is_shared(place));
    });
    is_elided
}

fn is_shared(place: LifetimePlace) -> bool {
    place.is_of_reference && !place.is_below_reference
}

/// The lifetimes of a signature.
#[derive(Default)]
struct Names {
    /// Whether the object has a lifetime of its own, which the result has too.
    is_self_apart: bool,
    /// That of the references that leave it out.
    shared: Option<Lifetime>,
    /// Those that stay apart, and whether they must outlive the future by a bound.
    /// One below a reference does so by the reference.
    apart: Vec<(Lifetime, bool)>,
    /// Those of the author that must outlive the future by a bound.
    written: Vec<Lifetime>,
}

impl Names {
    fn name(&mut self, lifetime: &mut Lifetime, place: LifetimePlace) {
        if lifetime.ident != "_" {
            if !place.is_below_reference && lifetime.ident != "static" && !self.written.contains(lifetime) {
                self.written.push(lifetime.clone());
            }
            return;
        }
        let span = lifetime.span();
        *lifetime = if !is_shared(place) {
            self.apart(&format!("'__plug{}", self.apart.len() + 1), span, !place.is_below_reference)
        } else if self.is_self_apart {
            self.apart("'__plug_self", span, true)
        } else {
            self.shared.get_or_insert_with(|| new("'__plug", span)).clone()
        };
    }

    fn apart(&mut self, name: &str, span: Span, is_bounded: bool) -> Lifetime {
        let lifetime = new(name, span);
        self.apart.push((lifetime.clone(), is_bounded));
        lifetime
    }

    /// Declares the new lifetimes.
    /// Returns that of the future.
    fn declare(self, signature: &mut Signature, is_borrowed: bool, span: Span) -> Lifetime {
        let Self { shared, apart, written, .. } = self;
        let is_bounded = apart.iter().any(|(_, is_bounded)| *is_bounded);
        let of_future = match (&shared, &written[..]) {
            (Some(shared), _) => shared.clone(),
            // The author has named it.
            (None, []) if is_borrowed && !is_bounded => new("'static", span),
            (None, [one]) if is_borrowed && !is_bounded => one.clone(),
            _ => new("'__plug", span),
        };
        let is_new = shared.is_some() || of_future.ident == "__plug";
        let mut params: Vec<LifetimeParam> = Vec::new();
        let (before, behind): (Vec<_>, Vec<_>) =
            apart.into_iter().partition(|(lifetime, _)| lifetime.ident == "__plug_self");
        let declare = |(lifetime, is_bounded): (Lifetime, bool)| -> LifetimeParam {
            if is_bounded { parse_quote!(#lifetime: #of_future) } else { parse_quote!(#lifetime) }
        };
        params.extend(before.into_iter().map(declare));
        params.extend(is_new.then(|| LifetimeParam::new(of_future.clone())));
        params.extend(behind.into_iter().map(declare));
        let generics = &mut signature.generics;
        for (at, param) in params.into_iter().enumerate() {
            generics.params.insert(at, GenericParam::Lifetime(param));
        }
        if is_new {
            if !is_borrowed {
                generics.make_where_clause().predicates.push(parse_quote!(Self: #of_future));
            }
            for lifetime in written {
                generics.make_where_clause().predicates.push(parse_quote!(#lifetime: #of_future));
            }
        }
        of_future
    }
}

/// A lifetime at this place.
/// All are of one scope, also if tokens of the signature come from different macros.
fn new(name: &str, place: Span) -> Lifetime {
    Lifetime::new(name, Span::call_site().located_at(place))
}
