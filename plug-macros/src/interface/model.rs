//! The model of a portable interface: its methods, as far as tokens tell.
//! It reports everything that keeps a trait from being portable, except the types, which the
//! compiler reports.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{
    Attribute, FnArg, GenericParam, Ident, ItemTrait, Lifetime, LitStr, PatType, Path, ReceiverKind, ReturnType,
    Safety, Signature, TraitItem, TraitItemFn, Type, TypeParamBound, WherePredicate, parse_quote,
};

use super::by_hand::ByHand;
use super::marks::MethodMarks;
use super::{marks, names};
use crate::arguments::{Errors, conditions};
use crate::field::{Marks, Owner, check_keys, check_names};
use crate::portable::numbers::Numbers;
use crate::{docs, types};

/// A portable interface.
pub(super) struct Interface<'a> {
    pub(super) name: &'a Ident,
    /// The `#[cfg]`s below the attribute.
    pub(super) conditions: Vec<Attribute>,
    pub(super) docs: Vec<TokenStream>,
    /// The name on the wire.
    pub(super) service: String,
    /// The lifetime that its objects outlive.
    pub(super) outlives: Option<&'a Lifetime>,
    /// The methods of its objects, which are those without `Self: Sized`.
    pub(super) methods: Vec<Method<'a>>,
}

/// A method that crosses.
pub(super) struct Method<'a> {
    /// Its index among the methods as they are written, whether their conditions hold or not.
    pub(super) number: usize,
    pub(super) name: &'a Ident,
    pub(super) conditions: Vec<Attribute>,
    pub(super) docs: Vec<TokenStream>,
    pub(super) wire_name: String,
    pub(super) arguments: Vec<Argument<'a>>,
    /// The names on the wire.
    pub(super) argument_names: Vec<String>,
    /// The result. That of an asynchronous method is the future's.
    pub(super) outcome: &'a Type,
    pub(super) is_async: bool,
    pub(super) has_default: bool,
    pub(super) is_idempotent: bool,
    /// Whether the arguments cross as a map over net/rpc.
    pub(super) is_map: bool,
}

pub(super) struct Argument<'a> {
    /// A generated name, since the author may write a pattern.
    pub(super) name: Ident,
    pub(super) form: Form,
    /// The type without its form: the `str` of `&str`, the `T` of the others.
    pub(super) ty: &'a Type,
    /// Its number in protobuf.
    pub(super) tag: u32,
    /// Its name in Go, if the author gives one.
    pub(super) go_name: Option<LitStr>,
}

/// The way in which an argument is passed.
pub(super) enum Form {
    /// `&str`
    Str,
    /// `&[T]`
    List,
    /// `&T`
    Ref,
    /// `T`
    Own,
    /// `&dyn Trait`
    Lent,
    /// `Box<dyn Trait>`
    Given,
    /// `Items<T>`, `Stream<T>`
    Stream,
}

impl<'a> Interface<'a> {
    // pub trait Plug: Send + Sync {
    //     fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
    // }
    pub(super) fn read(item: &'a ItemTrait, service: Option<&LitStr>, errors: &mut Errors) -> Option<Self> {
        let mut found = Errors::default();
        check_trait(item, &mut found);
        let service = names::service(&item.ident, service, &mut found);
        let mut methods = Vec::new();
        for item in &item.items {
            match item {
                TraitItem::Fn(item) if is_of_no_object(item) => {
                    marks::refuse_method(item, &mut found);
                    if item.default.is_none() {
                        let message = "`where Self: Sized` keeps a method off the objects, and only objects cross: give it a body";
                        found.at(&item.sig.ident, message);
                    }
                }
                TraitItem::Fn(item) => methods.push(Method::read(methods.len(), item, &mut found)),
                TraitItem::Type(item) => {
                    found.at(item, "associated types do not cross: write the type itself into the methods");
                }
                TraitItem::Const(item) => found.at(item, "associated constants do not cross: make a method of it"),
                other => found.at(other, "`portable` sees no methods in this item: write them out"),
            }
        }
        names::check(methods.iter().flatten().map(|method| (method.name, &*method.wire_name)), &mut found);
        let is_fine = found.is_empty();
        errors.append(found);
        let methods = methods.into_iter().collect::<Option<Vec<_>>>()?;
        let (name, conditions, docs) = (&item.ident, conditions(&item.attrs), docs::read(&item.attrs));
        is_fine.then_some(Self { name, conditions, docs, service, outlives: outlives(item), methods })
    }
}

/// The lifetime among the supertraits.
fn outlives(item: &ItemTrait) -> Option<&Lifetime> {
    let predicates = item.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let of_self = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) if is_self(&predicate.bounded_ty) => Some(&predicate.bounds),
        _ => None,
    });
    item.supertraits.iter().chain(of_self.flatten()).find_map(|bound| match bound {
        TypeParamBound::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    })
}

