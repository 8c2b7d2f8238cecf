//! `#[plug(…)]` on the methods of an interface.

use syn::{Attribute, Error, ItemTrait, TraitItem};

use crate::arguments::{self, Errors};

// #[plug(idempotent)]
pub(super) fn is_idempotent(attributes: &[Attribute], errors: &mut Errors) -> bool {
    let mut is_idempotent = false;
    arguments::each_of(attributes, "idempotent", errors, |input, errors| {
        let key = arguments::key(input, "idempotent")?;
        if key != "idempotent" {
            return Err(Error::new(key.span(), format!("unknown key `{key}`: there is `idempotent`")));
        }
        if std::mem::replace(&mut is_idempotent, true) {
            errors.at(&key, "`idempotent` is given twice");
        }
        Ok(())
    });
    is_idempotent
}

/// Reports each mark.
pub(super) fn refuse(attributes: &[Attribute], why: &str, errors: &mut Errors) {
    attributes.iter().filter(|attribute| is_mark(attribute)).for_each(|mark| errors.at(mark, why));
}

/// Reports the marks in an interface that is not portable.
pub(super) fn refuse_all(item: &ItemTrait, errors: &mut Errors) {
    for item in &item.items {
        if let TraitItem::Fn(item) = item {
            refuse(
                &item.attrs,
                "only a method of a portable interface has this attribute: make the interface `portable`",
                errors,
            );
        }
    }
}

/// Removes the marks, which no other macro knows.
pub(super) fn take_off(item: &mut ItemTrait) {
    for item in &mut item.items {
        if let TraitItem::Fn(item) = item {
            item.attrs.retain(|attribute| !is_mark(attribute));
        }
    }
}

fn is_mark(attribute: &Attribute) -> bool {
    attribute.path().is_ident("plug")
}
