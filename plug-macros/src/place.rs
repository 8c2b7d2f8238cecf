//! The place of an error about emitted code: the author's tokens, from the first to the last.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The spans of the first and of the last token.
/// Stable Rust cannot join spans; the compiler joins these two.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    start: Span,
    end: Span,
}

impl Place {
    pub(crate) fn of(tokens: impl ToTokens) -> Self {
        let mut spans = tokens.into_token_stream().into_iter().map(|token| token.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        Self { start, end: spans.last().unwrap_or(start) }
    }

    /// Tokens whose errors are shown there.
    pub(crate) fn around(self, start: TokenStream, end: TokenStream) -> TokenStream {
        self.enclosing(start, TokenStream::new(), end)
    }

    /// The author's tokens, between tokens whose errors are shown there.
    pub(crate) fn enclosing(self, start: TokenStream, written: impl ToTokens, end: TokenStream) -> TokenStream {
        let mut tokens = at(self.start, start);
        written.to_tokens(&mut tokens);
        tokens.extend(at(self.end, end));
        tokens
    }
}

/// The same tokens, at another place.
/// The compiler then takes an error for one of the author's code, and not of a macro's.
pub(crate) fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = |mut token: TokenTree| {
        // The crate that `$crate` means depends on its span, so only its location changes.
        let is_crate = matches!(&token, TokenTree::Ident(ident) if ident == "$crate");
        token.set_span(if is_crate { token.span().located_at(span) } else { span });
        token
    };
    tokens.into_iter().map(moved).collect()
}
