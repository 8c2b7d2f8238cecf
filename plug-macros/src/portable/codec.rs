//! The conversion between the values of a type and a format of bytes.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::model::{Field, Fields, Form, Model, Shape};

/// The functions for the type of each field, which stand beside its view.
pub(super) fn of_fields(private: &TokenStream) -> TokenStream {
    let option = quote!(#private::core::option::Option<F::Type>);
    quote! {
        #[inline]
        fn put<S: #private::PutFields>(value: &F::Type, fields: &mut S, index: #private::core::primitive::usize) {
            #private::Portable::put(value, #private::PutFields::field(fields, index));
        }

        #[inline]
        fn merge<S: #private::TakeFields>(
            slot: &mut #option,
            fields: &mut S,
        ) -> #private::Result<(), #private::Malformed> {
            #private::TakeFields::value(fields, slot)
        }

        #[inline]
        fn finish(
            slot: #option,
            name: &'static #private::core::primitive::str,
        ) -> #private::Result<F::Type, #private::Malformed> {
            #private::finish(slot, name)
        }
    }
}

/// The items of the impl.
pub(super) fn render(private: &TokenStream, model: &Model<'_>) -> TokenStream {
    let (put, merge, missing) = match &model.shape {
        Shape::Struct(fields) => of_struct(private, fields),
        Shape::Enum(_) if is_plain(model) => of_plain(private, model),
        Shape::Enum(_) => of_enum(private, model),
    };
    let result = |ty| quote!(#private::Result<#ty, #private::Malformed>);
    let (of_nothing, of_self) = (result(quote!(())), result(quote!(Self)));
    quote! {
        fn put<__PlugSink: #private::Sink>(&self, sink: __PlugSink) {
            #put
        }

        fn merge<__PlugSource: #private::Source>(
            slot: &mut #private::core::option::Option<Self>,
            source: __PlugSource,
        ) -> #of_nothing {
            #merge
        }

        fn missing() -> #of_self {
            #missing
        }
    }
}

/// The bodies of `put`, `merge` and `missing`.
type Bodies = (TokenStream, TokenStream, TokenStream);

