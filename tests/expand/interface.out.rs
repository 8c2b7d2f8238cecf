pub trait Plug: Send + Sync {
    /// Greets `name`.
    fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
}
#[allow(deprecated, non_camel_case_types)]
impl ::plug::__private::Interface for dyn Plug {
    const DECLARATION: ::plug::__private::Declaration = ::plug::__private::declaration!(
        "Plug", false
    );
}
pub trait Store<'a, K: Ord, const N: usize = 8>
where
    K: Clone,
{
    type Item: Clone;
    fn get(&'a self, key: &K) -> Option<Self::Item>;
}
#[allow(deprecated, non_camel_case_types)]
impl<K: Ord + 'static, const N: usize, Item: 'static> ::plug::__private::Interface
for dyn Store<'static, K, N, Item = Item>
where
    K: Clone,
{
    const DECLARATION: ::plug::__private::Declaration = ::plug::__private::declaration!(
        "Store", true
    );
}
trait Elsewhere {}
#[allow(deprecated, non_camel_case_types)]
impl host::plug::__private::Interface for dyn Elsewhere {
    const DECLARATION: host::plug::__private::Declaration = host::plug::__private::declaration!(
        "Elsewhere", false
    );
}
