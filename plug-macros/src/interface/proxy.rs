//! A portable interface: a description of each method, and a proxy, an object whose methods cross a
//! boundary.
//! It is generic over the boundary, and knows none.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{LitStr, Type};

use super::model::{Argument, Form, Interface, Method};
use crate::arguments::Root;
use crate::place::Place;
use crate::{docs, types};

pub(super) fn render(root: &Root, interface: &Interface<'_>) -> TokenStream {
    let Interface { name, conditions, docs, service, outlives, methods } = interface;
    let private = &quote!(#root::__private);
    let described = methods.iter().map(|method| describe(private, interface, method));
    let proxied = methods.iter().map(|method| method.implement(private, &remote_call(private, name, method)));
    let fallbacks = fallbacks(private, interface);
    let for_each = |rendered: &dyn Fn(&Method<'_>) -> TokenStream| -> Vec<_> {
        let each = methods.iter().map(|method| {
            let (item, Method { conditions, .. }) = (rendered(method), method);
            quote!(#(#conditions)* #item)
        });
        each.collect()
    };
    let signatures = for_each(&|method| {
        let this = method.this();
        quote!(#private::Signature::of::<#this>())
    });
    let calls = for_each(&|method| {
        let (call, this) = (if method.is_async { quote!(start) } else { quote!(call) }, method.this());
        quote!(#private::#call::<#this>)
    });
    let visited = for_each(&|method| {
        let (visit, this) = (if method.is_async { quote!(started) } else { quote!(method) }, method.this());
        quote!(#private::VisitMethods::#visit::<#this>(__visitor);)
    });
    let docs = docs::text(private, docs);
    // An object that outlives some lifetime borrows for no call.
    let bound = outlives.as_ref().map(|outlives| quote!(+ #outlives));
    let lend = outlives.is_none().then(|| {
        quote! {
            impl #private::Lend for dyn #name {
                fn lend<'__plug, __PlugBoundary: #private::Boundary + '__plug>(
                    proxy: &'__plug #private::Proxy<Self, __PlugBoundary>,
                ) -> &'__plug (dyn #name + '__plug) {
                    proxy
                }
            }
        }
    });
    quote! {
        #(#conditions)*
        #[allow(deprecated, unused_imports, reason = "a method may be deprecated, and each error needs one import")]
        const _: () = {
            use #private::{ChainTexts as _, DisplayText as _};

            // No author uses these names, so they hide none of the author's.
            struct __PlugMethod<const METHOD: #private::core::primitive::usize>;
            struct __PlugArgument<
                const METHOD: #private::core::primitive::usize,
                const ARGUMENT: #private::core::primitive::usize,
            >;

            #(#described)*

            impl #private::PortableInterface for dyn #name {
                const SERVICE: &'static #private::core::primitive::str = #service;
                const DOCS: &'static #private::core::primitive::str = #docs;
                const SIGNATURES: &'static [#private::Signature] = &[#(#signatures),*];
                const CALLS: &'static [#private::CallFn] = &[#(#calls),*];

                type Of<'__plug> = dyn #name + '__plug;

                fn borrow<'__plug>(object: &'__plug Self) -> &'__plug (dyn #name + '__plug) {
                    object
                }

                fn methods<__PlugVisitor: #private::VisitMethods<Self>>(__visitor: &mut __PlugVisitor) {
                    #(#visited)*
                }

                fn remote<__PlugBoundary: #private::Boundary + 'static>(
                    boundary: __PlugBoundary,
                ) -> #private::Box<Self> {
                    #private::Box::new(#private::Proxy::new(boundary))
                }
            }

            #lend

            impl<__PlugBoundary: #private::Boundary #bound> #name for #private::Proxy<dyn #name, __PlugBoundary> {
                #(#proxied)*
            }

            #fallbacks
        };
    }
}

