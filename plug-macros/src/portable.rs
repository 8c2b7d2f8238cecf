//! `#[derive(Portable)]`: lets the values of a struct or an enum cross a boundary.

mod codec;
mod model;
pub(crate) mod numbers;
mod parameters;
mod view;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, DeriveInput, Error, GenericParam, TypeParamBound, parse_quote};

use crate::arguments::{self, Errors, Root};
use model::Model;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let item = match syn::parse2::<DeriveInput>(item) {
        Ok(item) => item,
        // The item is broken, and the compiler explains it.
        Err(_) => return TokenStream::new(),
    };
    let root = read_root(&item.attrs, &mut errors);
    match Model::read(&item, &mut errors) {
        Some(model) if errors.is_empty() => view::render(&root, &model),
        _ => {
            let stub = stub(&root, item);
            quote!(#stub #errors)
        }
    }
}

// #[plug(crate = path)]
fn read_root(attributes: &[Attribute], errors: &mut Errors) -> Root {
    let mut root = None;
    arguments::each_of(attributes, "crate = path", errors, |input, errors| {
        let key = arguments::key(input, "crate = path")?;
        match &key.to_string()[..] {
            "crate" => arguments::set(&mut root, &key, "crate = path", input, errors),
            "tag" => Err(Error::new(key.span(), "a `tag` belongs to a field or a variant: write it there")),
            other => Err(Error::new(key.span(), format!("unknown key `{other}`: there is `crate`"))),
        }
    });
    root.unwrap_or_default()
}

/// An impl for a refused type, so that the interfaces that use it cause no further errors.
fn stub(root: &Root, mut item: DeriveInput) -> Option<TokenStream> {
    let private = quote!(#root::__private);
    for param in &mut item.generics.params {
        match param {
            GenericParam::Lifetime(_) => return None,
            GenericParam::Type(param) => param.bounds.extend::<[TypeParamBound; 3]>([
                parse_quote!('static),
                parse_quote!(#private::core::marker::Send),
                parse_quote!(#private::core::marker::Sync),
            ]),
            GenericParam::Const(_) => {}
        }
    }
    let (name, (impl_generics, type_generics, where_clause)) = (&item.ident, item.generics.split_for_impl());
    Some(quote! {
        impl #impl_generics #private::Portable for #name #type_generics #where_clause {
            type View<'a> = ();
            const TYPE: #private::TypeRef = #private::TypeRef::new(&#private::Type::Unit);
            const ID: #private::core::primitive::u64 = 0;
            const IS_FLAT: #private::core::primitive::bool = true;

            fn view<'a>(&'a self, _: &'a #private::Scratch) {}

            fn own((): ()) -> Self {
                #private::core::unreachable!()
            }

            fn put<S: #private::Sink>(&self, _: S) {}

            fn merge<S: #private::Source>(
                _: &mut #private::core::option::Option<Self>,
                _: S,
            ) -> #private::Result<(), #private::Malformed> {
                #private::core::unreachable!()
            }

            fn missing() -> #private::Result<Self, #private::Malformed> {
                #private::core::unreachable!()
            }
        }
    })
}
