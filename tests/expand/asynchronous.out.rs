pub trait Store: Send + Sync {
    /// The value of a key.
    fn get<'__plug>(
        &'__plug self,
        key: &'__plug str,
    ) -> ::plug::__private::Task<'__plug, Result<Option<String>, plug::Error>>;
    #[cfg(unix)]
    #[must_use]
    fn flush<'__plug>(&'__plug mut self) -> ::plug::__private::Task<'__plug, ()>;
    fn first<'__plug, '__plug1, '__plug2: '__plug>(
        &'__plug self,
        keys: &'__plug [&'__plug1 str],
        limits: Limits<'__plug2>,
    ) -> ::plug::__private::Task<'__plug, Option<u8>> {
        ::plug::__private::task(async move {
            if let ::plug::__private::core::option::Option::Some(__result) = ::plug::__private::core::option::Option::None::<
                Option<u8>,
            > {
                return __result;
            }
            let limits = limits;
            #[allow(clippy::diverging_sub_expression)]
            let __result: Option<u8> = {
                let key = keys.first()?;
                limits.check(self.get(key).await.ok()??)
            };
            #[allow(unreachable_code)] __result
        })
    }
    fn borrowed<'__plug_self: '__plug, '__plug>(
        &'__plug_self self,
        key: &'__plug str,
        or: Option<&'__plug str>,
    ) -> ::plug::__private::Task<'__plug, &'__plug_self str>;
    fn named<'__plug, 'a>(
        &'a self,
        key: &'a str,
        #[allow(unused)]
        list: &'__plug mut Vec<&'a str>,
    ) -> ::plug::__private::Task<'__plug, &'a str>
    where
        'a: '__plug;
    fn last<'__plug>(self: Box<Self>) -> ::plug::__private::Task<'__plug, ()>
    where
        Self: '__plug;
    async fn convert<T: From<String>>(&self, key: &str) -> T
    where
        Self: Sized;
    fn len(&self) -> usize;
}
#[allow(deprecated, non_camel_case_types)]
impl ::plug::__private::Interface for dyn Store {
    const DECLARATION: ::plug::__private::Declaration = ::plug::__private::declaration!(
        "Store", false
    );
}
/// Keeps values in memory.
impl Store for Memory {
    fn get<'__plug>(
        &'__plug self,
        key: &'__plug str,
    ) -> ::plug::__private::Task<'__plug, Result<Option<String>, plug::Error>> {
        ::plug::__private::task(async move {
            if let ::plug::__private::core::option::Option::Some(__result) = ::plug::__private::core::option::Option::None::<
                Result<Option<String>, plug::Error>,
            > {
                return __result;
            }
            #[allow(clippy::diverging_sub_expression)]
            let __result: Result<Option<String>, plug::Error> = {
                Ok(self.values.get(key).cloned())
            };
            #[allow(unreachable_code)] __result
        })
    }
    #[tracing::instrument(skip(self))]
    fn flush<'__plug>(&'__plug mut self) -> ::plug::__private::Task<'__plug, ()> {
        ::plug::__private::Box::pin(async move {
            ::plug::__private::within(async move {
                    if let ::plug::__private::core::option::Option::Some(__result) = ::plug::__private::core::option::Option::None::<
                        (),
                    > {
                        return __result;
                    }
                    #[allow(clippy::diverging_sub_expression)]
                    let __result: () = { self.values.flush().await };
                    #[allow(unreachable_code)] __result
                })
                .await
        })
    }
    fn len(&self) -> usize {
        self.values.len()
    }
}
::plug::__private::plugin! {
    name : "memory", aliases : "", deprecated : "", docs : ["Keeps values in memory."],
    interface : dyn Store, type : Memory, new : [], once : [2702507623952583770 "Store"],
}
impl<T: Send + Sync> Store for Fake<T> {
    fn set<'__plug>(
        self: Arc<Self>,
        key: String,
        __2: (u8, u8),
        times: u8,
        __4: String,
    ) -> ::plug::__private::Task<'__plug, u8>
    where
        Self: '__plug,
    {
        ::plug::__private::task(async move {
            if let ::plug::__private::core::option::Option::Some(__result) = ::plug::__private::core::option::Option::None::<
                u8,
            > {
                return __result;
            }
            let _ = &self;
            let key = key;
            let __2 = __2;
            let (first, _) = __2;
            let mut times = times;
            let __4 = __4;
            #[allow(clippy::diverging_sub_expression)]
            let __result: u8 = {
                times += first;
                times
            };
            #[allow(unreachable_code)] __result
        })
    }
}
impl Plug for Fake<()> {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(name.to_owned())
    }
}
