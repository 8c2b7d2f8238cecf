//! Where an error about what is emitted is shown: at what the author wrote, from its first token to its last.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The first and the last of some tokens. A span of all of them is not to be had on stable Rust; the compiler makes one of these.
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

    /// Tokens that are shown there.
    pub(crate) fn around(self, start: TokenStream, end: TokenStream) -> TokenStream {
        self.enclosing(start, TokenStream::new(), end)
    }

    /// Tokens around what the author wrote there.
    pub(crate) fn enclosing(self, start: TokenStream, written: impl ToTokens, end: TokenStream) -> TokenStream {
        let mut tokens = at(self.start, start);
        written.to_tokens(&mut tokens);
        tokens.extend(at(self.end, end));
        tokens
    }
}

/// The same tokens, in whose place an error is shown, as one about what stands there and not about what was emitted for it.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let moved = |mut token: TokenTree| {
        // Which crate this is depends on where it was written.
        let is_crate = matches!(&token, TokenTree::Ident(ident) if ident == "$crate");
        token.set_span(if is_crate { token.span().located_at(span) } else { span });
        token
    };
    tokens.into_iter().map(moved).collect()
}
