//! `#[plug(…)]` on the methods of an interface, and on their arguments.

use syn::{Attribute, Error, FnArg, ItemTrait, LitStr, Signature, TraitItem, TraitItemFn};

use crate::arguments::{self, Errors};

/// The attributes of a method.
#[derive(Default)]
pub(super) struct MethodMarks {
    pub(super) is_idempotent: bool,
    /// Whether its arguments cross as a map over net/rpc.
    pub(super) is_map: bool,
}

impl MethodMarks {
    // #[plug(idempotent, netrpc = "map")]
    pub(super) fn read(item: &TraitItemFn, errors: &mut Errors) -> Self {
        let (mut is_idempotent, mut form) = (false, None::<LitStr>);
        arguments::each_of(&item.attrs, "idempotent", errors, |input, errors| {
            let key = arguments::key(input, "idempotent")?;
            if key == "netrpc" {
                return arguments::set(&mut form, &key, "netrpc = \"map\"", input, errors);
            }
            if key != "idempotent" {
                let message = format!("unknown key `{key}`: there are `idempotent` and `netrpc`");
                return Err(Error::new(key.span(), message));
            }
            if std::mem::replace(&mut is_idempotent, true) {
                errors.at(&key, "`idempotent` is given twice");
            }
            Ok(())
        });
        let Some(form) = form else { return Self { is_idempotent, is_map: false } };
        if form.value() != "map" {
            errors.at(&form, "expected `netrpc = \"map\"`");
        } else if !item.sig.inputs.iter().any(|input| matches!(input, FnArg::Typed(_))) {
            errors.at(&form, "a method without arguments has none for a map: drop this");
        }
        Self { is_idempotent, is_map: true }
    }
}

/// Reports the marks of a method that does not cross, and of its arguments.
pub(super) fn refuse_method(item: &TraitItemFn, errors: &mut Errors) {
    refuse(&item.attrs, "this method does not cross: drop this", errors);
    refuse_arguments(&item.sig, true, "this method does not cross: drop this", errors);
}

/// Reports the marks of the receiver, which does not cross.
pub(super) fn refuse_receiver(signature: &Signature, errors: &mut Errors) {
    refuse_arguments(signature, false, "an object is no argument: drop this", errors);
}

fn refuse_arguments(signature: &Signature, all: bool, why: &str, errors: &mut Errors) {
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => refuse(&receiver.attrs, why, errors),
            FnArg::Typed(input) if all => refuse(&input.attrs, why, errors),
            FnArg::Typed(_) => {}
        }
    }
}

fn refuse(attributes: &[Attribute], why: &str, errors: &mut Errors) {
    attributes.iter().filter(|attribute| is_mark(attribute)).for_each(|mark| errors.at(mark, why));
}

/// Reports the marks in an interface that is not portable.
pub(super) fn refuse_all(item: &ItemTrait, errors: &mut Errors) {
    for item in &item.items {
        if let TraitItem::Fn(item) = item {
            let why = "only a method of a portable interface has this attribute: make the interface `portable`";
            refuse(&item.attrs, why, errors);
            let why = "only an argument of a portable interface has this attribute: make the interface `portable`";
            refuse_arguments(&item.sig, true, why, errors);
        }
    }
}

/// Removes the marks, which no other macro knows.
pub(super) fn take_off(item: &mut ItemTrait) {
    for item in &mut item.items {
        if let TraitItem::Fn(item) = item {
            let arguments = item.sig.inputs.iter_mut().map(|input| match input {
                FnArg::Receiver(receiver) => &mut receiver.attrs,
                FnArg::Typed(input) => &mut input.attrs,
            });
            for attributes in arguments.chain([&mut item.attrs]) {
                attributes.retain(|attribute| !is_mark(attribute));
            }
        }
    }
}

fn is_mark(attribute: &Attribute) -> bool {
    attribute.path().is_ident("plug")
}
