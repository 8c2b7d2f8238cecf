//! The arguments of an attribute: `"literal"`, `flag`, `key = value`, between commas.
//! It reads all of them even if some are wrong, so that one compilation shows every mistake.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, LitStr, Meta, Path, Token, parse_quote};

/// All errors of one item.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    pub(crate) fn at(&mut self, what: impl ToTokens, message: impl std::fmt::Display) {
        self.push(Error::new_spanned(what, message));
    }

    pub(crate) fn append(&mut self, others: Self) {
        others.0.into_iter().for_each(|errors| self.push(errors));
    }

    /// Takes the value out of the result, or adds its error.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// A `compile_error!` for each error.
impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        if let Some(errors) = &self.0 {
            errors.to_compile_error().to_tokens(tokens);
        }
    }
}

/// Calls `argument` for each argument.
/// If it fails, the rest of that argument is skipped.
pub(crate) fn each(
    arguments: TokenStream,
    errors: &mut Errors,
    mut argument: impl FnMut(ParseStream, &mut Errors) -> syn::Result<()>,
) {
    let parsed = |input: ParseStream| {
        while !input.is_empty() {
            let start = input.cursor();
            let result = argument(input, errors);
            let ended = input.is_empty() || input.peek(Token![,]);
            match result {
                Err(error) => errors.push(error),
                Ok(()) if !ended && start != input.cursor() => errors.push(input.error("expected `,`")),
                Ok(()) => {}
            }
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<proc_macro2::TokenTree>()?;
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    let result = parsed.parse2(arguments);
    errors.take(result);
}

/// Reads the arguments of each `#[plug(…)]`.
/// Other attributes belong to other crates.
pub(crate) fn each_of(
    attributes: &[Attribute],
    form: &str,
    errors: &mut Errors,
    mut argument: impl FnMut(ParseStream, &mut Errors) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("plug")) {
        match &attribute.meta {
            Meta::List(list) => each(list.tokens.clone(), errors, &mut argument),
            _ => errors.at(attribute, format!("expected `#[plug({form})]`")),
        }
    }
}

/// The key of `key = value`.
/// It can be `crate`, which is a keyword.
pub(crate) fn key(input: ParseStream, form: &str) -> syn::Result<Ident> {
    let key = input.call(Ident::parse_any);
    key.map_err(|error| Error::new(error.span(), format!("expected a key, such as in `{form}`")))
}

/// The value of `key = value`.
/// A key that is given twice is an error.
pub(crate) fn set<T: Parse>(
    slot: &mut Option<T>,
    key: &Ident,
    form: &str,
    input: ParseStream,
    errors: &mut Errors,
) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(Error::new(key.span(), format!("`{key}` needs a value: `{form}`")));
    }
    input.parse::<Token![=]>()?;
    let value = input.parse().map_err(|error: Error| Error::new(error.span(), format!("expected `{form}`")))?;
    if slot.replace(value).is_some() {
        errors.push(Error::new(key.span(), format!("`{key}` is given twice")));
    }
    Ok(())
}

/// The first token of an item, for an error about the whole item.
pub(crate) fn first(item: &TokenStream) -> TokenStream {
    item.clone().into_iter().next().map(TokenStream::from).unwrap_or_default()
}

/// The conditions of an item.
/// The code that is emitted for it needs the same conditions.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter_map(condition).collect()
}

// #[cfg(unix)]
// #[cfg_attr(test, cfg(unix), must_use)]
fn condition(attribute: &Attribute) -> Option<Attribute> {
    if attribute.path().is_ident("cfg") {
        return Some(attribute.clone());
    }
    let is_cfg_attr = attribute.path().is_ident("cfg_attr");
    let parsed = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let mut metas = parsed.ok().filter(|_| is_cfg_attr)?.into_iter();
    let (when, then) = (metas.next()?, metas.filter(|meta| meta.path().is_ident("cfg")).collect::<Vec<_>>());
    (!then.is_empty()).then(|| parse_quote!(#[cfg_attr(#when, #(#then),*)]))
}

/// `["one", "two"]`
pub(crate) struct Strings(pub(crate) Vec<LitStr>);

impl Parse for Strings {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let content;
        syn::bracketed!(content in input);
        Ok(Self(content.parse_terminated(<LitStr as Parse>::parse, Token![,])?.into_iter().collect()))
    }
}

/// The path of `plug`.
pub(crate) struct Root(Path);

impl Parse for Root {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        input.call(Path::parse_mod_style).map(Self)
    }
}

impl Default for Root {
    fn default() -> Self {
        let plug = Ident::new("plug", Span::call_site());
        Self(parse_quote!(::#plug))
    }
}

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
