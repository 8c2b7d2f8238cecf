//! What a type that crosses is given: its description, the view that stands for it, and the way there and back. That of bytes stands
//! in `wire.rs`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Member;
use syn::ext::IdentExt;

use super::model::{Field, Fields, Form, Model, Shape, Variant};
use super::wire;
use crate::arguments::Root;
use crate::docs;

/// Each field's type is written once, as the type of a `__PlugField`, which all else is generic over or names: so one that does
/// not cross is told so once, and where it stands.
pub(super) fn render(root: &Root, model: &Model<'_>) -> TokenStream {
    let name = model.name;
    let private = &quote!(#root::__private);
    let cases = model.cases();
    let fields: Vec<_> = cases.iter().flat_map(|(_, fields)| &fields.list).collect();
    let written = (!fields.is_empty()).then(|| written(private, &fields));
    // The lifetime is there where something has it.
    let (lifetime, elided) = written.as_ref().map(|_| (quote!(<'a>), quote!(<'_>))).unzip();
    let view = view(model, &lifetime);
    let ty = describe(private, model);
    let bytes = wire::render(private, model);
    let flat = fields.iter().map(|field| field.item(quote!(IS_FLAT)));
    let there = cases.iter().map(|(variant, fields)| {
        let turned = |field: &Field<'_>, name: &Ident| {
            let view = field.item(quote!(view));
            quote!(#view(#name, scratch))
        };
        turn(&quote!(Self #variant), &quote!(__PlugView #variant), fields, turned)
    });
    let back = cases.iter().map(|(variant, fields)| {
        let turned = |field: &Field<'_>, name: &Ident| {
            let own = field.item(quote!(own));
            quote!(#own(#name))
        };
        turn(&quote!(__PlugView #variant), &quote!(Self #variant), fields, turned)
    });
    quote! {
        #[allow(deprecated, non_camel_case_types, non_snake_case, reason = "the names are those of the type")]
        const _: () = {
            #written

            #view

            #[automatically_derived]
            impl #lifetime #private::core::clone::Clone for __PlugView #lifetime {
                fn clone(&self) -> Self {
                    *self
                }
            }

            #[automatically_derived]
            impl #lifetime #private::core::marker::Copy for __PlugView #lifetime {}

            #[automatically_derived]
            impl #private::Portable for #name {
                type View<'a> = __PlugView #lifetime;
                const TYPE: &'static #private::Type = &#ty;
                const IS_FLAT: #private::core::primitive::bool = true #(&& #flat)*;

                #[inline]
                fn view<'a>(&'a self, scratch: &'a #private::Scratch) -> __PlugView #lifetime {
                    match self { #(#there,)* }
                }

                #[inline]
                fn own(view: __PlugView #elided) -> Self {
                    match view { #(#back,)* }
                }

                #bytes
            }
        };
    }
}

/// The types of the fields, and the view of a field.
fn written(private: &TokenStream, fields: &[&Field<'_>]) -> TokenStream {
    let bytes = wire::written(private);
    let types = fields.iter().map(|Field { number, ty, .. }| {
        let number = Literal::usize_unsuffixed(*number);
        quote!(impl __PlugTyped for __PlugField<#number> { type Type = #ty; })
    });
    quote! {
        // Names that no author has, since they hide what the author calls so.
        trait __PlugTyped {
            type Type: #private::Portable;
        }

        struct __PlugField<const FIELD: #private::core::primitive::usize>;

        #(#types)*

        // Wherever one is used, the compiler looks at what is dropped with it, and whether the last field has a size.
        #[repr(transparent)]
        struct __PlugSeen<'a, F: __PlugTyped>(
            #private::core::mem::ManuallyDrop<<F::Type as #private::Portable>::View<'a>>,
            (),
        );

        #[automatically_derived]
        impl<F: __PlugTyped> #private::core::clone::Clone for __PlugSeen<'_, F> {
            fn clone(&self) -> Self {
                *self
            }
        }

        #[automatically_derived]
        impl<F: __PlugTyped> #private::core::marker::Copy for __PlugSeen<'_, F> {}

        impl<'a, F: __PlugTyped> __PlugSeen<'a, F> {
            const TYPE: &'static #private::Type = <F::Type as #private::Portable>::TYPE;
            const IS_FLAT: #private::core::primitive::bool = <F::Type as #private::Portable>::IS_FLAT;

            #[inline]
            fn view(value: &'a F::Type, scratch: &'a #private::Scratch) -> Self {
                Self(#private::core::mem::ManuallyDrop::new(#private::Portable::view(value, scratch)), ())
            }

            #[inline]
            fn own(self) -> F::Type {
                #private::Portable::own(#private::core::mem::ManuallyDrop::into_inner(self.0))
            }

            #bytes
        }
    }
}

/// The type of the view, in the form of the type itself. It is public so that the type can be.
fn view(model: &Model<'_>, lifetime: &Option<TokenStream>) -> TokenStream {
    let declared = |fields: &Fields<'_>| {
        let each = fields.list.iter().map(|Field { number, member, .. }| {
            let number = Literal::usize_unsuffixed(*number);
            let name = (fields.form == Form::Named).then(|| quote!(#member:));
            quote!(#name __PlugSeen<'a, __PlugField<#number>>)
        });
        match fields.form {
            Form::Unit => TokenStream::new(),
            Form::Tuple => quote!((#(#each),*)),
            Form::Named => quote!({ #(#each),* }),
        }
    };
    match &model.shape {
        Shape::Struct(fields) => {
            let (inner, end) = (declared(fields), (fields.form != Form::Named).then(|| quote!(;)));
            quote!(#[repr(C)] pub struct __PlugView #lifetime #inner #end)
        }
        Shape::Enum(variants) => {
            // Without any fields it is just a number in C too, and the compiler wants that to be said so.
            let representation = match variants.iter().all(|variant| variant.fields.form == Form::Unit) {
                true => quote!(u32),
                false => quote!(C, u32),
            };
            let variants = variants.iter().map(|Variant { name, fields, .. }| {
                let inner = declared(fields);
                quote!(#name #inner)
            });
            quote!(#[repr(#representation)] pub enum __PlugView #lifetime { #(#variants),* })
        }
    }
}

/// The type as the two sides compare it.
fn describe(private: &TokenStream, model: &Model<'_>) -> TokenStream {
    let name = model.name.unraw().to_string();
    let docs = |parts: &[TokenStream]| {
        let text = docs::text(private, parts);
        quote!(#private::Docs(#text))
    };
    let listed = |fields: &Fields<'_>| {
        let each = fields.list.iter().map(|field| {
            let name = field.name();
            let (tag, ty) = (Literal::u32_unsuffixed(field.tag), field.item(quote!(TYPE)));
            let docs = docs(&field.docs);
            quote!(#private::Field { name: #name, tag: #tag, ty: #ty, docs: #docs })
        });
        quote!(&[#(#each),*])
    };
    let about = docs(&model.docs);
    match &model.shape {
        Shape::Struct(fields) => {
            let fields = listed(fields);
            quote!(#private::Type::Struct { name: #name, fields: #fields, docs: #about })
        }
        Shape::Enum(variants) => {
            let variants = variants.iter().map(|Variant { name, tag, docs: about, fields }| {
                let (name, tag) = (name.unraw().to_string(), Literal::u32_unsuffixed(*tag));
                let form = match fields.form {
                    Form::Unit => quote!(Unit),
                    Form::Tuple => quote!(Tuple),
                    Form::Named => quote!(Named),
                };
                let (fields, docs) = (listed(fields), docs(about));
                quote! {
                    #private::Variant {
                        name: #name,
                        tag: #tag,
                        form: #private::Form::#form,
                        fields: #fields,
                        docs: #docs,
                    }
                }
            });
            quote!(#private::Type::Enum { name: #name, variants: &[#(#variants),*], docs: #about })
        }
    }
}

/// An arm of a `match` that makes one of the other, field by field.
fn turn(
    from: &TokenStream,
    to: &TokenStream,
    fields: &Fields<'_>,
    turned: impl Fn(&Field<'_>, &Ident) -> TokenStream,
) -> TokenStream {
    let named = || fields.list.iter().map(|field| (field.variable(), field));
    let taken = named().map(|(name, Field { member, .. })| quote!(#member: #name));
    let made = named().map(|(name, field)| {
        let (member, turned) = (&field.member, turned(field, &name));
        quote!(#member: #turned)
    });
    quote!(#from { #(#taken),* } => #to { #(#made),* })
}

impl Model<'_> {
    /// What there is of it: of each variant the path behind the type's, and the fields. A struct is one without such a path.
    pub(super) fn cases(&self) -> Vec<(Option<TokenStream>, &Fields<'_>)> {
        match &self.shape {
            Shape::Struct(fields) => vec![(None, fields)],
            Shape::Enum(variants) => {
                variants.iter().map(|Variant { name, fields, .. }| (Some(quote!(::#name)), fields)).collect()
            }
        }
    }
}

impl Field<'_> {
    /// As it is described.
    pub(super) fn name(&self) -> String {
        match &self.member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    /// What it is called while it is out of the value.
    pub(super) fn variable(&self) -> Ident {
        format_ident!("__{}", self.number)
    }

    /// An item of its view's.
    pub(super) fn item(&self, item: TokenStream) -> TokenStream {
        let number = Literal::usize_unsuffixed(self.number);
        quote!(__PlugSeen::<__PlugField<#number>>::#item)
    }
}