fn check_trait(item: &ItemTrait, errors: &mut Errors) {
    if let Some(token) = &item.unsafety {
        errors.at(token, "the promises of an `unsafe` trait do not cross: drop `unsafe`");
    }
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, "a portable interface is one type, and this trait is generic: drop its parameters");
    }
    let mut bounds: Vec<_> = item.supertraits.iter().collect();
    for predicate in item.generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
        match predicate {
            WherePredicate::Type(predicate) if is_self(&predicate.bounded_ty) => bounds.extend(&predicate.bounds),
            other => errors.at(other, "a portable interface has no conditions: drop this one"),
        }
    }
    let has = |name| bounds.iter().any(|bound| is_trait(bound, name));
    if !has("Send") || !has("Sync") {
        let name = &item.ident;
        errors.at(name, format!("a portable interface is `Send + Sync`: write `trait {name}: Send + Sync`"));
    }
    let has_defaults = item
        .items
        .iter()
        .any(|item| matches!(item, TraitItem::Fn(item) if item.default.is_some() && !is_of_no_object(item)));
    for bound in bounds {
        match bound {
            TypeParamBound::Lifetime(lifetime) if has_defaults => {
                let message = "default bodies run on a borrowed object: drop this bound, which the objects of an interface fulfil";
                errors.at(lifetime, message);
            }
            TypeParamBound::Lifetime(_) => {}
            bound if is_trait(bound, "Send") || is_trait(bound, "Sync") => {}
            bound => errors.at(bound, "a portable interface has no supertraits but `Send` and `Sync`: drop this one"),
        }
    }
}

/// Takes the methods off the objects that no object can have, and that were reported.
/// Returns whether the trait can then be made into an object.
pub(super) fn leave_an_object(item: &mut ItemTrait) -> bool {
    let mut is_object = true;
    for item in &mut item.items {
        match item {
            TraitItem::Fn(item) if !is_of_no_object(item) && !can_be_called_on_an_object(&item.sig) => {
                item.sig.generics.make_where_clause().predicates.push(parse_quote!(Self: Sized));
            }
            TraitItem::Const(_) => is_object = false,
            _ => {}
        }
    }
    is_object
}

fn can_be_called_on_an_object(signature: &Signature) -> bool {
    let is_generic = signature.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)));
    let Signature { asyncness: None, variadic: None, inputs, output, .. } = signature else { return false };
    let others = inputs.iter().skip(1).map(ToTokens::to_token_stream).chain([output.to_token_stream()]);
    signature.receiver().is_some() && !is_generic && !others.into_iter().any(names_self_or_impl)
}

/// Whether the tokens have a `Self` or an `impl Trait`.
fn names_self_or_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self" || ident == "impl",
        TokenTree::Group(group) => names_self_or_impl(group.stream()),
        _ => false,
    })
}

/// Whether the method has `where Self: Sized`, so that `dyn Trait` lacks it.
pub(super) fn is_of_no_object(item: &TraitItemFn) -> bool {
    let mut predicates = item.sig.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    predicates.any(|predicate| match predicate {
        WherePredicate::Type(predicate) if is_self(&predicate.bounded_ty) => {
            predicate.bounds.iter().any(|bound| is_trait(bound, "Sized"))
        }
        _ => false,
    })
}

fn is_self(ty: &Type) -> bool {
    matches!(ty, Type::Path(ty) if ty.path.is_ident("Self"))
}

fn is_trait(bound: &TypeParamBound, name: &str) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_none() && last(&bound.path).is_some_and(|last| last == name))
}

fn last(path: &Path) -> Option<&Ident> {
    path.segments.last().filter(|last| last.arguments.is_none()).map(|last| &last.ident)
}

