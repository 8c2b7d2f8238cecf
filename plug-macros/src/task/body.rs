//! The body of an asynchronous method, as the body of a function that returns its future.
//!
//! It does what the compiler does for an `async fn`: the future owns all arguments, drops them after
//! the variables of the body, and has the result's type before the body is checked.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Block, Expr, FnArg, Pat, PatIdent, PatType, ReceiverKind, Signature, Stmt, Type, parse_quote};

use crate::arguments::{Root, conditions};
use crate::place::at;
use crate::types;

// { self.find(key).await }
// { task(async move { … let result: Option<String> = { self.find(key).await }; result }) }
pub(super) fn rewrite(
    root: &Root,
    attributes: &[Attribute],
    signature: &mut Signature,
    output: &Type,
    body: &mut Block,
) {
    let private = quote!(#root::__private);
    let moved: Vec<_> = signature.inputs.iter_mut().enumerate().map(|(at, input)| take(at, input)).collect();
    // Its `return` is the first one and has the type, so the compiler converts all others to it.
    // It shows there why it expects that type.
    let span = output.span();
    let (result, early) = (at(span, quote!(__result)), at(span, quote!(return __result;)));
    let typed = quote! {
        if let #private::core::option::Option::Some(#result) = #private::core::option::Option::None::<#output> {
            #early
        }
        #(#moved)*
        #[allow(clippy::diverging_sub_expression)]
        let __result: #output = #body;
        #[allow(unreachable_code)]
        __result
    };
    // The compiler shows at the body that the future is not `Send`.
    let span = body.brace_token.span.join();
    let group = |delimiter, tokens| {
        let mut group = Group::new(delimiter, tokens);
        group.set_span(span);
        group
    };
    let call = |function, argument| {
        let (function, argument) = (at(span, function), group(Delimiter::Parenthesis, argument));
        quote!(#function #argument)
    };
    let future = |statements| {
        let (word, block) = (at(span, quote!(async move)), group(Delimiter::Brace, statements));
        quote!(#word #block)
    };
    let boxed = if attributes.iter().all(is_inert) {
        call(quote!(#private::task), future(typed))
    } else {
        // `#[tracing::instrument]` looks for `Box::pin` with a block, and boxes its own future instead.
        let within = call(quote!(#private::within), future(typed));
        call(quote!(#private::Box::pin), future(quote!(#within.await)))
    };
    body.stmts = vec![Stmt::Expr(Expr::Verbatim(boxed), None)];
}

/// Whether the attribute is one of the compiler or its tools, and no macro.
fn is_inert(attribute: &Attribute) -> bool {
    let inert = [
        "allow",
        "cfg",
        "clippy",
        "cold",
        "deny",
        "deprecated",
        "diagnostic",
        "doc",
        "expect",
        "forbid",
        "inline",
        "must_use",
        "rustfmt",
        "warn",
    ];
    attribute.path().segments.first().is_some_and(|first| inert.iter().any(|inert| first.ident == inert))
}

/// The statements that move an argument into the future.
/// A pattern becomes a name.
fn take(at: usize, input: &mut FnArg) -> TokenStream {
    let input = match input {
        FnArg::Receiver(receiver) => {
            let this = &receiver.self_token;
            return match receiver.kind {
                ReceiverKind::Reference(..) => TokenStream::new(),
                // A future that does not mention it owns it too.
                _ => quote!(let _ = &#this;),
            };
        }
        FnArg::Typed(input) => input,
    };
    let PatType { attrs, pat, ty, .. } = input;
    let is_reference = matches!(types::bare(ty), Type::Reference(_));
    let is_plain = matches!(&**pat, Pat::Ident(pat) if is_name(pat) && pat.mutability.is_none());
    if is_reference && (is_plain || matches!(**pat, Pat::Wild(_))) {
        // Nothing happens when it is dropped, and the compiler moves it if the body mentions it.
        return TokenStream::new();
    }
    let conditions = conditions(attrs);
    let (lints, others): (Vec<_>, Vec<_>) = std::mem::take(attrs).into_iter().partition(is_lint);
    *attrs = others;
    let name = match &**pat {
        Pat::Ident(pat) if is_name(pat) => pat.ident.clone(),
        _ => format_ident!("__{at}"),
    };
    let pattern = std::mem::replace(&mut **pat, parse_quote!(#name));
    let part = quote!(#(#conditions)* #(#lints)* let #pattern = #name;);
    let whole = quote!(#(#conditions)* let #name = #name;);
    match pattern {
        Pat::Ident(pattern) if is_name(&pattern) => part,
        Pat::Wild(_) => whole,
        // The future owns the parts too that the pattern leaves out.
        _ => quote!(#whole #part),
    }
}

/// Whether the pattern is `name` or `mut name`.
fn is_name(pattern: &PatIdent) -> bool {
    pattern.by_ref.is_none() && pattern.subpat.is_none()
}

// #[expect(unused_variables)]
fn is_lint(attribute: &Attribute) -> bool {
    ["allow", "deny", "expect", "forbid", "warn"].iter().any(|lint| attribute.path().is_ident(lint))
}
