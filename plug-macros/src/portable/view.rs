//! The impl for a portable type: its description, its view, and the conversions between the two.
//! `codec.rs` adds those to and from bytes.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{LitStr, Member, WhereClause};

use super::codec;
use super::model::{Field, Fields, Form, Model, Shape, Variant};
use crate::arguments::Root;
use crate::{docs, types};

/// Each field's type is written once, as the type of a `__PlugField`, and all other code names
/// that.
/// So the compiler reports a type that does not cross once, and at the field.
pub(super) fn render(root: &Root, model: &Model<'_>) -> TokenStream {
    let name = model.name;
    let private = &quote!(#root::__private);
    let cases = model.cases();
    let fields: Vec<_> = cases.iter().flat_map(|(_, fields)| &fields.list).collect();
    let field_types = (!fields.is_empty()).then(|| field_types(private, model, &fields));
    let (declared, following) = (model.generics.declared(private), model.generics.following());
    let (where_clause, ids) = (model.generics.where_clause(), model.generics.ids(private));
    let (whole, text) = (model.generics.whole(name), name.unraw().to_string());
    // A type without fields has a view without a lifetime.
    let (lifetime, elided) = match &field_types {
        Some(_) => (quote!(<'a #following>), quote!(<'_ #following>)),
        None => Default::default(),
    };
    let declared = field_types.as_ref().map(|_| quote!(<'a #declared>));
    let view = view(model, &declared, where_clause);
    let described = describe(private, model);
    let (described, ty) = match model.generics.is_empty() {
        // A static can lead back to itself, if the type contains itself. No static is generic.
        true => (Some(quote!(static __PLUG_TYPE: #private::Type = #described;)), quote!(__PLUG_TYPE)),
        false => (None, described),
    };
    let (bytes, own) = (codec::render(private, model), own(private, model));
    let flat = fields.iter().map(|field| field.item(quote!(IS_FLAT)));
    let to_view = cases.iter().map(|(variant, fields)| {
        let converted = |field: &Field<'_>, name: &Ident| {
            let view = field.item(quote!(view));
            quote!(#view(#name, scratch))
        };
        convert(&quote!(Self #variant), &quote!(__PlugView #variant), fields, converted)
    });
    let from_view = cases.iter().map(|(variant, fields)| {
        let converted = |field: &Field<'_>, name: &Ident| {
            let own = field.item(quote!(own));
            quote!(#own(#name))
        };
        convert(&quote!(__PlugView #variant), &quote!(Self #variant), fields, converted)
    });
    quote! {
        #[allow(deprecated, non_camel_case_types, non_snake_case, reason = "the names are those of the type")]
        const _: () = {
            #field_types

            #view

            #described

            #[automatically_derived]
            impl #declared #private::core::clone::Clone for __PlugView #lifetime #where_clause {
                fn clone(&self) -> Self {
                    *self
                }
            }

            #[automatically_derived]
            impl #declared #private::core::marker::Copy for __PlugView #lifetime #where_clause {}

            #[automatically_derived]
            impl #own #private::Portable for #whole #where_clause {
                type View<'a> = __PlugView #lifetime;
                const TYPE: #private::TypeRef = #private::TypeRef::new(&#ty);
                const ID: #private::core::primitive::u64 = #private::type_id!(#text #ids);
                const IS_FLAT: #private::core::primitive::bool = true #(&& #flat)*;

                #[inline]
                fn view<'a>(&'a self, scratch: &'a #private::Scratch) -> __PlugView #lifetime {
                    match self { #(#to_view,)* }
                }

                #[inline]
                fn own(view: __PlugView #elided) -> Self {
                    match view { #(#from_view,)* }
                }

                #bytes
            }
        };
    }
}

/// The parameters of an impl: `<T: Portable, const N: usize>`
fn own(private: &TokenStream, model: &Model<'_>) -> Option<TokenStream> {
    // Nothing but a comma is before the first.
    let declared = model.generics.declared(private).into_iter().skip(1);
    (!model.generics.is_empty()).then(|| quote!(<#(#declared)*>))
}

/// The types of the fields, and the view of a field.
fn field_types(private: &TokenStream, model: &Model<'_>, fields: &[&Field<'_>]) -> TokenStream {
    let bytes = codec::of_fields(private);
    let (declared, generic, where_clause) =
        (model.generics.declared(private), own(private, model), model.generics.where_clause());
    let whole = model.generics.whole(model.name);
    let types = fields.iter().map(|Field { number, ty, arguments, .. }| {
        let number = Literal::usize_unsuffixed(*number);
        let ty = types::replace_self(ty.to_token_stream(), &whole);
        quote! {
            impl #generic __PlugFieldType for __PlugField<#number #arguments> #where_clause {
                type Type = #ty;
            }
        }
    });
    let parameters = model.generics.types();
    let held =
        (!parameters.is_empty()).then(|| quote!((#private::core::marker::PhantomData<fn() -> (#(#parameters,)*)>)));
    quote! {
        // No author uses these names, so they hide none of the author's.
        trait __PlugFieldType {
            type Type: #private::Portable;
        }

        struct __PlugField<const FIELD: #private::core::primitive::usize #declared> #held #where_clause;

        #(#types)*

        // `ManuallyDrop` and the trailing `()` silence two further errors about a type that does
        // not cross: of the drop check, and about its size.
        #[repr(transparent)]
        struct __PlugFieldView<'a, F: __PlugFieldType>(
            #private::core::mem::ManuallyDrop<<F::Type as #private::Portable>::View<'a>>,
            (),
        );

        #[automatically_derived]
        impl<F: __PlugFieldType> #private::core::clone::Clone for __PlugFieldView<'_, F> {
            fn clone(&self) -> Self {
                *self
            }
        }

        #[automatically_derived]
        impl<F: __PlugFieldType> #private::core::marker::Copy for __PlugFieldView<'_, F> {}

        impl<'a, F: __PlugFieldType> __PlugFieldView<'a, F> {
            const TYPE: #private::TypeRef = <F::Type as #private::Portable>::TYPE;
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

/// The type of the view, which has the form of the type itself.
/// It is public, as the type may be.
fn view(model: &Model<'_>, parameters: &Option<TokenStream>, where_clause: Option<&WhereClause>) -> TokenStream {
    let declared = |fields: &Fields<'_>| {
        let each = fields.list.iter().map(|Field { number, member, arguments, .. }| {
            let number = Literal::usize_unsuffixed(*number);
            let name = (fields.form == Form::Named).then(|| quote!(#member:));
            quote!(#name __PlugFieldView<'a, __PlugField<#number #arguments>>)
        });
        match fields.form {
            Form::Unit => TokenStream::new(),
            Form::Tuple => quote!((#(#each),*)),
            Form::Named => quote!({ #(#each),* }),
        }
    };
    match &model.shape {
        Shape::Struct(fields) => {
            let inner = declared(fields);
            match fields.form {
                Form::Named => quote!(#[repr(C)] pub struct __PlugView #parameters #where_clause #inner),
                _ => quote!(#[repr(C)] pub struct __PlugView #parameters #inner #where_clause;),
            }
        }
        Shape::Enum(variants) => {
            // An enum without fields is a number in C, which the compiler wants to see in the
            // attribute.
            let representation = match variants.iter().all(|variant| variant.fields.form == Form::Unit) {
                true => quote!(u32),
                false => quote!(C, u32),
            };
            let variants = variants.iter().map(|Variant { name, fields, .. }| {
                let inner = declared(fields);
                quote!(#name #inner)
            });
            quote!(#[repr(#representation)] pub enum __PlugView #parameters #where_clause { #(#variants),* })
        }
    }
}

/// The description of the type, which the two sides compare.
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
            let go_name = field.go_name.as_ref().map(LitStr::value).unwrap_or_default();
            quote!(#private::Field { name: #name, go_name: #go_name, tag: #tag, ty: #ty, docs: #docs })
        });
        quote!(&[#(#each),*])
    };
    let about = docs(&model.docs);
    let (whole, types) = (model.generics.whole(model.name), model.generics.types());
    let id = quote!(<#whole as #private::Portable>::ID);
    let arguments = quote!(&[#(<#types as #private::Portable>::TYPE),*]);
    match &model.shape {
        Shape::Struct(fields) => {
            let fields = listed(fields);
            quote! {
                #private::Type::Struct { name: #name, id: #id, arguments: #arguments, fields: #fields, docs: #about }
            }
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
            let variants = quote!(&[#(#variants),*]);
            quote! {
                #private::Type::Enum { name: #name, id: #id, arguments: #arguments, variants: #variants, docs: #about }
            }
        }
    }
}

/// An arm of a `match` that makes `to` of `from`, field by field.
fn convert(
    from: &TokenStream,
    to: &TokenStream,
    fields: &Fields<'_>,
    converted: impl Fn(&Field<'_>, &Ident) -> TokenStream,
) -> TokenStream {
    let named = || fields.list.iter().map(|field| (field.variable(), field));
    let taken = named().map(|(name, Field { member, .. })| quote!(#member: #name));
    let made = named().map(|(name, field)| {
        let (member, converted) = (&field.member, converted(field, &name));
        quote!(#member: #converted)
    });
    quote!(#from { #(#taken),* } => #to { #(#made),* })
}

impl Model<'_> {
    /// The cases of its values: for each variant the rest of its path, and its fields.
    /// A struct is one case without a path.
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
    /// The name in the description.
    pub(super) fn name(&self) -> String {
        match &self.member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    /// The variable for the field of a value that is taken apart.
    pub(super) fn variable(&self) -> Ident {
        format_ident!("__{}", self.number)
    }

    /// An item of its view.
    pub(super) fn item(&self, item: TokenStream) -> TokenStream {
        let (number, arguments) = (Literal::usize_unsuffixed(self.number), &self.arguments);
        quote!(__PlugFieldView::<__PlugField<#number #arguments>>::#item)
    }
}