impl<'a> Method<'a> {
    // fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
    fn read(number: usize, item: &'a TraitItemFn, errors: &mut Errors) -> Option<Self> {
        let Signature { asyncness, safety, abi, ident, generics, inputs, output, variadic, .. } = &item.sig;
        let by_hand = if asyncness.is_none() { ByHand::read(&item.sig) } else { None };
        if let Safety::Unsafe(token) = safety {
            errors.at(token, "the demands of an `unsafe` method do not cross: drop `unsafe`");
        }
        if let Some(abi) = abi {
            errors.at(abi, "each boundary has an ABI of its own: drop `extern`");
        }
        if let Some(by_hand) = &by_hand {
            by_hand.check(&item.sig, errors);
        }
        for param in &generics.params {
            let message = match param {
                GenericParam::Lifetime(_) if by_hand.is_some() => continue,
                GenericParam::Lifetime(_) => {
                    "an argument is borrowed for the call and a result is owned: leave the lifetimes out"
                }
                GenericParam::Type(_) => "a portable method is one function, and this one is generic: name the type",
                GenericParam::Const(_) => {
                    "a portable method is one function, and this one is generic: name the constant"
                }
            };
            errors.at(param, message);
        }
        if let Some(clause) = &generics.where_clause {
            errors.at(clause, "a portable method has no conditions: drop this clause");
        }
        if let Some(rest) = variadic {
            errors.at(rest, "a portable method has a fixed number of arguments: take a list");
        }
        check_receiver(&item.sig, errors);
        let typed = inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => Some(input),
            FnArg::Receiver(_) => None,
        });
        marks::refuse_receiver(&item.sig, errors);
        let argument_names = names::of_arguments(typed.clone().map(|input| &*input.pat));
        let mut numbers = Numbers::of_fields();
        let arguments = typed.enumerate().map(|(at, input)| Argument::read(at, input, &mut numbers, errors));
        let arguments: Vec<_> = arguments.collect();
        if arguments.len() > 1 {
            let streams = arguments.iter().filter(|argument| matches!(argument.form, Form::Stream));
            let message = "a stream is the only argument of its method: call another method with the others first, \
                           or put them into the items";
            streams.for_each(|argument| errors.at(argument.ty, message));
        }
        let is_async = asyncness.is_some() || by_hand.is_some();
        let outcome = match output {
            ReturnType::Type(_, ty) if !matches!(**ty, Type::Never(_)) => {
                Some(by_hand.map_or(&**ty, |by_hand| by_hand.output))
            }
            _ => {
                let message = "a portable method returns a `Result`, since a boundary can fail: write `-> Result<(), plug::Error>`";
                errors.at(ident, message);
                None
            }
        };
        outcome.into_iter().for_each(|ty| types::check_result(ty, errors));
        let MethodMarks { is_idempotent, is_map } = MethodMarks::read(item, errors);
        let given_names = arguments.iter().filter_map(|argument| argument.go_name.as_ref());
        if is_map {
            check_keys(given_names, errors)
        } else {
            check_names(given_names, errors)
        }
        Some(Self {
            number,
            name: ident,
            conditions: conditions(&item.attrs),
            docs: docs::read(&item.attrs),
            wire_name: names::of_method(ident, errors),
            arguments,
            argument_names,
            outcome: outcome?,
            is_async,
            has_default: item.default.is_some(),
            is_idempotent,
            is_map,
        })
    }
}

fn check_receiver(signature: &Signature, errors: &mut Errors) {
    let Some(receiver) = signature.receiver() else {
        return errors
            .at(&signature.ident, "a portable method is called on an object: begin its arguments with `&self`");
    };
    let why = match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, None) => return types::check_lifetime(lifetime.as_ref(), errors),
        ReceiverKind::Reference(_, _, Some(_)) => "keep mutable state behind a `Mutex`",
        _ => "the object stays where it is",
    };
    errors.at(receiver, format!("a portable method takes `&self`: {why}"));
}

impl<'a> Argument<'a> {
    // name: &str
    // (x, y): Point
    // #[plug(tag = 2, name = "ID")] id: u64
    fn read(at: usize, input: &'a PatType, numbers: &mut Numbers, errors: &mut Errors) -> Self {
        for attribute in conditions(&input.attrs) {
            errors.at(attribute, "an argument under a condition does not cross: put the condition on the method");
        }
        let (form, ty) = Form::of(&input.ty);
        types::check_argument(&input.ty, ty, matches!(form, Form::Lent | Form::Given), errors);
        let Marks { tag, name: go_name } = Marks::read(&input.attrs, Owner::Argument, errors);
        let tag = numbers.give(&input.pat, tag.as_ref(), errors);
        Self { name: format_ident!("__{at}"), form, ty, tag, go_name }
    }
}

impl Form {
    fn of(ty: &Type) -> (Self, &Type) {
        if let Some(object) = types::boxed_object(ty) {
            return (Self::Given, object);
        }
        if types::is_stream(ty) {
            return (Self::Stream, ty);
        }
        let Type::Reference(reference) = types::bare(ty) else { return (Self::Own, ty) };
        match types::bare(&reference.elem) {
            Type::Path(path) if last(&path.path).is_some_and(|last| last == "str") => (Self::Str, &reference.elem),
            Type::Slice(list) => (Self::List, &list.elem),
            Type::TraitObject(_) => (Self::Lent, types::bare(&reference.elem)),
            _ => (Self::Ref, &reference.elem),
        }
    }
}
