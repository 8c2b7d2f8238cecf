pub trait Fetch: Send + Sync {
    /// Fetches a page.
    fn fetch<'__plug>(
        &'__plug self,
        url: &'__plug str,
        headers: &'__plug [String],
    ) -> ::plug::__private::Task<'__plug, Result<Vec<u8>, plug::Error>>;
    fn by_hand<'a>(
        &'a self,
        url: &'a str,
        times: u8,
    ) -> plug::Task<'a, Result<(), Failure>>;
    fn twice<'__plug>(
        &'__plug self,
        url: String,
    ) -> ::plug::__private::Task<'__plug, Result<u64, plug::Error>> {
        ::plug::__private::task(async move {
            if let ::plug::__private::core::option::Option::Some(__result) = ::plug::__private::core::option::Option::None::<
                Result<u64, plug::Error>,
            > {
                return __result;
            }
            let url = url;
            #[allow(clippy::diverging_sub_expression)]
            let __result: Result<u64, plug::Error> = {
                Ok(self.fetch(&url, &[]).await?.len() as u64 * 2)
            };
            #[allow(unreachable_code)] __result
        })
    }
    fn agent(&self) -> Result<String, plug::Error>;
}
#[allow(deprecated, non_camel_case_types)]
impl ::plug::__private::Interface for dyn Fetch {
    const DECLARATION: ::plug::__private::Declaration = ::plug::__private::declaration!(
        "Fetch", false
    );
    const VTABLES: ::plug::__private::core::option::Option<
        &'static ::plug::__private::Vtables,
    > = ::plug::__private::vtables!(dyn Fetch);
}
#[allow(
    deprecated,
    unused_imports,
    reason = "a method may be deprecated, and each error needs one import"
)]
const _: () = {
    use ::plug::__private::{ChainTexts as _, DisplayText as _};
    struct __PlugMethod<const METHOD: ::plug::__private::core::primitive::usize>;
    struct __PlugArgument<
        const METHOD: ::plug::__private::core::primitive::usize,
        const ARGUMENT: ::plug::__private::core::primitive::usize,
    >;
    impl ::plug::__private::Argument for __PlugArgument<0, 0> {
        type Form = ::plug::__private::Str;
    }
    impl ::plug::__private::Argument for __PlugArgument<0, 1> {
        type Form = ::plug::__private::List<String>;
    }
    impl ::plug::__private::Method for __PlugMethod<0> {
        type Interface = dyn Fetch;
        type Arguments = (__PlugArgument<0, 0>, (__PlugArgument<0, 1>, ()));
        type Outcome = Result<Vec<u8>, plug::Error>;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "fetch";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "Fetch";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "url",
            "headers",
        ];
        const DOCS: &'static ::plug::__private::core::primitive::str = "Fetches a page.";
        const INDEX: ::plug::__private::core::primitive::usize = 0;
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = false;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = false;
        const IS_ASYNC: ::plug::__private::core::primitive::bool = true;
        fn tell(
            error: &Self::Error,
            text: &mut dyn ::plug::__private::core::ops::FnMut(
                &dyn ::plug::__private::core::fmt::Display,
            ),
        ) {
            (&::plug::__private::Chain(error)).tell(text)
        }
    }
    impl ::plug::__private::Started for __PlugMethod<0> {
        fn start<'__plug>(
            object: &'__plug (dyn Fetch + '_),
            (
                __0,
                (__1, ()),
            ): <Self::Arguments as ::plug::__private::Arguments>::Given<'__plug>,
        ) -> ::plug::__private::Task<'__plug, Self::Outcome> {
            Fetch::fetch(object, __0, __1)
        }
    }
    impl ::plug::__private::Argument for __PlugArgument<1, 0> {
        type Form = ::plug::__private::Str;
    }
    impl ::plug::__private::Argument for __PlugArgument<1, 1> {
        type Form = ::plug::__private::Own<u8>;
    }
    impl ::plug::__private::Method for __PlugMethod<1> {
        type Interface = dyn Fetch;
        type Arguments = (__PlugArgument<1, 0>, (__PlugArgument<1, 1>, ()));
        type Outcome = Result<(), Failure>;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "by_hand";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "ByHand";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "url",
            "times",
        ];
        const DOCS: &'static ::plug::__private::core::primitive::str = "";
        const INDEX: ::plug::__private::core::primitive::usize = 1;
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = false;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = false;
        const IS_ASYNC: ::plug::__private::core::primitive::bool = true;
        fn tell(
            error: &Self::Error,
            text: &mut dyn ::plug::__private::core::ops::FnMut(
                &dyn ::plug::__private::core::fmt::Display,
            ),
        ) {
            (&::plug::__private::Chain(error)).tell(text)
        }
    }
    impl ::plug::__private::Started for __PlugMethod<1> {
        fn start<'__plug>(
            object: &'__plug (dyn Fetch + '_),
            (
                __0,
                (__1, ()),
            ): <Self::Arguments as ::plug::__private::Arguments>::Given<'__plug>,
        ) -> ::plug::__private::Task<'__plug, Self::Outcome> {
            Fetch::by_hand(object, __0, __1)
        }
    }
    impl ::plug::__private::Argument for __PlugArgument<2, 0> {
        type Form = ::plug::__private::Own<String>;
    }
    impl ::plug::__private::Method for __PlugMethod<2> {
        type Interface = dyn Fetch;
        type Arguments = (__PlugArgument<2, 0>, ());
        type Outcome = Result<u64, plug::Error>;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "twice";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "Twice";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "url",
        ];
        const DOCS: &'static ::plug::__private::core::primitive::str = "";
        const INDEX: ::plug::__private::core::primitive::usize = 2;
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = true;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = true;
        const IS_ASYNC: ::plug::__private::core::primitive::bool = true;
        fn tell(
            error: &Self::Error,
            text: &mut dyn ::plug::__private::core::ops::FnMut(
                &dyn ::plug::__private::core::fmt::Display,
            ),
        ) {
            (&::plug::__private::Chain(error)).tell(text)
        }
    }
    impl ::plug::__private::Started for __PlugMethod<2> {
        fn start<'__plug>(
            object: &'__plug (dyn Fetch + '_),
            (__0, ()): <Self::Arguments as ::plug::__private::Arguments>::Given<'__plug>,
        ) -> ::plug::__private::Task<'__plug, Self::Outcome> {
            Fetch::twice(object, __0)
        }
    }
    impl ::plug::__private::Method for __PlugMethod<3> {
        type Interface = dyn Fetch;
        type Arguments = ();
        type Outcome = Result<String, plug::Error>;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "agent";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "Agent";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[];
        const DOCS: &'static ::plug::__private::core::primitive::str = "";
        const INDEX: ::plug::__private::core::primitive::usize = 3;
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = false;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = false;
        fn call<__PlugHold: ::plug::__private::Hold>(
            object: &(dyn Fetch + '_),
            (): <Self::Arguments as ::plug::__private::Arguments>::Held<'_, __PlugHold>,
        ) -> Self::Outcome {
            Fetch::agent(object)
        }
        fn tell(
            error: &Self::Error,
            text: &mut dyn ::plug::__private::core::ops::FnMut(
                &dyn ::plug::__private::core::fmt::Display,
            ),
        ) {
            (&::plug::__private::Chain(error)).tell(text)
        }
    }
    impl ::plug::__private::PortableInterface for dyn Fetch {
        const SERVICE: &'static ::plug::__private::core::primitive::str = "Fetch";
        const DOCS: &'static ::plug::__private::core::primitive::str = "";
        const SIGNATURES: &'static [::plug::__private::Signature] = &[
            ::plug::__private::Signature::of::<__PlugMethod<0>>(),
            ::plug::__private::Signature::of::<__PlugMethod<1>>(),
            ::plug::__private::Signature::of::<__PlugMethod<2>>(),
            ::plug::__private::Signature::of::<__PlugMethod<3>>(),
        ];
        const CALLS: &'static [::plug::__private::CallFn] = &[
            ::plug::__private::start::<__PlugMethod<0>>,
            ::plug::__private::start::<__PlugMethod<1>>,
            ::plug::__private::start::<__PlugMethod<2>>,
            ::plug::__private::call::<__PlugMethod<3>>,
        ];
        type Of<'__plug> = dyn Fetch + '__plug;
        fn borrow<'__plug>(object: &'__plug Self) -> &'__plug (dyn Fetch + '__plug) {
            object
        }
        fn methods<__PlugVisitor: ::plug::__private::VisitMethods<Self>>(
            __visitor: &mut __PlugVisitor,
        ) {
            ::plug::__private::VisitMethods::started::<__PlugMethod<0>>(__visitor);
            ::plug::__private::VisitMethods::started::<__PlugMethod<1>>(__visitor);
            ::plug::__private::VisitMethods::started::<__PlugMethod<2>>(__visitor);
            ::plug::__private::VisitMethods::method::<__PlugMethod<3>>(__visitor);
        }
        fn remote<__PlugBoundary: ::plug::__private::Boundary + 'static>(
            boundary: __PlugBoundary,
        ) -> ::plug::__private::Box<Self> {
            ::plug::__private::Box::new(::plug::__private::Proxy::new(boundary))
        }
    }
    impl ::plug::__private::Lend for dyn Fetch {
        fn lend<'__plug, __PlugBoundary: ::plug::__private::Boundary + '__plug>(
            proxy: &'__plug ::plug::__private::Proxy<Self, __PlugBoundary>,
        ) -> &'__plug (dyn Fetch + '__plug) {
            proxy
        }
    }
    impl<__PlugBoundary: ::plug::__private::Boundary> Fetch
    for ::plug::__private::Proxy<dyn Fetch, __PlugBoundary> {
        fn fetch<'__plug>(
            &'__plug self,
            __0: &'__plug str,
            __1: &'__plug [String],
        ) -> ::plug::__private::Task<'__plug, Result<Vec<u8>, plug::Error>> {
            ::plug::__private::Proxy::start::<__PlugMethod<0>>(self, (__0, (__1, ())))
        }
        fn by_hand<'__plug>(
            &'__plug self,
            __0: &'__plug str,
            __1: u8,
        ) -> ::plug::__private::Task<'__plug, Result<(), Failure>> {
            ::plug::__private::Proxy::start::<__PlugMethod<1>>(self, (__0, (__1, ())))
        }
        fn twice<'__plug>(
            &'__plug self,
            __0: String,
        ) -> ::plug::__private::Task<'__plug, Result<u64, plug::Error>> {
            ::plug::__private::Box::pin(async move {
                match ::plug::__private::Proxy::attempt_start::<
                    __PlugMethod<2>,
                >(self, (__0, ()))
                    .await
                {
                    ::plug::__private::Result::Ok(outcome) => outcome,
                    ::plug::__private::Result::Err((__0, ())) => {
                        Fetch::twice(&__PlugFallback::<_, 2>(self), __0).await
                    }
                }
            })
        }
        fn agent(&self) -> Result<String, plug::Error> {
            ::plug::__private::Proxy::call::<__PlugMethod<3>>(self, &())
        }
    }
    struct __PlugFallback<
        'a,
        __PlugBoundary,
        const METHOD: ::plug::__private::core::primitive::usize,
    >(
        &'a ::plug::__private::Proxy<dyn Fetch, __PlugBoundary>,
    );
    impl<__PlugBoundary: ::plug::__private::Boundary> Fetch
    for __PlugFallback<'_, __PlugBoundary, 2> {
        fn fetch<'__plug>(
            &'__plug self,
            __0: &'__plug str,
            __1: &'__plug [String],
        ) -> ::plug::__private::Task<'__plug, Result<Vec<u8>, plug::Error>> {
            Fetch::fetch(self.0, __0, __1)
        }
        fn by_hand<'__plug>(
            &'__plug self,
            __0: &'__plug str,
            __1: u8,
        ) -> ::plug::__private::Task<'__plug, Result<(), Failure>> {
            Fetch::by_hand(self.0, __0, __1)
        }
        fn agent(&self) -> Result<String, plug::Error> {
            Fetch::agent(self.0)
        }
    }
};
