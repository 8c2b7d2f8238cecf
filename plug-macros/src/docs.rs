//! The docs of an item, as a text that the compiler joins.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The docs as parts of a `concat!`: literals, and macros such as `include_str!`.
pub(crate) fn read(attributes: &[Attribute]) -> Vec<TokenStream> {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(meta) = &attribute.meta {
            match ungrouped(&meta.value) {
                Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => lines.push(Ok(line.value())),
                Expr::Macro(text) => lines.push(Err(text.to_token_stream())),
                // The compiler refuses it.
                _ => {}
            }
        }
    }
    // A run of lines becomes one literal.
    let mut parts = Vec::new();
    let mut text = String::new();
    for line in lines {
        match line {
            Ok(line) => {
                let line = line.replace('\u{1f}', " ");
                // `/** … */` is one text of several lines, which may begin with stars.
                let is_decorated =
                    line.lines().skip(1).all(|line| line.trim().is_empty() || line.trim().starts_with('*'));
                for (at, line) in line.split('\n').enumerate() {
                    let line = if at > 0 && is_decorated { line.trim_start().trim_start_matches('*') } else { line };
                    text.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
                    text.push('\n');
                }
            }
            Err(other) => {
                parts.push(std::mem::take(&mut text).to_token_stream());
                parts.push(other);
                text.push('\n');
            }
        }
    }
    let text = if parts.is_empty() { text.trim() } else { text.trim_end() };
    parts.push(text.to_token_stream());
    parts
}

/// The expression that a `macro_rules` of the author has passed on as `$docs:expr`.
fn ungrouped(value: &Expr) -> &Expr {
    match value {
        Expr::Group(group) => ungrouped(&group.expr),
        value => value,
    }
}

/// The docs as one text.
pub(crate) fn text(private: &TokenStream, parts: &[TokenStream]) -> TokenStream {
    match parts {
        [text] => text.clone(),
        parts => quote!(#private::core::concat!(#(#parts),*)),
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Delimiter, Group};
    use syn::{ItemStruct, parse_quote};

    use super::*;

    fn texts(item: &ItemStruct) -> Vec<String> {
        read(&item.attrs).iter().map(|part| part.to_string().replace(' ', "")).collect()
    }

    #[test]
    fn docs_that_a_macro_of_the_author_passes_on() {
        let passed = |value| Group::new(Delimiter::None, value);
        let call = passed(quote!(concat!("a", "b")));
        let twice = passed(passed(quote!("literal")).to_token_stream());
        let item = parse_quote! {
            /// First.
            #[doc = #call]
            #[doc = #twice]
            struct A;
        };
        assert_eq!(texts(&item), ["\"First.\\n\"", "concat!(\"a\",\"b\")", "\"\\nliteral\""]);
    }
}