/// The description of a method, for every boundary.
fn describe(private: &TokenStream, interface: &Interface<'_>, method: &Method<'_>) -> TokenStream {
    let (object, this) = (interface.name, method.this());
    let Method { number, name, conditions, wire_name, arguments, argument_names, outcome, .. } = method;
    let Method { has_default, is_idempotent, .. } = method;
    let for_others = for_other_programs(private, method);
    let (text, docs) = (name.unraw().to_string(), docs::text(private, &method.docs));
    let index = index(interface.methods.iter().take(*number));
    let argument = |at| {
        let (number, at) = (Literal::usize_unsuffixed(*number), Literal::usize_unsuffixed(at));
        quote!(__PlugArgument<#number, #at>)
    };
    let forms = arguments.iter().enumerate().map(|(at, written)| {
        let (argument, form) = (argument(at), form(private, written));
        quote!(#(#conditions)* impl #private::Argument for #argument { type Form = #form; })
    });
    let list = nested((0..arguments.len()).map(argument));
    let names: Vec<_> = arguments.iter().map(|argument| &argument.name).collect();
    let held = nested(names.iter());
    let passed = arguments.iter().map(|argument| argument.unwrapped(private));
    let call = quote!(#object::#name(object #(, #passed)*));
    let (called, started) = match method.is_async {
        true => {
            let start = quote! {
                #(#conditions)*
                impl #private::Started for #this {
                    fn start<'__plug>(
                        object: &'__plug (dyn #object + '_),
                        #held: <Self::Arguments as #private::Arguments>::Given<'__plug>,
                    ) -> #private::Task<'__plug, Self::Outcome> {
                        #call
                    }
                }
            };
            (quote!(const IS_ASYNC: #private::core::primitive::bool = true;), Some(start))
        }
        false => {
            let call = names.iter().rev().fold(call, |call, name| quote!(#name.lend(|#name| #call)));
            let call = quote! {
                fn call<__PlugHold: #private::Hold>(
                    object: &(dyn #object + '_),
                    #held: <Self::Arguments as #private::Arguments>::Held<'_, __PlugHold>,
                ) -> Self::Outcome {
                    #call
                }
            };
            (call, None)
        }
    };
    let Parts { ok, returns, error, tell } = Parts::of(private, outcome);
    quote! {
        #(#forms)*

        #(#conditions)*
        impl #private::Method for #this {
            type Interface = dyn #object;
            type Arguments = #list;
            type Outcome = #outcome;
            type Ok = #ok;
            type Returns = #returns;
            type Error = #error;
            const NAME: &'static #private::core::primitive::str = #text;
            const WIRE_NAME: &'static #private::core::primitive::str = #wire_name;
            const ARGUMENT_NAMES: &'static [&'static #private::core::primitive::str] = &[#(#argument_names),*];
            const DOCS: &'static #private::core::primitive::str = #docs;
            const INDEX: #private::core::primitive::usize = #index;
            const HAS_DEFAULT: #private::core::primitive::bool = #has_default;
            const IS_IDEMPOTENT: #private::core::primitive::bool = #is_idempotent;
            #for_others

            #called

            #tell
        }

        #started
    }
}

/// The choices of the author for programs in other languages. Few methods have one.
fn for_other_programs(private: &TokenStream, Method { arguments, is_map, .. }: &Method<'_>) -> TokenStream {
    let is_numbered = arguments.iter().zip(1..).any(|(argument, place)| argument.tag != place);
    let tags = is_numbered.then(|| {
        let tags = arguments.iter().map(|argument| Literal::u32_unsuffixed(argument.tag));
        quote!(const ARGUMENT_TAGS: &'static [#private::core::primitive::u32] = &[#(#tags),*];)
    });
    let is_named = arguments.iter().any(|argument| argument.go_name.is_some());
    let names = is_named.then(|| {
        let names = arguments.iter().map(|argument| argument.go_name.as_ref().map(LitStr::value).unwrap_or_default());
        quote!(const GO_NAMES: &'static [&'static #private::core::primitive::str] = &[#(#names),*];)
    });
    let is_map = is_map.then(|| quote!(const IS_MAP: #private::core::primitive::bool = true;));
    quote!(#tags #names #is_map)
}

/// The form of an argument as a type.
/// The compiler reports a type that does not cross here.
fn form(private: &TokenStream, Argument { form, ty, .. }: &Argument<'_>) -> TokenStream {
    let form = match form {
        Form::Str => return quote!(#private::Str),
        Form::List => quote!(List),
        Form::Ref => quote!(Ref),
        Form::Own => quote!(Own),
        Form::Lent => quote!(Lent),
        Form::Given => quote!(Given),
        Form::Stream => quote!(Streamed),
    };
    Place::of(ty).enclosing(quote!(#private::#form<), ty, quote!(>))
}

/// The number of these methods.
/// If some have conditions, the compiler counts them.
fn index<'a>(before: impl Iterator<Item = &'a Method<'a>> + Clone) -> TokenStream {
    if before.clone().all(|method| method.conditions.is_empty()) {
        return Literal::usize_unsuffixed(before.count()).into_token_stream();
    }
    let each = before.map(|Method { conditions, .. }| quote!(#(#conditions)* ()));
    quote!(<[()]>::len(&[#(#each),*]))
}

/// `(a, (b, ()))`
fn nested<T: ToTokens>(items: impl DoubleEndedIterator<Item = T>) -> TokenStream {
    items.rev().fold(quote!(()), |rest, item| quote!((#item, #rest)))
}

/// The parts of a result's type.
struct Parts {
    ok: TokenStream,
    /// The form of the value.
    returns: TokenStream,
    error: TokenStream,
    /// The function that writes the texts of the error.
    tell: TokenStream,
}

impl Parts {
    /// The compiler reports an error of a part at that part.
    /// If the type is no `Result`, all parts report it at one place in the same words, and the
    /// compiler drops all but the first.
    fn of(private: &TokenStream, outcome: &Type) -> Self {
        let written = types::arguments_of_result(outcome);
        let place = |at: usize| written.get(at).map_or_else(|| Place::of(outcome), Place::of);
        let part = |at, name| place(at).around(quote!(<Self::Outcome as #private::Outcome>::), name);
        let error = place(1).around(quote!(&Self::), quote!(Error));
        let takes = quote!(error: #error, text: &mut dyn #private::core::ops::FnMut(&dyn #private::core::fmt::Display));
        let takes = Group::new(Delimiter::Parenthesis, takes);
        let body = Group::new(Delimiter::Brace, quote!((&#private::Chain(error)).tell(text)));
        let returns = match written.first().and_then(|ok| types::boxed_object(ok)) {
            Some(object) => Place::of(object).enclosing(quote!(#private::Given<), object, quote!(>)),
            None if written.first().is_some_and(|ok| types::is_stream(ok)) => {
                place(0).around(quote!(#private::Streamed<Self::), quote!(Ok>))
            }
            None => place(0).around(quote!(#private::Own<Self::), quote!(Ok>)),
        };
        Self {
            returns,
            ok: part(0, quote!(Ok)),
            error: part(1, quote!(Error)),
            tell: place(1).around(quote!(fn tell), quote!(#takes #body)),
        }
    }
}

/// Calls the method on the other side.
/// If that side is older and lacks it, the default body runs on this side.
fn remote_call(private: &TokenStream, object: &Ident, method: &Method<'_>) -> TokenStream {
    let (this, names) = (method.this(), method.arguments.iter().map(|argument| &argument.name));
    let names_of_given = nested(names);
    let given = nested(method.arguments.iter().map(|argument| argument.wrapped(private)));
    let passed: Vec<_> = method.arguments.iter().map(|argument| argument.unwrapped(private)).collect();
    let (name, number) = (method.name, Literal::usize_unsuffixed(method.number));
    match (method.is_async, method.has_default) {
        (true, false) => quote!(#private::Proxy::start::<#this>(self, #given)),
        (true, true) => quote! {
            #private::Box::pin(async move {
                match #private::Proxy::attempt_start::<#this>(self, #given).await {
                    #private::Result::Ok(outcome) => outcome,
                    #private::Result::Err(#names_of_given) => {
                        #object::#name(&__PlugFallback::<_, #number>(self) #(, #passed)*).await
                    }
                }
            })
        },
        (false, false) => quote!(#private::Proxy::call::<#this>(self, &#given)),
        (false, true) => quote! {
            let given = #given;
            if let #private::core::option::Option::Some(outcome) = #private::Proxy::attempt::<#this>(self, &given) {
                return outcome;
            }
            let #names_of_given = given;
            #object::#name(&__PlugFallback::<_, #number>(self) #(, #passed)*)
        },
    }
}

/// An object for each default body to run on.
/// It lacks only that method, and calls all others on the other side, even those that have a
/// default body too.
fn fallbacks(private: &TokenStream, interface: &Interface<'_>) -> Option<TokenStream> {
    let Interface { name: object, methods, .. } = interface;
    if methods.iter().all(|method| !method.has_default) {
        return None;
    }
    let objects = methods.iter().filter(|method| method.has_default).map(|Method { number, conditions, .. }| {
        let others = methods.iter().filter(|other| other.number != *number).map(|other| {
            let (name, names) = (other.name, other.arguments.iter().map(|argument| &argument.name));
            other.implement(private, &quote!(#object::#name(self.0 #(, #names)*)))
        });
        let number = Literal::usize_unsuffixed(*number);
        quote! {
            #(#conditions)*
            impl<__PlugBoundary: #private::Boundary> #object for __PlugFallback<'_, __PlugBoundary, #number> {
                #(#others)*
            }
        }
    });
    Some(quote! {
        struct __PlugFallback<'a, __PlugBoundary, const METHOD: #private::core::primitive::usize>(
            &'a #private::Proxy<dyn #object, __PlugBoundary>,
        );

        #(#objects)*
    })
}

impl Argument<'_> {
    /// The argument as it is given to a boundary.
    fn wrapped(&self, private: &TokenStream) -> TokenStream {
        let name = &self.name;
        match self.form {
            Form::Lent => quote!(#private::Lending::new(#name)),
            Form::Given => quote!(#private::Handed::new(#name)),
            _ => quote!(#name),
        }
    }

    /// The argument as it is passed to the method.
    fn unwrapped(&self, private: &TokenStream) -> TokenStream {
        let name = &self.name;
        match self.form {
            Form::Lent => quote!(#private::Lending::get(&#name)),
            Form::Given => quote!(#private::Handed::into_box(#name)),
            _ => quote!(#name),
        }
    }
}

impl Method<'_> {
    /// The type that stands for the method.
    fn this(&self) -> TokenStream {
        let number = Literal::usize_unsuffixed(self.number);
        quote!(__PlugMethod<#number>)
    }

    /// The method in an impl of the trait.
    fn implement(&self, private: &TokenStream, body: &TokenStream) -> TokenStream {
        let Self { name, conditions, arguments, outcome, .. } = self;
        let lifetime = self.is_async.then(|| quote!('__plug));
        let arguments = arguments.iter().map(|Argument { name, form, ty, .. }| match form {
            Form::Str | Form::Ref | Form::Lent => quote!(#name: &#lifetime #ty),
            Form::List => quote!(#name: &#lifetime [#ty]),
            Form::Own | Form::Stream => quote!(#name: #ty),
            Form::Given => quote!(#name: #private::Box<#ty>),
        });
        let (parameters, output) = match self.is_async {
            true => (Some(quote!(<'__plug>)), quote!(#private::Task<'__plug, #outcome>)),
            false => (None, outcome.to_token_stream()),
        };
        quote! {
            #(#conditions)*
            fn #name #parameters(&#lifetime self #(, #arguments)*) -> #output {
                #body
            }
        }
    }
}
