//! `#[plug::interface]`: a trait becomes one that plugins implement.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{
    Attribute, Error, GenericParam, Generics, Ident, ItemTrait, Lifetime, TraitItem, TraitItemType, TypeParamBound,
    parse_quote,
};

use crate::arguments::{self, Errors, Root, conditions, first};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let root = read_arguments(arguments, &mut errors);
    let interface = match syn::parse2::<ItemTrait>(item.clone()) {
        // Rendered whatever is wrong with the arguments, so that no plugin of it is told that it is no interface.
        Ok(item) => {
            refuse_types_of_no_object(&item, &mut errors);
            Some(render(&root, &Model::of(&item)))
        }
        Err(_) => {
            errors.at(first(&item), "`#[plug::interface]` goes above a trait");
            None
        }
    };
    quote!(#item #interface #errors)
}

/// A type that `dyn Trait` lacks would be named by the plugins all the same, which cannot know.
fn refuse_types_of_no_object(item: &ItemTrait, errors: &mut Errors) {
    for item in &item.items {
        if let TraitItem::Type(TraitItemType { generics: Generics { where_clause: Some(clause), .. }, .. }) = item {
            errors.at(clause, "the associated types of an interface are those of its objects: drop this clause");
        }
    }
}

// #[plug::interface]
// #[plug::interface(crate = path)]
fn read_arguments(arguments: TokenStream, errors: &mut Errors) -> Root {
    let mut root = None;
    arguments::each(arguments, errors, |input: ParseStream, errors| {
        let key = arguments::key(input, "crate = path")?;
        match &key.to_string()[..] {
            "crate" => arguments::set(&mut root, &key, "crate = path", input, errors),
            other => Err(Error::new(key.span(), format!("unknown key `{other}`: there is `crate`"))),
        }
    });
    root.unwrap_or_default()
}

/// What an interface is made from.
struct Model<'a> {
    name: &'a Ident,
    /// The `#[cfg]`s that stand below the attribute.
    conditions: Vec<Attribute>,
    /// The parameters of the impl: the trait's, and one for each associated type.
    generics: Generics,
    /// The arguments of `dyn Trait<…>`.
    arguments: Vec<TokenStream>,
}

impl<'a> Model<'a> {
    fn of(item: &'a ItemTrait) -> Self {
        let mut generics = item.generics.clone();
        // An object that is kept has no lifetime to borrow for, but the one of the program.
        let arguments = generics.params.iter().map(|param| match param {
            GenericParam::Lifetime(_) => Lifetime::new("'static", Span::call_site()).into_token_stream(),
            GenericParam::Type(param) => param.ident.to_token_stream(),
            GenericParam::Const(param) => param.ident.to_token_stream(),
        });
        let mut arguments: Vec<_> = arguments.collect();
        generics.params =
            generics.params.into_iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))).collect();
        for param in &mut generics.params {
            match param {
                GenericParam::Type(param) => {
                    param.default = None;
                    param.bounds.push(parse_quote!('static));
                }
                GenericParam::Const(param) => param.default = None,
                GenericParam::Lifetime(_) => {}
            }
        }
        let associated = item.items.iter().filter_map(|item| match item {
            TraitItem::Type(item) if item.generics.params.is_empty() && item.generics.where_clause.is_none() => {
                Some(item)
            }
            _ => None,
        });
        for item in associated {
            // Its bounds hold by themselves, and may name what cannot be named here; all but the one that lifts a bound.
            let name = &item.ident;
            let unsized_ = item
                .bounds
                .iter()
                .filter(|bound| matches!(bound, TypeParamBound::Trait(bound) if bound.path.is_ident("Sized")));
            generics.params.push(parse_quote!(#name: 'static #(+ #unsized_)*));
            arguments.push(quote!(#name = #name));
        }
        Self { name: &item.ident, conditions: conditions(&item.attrs), generics, arguments }
    }
}

fn render(root: &Root, model: &Model<'_>) -> TokenStream {
    let Model { name, conditions, generics, arguments } = model;
    let text = name.unraw().to_string();
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let interface = {
        // An error about the type, such as that there is none, is shown at the trait's name.
        let object = quote_spanned!(name.span()=> dyn #name);
        if arguments.is_empty() { object } else { quote!(#object<#(#arguments),*>) }
    };
    let is_generic = !generics.params.is_empty();
    quote! {
        #(#conditions)*
        #[allow(deprecated, non_camel_case_types)]
        impl #impl_generics #root::__private::Interface for #interface #where_clause {
            const DECLARATION: #root::__private::Declaration = #root::__private::declaration!(#text, #is_generic);
        }
    }
}
