//! Methods that the objects of an interface cannot have, since they are generic or return `impl Trait`.

use syn::{FnArg, GenericParam, ItemTrait, ReturnType, Signature, TraitItem, Type, TypeParamBound, parse_quote};

use super::model::is_of_no_object;
use crate::arguments::Errors;
use crate::types;

/// Reports the methods of a plain interface that return a value of an unnamed type, and the
/// asynchronous ones that are generic.
/// Takes them off the objects, so that the compiler does not report them too.
pub(super) fn refuse(item: &mut ItemTrait, errors: &mut Errors) {
    for item in &mut item.items {
        if let TraitItem::Fn(item) = item
            && !is_of_no_object(item)
            && refuse_method(&item.sig, errors)
        {
            item.sig.generics.make_where_clause().predicates.push(parse_quote!(Self: Sized));
        }
    }
}

fn refuse_method(signature: &Signature, errors: &mut Errors) -> bool {
    let mut refused = Errors::default();
    if signature.asyncness.is_some() {
        for param in &signature.generics.params {
            let kind = match param {
                GenericParam::Lifetime(_) => continue,
                GenericParam::Type(_) => "type",
                GenericParam::Const(_) => "constant",
            };
            refused.at(param, format!("an asynchronous method of an interface is not generic: name the {kind}"));
        }
        for input in &signature.inputs {
            if let FnArg::Typed(input) = input
                && types::is_opaque(&input.ty)
            {
                refused.at(&input.ty, "an asynchronous method of an interface is not generic: name the type");
            }
        }
    }
    if let ReturnType::Type(_, ty) = &signature.output
        && types::is_opaque(ty)
    {
        let better = match (types::bare(ty), &signature.asyncness) {
            (Type::ImplTrait(opaque), None) if opaque.bounds.iter().any(is_future) => "write `async fn`",
            _ => "return a `Box<dyn …>`",
        };
        refused.at(ty, format!("the objects of an interface have no method that returns `impl Trait`: {better}"));
    }
    let is_refused = !refused.is_empty();
    errors.append(refused);
    is_refused
}

fn is_future(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|last| last.ident == "Future"))
}
