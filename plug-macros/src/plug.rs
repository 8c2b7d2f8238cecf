//! `#[plug("a")]`: makes an impl of an interface a plugin.

mod outside;
mod seen;

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Delimiter, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Error, ExprPath, GenericParam, Ident, ItemImpl, Lit, LitStr, Path, Token};

use crate::arguments::{self, Errors, Root, Strings, conditions, first};
use crate::docs;
use crate::name;
use crate::place;
use outside::{Outside, refuse_projections};
use seen::Seen;

pub(crate) use seen::Site;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream, site: &Site) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = Arguments::read(arguments, &mut errors);
    let plugin = Impl::read(&item, &mut errors);
    if plugin.as_ref().is_some_and(|plugin| plugin.is_circle) {
        // The compiler would report the same part of the impl once more.
        return errors.into_token_stream();
    }
    let entry = match (arguments, plugin) {
        (Some(arguments), Some(plugin)) if errors.is_empty() => {
            let key = key(site, &item);
            let entry = render(&arguments, &plugin, key);
            let comparisons = comparisons(&arguments, &plugin, key, site);
            quote!(#entry #comparisons)
        }
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
    /// The last part of the interface's path.
    /// None if the path has arguments or the impl associated types, since the interface's own
    /// identity is then not enough for the name of a symbol.
    plain_name: Option<Ident>,
    /// Whether the interface's path depends on the impl itself.
    is_circle: bool,
    outside: Outside,
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
            if let Some(error) = name_by_value(input).filter(|_| name.is_none()) {
                misnamed = true;
                return Err(error);
            }
            let key = arguments::key(input, "aliases = [\"alpha\"]")?;
            match &key.to_string()[..] {
                "aliases" => arguments::set(&mut aliases, &key, "aliases = [\"alpha\"]", input, errors),
                "deprecated" => arguments::set(&mut deprecated, &key, "deprecated = \"use b\"", input, errors),
                "new" => {
                    arguments::set(&mut new, &key, "new = Self::open", input, errors)?;
                    refuse_call(input)
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

/// Refuses a name that only the compiler knows: a macro, a path, or a constant.
fn name_by_value(input: ParseStream) -> Option<Error> {
    let rest = input.fork();
    let path = rest.call(Path::parse_mod_style).ok()?;
    let text = path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::");
    let value = match rest.peek(Token![!]) {
        true => format!("{text}!(…)"),
        false if path.segments.len() > 1 || text.contains(char::is_uppercase) => text,
        false => return None,
    };
    let is_key = rest.peek(Token![=]);
    let message = format!("`#[plug]` cannot see the value of `{value}`: write the name itself, such as `\"a\"`");
    (!is_key).then(|| Error::new_spanned(path, message))
}

/// Refuses parentheses behind the path of a function.
fn refuse_call(input: ParseStream) -> syn::Result<()> {
    let Some((TokenTree::Group(call), _)) = input.cursor().token_tree() else { return Ok(()) };
    match call.delimiter() {
        Delimiter::Parenthesis if call.stream().is_empty() => {
            Err(Error::new(call.span(), "`new` is the path of a function, without `()`: `new = Self::open`"))
        }
        Delimiter::Parenthesis => {
            let message = "`new` is the path of a function: write one that makes this call";
            Err(Error::new(call.span(), message))
        }
        _ => Ok(()),
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
        let mut circles = Errors::default();
        refuse_projections(path, &mut circles);
        let is_circle = !circles.is_empty();
        errors.append(circles);
        let outside = Outside::of(&item);
        let interface = outside.interface(path);
        let name = path.segments.last().map(|last| last.ident.unraw());
        let has_arguments = path.segments.iter().any(|segment| !segment.arguments.is_none());
        Some(Self {
            conditions: conditions(&item.attrs),
            docs: docs::read(&item.attrs),
            interface: quote_spanned!(path.span()=> dyn #interface),
            plain_name: name.filter(|_| !outside.has_associated_types() && !has_arguments),
            is_circle,
            outside,
        })
    }
}

/// A number that no other plugin of the program has: a hash of the package, the place and the item.
fn key(site: &Site, item: &TokenStream) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&site.unique, item.to_string()).hash(&mut hasher);
    hasher.finish()
}

fn render(arguments: &Arguments, plugin: &Impl, key: u64) -> TokenStream {
    let Arguments { name, aliases, deprecated, new, root } = arguments;
    let Impl { conditions, docs, interface, plain_name, outside, .. } = plugin;
    let aliases = aliases.iter().map(LitStr::value).collect::<Vec<_>>().join(",");
    let deprecated = deprecated.as_ref().map(LitStr::value).unwrap_or_default();
    // The arguments of an interface depend on the scope, and cannot be part of a symbol's name.
    let once = match plain_name {
        Some(interface) => {
            let (key, interface) = (Literal::u64_unsuffixed(key), interface.to_string());
            quote!([#key #interface])
        }
        None => quote!(none),
    };
    let self_ty = outside.self_ty();
    let new = new.as_ref().map(|new| {
        let (span, function) = (new.span(), outside.function(new));
        let root = place::at(span, root.to_token_stream());
        quote_spanned!(span=> #root::__private::construct::<#self_ty, _, _, _, _>, #root::__private::constructor(#function))
    });
    quote! {
        #(#conditions)*
        #root::__private::plugin! {
            name: #name,
            aliases: #aliases,
            deprecated: #deprecated,
            docs: [#(#docs),*],
            interface: #interface,
            type: #self_ty,
            new: [#new],
            once: #once,
        }
    }
}

/// Fails the build if an earlier plugin of the name has the same interface.
/// Across crates the linker does so.
fn comparisons(arguments: &Arguments, plugin: &Impl, key: u64, site: &Site) -> TokenStream {
    let (Arguments { name, root, .. }, Impl { conditions, .. }) = (arguments, plugin);
    if plugin.plain_name.is_none() {
        return TokenStream::new();
    }
    let number = |key: u64| {
        let key = Literal::u64_unsuffixed(key);
        quote!(<#root::__private::Key<#key> as #root::__private::Numbered<_>>::NUMBER)
    };
    let compare = |earlier: Seen| {
        let text =
            format!("plugin `{}` of this interface is at {} already: rename one of them", name.value(), earlier.line);
        let (this, other, span) = (number(key), number(earlier.key), name.span());
        let root = place::at(span, root.to_token_stream());
        let distinct = quote_spanned!(span=> #root::__private::distinct(#this, #other, #text));
        quote!(#(#conditions)* const _: () = #distinct;)
    };
    seen::earlier(&name.value(), key, site, conditions.is_empty()).into_iter().map(compare).collect()
}
