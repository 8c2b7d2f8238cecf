//! The types of an impl in a form that is valid outside of it.
//! `Self` and the associated types are written out.
//! An elided lifetime is `'static`, since a registry keeps its objects.

use proc_macro2::{Group, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{ExprPath, GenericArgument, Ident, ImplItem, ItemImpl, Lifetime, Path, PathArguments, Type, parse_quote};

use crate::arguments::Errors;
use crate::types;

pub(super) struct Outside {
    self_ty: Type,
    /// The associated types that a `dyn Trait` names.
    associated: Vec<(Ident, Type)>,
}

impl Outside {
    pub(super) fn of(item: &ItemImpl) -> Self {
        let associated = item.items.iter().filter_map(|item| match item {
            ImplItem::Type(item) if item.generics.params.is_empty() => {
                Some((item.ident.clone(), with_static(&item.ty)))
            }
            _ => None,
        });
        Self { self_ty: with_static(&item.self_ty), associated: associated.collect() }
    }

    pub(super) fn self_ty(&self) -> &Type {
        &self.self_ty
    }

    pub(super) fn has_associated_types(&self) -> bool {
        !self.associated.is_empty()
    }

    /// `Trait<T>` and the associated types of the impl: `Trait<T, Item = u8>`.
    pub(super) fn interface(&self, path: &Path) -> TokenStream {
        let mut path = path.clone();
        types::each_lifetime_of_path(&mut path, &mut |lifetime, _| lengthen(lifetime));
        for (ident, ty) in &self.associated {
            let binding: GenericArgument = parse_quote!(#ident = #ty);
            if let Some(last) = path.segments.last_mut() {
                match &mut last.arguments {
                    PathArguments::AngleBracketed(arguments) => arguments.args.push(binding),
                    arguments => *arguments = PathArguments::AngleBracketed(parse_quote!(<#binding>)),
                }
            }
        }
        self.write_out(path.to_token_stream(), &[])
    }

    /// `Self::open`, `<Self>::open` and `make::<Self>`.
    pub(super) fn function(&self, path: &ExprPath) -> TokenStream {
        self.write_out(path.to_token_stream(), &[])
    }

    /// Replaces `Self`, and `Self::Item` if the impl has the type `Item`.
    /// `within` are the associated types that are being written out, so that a circle ends.
    fn write_out(&self, tokens: TokenStream, within: &[&Ident]) -> TokenStream {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let (mut rest, mut written) = (&tokens[..], TokenStream::new());
        while let [token, others @ ..] = rest {
            rest = others;
            match token {
                TokenTree::Ident(ident) if ident == "Self" => {
                    let found = after_colons(rest).and_then(|path| self.associated(path, within));
                    let (ty, is_object) = match found {
                        Some((name, ty, others)) => {
                            rest = others;
                            let written = self.write_out(ty.to_token_stream(), &[within, &[name]].concat());
                            (written, matches!(ty, Type::TraitObject(_)))
                        }
                        None => (self.self_ty.to_token_stream(), false),
                    };
                    let (span, ty) = (ident.span(), at(ident.span(), ty));
                    written.extend(match after_colons(rest) {
                        Some(_) => quote_spanned!(span=> <#ty>),
                        None if is_object => quote_spanned!(span=> (#ty)),
                        None => ty,
                    });
                }
                TokenTree::Group(group) => {
                    let mut replaced = Group::new(group.delimiter(), self.write_out(group.stream(), within));
                    replaced.set_span(group.span());
                    written.extend([TokenTree::from(replaced)]);
                }
                token => written.extend([token.clone()]),
            }
        }
        written
    }

    /// The associated type that the path begins with, and the rest of the path.
    fn associated<'t>(&self, path: &'t [TokenTree], within: &[&Ident]) -> Option<(&Ident, &Type, &'t [TokenTree])> {
        let [TokenTree::Ident(name), rest @ ..] = path else { return None };
        let is_it = |ident: &Ident| ident == name && !within.contains(&ident);
        self.associated.iter().find(|(ident, _)| is_it(ident)).map(|(ident, ty)| (ident, ty, rest))
    }
}

/// The tokens behind `::`, if they begin with it.
fn after_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [TokenTree::Punct(one), TokenTree::Punct(two), others @ ..]
            if one.as_char() == ':' && one.spacing() == Spacing::Joint && two.as_char() == ':' =>
        {
            Some(others)
        }
        _ => None,
    }
}

/// The same tokens, at another place for errors.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let respan = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), at(span, group.stream())).into();
        }
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}

/// Refuses `Self::Item` in the path of the interface, which the compiler calls a cycle.
pub(super) fn refuse_projections(path: &Path, errors: &mut Errors) {
    refuse_projection(&parse_quote!(#path), errors);
}

fn refuse_projection(ty: &Type, errors: &mut Errors) {
    if let Type::Path(path) = ty
        && path.qself.is_none()
        && path.path.segments.len() > 1
        && path.path.segments[0].ident == "Self"
    {
        let message = "an impl names its interface before it has associated types: \
                       write the type itself, or `<Self as Trait>::Name`";
        errors.at(ty, message);
    }
    types::inner(ty).into_iter().for_each(|ty| refuse_projection(ty, errors));
}

fn with_static(ty: &Type) -> Type {
    let mut ty = ty.clone();
    types::each_lifetime(&mut ty, &mut |lifetime, _| lengthen(lifetime));
    ty
}

fn lengthen(lifetime: &mut Lifetime) {
    if lifetime.ident == "_" {
        *lifetime = Lifetime::new("'static", lifetime.span());
    }
}
