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
    Plug, type : A, new : [], once : [15714262197344657286 "Plug"],
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
    Everything < u8 >, new : [host::plug::__private::construct:: < Everything < u8 >, _,
    _, _, _ >, host::plug::__private::constructor(< Everything < u8 > > ::open)], once :
    [5339154190307076006 "Plug"],
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
    [::plug::__private::construct:: < Memory, _, _, _, _ >,
    ::plug::__private::constructor(open_store)], once : none,
}
impl Codec<Self, Lent<'_>> for Lent<'_> {
    type Item = Vec<Self>;
    type List = [Self::Item; Self::LENGTH];
}
::plug::__private::plugin! {
    name : "a", aliases : "", deprecated : "", docs : [""], interface : dyn Codec < Lent
    < 'static >, Lent < 'static >, Item = Vec < Lent < 'static > >, List = [Vec < Lent <
    'static > >; < Lent < 'static > > ::LENGTH] >, type : Lent < 'static >, new :
    [::plug::__private::construct:: < Lent < 'static >, _, _, _, _ >,
    ::plug::__private::constructor(< Lent < 'static > > ::open:: < Lent < 'static > >)],
    once : none,
}
impl Plug for Again {
    fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(name.to_owned())
    }
}
::plug::__private::plugin! {
    name : "a", aliases : "", deprecated : "", docs : [""], interface : dyn Plug, type :
    Again, new : [], once : [2210420335627863313 "Plug"],
}
const _: () = ::plug::__private::distinct(
    <::plug::__private::Key<
        2210420335627863313,
    > as ::plug::__private::Numbered<_>>::NUMBER,
    <::plug::__private::Key<
        15714262197344657286,
    > as ::plug::__private::Numbered<_>>::NUMBER,
    "plugin `a` of this interface is at here:1 already: rename one of them",
);
