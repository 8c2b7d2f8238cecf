pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
    /// The sum of all.
    #[cfg(unix)]
    fn sum(&self, start: u64, numbers: &[u64]) -> Result<u64, plug::Error>;
    /// Greets each of them.
    #[deprecated]
    fn say_hello_to_all(&self, _: &Page) -> Answer {
        Err(plug::Error::msg("not all at once"))
    }
    /// Not a method of its objects.
    fn made() -> Self
    where
        Self: Sized,
    {
        unimplemented!()
    }
}
#[allow(deprecated, non_camel_case_types)]
impl ::plug::__private::Interface for dyn Plug {
    const DECLARATION: ::plug::__private::Declaration = ::plug::__private::declaration!(
        "Plug", false
    );
    const VTABLES: ::plug::__private::core::option::Option<
        &'static ::plug::__private::Vtables,
    > = ::plug::__private::vtables!(dyn Plug);
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
    impl ::plug::__private::Method for __PlugMethod<0> {
        type Interface = dyn Plug;
        type Arguments = (__PlugArgument<0, 0>, ());
        type Outcome = Result<String, plug::Error>;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "say_hello";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "SayHello";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "name",
        ];
        const DOCS: &'static ::plug::__private::core::primitive::str = "Greets `name`.";
        const INDEX: ::plug::__private::core::primitive::usize = 0;
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = false;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = false;
        fn call<__PlugHold: ::plug::__private::Hold>(
            object: &(dyn Plug + '_),
            (
                __0,
                (),
            ): <Self::Arguments as ::plug::__private::Arguments>::Held<'_, __PlugHold>,
        ) -> Self::Outcome {
            __0.lend(|__0| Plug::say_hello(object, __0))
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
    #[cfg(unix)]
    impl ::plug::__private::Argument for __PlugArgument<1, 0> {
        type Form = ::plug::__private::Own<u64>;
    }
    #[cfg(unix)]
    impl ::plug::__private::Argument for __PlugArgument<1, 1> {
        type Form = ::plug::__private::List<u64>;
    }
    #[cfg(unix)]
    impl ::plug::__private::Method for __PlugMethod<1> {
        type Interface = dyn Plug;
        type Arguments = (__PlugArgument<1, 0>, (__PlugArgument<1, 1>, ()));
        type Outcome = Result<u64, plug::Error>;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "sum";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "Sum";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "start",
            "numbers",
        ];
        const DOCS: &'static ::plug::__private::core::primitive::str = "The sum of all.";
        const INDEX: ::plug::__private::core::primitive::usize = 1;
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = false;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = true;
        fn call<__PlugHold: ::plug::__private::Hold>(
            object: &(dyn Plug + '_),
            (
                __0,
                (__1, ()),
            ): <Self::Arguments as ::plug::__private::Arguments>::Held<'_, __PlugHold>,
        ) -> Self::Outcome {
            __0.lend(|__0| __1.lend(|__1| Plug::sum(object, __0, __1)))
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
    impl ::plug::__private::Argument for __PlugArgument<2, 0> {
        type Form = ::plug::__private::Ref<Page>;
    }
    impl ::plug::__private::Method for __PlugMethod<2> {
        type Interface = dyn Plug;
        type Arguments = (__PlugArgument<2, 0>, ());
        type Outcome = Answer;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "say_hello_to_all";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "SayHelloToAll";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "arg1",
        ];
        const DOCS: &'static ::plug::__private::core::primitive::str = "Greets each of them.";
        const INDEX: ::plug::__private::core::primitive::usize = <[()]>::len(
            &[(), #[cfg(unix)] ()],
        );
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = true;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = false;
        fn call<__PlugHold: ::plug::__private::Hold>(
            object: &(dyn Plug + '_),
            (
                __0,
                (),
            ): <Self::Arguments as ::plug::__private::Arguments>::Held<'_, __PlugHold>,
        ) -> Self::Outcome {
            __0.lend(|__0| Plug::say_hello_to_all(object, __0))
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
    impl ::plug::__private::PortableInterface for dyn Plug {
        const SERVICE: &'static ::plug::__private::core::primitive::str = "Plug";
        const DOCS: &'static ::plug::__private::core::primitive::str = "";
        const SIGNATURES: &'static [::plug::__private::Signature] = &[
            ::plug::__private::Signature::of::<__PlugMethod<0>>(),
            #[cfg(unix)]
            ::plug::__private::Signature::of::<__PlugMethod<1>>(),
            ::plug::__private::Signature::of::<__PlugMethod<2>>(),
        ];
        const CALLS: &'static [::plug::__private::CallFn] = &[
            ::plug::__private::call::<__PlugMethod<0>>,
            #[cfg(unix)]
            ::plug::__private::call::<__PlugMethod<1>>,
            ::plug::__private::call::<__PlugMethod<2>>,
        ];
        type Of<'__plug> = dyn Plug + '__plug;
        fn borrow<'__plug>(object: &'__plug Self) -> &'__plug (dyn Plug + '__plug) {
            object
        }
        fn methods<__PlugVisitor: ::plug::__private::VisitMethods<Self>>(
            __visitor: &mut __PlugVisitor,
        ) {
            ::plug::__private::VisitMethods::method::<__PlugMethod<0>>(__visitor);
            #[cfg(unix)]
            ::plug::__private::VisitMethods::method::<__PlugMethod<1>>(__visitor);
            ::plug::__private::VisitMethods::method::<__PlugMethod<2>>(__visitor);
        }
        fn remote<__PlugBoundary: ::plug::__private::Boundary + 'static>(
            boundary: __PlugBoundary,
        ) -> ::plug::__private::Box<Self> {
            ::plug::__private::Box::new(::plug::__private::Proxy::new(boundary))
        }
    }
    impl ::plug::__private::Lend for dyn Plug {
        fn lend<'__plug, __PlugBoundary: ::plug::__private::Boundary + '__plug>(
            proxy: &'__plug ::plug::__private::Proxy<Self, __PlugBoundary>,
        ) -> &'__plug (dyn Plug + '__plug) {
            proxy
        }
    }
    impl<__PlugBoundary: ::plug::__private::Boundary> Plug
    for ::plug::__private::Proxy<dyn Plug, __PlugBoundary> {
        fn say_hello(&self, __0: &str) -> Result<String, plug::Error> {
            ::plug::__private::Proxy::call::<__PlugMethod<0>>(self, &(__0, ()))
        }
        #[cfg(unix)]
        fn sum(&self, __0: u64, __1: &[u64]) -> Result<u64, plug::Error> {
            ::plug::__private::Proxy::call::<__PlugMethod<1>>(self, &(__0, (__1, ())))
        }
        fn say_hello_to_all(&self, __0: &Page) -> Answer {
            let given = (__0, ());
            if let ::plug::__private::core::option::Option::Some(outcome) = ::plug::__private::Proxy::attempt::<
                __PlugMethod<2>,
            >(self, &given) {
                return outcome;
            }
            let (__0, ()) = given;
            Plug::say_hello_to_all(&__PlugFallback::<_, 2>(self), __0)
        }
    }
    struct __PlugFallback<
        'a,
        __PlugBoundary,
        const METHOD: ::plug::__private::core::primitive::usize,
    >(
        &'a ::plug::__private::Proxy<dyn Plug, __PlugBoundary>,
    );
    impl<__PlugBoundary: ::plug::__private::Boundary> Plug
    for __PlugFallback<'_, __PlugBoundary, 2> {
        fn say_hello(&self, __0: &str) -> Result<String, plug::Error> {
            Plug::say_hello(self.0, __0)
        }
        #[cfg(unix)]
        fn sum(&self, __0: u64, __1: &[u64]) -> Result<u64, plug::Error> {
            Plug::sum(self.0, __0, __1)
        }
    }
};
/// Nothing to call.
#[doc = include_str!("nothing.md")]
#[cfg(unix)]
trait Nothing: Send + Sync {}
#[cfg(unix)]
#[allow(deprecated, non_camel_case_types)]
impl host::plug::__private::Interface for dyn Nothing {
    const DECLARATION: host::plug::__private::Declaration = host::plug::__private::declaration!(
        "Nothing", false
    );
    const VTABLES: host::plug::__private::core::option::Option<
        &'static host::plug::__private::Vtables,
    > = host::plug::__private::vtables!(dyn Nothing);
}
#[cfg(unix)]
#[allow(
    deprecated,
    unused_imports,
    reason = "a method may be deprecated, and each error needs one import"
)]
const _: () = {
    use host::plug::__private::{ChainTexts as _, DisplayText as _};
    struct __PlugMethod<const METHOD: host::plug::__private::core::primitive::usize>;
    struct __PlugArgument<
        const METHOD: host::plug::__private::core::primitive::usize,
        const ARGUMENT: host::plug::__private::core::primitive::usize,
    >;
    impl host::plug::__private::PortableInterface for dyn Nothing {
        const SERVICE: &'static host::plug::__private::core::primitive::str = "empty.Nothing";
        const DOCS: &'static host::plug::__private::core::primitive::str = host::plug::__private::core::concat!(
            "Nothing to call.\n", include_str!("nothing.md"), ""
        );
        const SIGNATURES: &'static [host::plug::__private::Signature] = &[];
        const CALLS: &'static [host::plug::__private::CallFn] = &[];
        type Of<'__plug> = dyn Nothing + '__plug;
        fn borrow<'__plug>(object: &'__plug Self) -> &'__plug (dyn Nothing + '__plug) {
            object
        }
        fn methods<__PlugVisitor: host::plug::__private::VisitMethods<Self>>(
            __visitor: &mut __PlugVisitor,
        ) {}
        fn remote<__PlugBoundary: host::plug::__private::Boundary + 'static>(
            boundary: __PlugBoundary,
        ) -> host::plug::__private::Box<Self> {
            host::plug::__private::Box::new(host::plug::__private::Proxy::new(boundary))
        }
    }
    impl host::plug::__private::Lend for dyn Nothing {
        fn lend<'__plug, __PlugBoundary: host::plug::__private::Boundary + '__plug>(
            proxy: &'__plug host::plug::__private::Proxy<Self, __PlugBoundary>,
        ) -> &'__plug (dyn Nothing + '__plug) {
            proxy
        }
    }
    impl<__PlugBoundary: host::plug::__private::Boundary> Nothing
    for host::plug::__private::Proxy<dyn Nothing, __PlugBoundary> {}
};
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    reason = "the names are those of the type"
)]
const _: () = {
    trait __PlugFieldType {
        type Type: ::plug::__private::Portable;
    }
    struct __PlugField<const FIELD: ::plug::__private::core::primitive::usize>;
    impl __PlugFieldType for __PlugField<0> {
        type Type = String;
    }
    impl __PlugFieldType for __PlugField<1> {
        type Type = Vec<Target>;
    }
    impl __PlugFieldType for __PlugField<2> {
        type Type = u64;
    }
    #[repr(transparent)]
    struct __PlugFieldView<'a, F: __PlugFieldType>(
        ::plug::__private::core::mem::ManuallyDrop<
            <F::Type as ::plug::__private::Portable>::View<'a>,
        >,
        (),
    );
    #[automatically_derived]
    impl<F: __PlugFieldType> ::plug::__private::core::clone::Clone
    for __PlugFieldView<'_, F> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<F: __PlugFieldType> ::plug::__private::core::marker::Copy
    for __PlugFieldView<'_, F> {}
    impl<'a, F: __PlugFieldType> __PlugFieldView<'a, F> {
        const TYPE: ::plug::__private::TypeRef = <F::Type as ::plug::__private::Portable>::TYPE;
        const IS_FLAT: ::plug::__private::core::primitive::bool = <F::Type as ::plug::__private::Portable>::IS_FLAT;
        #[inline]
        fn view(value: &'a F::Type, scratch: &'a ::plug::__private::Scratch) -> Self {
            Self(
                ::plug::__private::core::mem::ManuallyDrop::new(
                    ::plug::__private::Portable::view(value, scratch),
                ),
                (),
            )
        }
        #[inline]
        fn own(self) -> F::Type {
            ::plug::__private::Portable::own(
                ::plug::__private::core::mem::ManuallyDrop::into_inner(self.0),
            )
        }
        #[inline]
        fn put<S: ::plug::__private::PutFields>(
            value: &F::Type,
            fields: &mut S,
            index: ::plug::__private::core::primitive::usize,
        ) {
            ::plug::__private::Portable::put(
                value,
                ::plug::__private::PutFields::field(fields, index),
            );
        }
        #[inline]
        fn merge<S: ::plug::__private::TakeFields>(
            slot: &mut ::plug::__private::core::option::Option<F::Type>,
            fields: &mut S,
        ) -> ::plug::__private::Result<(), ::plug::__private::Malformed> {
            ::plug::__private::TakeFields::value(fields, slot)
        }
        #[inline]
        fn finish(
            slot: ::plug::__private::core::option::Option<F::Type>,
            name: &'static ::plug::__private::core::primitive::str,
        ) -> ::plug::__private::Result<F::Type, ::plug::__private::Malformed> {
            ::plug::__private::finish(slot, name)
        }
    }
    #[repr(C)]
    pub struct __PlugView<'a> {
        title: __PlugFieldView<'a, __PlugField<0>>,
        r#type: __PlugFieldView<'a, __PlugField<1>>,
        size: __PlugFieldView<'a, __PlugField<2>>,
    }
    static __PLUG_TYPE: ::plug::__private::Type = ::plug::__private::Type::Struct {
        name: "Page",
        id: <Page as ::plug::__private::Portable>::ID,
        arguments: &[],
        fields: &[
            ::plug::__private::Field {
                name: "title",
                go_name: "",
                tag: 1,
                ty: __PlugFieldView::<__PlugField<0>>::TYPE,
                docs: ::plug::__private::Docs("Above it."),
            },
            ::plug::__private::Field {
                name: "type",
                go_name: "",
                tag: 7,
                ty: __PlugFieldView::<__PlugField<1>>::TYPE,
                docs: ::plug::__private::Docs(""),
            },
            ::plug::__private::Field {
                name: "size",
                go_name: "",
                tag: 8,
                ty: __PlugFieldView::<__PlugField<2>>::TYPE,
                docs: ::plug::__private::Docs(""),
            },
        ],
        docs: ::plug::__private::Docs("What is shown."),
    };
    #[automatically_derived]
    impl<'a> ::plug::__private::core::clone::Clone for __PlugView<'a> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<'a> ::plug::__private::core::marker::Copy for __PlugView<'a> {}
    #[automatically_derived]
    impl ::plug::__private::Portable for Page {
        type View<'a> = __PlugView<'a>;
        const TYPE: ::plug::__private::TypeRef = ::plug::__private::TypeRef::new(
            &__PLUG_TYPE,
        );
        const ID: ::plug::__private::core::primitive::u64 = ::plug::__private::type_id!(
            "Page"
        );
        const IS_FLAT: ::plug::__private::core::primitive::bool = true
            && __PlugFieldView::<__PlugField<0>>::IS_FLAT
            && __PlugFieldView::<__PlugField<1>>::IS_FLAT
            && __PlugFieldView::<__PlugField<2>>::IS_FLAT;
        #[inline]
        fn view<'a>(
            &'a self,
            scratch: &'a ::plug::__private::Scratch,
        ) -> __PlugView<'a> {
            match self {
                Self { title: __0, r#type: __1, size: __2 } => {
                    __PlugView {
                        title: __PlugFieldView::<__PlugField<0>>::view(__0, scratch),
                        r#type: __PlugFieldView::<__PlugField<1>>::view(__1, scratch),
                        size: __PlugFieldView::<__PlugField<2>>::view(__2, scratch),
                    }
                }
            }
        }
        #[inline]
        fn own(view: __PlugView<'_>) -> Self {
            match view {
                __PlugView { title: __0, r#type: __1, size: __2 } => {
                    Self {
                        title: __PlugFieldView::<__PlugField<0>>::own(__0),
                        r#type: __PlugFieldView::<__PlugField<1>>::own(__1),
                        size: __PlugFieldView::<__PlugField<2>>::own(__2),
                    }
                }
            }
        }
        fn put<__PlugSink: ::plug::__private::Sink>(&self, sink: __PlugSink) {
            let Self { title: __0, r#type: __1, size: __2 } = self;
            ::plug::__private::Sink::structure(
                sink,
                <Self as ::plug::__private::Portable>::TYPE,
                |fields| {
                    __PlugFieldView::<__PlugField<0>>::put(__0, fields, 0);
                    __PlugFieldView::<__PlugField<1>>::put(__1, fields, 1);
                    __PlugFieldView::<__PlugField<2>>::put(__2, fields, 2);
                },
            );
        }
        fn merge<__PlugSource: ::plug::__private::Source>(
            slot: &mut ::plug::__private::core::option::Option<Self>,
            source: __PlugSource,
        ) -> ::plug::__private::Result<(), ::plug::__private::Malformed> {
            ::plug::__private::Source::structure(
                source,
                <Self as ::plug::__private::Portable>::TYPE,
                |fields| {
                    let (mut __0, mut __1, mut __2) = match ::plug::__private::core::option::Option::take(
                        slot,
                    ) {
                        ::plug::__private::core::option::Option::Some(
                            Self { title: __0, r#type: __1, size: __2 },
                        ) => {
                            (
                                ::plug::__private::core::option::Option::Some(__0),
                                ::plug::__private::core::option::Option::Some(__1),
                                ::plug::__private::core::option::Option::Some(__2),
                            )
                        }
                        _ => {
                            (
                                ::plug::__private::core::option::Option::None,
                                ::plug::__private::core::option::Option::None,
                                ::plug::__private::core::option::Option::None,
                            )
                        }
                    };
                    while let ::plug::__private::core::option::Option::Some(field) = ::plug::__private::TakeFields::next(
                        fields,
                    )? {
                        match field {
                            0 => {
                                __PlugFieldView::<__PlugField<0>>::merge(&mut __0, fields)?
                            }
                            1 => {
                                __PlugFieldView::<__PlugField<1>>::merge(&mut __1, fields)?
                            }
                            2 => {
                                __PlugFieldView::<__PlugField<2>>::merge(&mut __2, fields)?
                            }
                            _ => {}
                        }
                    }
                    *slot = ::plug::__private::core::option::Option::Some(Self {
                        title: __PlugFieldView::<__PlugField<0>>::finish(__0, "title")?,
                        r#type: __PlugFieldView::<__PlugField<1>>::finish(__1, "type")?,
                        size: __PlugFieldView::<__PlugField<2>>::finish(__2, "size")?,
                    });
                    ::plug::__private::Result::Ok(())
                },
            )
        }
        fn missing() -> ::plug::__private::Result<Self, ::plug::__private::Malformed> {
            ::plug::__private::Result::Ok(Self {
                title: __PlugFieldView::<
                    __PlugField<0>,
                >::finish(::plug::__private::core::option::Option::None, "title")?,
                r#type: __PlugFieldView::<
                    __PlugField<1>,
                >::finish(::plug::__private::core::option::Option::None, "type")?,
                size: __PlugFieldView::<
                    __PlugField<2>,
                >::finish(::plug::__private::core::option::Option::None, "size")?,
            })
        }
    }
};
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    reason = "the names are those of the type"
)]
const _: () = {
    trait __PlugFieldType {
        type Type: host::plug::__private::Portable;
    }
    struct __PlugField<const FIELD: host::plug::__private::core::primitive::usize>;
    impl __PlugFieldType for __PlugField<0> {
        type Type = String;
    }
    impl __PlugFieldType for __PlugField<1> {
        type Type = u32;
    }
    #[repr(transparent)]
    struct __PlugFieldView<'a, F: __PlugFieldType>(
        host::plug::__private::core::mem::ManuallyDrop<
            <F::Type as host::plug::__private::Portable>::View<'a>,
        >,
        (),
    );
    #[automatically_derived]
    impl<F: __PlugFieldType> host::plug::__private::core::clone::Clone
    for __PlugFieldView<'_, F> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<F: __PlugFieldType> host::plug::__private::core::marker::Copy
    for __PlugFieldView<'_, F> {}
    impl<'a, F: __PlugFieldType> __PlugFieldView<'a, F> {
        const TYPE: host::plug::__private::TypeRef = <F::Type as host::plug::__private::Portable>::TYPE;
        const IS_FLAT: host::plug::__private::core::primitive::bool = <F::Type as host::plug::__private::Portable>::IS_FLAT;
        #[inline]
        fn view(
            value: &'a F::Type,
            scratch: &'a host::plug::__private::Scratch,
        ) -> Self {
            Self(
                host::plug::__private::core::mem::ManuallyDrop::new(
                    host::plug::__private::Portable::view(value, scratch),
                ),
                (),
            )
        }
        #[inline]
        fn own(self) -> F::Type {
            host::plug::__private::Portable::own(
                host::plug::__private::core::mem::ManuallyDrop::into_inner(self.0),
            )
        }
        #[inline]
        fn put<S: host::plug::__private::PutFields>(
            value: &F::Type,
            fields: &mut S,
            index: host::plug::__private::core::primitive::usize,
        ) {
            host::plug::__private::Portable::put(
                value,
                host::plug::__private::PutFields::field(fields, index),
            );
        }
        #[inline]
        fn merge<S: host::plug::__private::TakeFields>(
            slot: &mut host::plug::__private::core::option::Option<F::Type>,
            fields: &mut S,
        ) -> host::plug::__private::Result<(), host::plug::__private::Malformed> {
            host::plug::__private::TakeFields::value(fields, slot)
        }
        #[inline]
        fn finish(
            slot: host::plug::__private::core::option::Option<F::Type>,
            name: &'static host::plug::__private::core::primitive::str,
        ) -> host::plug::__private::Result<F::Type, host::plug::__private::Malformed> {
            host::plug::__private::finish(slot, name)
        }
    }
    #[repr(C, u32)]
    pub enum __PlugView<'a> {
        Nowhere,
        Address(__PlugFieldView<'a, __PlugField<0>>),
        Anchor { page: __PlugFieldView<'a, __PlugField<1>> },
    }
    static __PLUG_TYPE: host::plug::__private::Type = host::plug::__private::Type::Enum {
        name: "Target",
        id: <Target as host::plug::__private::Portable>::ID,
        arguments: &[],
        variants: &[
            host::plug::__private::Variant {
                name: "Nowhere",
                tag: 1,
                form: host::plug::__private::Form::Unit,
                fields: &[],
                docs: host::plug::__private::Docs(""),
            },
            host::plug::__private::Variant {
                name: "Address",
                tag: 2,
                form: host::plug::__private::Form::Tuple,
                fields: &[
                    host::plug::__private::Field {
                        name: "0",
                        go_name: "",
                        tag: 1,
                        ty: __PlugFieldView::<__PlugField<0>>::TYPE,
                        docs: host::plug::__private::Docs(""),
                    },
                ],
                docs: host::plug::__private::Docs(
                    host::plug::__private::core::concat!(
                        "Within:\n", include_str!("address.md"), ""
                    ),
                ),
            },
            host::plug::__private::Variant {
                name: "Anchor",
                tag: 12,
                form: host::plug::__private::Form::Named,
                fields: &[
                    host::plug::__private::Field {
                        name: "page",
                        go_name: "",
                        tag: 1,
                        ty: __PlugFieldView::<__PlugField<1>>::TYPE,
                        docs: host::plug::__private::Docs(""),
                    },
                ],
                docs: host::plug::__private::Docs(""),
            },
        ],
        docs: host::plug::__private::Docs(""),
    };
    #[automatically_derived]
    impl<'a> host::plug::__private::core::clone::Clone for __PlugView<'a> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<'a> host::plug::__private::core::marker::Copy for __PlugView<'a> {}
    #[automatically_derived]
    impl host::plug::__private::Portable for Target {
        type View<'a> = __PlugView<'a>;
        const TYPE: host::plug::__private::TypeRef = host::plug::__private::TypeRef::new(
            &__PLUG_TYPE,
        );
        const ID: host::plug::__private::core::primitive::u64 = host::plug::__private::type_id!(
            "Target"
        );
        const IS_FLAT: host::plug::__private::core::primitive::bool = true
            && __PlugFieldView::<__PlugField<0>>::IS_FLAT
            && __PlugFieldView::<__PlugField<1>>::IS_FLAT;
        #[inline]
        fn view<'a>(
            &'a self,
            scratch: &'a host::plug::__private::Scratch,
        ) -> __PlugView<'a> {
            match self {
                Self::Nowhere {} => __PlugView::Nowhere {},
                Self::Address { 0: __0 } => {
                    __PlugView::Address {
                        0: __PlugFieldView::<__PlugField<0>>::view(__0, scratch),
                    }
                }
                Self::Anchor { page: __1 } => {
                    __PlugView::Anchor {
                        page: __PlugFieldView::<__PlugField<1>>::view(__1, scratch),
                    }
                }
            }
        }
        #[inline]
        fn own(view: __PlugView<'_>) -> Self {
            match view {
                __PlugView::Nowhere {} => Self::Nowhere {},
                __PlugView::Address { 0: __0 } => {
                    Self::Address {
                        0: __PlugFieldView::<__PlugField<0>>::own(__0),
                    }
                }
                __PlugView::Anchor { page: __1 } => {
                    Self::Anchor {
                        page: __PlugFieldView::<__PlugField<1>>::own(__1),
                    }
                }
            }
        }
        fn put<__PlugSink: host::plug::__private::Sink>(&self, sink: __PlugSink) {
            match self {
                Self::Nowhere {} => {
                    host::plug::__private::Sink::variant(
                        sink,
                        <Self as host::plug::__private::Portable>::TYPE,
                        0,
                        |_| {},
                    )
                }
                Self::Address { 0: __0 } => {
                    host::plug::__private::Sink::variant(
                        sink,
                        <Self as host::plug::__private::Portable>::TYPE,
                        1,
                        |fields| {
                            __PlugFieldView::<__PlugField<0>>::put(__0, fields, 0);
                        },
                    )
                }
                Self::Anchor { page: __1 } => {
                    host::plug::__private::Sink::variant(
                        sink,
                        <Self as host::plug::__private::Portable>::TYPE,
                        2,
                        |fields| {
                            __PlugFieldView::<__PlugField<1>>::put(__1, fields, 0);
                        },
                    )
                }
            }
        }
        fn merge<__PlugSource: host::plug::__private::Source>(
            slot: &mut host::plug::__private::core::option::Option<Self>,
            source: __PlugSource,
        ) -> host::plug::__private::Result<(), host::plug::__private::Malformed> {
            host::plug::__private::Source::variant(
                source,
                <Self as host::plug::__private::Portable>::TYPE,
                |variant, fields| {
                    match variant {
                        0 => {
                            while let host::plug::__private::core::option::Option::Some(
                                _,
                            ) = host::plug::__private::TakeFields::next(fields)? {}
                            *slot = host::plug::__private::core::option::Option::Some(Self::Nowhere {});
                        }
                        1 => {
                            let (mut __0,) = match host::plug::__private::core::option::Option::take(
                                slot,
                            ) {
                                host::plug::__private::core::option::Option::Some(
                                    Self::Address { 0: __0 },
                                ) => {
                                    (host::plug::__private::core::option::Option::Some(__0),)
                                }
                                _ => (host::plug::__private::core::option::Option::None,),
                            };
                            while let host::plug::__private::core::option::Option::Some(
                                field,
                            ) = host::plug::__private::TakeFields::next(fields)? {
                                match field {
                                    0 => {
                                        __PlugFieldView::<__PlugField<0>>::merge(&mut __0, fields)?
                                    }
                                    _ => {}
                                }
                            }
                            *slot = host::plug::__private::core::option::Option::Some(Self::Address {
                                0: __PlugFieldView::<__PlugField<0>>::finish(__0, "0")?,
                            });
                        }
                        2 => {
                            let (mut __1,) = match host::plug::__private::core::option::Option::take(
                                slot,
                            ) {
                                host::plug::__private::core::option::Option::Some(
                                    Self::Anchor { page: __1 },
                                ) => {
                                    (host::plug::__private::core::option::Option::Some(__1),)
                                }
                                _ => (host::plug::__private::core::option::Option::None,),
                            };
                            while let host::plug::__private::core::option::Option::Some(
                                field,
                            ) = host::plug::__private::TakeFields::next(fields)? {
                                match field {
                                    0 => {
                                        __PlugFieldView::<__PlugField<1>>::merge(&mut __1, fields)?
                                    }
                                    _ => {}
                                }
                            }
                            *slot = host::plug::__private::core::option::Option::Some(Self::Anchor {
                                page: __PlugFieldView::<
                                    __PlugField<1>,
                                >::finish(__1, "page")?,
                            });
                        }
                        _ => {}
                    }
                    host::plug::__private::Result::Ok(())
                },
            )
        }
        fn missing() -> host::plug::__private::Result<
            Self,
            host::plug::__private::Malformed,
        > {
            host::plug::__private::Result::Err(
                host::plug::__private::Malformed::lacks("Target"),
            )
        }
    }
};
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    reason = "the names are those of the type"
)]
const _: () = {
    #[repr(u32)]
    pub enum __PlugView {
        Left,
        Right,
    }
    static __PLUG_TYPE: ::plug::__private::Type = ::plug::__private::Type::Enum {
        name: "Direction",
        id: <Direction as ::plug::__private::Portable>::ID,
        arguments: &[],
        variants: &[
            ::plug::__private::Variant {
                name: "Left",
                tag: 1,
                form: ::plug::__private::Form::Unit,
                fields: &[],
                docs: ::plug::__private::Docs(""),
            },
            ::plug::__private::Variant {
                name: "Right",
                tag: 2,
                form: ::plug::__private::Form::Unit,
                fields: &[],
                docs: ::plug::__private::Docs(""),
            },
        ],
        docs: ::plug::__private::Docs(""),
    };
    #[automatically_derived]
    impl ::plug::__private::core::clone::Clone for __PlugView {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::plug::__private::core::marker::Copy for __PlugView {}
    #[automatically_derived]
    impl ::plug::__private::Portable for Direction {
        type View<'a> = __PlugView;
        const TYPE: ::plug::__private::TypeRef = ::plug::__private::TypeRef::new(
            &__PLUG_TYPE,
        );
        const ID: ::plug::__private::core::primitive::u64 = ::plug::__private::type_id!(
            "Direction"
        );
        const IS_FLAT: ::plug::__private::core::primitive::bool = true;
        #[inline]
        fn view<'a>(&'a self, scratch: &'a ::plug::__private::Scratch) -> __PlugView {
            match self {
                Self::Left {} => __PlugView::Left {},
                Self::Right {} => __PlugView::Right {},
            }
        }
        #[inline]
        fn own(view: __PlugView) -> Self {
            match view {
                __PlugView::Left {} => Self::Left {},
                __PlugView::Right {} => Self::Right {},
            }
        }
        fn put<__PlugSink: ::plug::__private::Sink>(&self, sink: __PlugSink) {
            ::plug::__private::Sink::choice(
                sink,
                <Self as ::plug::__private::Portable>::TYPE,
                match self {
                    Self::Left {} => 0,
                    Self::Right {} => 1,
                },
            );
        }
        fn merge<__PlugSource: ::plug::__private::Source>(
            slot: &mut ::plug::__private::core::option::Option<Self>,
            source: __PlugSource,
        ) -> ::plug::__private::Result<(), ::plug::__private::Malformed> {
            *slot = ::plug::__private::core::option::Option::Some(
                match ::plug::__private::Source::choice(
                    source,
                    <Self as ::plug::__private::Portable>::TYPE,
                )? {
                    0 => Self::Left {},
                    1 => Self::Right {},
                    _ => {
                        return ::plug::__private::Result::Err(
                            ::plug::__private::Malformed::lacks("Direction"),
                        );
                    }
                },
            );
            ::plug::__private::Result::Ok(())
        }
        fn missing() -> ::plug::__private::Result<Self, ::plug::__private::Malformed> {
            ::plug::__private::Result::Err(
                ::plug::__private::Malformed::lacks("Direction"),
            )
        }
    }
};
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    reason = "the names are those of the type"
)]
const _: () = {
    #[repr(C)]
    pub struct __PlugView;
    static __PLUG_TYPE: ::plug::__private::Type = ::plug::__private::Type::Struct {
        name: "Unit",
        id: <Unit as ::plug::__private::Portable>::ID,
        arguments: &[],
        fields: &[],
        docs: ::plug::__private::Docs(""),
    };
    #[automatically_derived]
    impl ::plug::__private::core::clone::Clone for __PlugView {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::plug::__private::core::marker::Copy for __PlugView {}
    #[automatically_derived]
    impl ::plug::__private::Portable for Unit {
        type View<'a> = __PlugView;
        const TYPE: ::plug::__private::TypeRef = ::plug::__private::TypeRef::new(
            &__PLUG_TYPE,
        );
        const ID: ::plug::__private::core::primitive::u64 = ::plug::__private::type_id!(
            "Unit"
        );
        const IS_FLAT: ::plug::__private::core::primitive::bool = true;
        #[inline]
        fn view<'a>(&'a self, scratch: &'a ::plug::__private::Scratch) -> __PlugView {
            match self {
                Self {} => __PlugView {},
            }
        }
        #[inline]
        fn own(view: __PlugView) -> Self {
            match view {
                __PlugView {} => Self {},
            }
        }
        fn put<__PlugSink: ::plug::__private::Sink>(&self, sink: __PlugSink) {
            let Self {} = self;
            ::plug::__private::Sink::structure(
                sink,
                <Self as ::plug::__private::Portable>::TYPE,
                |_| {},
            );
        }
        fn merge<__PlugSource: ::plug::__private::Source>(
            slot: &mut ::plug::__private::core::option::Option<Self>,
            source: __PlugSource,
        ) -> ::plug::__private::Result<(), ::plug::__private::Malformed> {
            ::plug::__private::Source::structure(
                source,
                <Self as ::plug::__private::Portable>::TYPE,
                |fields| {
                    while let ::plug::__private::core::option::Option::Some(_) = ::plug::__private::TakeFields::next(
                        fields,
                    )? {}
                    *slot = ::plug::__private::core::option::Option::Some(Self {});
                    ::plug::__private::Result::Ok(())
                },
            )
        }
        fn missing() -> ::plug::__private::Result<Self, ::plug::__private::Malformed> {
            ::plug::__private::Result::Ok(Self {})
        }
    }
};
/// Numbers and names for other programs.
trait Numbered: Send + Sync {
    fn configure(&self, id: u64, last: bool) -> Result<(), plug::Error>;
}
#[allow(deprecated, non_camel_case_types)]
impl ::plug::__private::Interface for dyn Numbered {
    const DECLARATION: ::plug::__private::Declaration = ::plug::__private::declaration!(
        "Numbered", false
    );
    const VTABLES: ::plug::__private::core::option::Option<
        &'static ::plug::__private::Vtables,
    > = ::plug::__private::vtables!(dyn Numbered);
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
        type Form = ::plug::__private::Own<u64>;
    }
    impl ::plug::__private::Argument for __PlugArgument<0, 1> {
        type Form = ::plug::__private::Own<bool>;
    }
    impl ::plug::__private::Method for __PlugMethod<0> {
        type Interface = dyn Numbered;
        type Arguments = (__PlugArgument<0, 0>, (__PlugArgument<0, 1>, ()));
        type Outcome = Result<(), plug::Error>;
        type Ok = <Self::Outcome as ::plug::__private::Outcome>::Ok;
        type Returns = ::plug::__private::Own<Self::Ok>;
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "configure";
        const WIRE_NAME: &'static ::plug::__private::core::primitive::str = "Configure";
        const ARGUMENT_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "id",
            "last",
        ];
        const DOCS: &'static ::plug::__private::core::primitive::str = "";
        const INDEX: ::plug::__private::core::primitive::usize = 0;
        const HAS_DEFAULT: ::plug::__private::core::primitive::bool = false;
        const IS_IDEMPOTENT: ::plug::__private::core::primitive::bool = false;
        const ARGUMENT_TAGS: &'static [::plug::__private::core::primitive::u32] = &[
            2, 3,
        ];
        const GO_NAMES: &'static [&'static ::plug::__private::core::primitive::str] = &[
            "ID",
            "",
        ];
        const IS_MAP: ::plug::__private::core::primitive::bool = true;
        fn call<__PlugHold: ::plug::__private::Hold>(
            object: &(dyn Numbered + '_),
            (
                __0,
                (__1, ()),
            ): <Self::Arguments as ::plug::__private::Arguments>::Held<'_, __PlugHold>,
        ) -> Self::Outcome {
            __0.lend(|__0| __1.lend(|__1| Numbered::configure(object, __0, __1)))
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
    impl ::plug::__private::PortableInterface for dyn Numbered {
        const SERVICE: &'static ::plug::__private::core::primitive::str = "Numbered";
        const DOCS: &'static ::plug::__private::core::primitive::str = "Numbers and names for other programs.";
        const SIGNATURES: &'static [::plug::__private::Signature] = &[
            ::plug::__private::Signature::of::<__PlugMethod<0>>(),
        ];
        const CALLS: &'static [::plug::__private::CallFn] = &[
            ::plug::__private::call::<__PlugMethod<0>>,
        ];
        type Of<'__plug> = dyn Numbered + '__plug;
        fn borrow<'__plug>(object: &'__plug Self) -> &'__plug (dyn Numbered + '__plug) {
            object
        }
        fn methods<__PlugVisitor: ::plug::__private::VisitMethods<Self>>(
            __visitor: &mut __PlugVisitor,
        ) {
            ::plug::__private::VisitMethods::method::<__PlugMethod<0>>(__visitor);
        }
        fn remote<__PlugBoundary: ::plug::__private::Boundary + 'static>(
            boundary: __PlugBoundary,
        ) -> ::plug::__private::Box<Self> {
            ::plug::__private::Box::new(::plug::__private::Proxy::new(boundary))
        }
    }
    impl ::plug::__private::Lend for dyn Numbered {
        fn lend<'__plug, __PlugBoundary: ::plug::__private::Boundary + '__plug>(
            proxy: &'__plug ::plug::__private::Proxy<Self, __PlugBoundary>,
        ) -> &'__plug (dyn Numbered + '__plug) {
            proxy
        }
    }
    impl<__PlugBoundary: ::plug::__private::Boundary> Numbered
    for ::plug::__private::Proxy<dyn Numbered, __PlugBoundary> {
        fn configure(&self, __0: u64, __1: bool) -> Result<(), plug::Error> {
            ::plug::__private::Proxy::call::<__PlugMethod<0>>(self, &(__0, (__1, ())))
        }
    }
};
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    reason = "the names are those of the type"
)]
const _: () = {
    trait __PlugFieldType {
        type Type: ::plug::__private::Portable;
    }
    struct __PlugField<
        const FIELD: ::plug::__private::core::primitive::usize,
        T: Clone + ::plug::__private::Portable,
        const N: usize,
    >(
        ::plug::__private::core::marker::PhantomData<fn() -> (T,)>,
    )
    where
        T: Send;
    impl<T: Clone + ::plug::__private::Portable, const N: usize> __PlugFieldType
    for __PlugField<0, T, N>
    where
        T: Send,
    {
        type Type = [T; N];
    }
    #[repr(transparent)]
    struct __PlugFieldView<'a, F: __PlugFieldType>(
        ::plug::__private::core::mem::ManuallyDrop<
            <F::Type as ::plug::__private::Portable>::View<'a>,
        >,
        (),
    );
    #[automatically_derived]
    impl<F: __PlugFieldType> ::plug::__private::core::clone::Clone
    for __PlugFieldView<'_, F> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<F: __PlugFieldType> ::plug::__private::core::marker::Copy
    for __PlugFieldView<'_, F> {}
    impl<'a, F: __PlugFieldType> __PlugFieldView<'a, F> {
        const TYPE: ::plug::__private::TypeRef = <F::Type as ::plug::__private::Portable>::TYPE;
        const IS_FLAT: ::plug::__private::core::primitive::bool = <F::Type as ::plug::__private::Portable>::IS_FLAT;
        #[inline]
        fn view(value: &'a F::Type, scratch: &'a ::plug::__private::Scratch) -> Self {
            Self(
                ::plug::__private::core::mem::ManuallyDrop::new(
                    ::plug::__private::Portable::view(value, scratch),
                ),
                (),
            )
        }
        #[inline]
        fn own(self) -> F::Type {
            ::plug::__private::Portable::own(
                ::plug::__private::core::mem::ManuallyDrop::into_inner(self.0),
            )
        }
        #[inline]
        fn put<S: ::plug::__private::PutFields>(
            value: &F::Type,
            fields: &mut S,
            index: ::plug::__private::core::primitive::usize,
        ) {
            ::plug::__private::Portable::put(
                value,
                ::plug::__private::PutFields::field(fields, index),
            );
        }
        #[inline]
        fn merge<S: ::plug::__private::TakeFields>(
            slot: &mut ::plug::__private::core::option::Option<F::Type>,
            fields: &mut S,
        ) -> ::plug::__private::Result<(), ::plug::__private::Malformed> {
            ::plug::__private::TakeFields::value(fields, slot)
        }
        #[inline]
        fn finish(
            slot: ::plug::__private::core::option::Option<F::Type>,
            name: &'static ::plug::__private::core::primitive::str,
        ) -> ::plug::__private::Result<F::Type, ::plug::__private::Malformed> {
            ::plug::__private::finish(slot, name)
        }
    }
    #[repr(C)]
    pub struct __PlugView<'a, T: Clone + ::plug::__private::Portable, const N: usize>
    where
        T: Send,
    {
        list: __PlugFieldView<'a, __PlugField<0, T, N>>,
    }
    #[automatically_derived]
    impl<
        'a,
        T: Clone + ::plug::__private::Portable,
        const N: usize,
    > ::plug::__private::core::clone::Clone for __PlugView<'a, T, N>
    where
        T: Send,
    {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<
        'a,
        T: Clone + ::plug::__private::Portable,
        const N: usize,
    > ::plug::__private::core::marker::Copy for __PlugView<'a, T, N>
    where
        T: Send,
    {}
    #[automatically_derived]
    impl<
        T: Clone + ::plug::__private::Portable,
        const N: usize,
    > ::plug::__private::Portable for Several<T, N>
    where
        T: Send,
    {
        type View<'a> = __PlugView<'a, T, N>;
        const TYPE: ::plug::__private::TypeRef = ::plug::__private::TypeRef::new(
            &::plug::__private::Type::Struct {
                name: "Several",
                id: <Several<T, N> as ::plug::__private::Portable>::ID,
                arguments: &[<T as ::plug::__private::Portable>::TYPE],
                fields: &[
                    ::plug::__private::Field {
                        name: "list",
                        go_name: "",
                        tag: 1,
                        ty: __PlugFieldView::<__PlugField<0, T, N>>::TYPE,
                        docs: ::plug::__private::Docs(""),
                    },
                ],
                docs: ::plug::__private::Docs("Several of them."),
            },
        );
        const ID: ::plug::__private::core::primitive::u64 = ::plug::__private::type_id!(
            "Several", < T as ::plug::__private::Portable > ::ID, N as
            ::plug::__private::core::primitive::u64
        );
        const IS_FLAT: ::plug::__private::core::primitive::bool = true
            && __PlugFieldView::<__PlugField<0, T, N>>::IS_FLAT;
        #[inline]
        fn view<'a>(
            &'a self,
            scratch: &'a ::plug::__private::Scratch,
        ) -> __PlugView<'a, T, N> {
            match self {
                Self { list: __0 } => {
                    __PlugView {
                        list: __PlugFieldView::<__PlugField<0, T, N>>::view(__0, scratch),
                    }
                }
            }
        }
        #[inline]
        fn own(view: __PlugView<'_, T, N>) -> Self {
            match view {
                __PlugView { list: __0 } => {
                    Self {
                        list: __PlugFieldView::<__PlugField<0, T, N>>::own(__0),
                    }
                }
            }
        }
        fn put<__PlugSink: ::plug::__private::Sink>(&self, sink: __PlugSink) {
            let Self { list: __0 } = self;
            ::plug::__private::Sink::structure(
                sink,
                <Self as ::plug::__private::Portable>::TYPE,
                |fields| {
                    __PlugFieldView::<__PlugField<0, T, N>>::put(__0, fields, 0);
                },
            );
        }
        fn merge<__PlugSource: ::plug::__private::Source>(
            slot: &mut ::plug::__private::core::option::Option<Self>,
            source: __PlugSource,
        ) -> ::plug::__private::Result<(), ::plug::__private::Malformed> {
            ::plug::__private::Source::structure(
                source,
                <Self as ::plug::__private::Portable>::TYPE,
                |fields| {
                    let (mut __0,) = match ::plug::__private::core::option::Option::take(
                        slot,
                    ) {
                        ::plug::__private::core::option::Option::Some(
                            Self { list: __0 },
                        ) => (::plug::__private::core::option::Option::Some(__0),),
                        _ => (::plug::__private::core::option::Option::None,),
                    };
                    while let ::plug::__private::core::option::Option::Some(field) = ::plug::__private::TakeFields::next(
                        fields,
                    )? {
                        match field {
                            0 => {
                                __PlugFieldView::<
                                    __PlugField<0, T, N>,
                                >::merge(&mut __0, fields)?
                            }
                            _ => {}
                        }
                    }
                    *slot = ::plug::__private::core::option::Option::Some(Self {
                        list: __PlugFieldView::<
                            __PlugField<0, T, N>,
                        >::finish(__0, "list")?,
                    });
                    ::plug::__private::Result::Ok(())
                },
            )
        }
        fn missing() -> ::plug::__private::Result<Self, ::plug::__private::Malformed> {
            ::plug::__private::Result::Ok(Self {
                list: __PlugFieldView::<
                    __PlugField<0, T, N>,
                >::finish(::plug::__private::core::option::Option::None, "list")?,
            })
        }
    }
};
