//! `#[plug::interface]`: makes a trait an interface, and with `portable` one whose plugins can be
//! behind a boundary.

mod by_hand;
mod generic;
mod marks;
mod model;
mod names;
mod proxy;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{
    Attribute, Error, GenericParam, Generics, Ident, Item, ItemTrait, Lifetime, LitStr, TraitItem, TraitItemType, Type,
    TypeParamBound, parse_quote,
};

use crate::arguments::{self, Errors, Root, conditions, first};
use crate::task;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Arguments { root, is_portable, service } = Arguments::read(arguments, &mut errors);
    let Ok(mut parsed) = syn::parse2::<ItemTrait>(item.clone()) else {
        match is_mock(&item) {
            true => errors.push(Error::new(Span::call_site(), BELOW_AUTOMOCK)),
            false => errors.at(first(&item), "`#[plug::interface]` goes above a trait"),
        }
        return quote!(#item #errors);
    };
    refuse_types_of_no_object(&parsed, &mut errors);
    let has_async_trait = refuse_async_trait(&mut parsed, &mut errors);
    if !is_portable {
        marks::refuse_all(&parsed, &mut errors);
        generic::refuse(&mut parsed, &mut errors);
    }
    let is_readable = is_portable && !has_async_trait;
    let portable = if is_readable { model::Interface::read(&parsed, service.as_ref(), &mut errors) } else { None };
    // A refused trait is an interface nevertheless, so that its plugins cause no further errors.
    let is_refused = is_portable && portable.is_none();
    let proxy = portable.map(|portable| proxy::render(&root, &portable));
    let interface = render(&root, &Object::of(&parsed), proxy.is_some());
    marks::take_off(&mut parsed);
    task::rewrite_trait(&root, &mut parsed);
    if !is_refused {
        return quote!(#parsed #interface #proxy #errors);
    }
    match model::leave_an_object(&mut parsed) {
        true => quote!(#parsed #interface #errors),
        false => quote!(#parsed #errors),
    }
}

/// Reports `#[async_trait]`, above or below, and takes it off.
fn refuse_async_trait(item: &mut ItemTrait, errors: &mut Errors) -> bool {
    let methods = item.items.iter().filter_map(|item| match item {
        TraitItem::Fn(item) => Some(&item.sig),
        _ => None,
    });
    task::async_trait::refuse(&mut item.attrs, methods, "#[plug::interface]", errors)
}

const BELOW_AUTOMOCK: &str = "`#[automock]` copies this attribute to its mock, which is no interface: \
                              write `#[plug::interface]` above `#[automock]`";

/// Whether the item is a part of the output of mockall's `#[automock]` for a trait.
/// It repeats the trait's attributes at each part.
// mod __mock_MockStore { … }
// pub struct MockStore { … }
// impl Store for MockStore { … }
fn is_mock(item: &TokenStream) -> bool {
    let is_named_so = |ident: &Ident| ["Mock", "__mock_Mock"].iter().any(|start| ident.to_string().starts_with(start));
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Mod(item)) => is_named_so(&item.ident),
        Ok(Item::Struct(item)) => is_named_so(&item.ident),
        Ok(Item::Impl(item)) => match &*item.self_ty {
            Type::Path(ty) => ty.path.segments.last().is_some_and(|last| is_named_so(&last.ident)),
            _ => false,
        },
        _ => false,
    }
}

/// `dyn Trait` lacks such a type, and `#[plug]` would name it, since it does not see the trait.
fn refuse_types_of_no_object(item: &ItemTrait, errors: &mut Errors) {
    for item in &item.items {
        if let TraitItem::Type(TraitItemType { generics: Generics { where_clause: Some(clause), .. }, .. }) = item {
            errors.at(clause, "the associated types of an interface are those of its objects: drop this clause");
        }
    }
}

/// The arguments of the attribute.
struct Arguments {
    root: Root,
    is_portable: bool,
    service: Option<LitStr>,
}

impl Arguments {
    // #[plug::interface]
    // #[plug::interface(portable, service = "proto.KV", crate = path)]
    fn read(arguments: TokenStream, errors: &mut Errors) -> Self {
        let (mut root, mut is_portable, mut service) = (None, false, None::<LitStr>);
        arguments::each(arguments, errors, |input: ParseStream, errors| {
            let key = arguments::key(input, "crate = path")?;
            match &key.to_string()[..] {
                "portable" => {
                    if std::mem::replace(&mut is_portable, true) {
                        errors.at(&key, "`portable` is given twice");
                    }
                    Ok(())
                }
                "service" => arguments::set(&mut service, &key, "service = \"proto.KV\"", input, errors),
                "crate" => arguments::set(&mut root, &key, "crate = path", input, errors),
                other => {
                    let message = format!("unknown key `{other}`: there are `portable`, `service` and `crate`");
                    Err(Error::new(key.span(), message))
                }
            }
        });
        if let Some(service) = service.as_ref().filter(|_| !is_portable) {
            errors.at(service, "only a portable interface is a service: add `portable`");
        }
        Self { root: root.unwrap_or_default(), is_portable, service }
    }
}

/// The object type of an interface.
struct Object<'a> {
    name: &'a Ident,
    /// The `#[cfg]`s below the attribute.
    conditions: Vec<Attribute>,
    /// The parameters of the impl: the trait's, and one for each associated type.
    generics: Generics,
    /// The arguments of `dyn Trait<…>`.
    arguments: Vec<TokenStream>,
}

impl<'a> Object<'a> {
    fn of(item: &'a ItemTrait) -> Self {
        let mut generics = item.generics.clone();
        // A registry keeps its objects, so they borrow for the program's lifetime.
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
            // Its bounds hold without being repeated, and can name items that are out of scope
            // here.
            // Only `?Sized` has to be repeated.
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

fn render(root: &Root, object: &Object<'_>, is_portable: bool) -> TokenStream {
    let Object { name, conditions, generics, arguments } = object;
    let text = name.unraw().to_string();
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let interface = {
        // The compiler shows an error about the object type at the trait's name.
        let object = quote_spanned!(name.span()=> dyn #name);
        if arguments.is_empty() { object } else { quote!(#object<#(#arguments),*>) }
    };
    let is_generic = !generics.params.is_empty();
    let vtables = is_portable.then(|| {
        quote! {
            const VTABLES: #root::__private::core::option::Option<&'static #root::__private::Vtables> =
                #root::__private::vtables!(dyn #name);
        }
    });
    quote! {
        #(#conditions)*
        #[allow(deprecated, non_camel_case_types)]
        impl #impl_generics #root::__private::Interface for #interface #where_clause {
            const DECLARATION: #root::__private::Declaration = #root::__private::declaration!(#text, #is_generic);
            #vtables
        }
    }
}
