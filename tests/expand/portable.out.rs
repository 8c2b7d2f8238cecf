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
    const CROSSING: ::plug::__private::core::option::Option<
        &'static ::plug::__private::Crossing,
    > = ::plug::__private::crossing!(dyn Plug);
}
#[allow(
    deprecated,
    unused_imports,
    reason = "a method may be deprecated, and each error needs one import"
)]
const _: () = {
    use ::plug::__private::{TellChain as _, TellText as _};
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
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "say_hello";
        const INDEX: ::plug::__private::core::primitive::usize = 0;
        fn call(
            object: &Self::Interface,
            (__0, ()): <Self::Arguments as ::plug::__private::Arguments>::Held<'_>,
        ) -> Self::Outcome {
            __0.lend(|__0| Plug::say_hello(object, __0))
        }
        fn tell(
            error: &Self::Error,
            text: &mut dyn ::plug::__private::core::ops::FnMut(
                &dyn ::plug::__private::core::fmt::Display,
            ),
        ) {
            (&::plug::__private::Told(error)).tell(text)
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
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "sum";
        const INDEX: ::plug::__private::core::primitive::usize = 1;
        fn call(
            object: &Self::Interface,
            (__0, (__1, ())): <Self::Arguments as ::plug::__private::Arguments>::Held<'_>,
        ) -> Self::Outcome {
            __0.lend(|__0| __1.lend(|__1| Plug::sum(object, __0, __1)))
        }
        fn tell(
            error: &Self::Error,
            text: &mut dyn ::plug::__private::core::ops::FnMut(
                &dyn ::plug::__private::core::fmt::Display,
            ),
        ) {
            (&::plug::__private::Told(error)).tell(text)
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
        type Error = <Self::Outcome as ::plug::__private::Outcome>::Error;
        const NAME: &'static ::plug::__private::core::primitive::str = "say_hello_to_all";
        const INDEX: ::plug::__private::core::primitive::usize = <[()]>::len(
            &[(), #[cfg(unix)] ()],
        );
        fn call(
            object: &Self::Interface,
            (__0, ()): <Self::Arguments as ::plug::__private::Arguments>::Held<'_>,
        ) -> Self::Outcome {
            __0.lend(|__0| Plug::say_hello_to_all(object, __0))
        }
        fn tell(
            error: &Self::Error,
            text: &mut dyn ::plug::__private::core::ops::FnMut(
                &dyn ::plug::__private::core::fmt::Display,
            ),
        ) {
            (&::plug::__private::Told(error)).tell(text)
        }
    }
    impl ::plug::__private::PortableInterface for dyn Plug {
        const SIGNATURES: &'static [::plug::__private::Signature] = &[
            ::plug::__private::Signature::of::<__PlugMethod<0>>(false),
            #[cfg(unix)]
            ::plug::__private::Signature::of::<__PlugMethod<1>>(false),
            ::plug::__private::Signature::of::<__PlugMethod<2>>(true),
        ];
        const CALLS: &'static [::plug::__private::Call] = &[
            ::plug::__private::call::<__PlugMethod<0>>,
            #[cfg(unix)]
            ::plug::__private::call::<__PlugMethod<1>>,
            ::plug::__private::call::<__PlugMethod<2>>,
        ];
        fn remote<__PlugBorder: ::plug::__private::Border>(
            border: __PlugBorder,
        ) -> ::plug::__private::Box<Self> {
            ::plug::__private::Box::new(::plug::__private::Remote::new(border))
        }
    }
    impl<__PlugBorder: ::plug::__private::Border> Plug
    for ::plug::__private::Remote<dyn Plug, __PlugBorder> {
        fn say_hello(&self, __0: &str) -> Result<String, plug::Error> {
            ::plug::__private::Remote::call::<__PlugMethod<0>>(self, (__0, ()))
        }
        #[cfg(unix)]
        fn sum(&self, __0: u64, __1: &[u64]) -> Result<u64, plug::Error> {
            ::plug::__private::Remote::call::<__PlugMethod<1>>(self, (__0, (__1, ())))
        }
        fn say_hello_to_all(&self, __0: &Page) -> Answer {
            if ::plug::__private::Remote::has::<__PlugMethod<2>>(self) {
                ::plug::__private::Remote::call::<__PlugMethod<2>>(self, (__0, ()))
            } else {
                Plug::say_hello_to_all(&__PlugWithout::<_, 2>(self), __0)
            }
        }
    }
    struct __PlugWithout<
        'a,
        __PlugBorder,
        const METHOD: ::plug::__private::core::primitive::usize,
    >(
        &'a ::plug::__private::Remote<dyn Plug, __PlugBorder>,
    );
    impl<__PlugBorder: ::plug::__private::Border> Plug
    for __PlugWithout<'_, __PlugBorder, 2> {
        fn say_hello(&self, __0: &str) -> Result<String, plug::Error> {
            Plug::say_hello(self.0, __0)
        }
        #[cfg(unix)]
        fn sum(&self, __0: u64, __1: &[u64]) -> Result<u64, plug::Error> {
            Plug::sum(self.0, __0, __1)
        }
    }
};
#[cfg(unix)]
trait Nothing: Send + Sync {}
#[cfg(unix)]
#[allow(deprecated, non_camel_case_types)]
impl host::plug::__private::Interface for dyn Nothing {
    const DECLARATION: host::plug::__private::Declaration = host::plug::__private::declaration!(
        "Nothing", false
    );
    const CROSSING: host::plug::__private::core::option::Option<
        &'static host::plug::__private::Crossing,
    > = host::plug::__private::crossing!(dyn Nothing);
}
#[cfg(unix)]
#[allow(
    deprecated,
    unused_imports,
    reason = "a method may be deprecated, and each error needs one import"
)]
const _: () = {
    use host::plug::__private::{TellChain as _, TellText as _};
    struct __PlugMethod<const METHOD: host::plug::__private::core::primitive::usize>;
    struct __PlugArgument<
        const METHOD: host::plug::__private::core::primitive::usize,
        const ARGUMENT: host::plug::__private::core::primitive::usize,
    >;
    impl host::plug::__private::PortableInterface for dyn Nothing {
        const SIGNATURES: &'static [host::plug::__private::Signature] = &[];
        const CALLS: &'static [host::plug::__private::Call] = &[];
        fn remote<__PlugBorder: host::plug::__private::Border>(
            border: __PlugBorder,
        ) -> host::plug::__private::Box<Self> {
            host::plug::__private::Box::new(host::plug::__private::Remote::new(border))
        }
    }
    impl<__PlugBorder: host::plug::__private::Border> Nothing
    for host::plug::__private::Remote<dyn Nothing, __PlugBorder> {}
};
#[allow(
    deprecated,
    non_camel_case_types,
    non_snake_case,
    reason = "the names are those of the type"
)]
const _: () = {
    trait __PlugTyped {
        type Type: ::plug::__private::Portable;
    }
    struct __PlugField<const FIELD: ::plug::__private::core::primitive::usize>;
    impl __PlugTyped for __PlugField<0> {
        type Type = String;
    }
    impl __PlugTyped for __PlugField<1> {
        type Type = Vec<Target>;
    }
    impl __PlugTyped for __PlugField<2> {
        type Type = u64;
    }
    #[repr(transparent)]
    struct __PlugSeen<'a, F: __PlugTyped>(
        ::plug::__private::core::mem::ManuallyDrop<
            <F::Type as ::plug::__private::Portable>::View<'a>,
        >,
        (),
    );
    #[automatically_derived]
    impl<F: __PlugTyped> ::plug::__private::core::clone::Clone for __PlugSeen<'_, F> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<F: __PlugTyped> ::plug::__private::core::marker::Copy for __PlugSeen<'_, F> {}
    impl<'a, F: __PlugTyped> __PlugSeen<'a, F> {
        const TYPE: &'static ::plug::__private::Type = <F::Type as ::plug::__private::Portable>::TYPE;
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
    }
    #[repr(C)]
    pub struct __PlugView<'a> {
        title: __PlugSeen<'a, __PlugField<0>>,
        r#type: __PlugSeen<'a, __PlugField<1>>,
        size: __PlugSeen<'a, __PlugField<2>>,
    }
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
        const TYPE: &'static ::plug::__private::Type = &::plug::__private::Type::Struct {
            name: "Page",
            fields: &[
                ::plug::__private::Field {
                    name: "title",
                    tag: 1,
                    ty: __PlugSeen::<__PlugField<0>>::TYPE,
                },
                ::plug::__private::Field {
                    name: "type",
                    tag: 7,
                    ty: __PlugSeen::<__PlugField<1>>::TYPE,
                },
                ::plug::__private::Field {
                    name: "size",
                    tag: 8,
                    ty: __PlugSeen::<__PlugField<2>>::TYPE,
                },
            ],
        };
        const IS_FLAT: ::plug::__private::core::primitive::bool = true
            && __PlugSeen::<__PlugField<0>>::IS_FLAT
            && __PlugSeen::<__PlugField<1>>::IS_FLAT
            && __PlugSeen::<__PlugField<2>>::IS_FLAT;
        #[inline]
        fn view<'a>(
            &'a self,
            scratch: &'a ::plug::__private::Scratch,
        ) -> __PlugView<'a> {
            match self {
                Self { title: __0, r#type: __1, size: __2 } => {
                    __PlugView {
                        title: __PlugSeen::<__PlugField<0>>::view(__0, scratch),
                        r#type: __PlugSeen::<__PlugField<1>>::view(__1, scratch),
                        size: __PlugSeen::<__PlugField<2>>::view(__2, scratch),
                    }
                }
            }
        }
        #[inline]
        fn own(view: __PlugView<'_>) -> Self {
            match view {
                __PlugView { title: __0, r#type: __1, size: __2 } => {
                    Self {
                        title: __PlugSeen::<__PlugField<0>>::own(__0),
                        r#type: __PlugSeen::<__PlugField<1>>::own(__1),
                        size: __PlugSeen::<__PlugField<2>>::own(__2),
                    }
                }
            }
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
    trait __PlugTyped {
        type Type: host::plug::__private::Portable;
    }
    struct __PlugField<const FIELD: host::plug::__private::core::primitive::usize>;
    impl __PlugTyped for __PlugField<0> {
        type Type = String;
    }
    impl __PlugTyped for __PlugField<1> {
        type Type = u32;
    }
    #[repr(transparent)]
    struct __PlugSeen<'a, F: __PlugTyped>(
        host::plug::__private::core::mem::ManuallyDrop<
            <F::Type as host::plug::__private::Portable>::View<'a>,
        >,
        (),
    );
    #[automatically_derived]
    impl<F: __PlugTyped> host::plug::__private::core::clone::Clone
    for __PlugSeen<'_, F> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl<F: __PlugTyped> host::plug::__private::core::marker::Copy
    for __PlugSeen<'_, F> {}
    impl<'a, F: __PlugTyped> __PlugSeen<'a, F> {
        const TYPE: &'static host::plug::__private::Type = <F::Type as host::plug::__private::Portable>::TYPE;
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
    }
    #[repr(C, u32)]
    pub enum __PlugView<'a> {
        Nowhere,
        Address(__PlugSeen<'a, __PlugField<0>>),
        Anchor { page: __PlugSeen<'a, __PlugField<1>> },
    }
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
        const TYPE: &'static host::plug::__private::Type = &host::plug::__private::Type::Enum {
            name: "Target",
            variants: &[
                host::plug::__private::Variant {
                    name: "Nowhere",
                    tag: 1,
                    form: host::plug::__private::Form::Unit,
                    fields: &[],
                },
                host::plug::__private::Variant {
                    name: "Address",
                    tag: 2,
                    form: host::plug::__private::Form::Tuple,
                    fields: &[
                        host::plug::__private::Field {
                            name: "0",
                            tag: 1,
                            ty: __PlugSeen::<__PlugField<0>>::TYPE,
                        },
                    ],
                },
                host::plug::__private::Variant {
                    name: "Anchor",
                    tag: 12,
                    form: host::plug::__private::Form::Named,
                    fields: &[
                        host::plug::__private::Field {
                            name: "page",
                            tag: 1,
                            ty: __PlugSeen::<__PlugField<1>>::TYPE,
                        },
                    ],
                },
            ],
        };
        const IS_FLAT: host::plug::__private::core::primitive::bool = true
            && __PlugSeen::<__PlugField<0>>::IS_FLAT
            && __PlugSeen::<__PlugField<1>>::IS_FLAT;
        #[inline]
        fn view<'a>(
            &'a self,
            scratch: &'a host::plug::__private::Scratch,
        ) -> __PlugView<'a> {
            match self {
                Self::Nowhere {} => __PlugView::Nowhere {},
                Self::Address { 0: __0 } => {
                    __PlugView::Address {
                        0: __PlugSeen::<__PlugField<0>>::view(__0, scratch),
                    }
                }
                Self::Anchor { page: __1 } => {
                    __PlugView::Anchor {
                        page: __PlugSeen::<__PlugField<1>>::view(__1, scratch),
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
                        0: __PlugSeen::<__PlugField<0>>::own(__0),
                    }
                }
                __PlugView::Anchor { page: __1 } => {
                    Self::Anchor {
                        page: __PlugSeen::<__PlugField<1>>::own(__1),
                    }
                }
            }
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
        const TYPE: &'static ::plug::__private::Type = &::plug::__private::Type::Enum {
            name: "Direction",
            variants: &[
                ::plug::__private::Variant {
                    name: "Left",
                    tag: 1,
                    form: ::plug::__private::Form::Unit,
                    fields: &[],
                },
                ::plug::__private::Variant {
                    name: "Right",
                    tag: 2,
                    form: ::plug::__private::Form::Unit,
                    fields: &[],
                },
            ],
        };
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
        const TYPE: &'static ::plug::__private::Type = &::plug::__private::Type::Struct {
            name: "Unit",
            fields: &[],
        };
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
    }
};
