//! The parameters of a generic type.
//! Each type among them crosses too.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, TypeParam, WhereClause};

pub(super) struct Parameters<'a>(&'a Generics);

impl<'a> Parameters<'a> {
    pub(super) fn of(generics: &'a Generics) -> Self {
        Self(generics)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.params.is_empty()
    }

    /// `, T: Bound + Portable, const N: usize`
    pub(super) fn declared(&self, private: &TokenStream) -> TokenStream {
        self.each(|param| match param {
            GenericParam::Type(TypeParam { ident, bounds, .. }) => {
                let bounds = bounds.iter();
                quote!(#ident: #(#bounds +)* #private::Portable)
            }
            GenericParam::Const(param) => {
                let (name, ty) = (&param.ident, &param.ty);
                quote!(const #name: #ty)
            }
            GenericParam::Lifetime(param) => param.to_token_stream(),
        })
    }

    /// `, T, N`
    pub(super) fn following(&self) -> TokenStream {
        self.each(|param| name(param).to_token_stream())
    }

    /// `T`, for each type among them.
    pub(super) fn types(&self) -> Vec<&'a Ident> {
        self.0.type_params().map(|param| &param.ident).collect()
    }

    pub(super) fn where_clause(&self) -> Option<&'a WhereClause> {
        self.0.where_clause.as_ref()
    }

    /// `Page<T, N>`
    pub(super) fn whole(&self, of: &Ident) -> TokenStream {
        let names = self.0.params.iter().map(name);
        if self.is_empty() { of.to_token_stream() } else { quote!(#of<#(#names),*>) }
    }

    /// The numbers of the arguments: `, <T as Portable>::ID, N as u64`
    pub(super) fn ids(&self, private: &TokenStream) -> TokenStream {
        self.each(|param| match param {
            GenericParam::Type(param) => {
                let name = &param.ident;
                quote!(<#name as #private::Portable>::ID)
            }
            param => {
                let name = name(param);
                quote!(#name as #private::core::primitive::u64)
            }
        })
    }

    fn each(&self, written: impl Fn(&GenericParam) -> TokenStream) -> TokenStream {
        let each = self.0.params.iter().map(written);
        quote!(#(, #each)*)
    }
}

fn name(param: &GenericParam) -> &Ident {
    match param {
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
        GenericParam::Lifetime(param) => &param.lifetime.ident,
    }
}
