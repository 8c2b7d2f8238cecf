//! `#[plug("a")]`: makes an impl of an interface a plugin.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, ExprPath, GenericArgument, GenericParam, Ident, ImplItem, ItemImpl, Lit, LitStr, Path,
    PathArguments, Token,
};

use crate::arguments::{self, Errors, Root, Strings, conditions, first};
use crate::docs;
use crate::name;

/// `place` is the place of the attribute, as a text that no other attribute has.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream, place: &str) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::read(arguments, &mut errors);
    let plugin = Impl::read(&item, &mut errors);
    let entry = match (arguments, plugin) {
        (Some(arguments), Some(plugin)) if errors.is_empty() => render(&arguments, &plugin, key(place, &item)),
        _ => errors.into_token_stream(),
    };
    quote!(#item #entry)
}

/// The arguments of the attribute.
struct Arguments {
    name: LitStr,
    aliases: Vec<LitStr>,
    deprecated: Option<LitStr>,
    new: Option<ExprPath>,
    root: Root,
}

/// The parts of the impl that a plugin needs.
struct Impl {
    /// The `#[cfg]`s below the attribute.
    /// The compiler has evaluated those above it.
    conditions: Vec<Attribute>,
    docs: Vec<TokenStream>,
    interface: TokenStream,
    /// Whether the path has no arguments and the impl no associated types, so that the interface's
    /// own identity is enough for the name of a symbol.
    is_plain: bool,
    self_ty: syn::Type,
}

impl Arguments {
    // #[plug("a")]
    // #[plug("a", aliases = ["alpha"], deprecated = "use b", new = A::open, crate = path)]
    fn read(arguments: TokenStream, errors: &mut Errors) -> Option<Self> {
        let (mut name, mut misnamed) = (None::<LitStr>, false);
        let (mut aliases, mut deprecated, mut new, mut root) = (None::<Strings>, None::<LitStr>, None, None);
        arguments::each(arguments, errors, |input: ParseStream, errors| {
            if input.peek(Lit) {
                let literal: Lit = input.parse()?;
                let Lit::Str(literal) = literal else {
                    misnamed = true;
                    return Err(Error::new(literal.span(), "a plugin's name is a string, such as `\"a\"`"));
                };
                if let Some(first) = &name {
                    let hint =
                        format!("the plugin has a name, `{}`: others go into `aliases = [\"…\"]`", first.value());
                    return Err(Error::new(literal.span(), hint));
                }
                name = Some(literal);
                return Ok(());
            }
            let key = arguments::key(input, "aliases = [\"alpha\"]")?;
            match &key.to_string()[..] {
                "aliases" => arguments::set(&mut aliases, &key, "aliases = [\"alpha\"]", input, errors),
                "deprecated" => arguments::set(&mut deprecated, &key, "deprecated = \"use b\"", input, errors),
                "new" => {
                    arguments::set(&mut new, &key, "new = Self::open", input, errors)?;
                    match input.peek(syn::token::Paren) {
                        true => Err(input.error("`new` is the path of a function, without `()`: `new = Self::open`")),
                        false => Ok(()),
                    }
                }
                "crate" => arguments::set(&mut root, &key, "crate = path", input, errors),
                other if name.is_none() && !input.peek(Token![=]) => {
                    misnamed = true;
                    Err(Error::new(key.span(), format!("a plugin's name is a string: `\"{other}\"`")))
                }
                other => {
                    let known = "`aliases`, `deprecated`, `new` and `crate`";
                    Err(Error::new(key.span(), format!("unknown key `{other}`: there are {known}")))
                }
            }
        });
        let aliases = aliases.map(|Strings(aliases)| aliases).unwrap_or_default();
        check_names(name.as_ref(), &aliases, errors);
        if let Some(text) = &deprecated {
            if text.value().trim().is_empty() {
                errors.at(text, "say what to use instead: `deprecated = \"use b\"`");
            } else if text.value().contains(char::is_control) {
                errors.at(text, "the text of `deprecated` is one line, without control characters");
            }
        }
        if name.is_none() && !misnamed {
            errors.push(Error::new(Span::call_site(), "a plugin needs a name: `#[plug(\"a\")]`"));
        }
        Some(Self { name: name?, aliases, deprecated, new, root: root.unwrap_or_default() })
    }
}

fn check_names(name: Option<&LitStr>, aliases: &[LitStr], errors: &mut Errors) {
    let mut seen = Vec::new();
    for (literal, is_alias) in
        name.map(|name| (name, false)).into_iter().chain(aliases.iter().map(|alias| (alias, true)))
    {
        let text = literal.value();
        if let Err(why) = name::check(&text) {
            errors.at(literal, why);
        } else if is_alias && seen.contains(&text) {
            errors.at(literal, format!("the plugin is called `{text}` already"));
        }
        seen.push(text);
    }
}

