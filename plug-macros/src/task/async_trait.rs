//! `#[async_trait]` at an interface or an impl, whose futures `plug` boxes itself.

use syn::{Attribute, GenericParam, Signature};

use crate::arguments::Errors;

/// Reports the attribute, above or below that of `plug`, and takes it off.
/// Returns whether it is there.
pub(crate) fn refuse<'a>(
    attributes: &mut Vec<Attribute>,
    mut methods: impl Iterator<Item = &'a Signature>,
    ours: &str,
    errors: &mut Errors,
) -> bool {
    let message = format!("`{ours}` boxes the futures of `async fn` itself: drop `#[async_trait]`");
    let is_it =
        |attribute: &Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "async_trait");
    if let Some(below) = attributes.iter().find(|attribute| is_it(attribute)) {
        errors.at(below, message);
        attributes.retain(|attribute| !is_it(attribute));
        return true;
    }
    let above = methods.find_map(lifetime);
    above.into_iter().for_each(|above| errors.at(above, &message));
    above.is_some()
}

/// The lifetime that the output of `#[async_trait]` declares for each future.
/// Its place is that of the attribute.
// fn get<'life0, 'async_trait>(&'life0 self) -> Pin<Box<dyn Future<Output = u8> + 'async_trait>>
fn lifetime(method: &Signature) -> Option<&GenericParam> {
    let is_it = |param: &&GenericParam| match param {
        GenericParam::Lifetime(param) => param.lifetime.ident == "async_trait",
        _ => false,
    };
    method.generics.params.iter().find(is_it)
}
