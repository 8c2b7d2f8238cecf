/// Says hello in English.
///
///     hello, x
///
/// And nothing else.
impl Plug for A {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("hello, {name}"))
    }
}
::plug::__private::plugin! {
    name : "a", aliases : "", deprecated : "", docs :
    ["Says hello in English.\n\n    hello, x\n\nAnd nothing else."], interface : dyn
    Plug, type : A, new : < A as ::plug::__private::Make > ::make(), once :
    15714262197344657286,
}
#[doc = include_str!("everything.md")]
impl app_interface::Plug for Everything<u8> {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(name.to_owned())
    }
}
host::plug::__private::plugin! {
    name : "everything", aliases : "all,every-thing", deprecated : "use a", docs : ["",
    include_str!("everything.md"), ""], interface : dyn app_interface::Plug, type :
    Everything < u8 >, new : host::plug::__private::Made:: < Everything < u8 > > ::made(<
    Everything < u8 > > ::open()) ?, once : 5339154190307076006,
}
/**
 * Keeps a byte.
 *
 * No more.
 */
#[cfg(unix)]
impl Store<u8> for Memory {
    type Item = u8;
    fn get(&self) -> u8 {
        7
    }
}
#[cfg(unix)]
::plug::__private::plugin! {
    name : "store", aliases : "", deprecated : "", docs : ["Keeps a byte.\n\nNo more."],
    interface : dyn Store < u8, Item = u8 >, type : Memory, new :
    ::plug::__private::Made:: < Memory > ::made(open_store()) ?, once : none,
}