fn of_struct(private: &TokenStream, fields: &Fields<'_>) -> Bodies {
    let (pattern, this) = (taken(&quote!(Self), fields), ty(private));
    let (closure, merged) = (puts(fields), merges(private, &quote!(Self), fields));
    let missing = fields.list.iter().map(|field| {
        let (member, name, finish) = (&field.member, field.name(), field.item(quote!(finish)));
        quote!(#member: #finish(#private::core::option::Option::None, #name)?)
    });
    let put = quote! {
        let #pattern = self;
        #private::Sink::structure(sink, #this, #closure);
    };
    let merge = quote! {
        #private::Source::structure(source, #this, |fields| {
            #merged
            #private::Result::Ok(())
        })
    };
    (put, merge, quote!(#private::Result::Ok(Self { #(#missing),* })))
}

fn of_plain(private: &TokenStream, model: &Model<'_>) -> Bodies {
    let (this, lacks) = (ty(private), lacks(private, model));
    let variants: Vec<_> =
        (0..).map(Literal::usize_unsuffixed).zip(model.cases()).map(|(index, (variant, _))| (index, variant)).collect();
    let puts = variants.iter().map(|(index, variant)| quote!(Self #variant {} => #index));
    let merges = variants.iter().map(|(index, variant)| quote!(#index => Self #variant {}));
    let put = quote!(#private::Sink::choice(sink, #this, match self { #(#puts,)* }););
    let merge = quote! {
        *slot = #private::core::option::Option::Some(match #private::Source::choice(source, #this)? {
            #(#merges,)*
            _ => return #lacks,
        });
        #private::Result::Ok(())
    };
    (put, merge, lacks)
}

fn of_enum(private: &TokenStream, model: &Model<'_>) -> Bodies {
    let (this, cases) = (ty(private), model.cases());
    let variants = || (0..).map(Literal::usize_unsuffixed).zip(&cases);
    let puts = variants().map(|(index, (variant, fields))| {
        let (pattern, closure) = (taken(&quote!(Self #variant), fields), puts(fields));
        quote!(#pattern => #private::Sink::variant(sink, #this, #index, #closure))
    });
    let merges = variants().map(|(index, (variant, fields))| {
        let merged = merges(private, &quote!(Self #variant), fields);
        quote!(#index => { #merged })
    });
    let put = quote!(match self { #(#puts,)* });
    let merge = quote! {
        #private::Source::variant(source, #this, |variant, fields| {
            match variant {
                #(#merges)*
                _ => {}
            }
            #private::Result::Ok(())
        })
    };
    (put, merge, lacks(private, model))
}

/// The description of the type, even if the type has another item `TYPE`.
fn ty(private: &TokenStream) -> TokenStream {
    quote!(<Self as #private::Portable>::TYPE)
}

fn lacks(private: &TokenStream, model: &Model<'_>) -> TokenStream {
    let name = model.name.unraw().to_string();
    quote!(#private::Result::Err(#private::Malformed::lacks(#name)))
}

/// Whether it is an enum without data.
fn is_plain(model: &Model<'_>) -> bool {
    model.cases().iter().all(|(_, fields)| fields.form == Form::Unit)
}

/// The pattern that takes a case apart.
fn taken(case: &TokenStream, fields: &Fields<'_>) -> TokenStream {
    let each = fields.list.iter().map(|field| {
        let (member, variable) = (&field.member, field.variable());
        quote!(#member: #variable)
    });
    quote!(#case { #(#each),* })
}

/// The closure that puts the fields of a case that was taken apart.
fn puts(fields: &Fields<'_>) -> TokenStream {
    let each = indexed(fields).map(|(index, field)| {
        let (variable, put) = (field.variable(), field.item(quote!(put)));
        quote!(#put(#variable, fields, #index);)
    });
    match fields.list.is_empty() {
        true => quote!(|_| {}),
        false => quote!(|fields| { #(#each)* }),
    }
}

/// The code that takes the fields of a case, and merges them into the value in the slot.
fn merges(private: &TokenStream, case: &TokenStream, fields: &Fields<'_>) -> TokenStream {
    let (some, none) = (quote!(#private::core::option::Option::Some), quote!(#private::core::option::Option::None));
    let variables: Vec<_> = fields.list.iter().map(Field::variable).collect();
    let begin = (!variables.is_empty()).then(|| {
        let pattern = taken(case, fields);
        let nones = variables.iter().map(|_| &none);
        quote! {
            let (#(mut #variables,)*) = match #private::core::option::Option::take(slot) {
                #some(#pattern) => (#(#some(#variables),)*),
                _ => (#(#nones,)*),
            };
        }
    });
    let takes = indexed(fields).map(|(index, field)| {
        let (variable, merge) = (field.variable(), field.item(quote!(merge)));
        quote!(#index => #merge(&mut #variable, fields)?,)
    });
    let finished = fields.list.iter().map(|field| {
        let (member, variable, name) = (&field.member, field.variable(), field.name());
        let finish = field.item(quote!(finish));
        quote!(#member: #finish(#variable, #name)?)
    });
    let next = quote!(#private::TakeFields::next(fields)?);
    let each = match variables.is_empty() {
        true => quote!(while let #some(_) = #next {}),
        false => quote!(while let #some(field) = #next { match field { #(#takes)* _ => {} } }),
    };
    quote! {
        #begin
        #each
        *slot = #some(#case { #(#finished),* });
    }
}

fn indexed<'a>(fields: &'a Fields<'a>) -> impl Iterator<Item = (Literal, &'a Field<'a>)> {
    (0..).map(Literal::usize_unsuffixed).zip(&fields.list)
}
