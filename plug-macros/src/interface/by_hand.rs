//! A method of a portable interface that returns a boxed future and is no `async fn`.

use syn::{
    AngleBracketedGenericArguments, FnArg, GenericArgument, GenericParam, Lifetime, PathArguments, ReceiverKind,
    ReturnType, Signature, Type, TypeParamBound,
};

use crate::arguments::Errors;
use crate::types;

/// The future that a method returns.
pub(super) struct ByHand<'a> {
    pub(super) output: &'a Type,
    lifetime: Option<&'a Lifetime>,
}

impl<'a> ByHand<'a> {
    // fn get<'a>(&'a self, key: &'a str) -> Task<'a, Result<String, Error>>;
    // fn get<'a>(&'a self, key: &'a str) -> Pin<Box<dyn Future<Output = Result<String, Error>> + Send + 'a>>;
    pub(super) fn read(signature: &'a Signature) -> Option<Self> {
        let ReturnType::Type(_, ty) = &signature.output else { return None };
        if let Some((arguments, "Task")) = generic(ty).as_ref().map(|(arguments, name)| (*arguments, &name[..]))
            && let (Some(GenericArgument::Lifetime(lifetime)), Some(GenericArgument::Type(output)), 2) =
                (arguments.args.first(), arguments.args.last(), arguments.args.len())
        {
            return Some(Self { output, lifetime: Some(lifetime) });
        }
        let Type::TraitObject(object) = types::bare(only(only(ty, "Pin")?, "Box")?) else { return None };
        let output = object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last().filter(|last| last.ident == "Future"),
            _ => None,
        })?;
        let PathArguments::AngleBracketed(arguments) = &output.arguments else { return None };
        let output = arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })?;
        let lifetime = object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Lifetime(lifetime) => Some(lifetime),
            _ => None,
        });
        Some(Self { output, lifetime })
    }

    /// Reports a borrow that is not for the lifetime of the future.
    pub(super) fn check(&self, signature: &Signature, errors: &mut Errors) {
        let message = "the future borrows the object and all arguments for one lifetime: write `async fn`";
        let declared: Vec<_> = signature.generics.params.iter().collect();
        let is_it = |lifetime: Option<&Lifetime>| lifetime.map(|lifetime| &lifetime.ident) == self.ident();
        if let [GenericParam::Lifetime(param), others @ ..] = &declared[..] {
            others.iter().for_each(|other| errors.at(other, message));
            if !param.bounds.is_empty() || !is_it(Some(&param.lifetime)) {
                errors.at(param, message);
            }
        }
        let mut borrows = 0;
        for input in &signature.inputs {
            let lifetime = match input {
                FnArg::Receiver(receiver) => match &receiver.kind {
                    ReceiverKind::Reference(_, lifetime, _) => lifetime.as_ref(),
                    _ => continue,
                },
                FnArg::Typed(input) => match types::bare(&input.ty) {
                    Type::Reference(reference) => reference.lifetime.as_ref(),
                    _ => continue,
                },
            };
            borrows += 1;
            // `&self` alone can leave it out.
            if !is_it(lifetime.filter(|lifetime| lifetime.ident != "_")) || (borrows > 1 && self.ident().is_none()) {
                errors.at(input, message);
            }
        }
    }

    /// The name of the lifetime, if it has one.
    fn ident(&self) -> Option<&syn::Ident> {
        self.lifetime.map(|lifetime| &lifetime.ident).filter(|ident| *ident != "_")
    }
}

/// The arguments of a generic type, and its name.
fn generic(ty: &Type) -> Option<(&AngleBracketedGenericArguments, String)> {
    let Type::Path(path) = types::bare(ty) else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => Some((arguments, last.ident.to_string())),
        _ => None,
    }
}

/// The only argument of the type with this name.
fn only<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let (arguments, found) = generic(ty)?;
    match (arguments.args.first()?, arguments.args.len()) {
        (GenericArgument::Type(ty), 1) if found == name => Some(ty),
        _ => None,
    }
}
