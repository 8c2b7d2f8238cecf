//! The model of a portable type: its fields and variants, with their numbers on the wire.
//! It reports everything that keeps the type from being portable, except the types of its fields,
//! which the compiler reports.

use std::ops::RangeFrom;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Ident, LitStr, Member, Type};

use super::numbers::Numbers;
use super::parameters::Parameters;
use crate::arguments::Errors;
use crate::field::{Marks, check_names};
use crate::{docs, field, types};

pub(super) struct Model<'a> {
    pub(super) name: &'a Ident,
    pub(super) generics: Parameters<'a>,
    pub(super) docs: Vec<TokenStream>,
    pub(super) shape: Shape<'a>,
}

pub(super) enum Shape<'a> {
    Struct(Fields<'a>),
    Enum(Vec<Variant<'a>>),
}

pub(super) struct Variant<'a> {
    pub(super) name: &'a Ident,
    pub(super) tag: u32,
    pub(super) docs: Vec<TokenStream>,
    pub(super) fields: Fields<'a>,
}

pub(super) struct Fields<'a> {
    pub(super) form: Form,
    pub(super) list: Vec<Field<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Unit,
    Tuple,
    Named,
}

pub(super) struct Field<'a> {
    /// Its index among all fields of the type.
    pub(super) number: usize,
    /// Its name or index.
    pub(super) member: Member,
    pub(super) tag: u32,
    /// Its name in Go, if the author gives one.
    pub(super) go_name: Option<LitStr>,
    pub(super) docs: Vec<TokenStream>,
    pub(super) ty: &'a Type,
    /// The arguments of the type around it, each after a comma.
    pub(super) arguments: TokenStream,
}

impl<'a> Model<'a> {
    // pub struct Page { pub title: String, #[plug(tag = 5)] pub links: Vec<Target> }
    // pub enum Target { Nowhere, Address(String), #[plug(tag = 7)] Anchor { page: u32 } }
    pub(super) fn read(item: &'a DeriveInput, errors: &mut Errors) -> Option<Self> {
        for param in item.generics.lifetimes() {
            errors.at(param, "a portable type owns its data, and this one borrows: drop its lifetimes");
        }
        let (name, generics) = (&item.ident, Parameters::of(&item.generics));
        let mut owner = Owner { name, generics: &generics, count: 0.. };
        let shape = match &item.data {
            Data::Struct(data) => Shape::Struct(Fields::read(&mut owner, &data.fields, errors)),
            Data::Enum(data) if data.variants.is_empty() => {
                errors.at(name, "an enum without variants has no values that could cross: give it a variant");
                return None;
            }
            Data::Enum(data) => {
                let is_plain = data.variants.iter().all(|variant| matches!(variant.fields, syn::Fields::Unit));
                let mut numbers = if is_plain { Numbers::of_units() } else { Numbers::of_variants() };
                let variants = data.variants.iter().map(|variant| Variant {
                    name: &variant.ident,
                    tag: {
                        let marks = Marks::read(&variant.attrs, field::Owner::Variant, errors);
                        numbers.give(&variant.ident, marks.tag.as_ref(), errors)
                    },
                    docs: docs::read(&variant.attrs),
                    fields: Fields::read(&mut owner, &variant.fields, errors),
                });
                Shape::Enum(variants.collect())
            }
            Data::Union(data) => {
                errors.at(data.union_token, "nothing tells which field a union holds: make it an enum");
                return None;
            }
        };
        Some(Self { name, docs: docs::read(&item.attrs), shape, generics })
    }
}

/// The type whose fields are read.
struct Owner<'m, 'a> {
    name: &'a Ident,
    generics: &'m Parameters<'a>,
    count: RangeFrom<usize>,
}

impl<'a> Fields<'a> {
    // { pub title: String, #[plug(tag = 5)] pub links: Vec<Target> }
    // (String, #[plug(tag = 5)] Vec<Target>)
    fn read(owner: &mut Owner<'_, 'a>, fields: &'a syn::Fields, errors: &mut Errors) -> Self {
        let form = match fields {
            syn::Fields::Unit => Form::Unit,
            syn::Fields::Unnamed(_) => Form::Tuple,
            syn::Fields::Named(_) => Form::Named,
        };
        let mut numbers = Numbers::of_fields();
        let Owner { name, generics, count } = owner;
        let arguments = generics.following();
        let list = fields.iter().enumerate().zip(count).map(|((at, field), number)| {
            let member = field.ident.clone().map_or_else(|| Member::from(at), Member::from);
            if !generics.is_empty() {
                refuse_itself(name, &field.ty, errors);
            }
            let Marks { tag, name: go_name } = Marks::read(&field.attrs, field::Owner::Field, errors);
            let (tag, docs) = (numbers.give(&member, tag.as_ref(), errors), docs::read(&field.attrs));
            Field { number, member, tag, go_name, docs, ty: &field.ty, arguments: arguments.clone() }
        });
        let list: Vec<_> = list.collect();
        check_names(list.iter().filter_map(|field| field.go_name.as_ref()), errors);
        Self { form, list }
    }
}

/// Refuses a generic type that names itself.
/// The compiler refuses one that contains itself through another type.
fn refuse_itself(name: &Ident, ty: &Type, errors: &mut Errors) {
    if let Type::Path(path) = ty
        && path.qself.is_none()
        && let Some(first) = path.path.segments.first()
        && path.path.segments.len() == 1
        && (first.ident == *name || first.ident == "Self")
    {
        errors.at(ty, "a generic type that contains itself does not cross: write the type without parameters");
    }
    types::inner(ty).into_iter().for_each(|ty| refuse_itself(name, ty, errors));
}
