//! Asynchronous methods, which the objects of an interface cannot have unless their futures are
//! boxed.

use syn::{Attribute, GenericParam, ItemTrait, ReturnType, Signature, TraitItem, TraitItemFn, Type, parse_quote};

use super::model::is_of_no_object;
use crate::arguments::Errors;
use crate::types;

/// Reports the methods of a plain interface that return a future, or another value, of an unnamed
/// type.
/// Takes them off the objects, so that the compiler does not report them too.
pub(super) fn refuse_unnamed_results(item: &mut ItemTrait, errors: &mut Errors) {
    if item.attrs.iter().any(can_box) {
        return;
    }
    for item in &mut item.items {
        if let TraitItem::Fn(item) = item
            && !is_of_no_object(item)
            && refuse_unnamed_result(&item.sig, errors)
        {
            item.sig.generics.make_where_clause().predicates.push(parse_quote!(Self: Sized));
        }
    }
}

fn refuse_unnamed_result(signature: &Signature, errors: &mut Errors) -> bool {
    let boxed = "`Pin<Box<dyn Future<Output = …> + Send + '_>>`";
    if let Some(token) = &signature.asyncness {
        let message = format!("the objects of an interface have no `async fn`: write `fn`, and return {boxed}");
        errors.at(token, message);
        return true;
    }
    let ReturnType::Type(_, ty) = &signature.output else { return false };
    let Type::ImplTrait(opaque) = types::bare(ty) else { return false };
    let is_future = opaque.bounds.iter().any(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Future"),
        _ => false,
    });
    let boxed = if is_future { boxed } else { "a `Box<dyn …>`" };
    errors.at(ty, format!("the objects of an interface have no method that returns `impl Trait`: return {boxed}"));
    true
}

/// Whether an attribute below may turn `async fn` into methods that return a box, as
/// `#[async_trait]` does.
fn can_box(attribute: &Attribute) -> bool {
    let inert = [
        "allow",
        "automock",
        "cfg",
        "cfg_attr",
        "clippy",
        "deny",
        "deprecated",
        "diagnostic",
        "doc",
        "expect",
        "forbid",
        "must_use",
        "rustfmt",
        "warn",
    ];
    !attribute.path().segments.first().is_some_and(|first| inert.iter().any(|inert| first.ident == inert))
}

/// Reports `#[async_trait]` at a portable interface, above or below, once for all methods.
pub(super) fn refuse_async_trait(item: &ItemTrait, errors: &mut Errors) -> bool {
    let message = "a portable interface is not asynchronous: drop `#[async_trait]` and each `async`, \
                   and return the results themselves";
    let mut methods = item.items.iter().filter_map(|item| match item {
        TraitItem::Fn(item) => Some(item),
        _ => None,
    });
    if let Some(below) = item.attrs.iter().find(|attribute| is_async_trait(attribute))
        && methods.clone().any(|method| method.sig.asyncness.is_some())
    {
        errors.at(below, message);
        return true;
    }
    let Some(above) = methods.find_map(lifetime_of_async_trait) else { return false };
    errors.at(above, message);
    true
}

fn is_async_trait(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "async_trait")
}

/// The lifetime that the output of `#[async_trait]` declares for each future.
/// Its place is that of the attribute.
// fn get<'life0, 'async_trait>(&'life0 self) -> Pin<Box<dyn Future<Output = u8> + 'async_trait>>
fn lifetime_of_async_trait(method: &TraitItemFn) -> Option<&GenericParam> {
    let is_it = |param: &&GenericParam| match param {
        GenericParam::Lifetime(param) => param.lifetime.ident == "async_trait",
        _ => false,
    };
    method.sig.generics.params.iter().find(is_it)
}