impl Impl {
    // /// Says hello in English.
    // impl Plug for A { … }
    fn read(item: &TokenStream, errors: &mut Errors) -> Option<Self> {
        let what = "`#[plug]` goes above an `impl Interface for Type`";
        let Ok(item) = syn::parse2::<ItemImpl>(item.clone()) else {
            // It is another item, or a broken impl, which the compiler explains.
            let is_impl =
                item.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == "impl"));
            if !is_impl || syn::parse2::<syn::Item>(item.clone()).is_ok() {
                errors.at(first(item), what);
            }
            return None;
        };
        let Some((path, _)) = &item.trait_ else {
            errors.at(&item.self_ty, format!("{what}, and this impl is of no trait"));
            return None;
        };
        if !item.generics.params.is_empty() {
            let kinds = item.generics.params.iter().map(|param| match param {
                GenericParam::Lifetime(_) => "lifetime",
                _ => "type",
            });
            let kind = kinds.max().unwrap_or_default();
            errors.at(&item.generics, format!("a plugin is one type, and this impl is generic: name the {kind}"));
            return None;
        }
        let bindings = item.items.iter().filter_map(|item| match item {
            ImplItem::Type(item) if item.generics.params.is_empty() => Some((&item.ident, &item.ty)),
            _ => None,
        });
        let (interface, has_bindings) = with_bindings(path, bindings);
        let has_arguments = path.segments.iter().any(|segment| !segment.arguments.is_none());
        Some(Self {
            conditions: conditions(&item.attrs),
            docs: docs::read(&item.attrs),
            interface: quote_spanned!(path.span()=> dyn #interface),
            is_plain: !has_bindings && !has_arguments,
            self_ty: (*item.self_ty).clone(),
        })
    }
}

/// `Trait<T>` and the associated types of the impl: `Trait<T, Item = u8>`.
fn with_bindings<'a>(path: &Path, bindings: impl Iterator<Item = (&'a Ident, &'a syn::Type)>) -> (Path, bool) {
    let (mut path, mut any) = (path.clone(), false);
    for (ident, ty) in bindings {
        any = true;
        let binding: GenericArgument = syn::parse_quote!(#ident = #ty);
        if let Some(last) = path.segments.last_mut() {
            match &mut last.arguments {
                PathArguments::AngleBracketed(arguments) => arguments.args.push(binding),
                arguments => *arguments = PathArguments::AngleBracketed(syn::parse_quote!(<#binding>)),
            }
        }
    }
    (path, any)
}

/// `Self::open`, `<Self>::open` and `make::<Self>` in a form that is valid outside the impl.
fn of_type(new: &ExprPath, self_ty: &syn::Type) -> TokenStream {
    let self_ty = self_ty.to_token_stream();
    let starts_with_self = new.path.segments.first().is_some_and(|first| first.ident == "Self");
    if new.qself.is_some() || !starts_with_self {
        return replace_self(new.to_token_stream(), &self_ty);
    }
    let (span, rest) = (new.span(), new.path.segments.iter().skip(1));
    let rest = replace_self(quote_spanned!(span=> #(::#rest)*), &self_ty);
    let self_ty = at(span, self_ty);
    quote_spanned!(span=> <#self_ty> #rest)
}

fn replace_self(tokens: TokenStream, self_ty: &TokenStream) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => at(ident.span(), self_ty.clone()),
        TokenTree::Group(group) => {
            let mut replaced = Group::new(group.delimiter(), replace_self(group.stream(), self_ty));
            replaced.set_span(group.span());
            TokenTree::from(replaced).into()
        }
        token => token.into(),
    };
    tokens.into_iter().map(replace).collect::<TokenStream>()
}

/// The same tokens, at another place for errors.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let respan = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), at(span, group.stream())).into();
        }
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}

/// A number that no other plugin of the program has: a hash of the package, the place and the item.
fn key(place: &str, item: &TokenStream) -> u64 {
    let mut hasher = DefaultHasher::new();
    (place, item.to_string()).hash(&mut hasher);
    hasher.finish()
}

fn render(arguments: &Arguments, plugin: &Impl, key: u64) -> TokenStream {
    let Arguments { name, aliases, deprecated, new, root } = arguments;
    let Impl { conditions, docs, interface, is_plain, self_ty } = plugin;
    let aliases = aliases.iter().map(LitStr::value).collect::<Vec<_>>().join(",");
    let deprecated = deprecated.as_ref().map(LitStr::value).unwrap_or_default();
    // The arguments of an interface depend on the scope, and cannot be part of a symbol's name.
    let once = if *is_plain { Literal::u64_unsuffixed(key).into_token_stream() } else { quote!(none) };
    let new = match new {
        Some(new) => {
            let span = new.span();
            let new = of_type(new, self_ty);
            let made = quote_spanned!(span=> __private::Made::<#self_ty>::made(#new()));
            quote!(#root::#made?)
        }
        None => quote!(<#self_ty as #root::__private::Make>::make()),
    };
    quote! {
        #(#conditions)*
        #root::__private::plugin! {
            name: #name,
            aliases: #aliases,
            deprecated: #deprecated,
            docs: [#(#docs),*],
            interface: #interface,
            type: #self_ty,
            new: #new,
            once: #once,
        }
    }
}
