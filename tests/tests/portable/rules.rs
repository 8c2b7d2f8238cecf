//! The encoding is protobuf: for each rule, a message written by hand for prost has our bytes.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use plug::__private::testing::{decode_request, encode_request};
use plug::__private::{Method, PortableInterface, VisitMethods};
use plug::Portable;
use prost::Message;

use super::bytes::{decode, encode};
use super::values::{Direction, Empty, Pair, Target};

/// Asserts that prost writes the same bytes as we do, and that both read the same value.
#[track_caller]
fn same<T: Portable + Debug + PartialEq, M: Message + Default + Debug + PartialEq>(ours: T, theirs: M) {
    let (our_bytes, their_bytes) = (encode(&ours), theirs.encode_to_vec());
    assert_eq!(our_bytes, their_bytes, "{ours:?}");
    assert_eq!(M::decode(&*our_bytes).unwrap(), theirs);
    assert_eq!(decode::<T>(&their_bytes).unwrap(), ours);
}

/// A reply, or a wrapper: a message with a field 1.
macro_rules! one {
    ($($name:ident: $ty:ty, $attribute:meta;)*) => {
        $(
            #[derive(Clone, PartialEq, Message)]
            struct $name {
                #[$attribute]
                value: $ty,
            }
        )*
    };
}

one! {
    OneBool: bool, prost(bool, tag = "1");
    OneInt32: i32, prost(int32, tag = "1");
    OneInt64: i64, prost(int64, tag = "1");
    OneUint32: u32, prost(uint32, tag = "1");
    OneUint64: u64, prost(uint64, tag = "1");
    OneFloat: f32, prost(float, tag = "1");
    OneDouble: f64, prost(double, tag = "1");
    OneString: String, prost(string, tag = "1");
    OneBytes: Vec<u8>, prost(bytes = "vec", tag = "1");
    OptionalUint32: Option<u32>, prost(uint32, optional, tag = "1");
    OptionalString: Option<String>, prost(string, optional, tag = "1");
    OptionalUnit: Option<Nothing>, prost(message, optional, tag = "1");
    OptionalOptional: Option<OptionalUint32>, prost(message, optional, tag = "1");
    OptionalList: Option<Uint32s>, prost(message, optional, tag = "1");
    OptionalDirection: Option<i32>, prost(enumeration = "TheirDirection", optional, tag = "1");
    OneDirection: i32, prost(enumeration = "TheirDirection", tag = "1");
    Directions: Vec<i32>, prost(enumeration = "TheirDirection", repeated, tag = "1");
    Uint32s: Vec<u32>, prost(uint32, repeated, tag = "1");
    Int32s: Vec<i32>, prost(int32, repeated, tag = "1");
    Doubles: Vec<f64>, prost(double, repeated, tag = "1");
    Bools: Vec<bool>, prost(bool, repeated, tag = "1");
    Strings: Vec<String>, prost(string, repeated, tag = "1");
    StringLists: Vec<Strings>, prost(message, repeated, tag = "1");
    Optionals: Vec<OptionalUint32>, prost(message, repeated, tag = "1");
    Bytess: Vec<Vec<u8>>, prost(bytes = "vec", repeated, tag = "1");
    Units: Vec<Nothing>, prost(message, repeated, tag = "1");
    Pairs: Vec<TheirPair>, prost(message, repeated, tag = "1");
    OnePair: Option<TheirPair>, prost(message, optional, tag = "1");
    OneTarget: Option<TheirTarget>, prost(message, optional, tag = "1");
    Uint32ByString: BTreeMap<String, u32>, prost(btree_map = "string, uint32", tag = "1");
    StringsByInt32: BTreeMap<i32, Strings>, prost(btree_map = "int32, message", tag = "1");
    StringByBool: HashMap<bool, String>, prost(map = "bool, string", tag = "1");
    OneChoice: Option<TheirChoice>, prost(message, optional, tag = "1");
}

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
enum TheirDirection {
    Unspecified = 0,
    Left = 1,
    Right = 2,
}

#[derive(Clone, PartialEq, Message)]
struct TheirPair {
    #[prost(uint32, tag = "1")]
    first: u32,
    #[prost(string, tag = "9")]
    second: String,
}

#[derive(Clone, PartialEq, Message)]
struct TheirTarget {
    #[prost(oneof = "TheirKind", tags = "1, 2, 3, 4, 5, 20")]
    kind: Option<TheirKind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum TheirKind {
    #[prost(message, tag = "1")]
    Nowhere(Nothing),
    #[prost(message, tag = "2")]
    Nothing(Nothing),
    #[prost(message, tag = "3")]
    Empty(Nothing),
    #[prost(string, tag = "4")]
    Address(String),
    #[prost(message, tag = "5")]
    Both(TheirBoth),
    #[prost(message, tag = "20")]
    Anchor(TheirAnchor),
}

#[derive(Clone, PartialEq, Message)]
struct TheirBoth {
    #[prost(uint32, tag = "1")]
    first: u32,
    #[prost(message, optional, tag = "2")]
    second: Option<TheirPair>,
}

#[derive(Clone, PartialEq, Message)]
struct TheirAnchor {
    #[prost(uint32, tag = "1")]
    page: u32,
    #[prost(uint64, optional, tag = "2")]
    line: Option<u64>,
}

/// Every kind of type that is not exactly one field, alone in a variant, and every kind that is.
#[derive(Portable, Debug, Clone, PartialEq)]
enum Choice {
    Number(u32),
    List(Vec<u32>),
    Option(Option<u32>),
    Map(BTreeMap<String, u32>),
    Direction(Direction),
    Unit(()),
}

#[derive(Clone, PartialEq, Message)]
struct TheirChoice {
    #[prost(oneof = "TheirChosen", tags = "1, 2, 3, 4, 5, 6")]
    kind: Option<TheirChosen>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum TheirChosen {
    #[prost(uint32, tag = "1")]
    Number(u32),
    #[prost(message, tag = "2")]
    List(Uint32s),
    #[prost(message, tag = "3")]
    Option(OptionalUint32),
    #[prost(message, tag = "4")]
    Map(Uint32ByString),
    #[prost(enumeration = "TheirDirection", tag = "5")]
    Direction(i32),
    #[prost(message, tag = "6")]
    Unit(Nothing),
}

#[test]
fn numbers_and_texts() {
    for value in [false, true] {
        same(value, OneBool { value });
    }
    for value in [0, 1, -1, 300, i32::MIN, i32::MAX] {
        same(value, OneInt32 { value });
    }
    for value in [i8::MIN, -1, 0, i8::MAX] {
        same(value, OneInt32 { value: value.into() });
    }
    for value in [i16::MIN, -1, 0, i16::MAX] {
        same(value, OneInt32 { value: value.into() });
    }
    for value in [0, -1, i64::MIN, i64::MAX] {
        same(value, OneInt64 { value });
    }
    for value in [0, 1, u32::MAX] {
        same(value, OneUint32 { value });
    }
    same(u8::MAX, OneUint32 { value: 255 });
    same(u16::MAX, OneUint32 { value: 65_535 });
    for value in [0, 127, 128, u64::MAX] {
        same(value, OneUint64 { value });
    }
    for value in [0.0, -1.5, f32::MAX, f32::INFINITY] {
        same(value, OneFloat { value });
    }
    for value in [0.0, -1.5, f64::MIN_POSITIVE, f64::NEG_INFINITY] {
        same(value, OneDouble { value });
    }
    // prost takes -0.0 for zero, unlike protobuf's own implementations.
    assert_eq!(encode(&-0.0_f64), [0x09, 0, 0, 0, 0, 0, 0, 0, 0x80]);
    assert!(decode::<f64>(&encode(&-0.0_f64)).unwrap().is_sign_negative());
    for value in ["", "x", "é", &"long".repeat(100)].map(str::to_owned) {
        same(value.clone(), OneString { value });
    }
    for value in [vec![], vec![0], vec![0xff; 200]] {
        same(value.clone(), OneBytes { value });
    }
}

#[test]
fn a_unit_is_a_message_and_as_a_reply_nothing() {
    assert!(encode(&()).is_empty());
    decode::<()>(&[]).unwrap();
    same(Some(()), OptionalUnit { value: Some(Nothing {}) });
    same(vec![(), ()], Units { value: vec![Nothing {}, Nothing {}] });
    same(Empty, OptionalUnit { value: Some(Nothing {}) });
}

#[test]
fn options() {
    for value in [None, Some(0), Some(7)] {
        same(value, OptionalUint32 { value });
    }
    same(Some(300_u16), OptionalUint32 { value: Some(300) });
    same(Some(String::new()), OptionalString { value: Some(String::new()) });
    same(Some(Direction::Left), OptionalDirection { value: Some(1) });
    same(None::<Option<u32>>, OptionalOptional { value: None });
    for value in [None, Some(0_u32), Some(1)] {
        same(Some(value), OptionalOptional { value: Some(OptionalUint32 { value }) });
    }
    for value in [vec![], vec![0_u32, 300]] {
        same(Some(value.clone()), OptionalList { value: Some(Uint32s { value }) });
    }
}

#[test]
fn lists() {
    for value in [vec![], vec![0], vec![1, u32::MAX, 0]] {
        same(value.clone(), Uint32s { value });
    }
    same(vec![-1_i8, 5], Int32s { value: vec![-1, 5] });
    same(vec![0.0, -1.0], Doubles { value: vec![0.0, -1.0] });
    same(vec![true; 200], Bools { value: vec![true; 200] });
    same(vec![Direction::Right, Direction::Left], Directions { value: vec![2, 1] });
    let texts = vec!["".to_owned(), "x".to_owned()];
    same(texts.clone(), Strings { value: texts.clone() });
    same(vec![vec![], vec![1_u8]], Bytess { value: vec![vec![], vec![1]] });
    same(vec![vec![], texts.clone()], StringLists { value: vec![Strings { value: vec![] }, Strings { value: texts }] });
    let optional = |value| OptionalUint32 { value };
    same(vec![None, Some(0_u32), Some(1)], Optionals { value: [None, Some(0), Some(1)].map(optional).to_vec() });
    same(
        vec![Pair(0, String::new()), Pair(1, "x".repeat(200))],
        Pairs { value: vec![TheirPair::default(), TheirPair { first: 1, second: "x".repeat(200) }] },
    );
}

#[test]
fn lists_are_read_packed_and_not() {
    #[derive(Clone, PartialEq, Message)]
    struct Unpacked {
        #[prost(uint32, repeated, packed = "false", tag = "1")]
        value: Vec<u32>,
    }
    let (unpacked, packed) = (Unpacked { value: vec![1, 0, 300] }.encode_to_vec(), encode(&vec![1_u32, 0, 300]));
    assert_ne!(unpacked, packed);
    assert_eq!(decode::<Vec<u32>>(&unpacked).unwrap(), [1, 0, 300]);
    assert_eq!(decode::<Vec<u32>>(&[unpacked, packed].concat()).unwrap(), [1, 0, 300, 1, 0, 300]);
}

#[test]
fn maps() {
    let theirs = BTreeMap::from([("a".to_owned(), 1_u32), ("b".to_owned(), 300)]);
    same(theirs.clone(), Uint32ByString { value: theirs });
    let lists = BTreeMap::from([(-1, Strings { value: vec!["x".to_owned()] })]);
    same(BTreeMap::from([(-1_i16, vec!["x".to_owned()])]), StringsByInt32 { value: lists });
    same(HashMap::from([(true, "x".to_owned())]), StringByBool { value: HashMap::from([(true, "x".to_owned())]) });
    // We and most implementations write an entry in full, and prost omits its zeros.
    let zeros = BTreeMap::from([(String::new(), 0_u32)]);
    assert_eq!(encode(&zeros), [0x0a, 4, 0x0a, 0, 0x10, 0]);
    assert_eq!(Uint32ByString::decode(&*encode(&zeros)).unwrap().value, zeros);
    let theirs = Uint32ByString { value: zeros.clone() }.encode_to_vec();
    assert_eq!(theirs, [0x0a, 0]);
    assert_eq!(decode::<BTreeMap<String, u32>>(&theirs).unwrap(), zeros);
}

#[test]
fn structs_are_there_also_where_nothing_is_in_them() {
    same(Pair(0, String::new()), OnePair { value: Some(TheirPair::default()) });
    same(Pair(9, "x".to_owned()), OnePair { value: Some(TheirPair { first: 9, second: "x".to_owned() }) });
    // A missing struct is read as its zeros.
    assert_eq!(decode::<Pair>(&[]).unwrap(), Pair(0, String::new()));
}

#[test]
fn enums() {
    same(Direction::Left, OneDirection { value: TheirDirection::Left.into() });
    same(Direction::Right, OneDirection { value: TheirDirection::Right.into() });
    let target = |kind| OneTarget { value: Some(TheirTarget { kind: Some(kind) }) };
    same(Target::Nowhere, target(TheirKind::Nowhere(Nothing {})));
    same(Target::Nothing(), target(TheirKind::Nothing(Nothing {})));
    same(Target::Empty {}, target(TheirKind::Empty(Nothing {})));
    for text in ["", "x"].map(str::to_owned) {
        same(Target::Address(text.clone()), target(TheirKind::Address(text)));
    }
    let (ours, theirs) = (Pair(0, String::new()), TheirPair::default());
    same(Target::Both(0, ours), target(TheirKind::Both(TheirBoth { first: 0, second: Some(theirs) })));
    for line in [None, Some(0), Some(1 << 40)] {
        same(Target::Anchor { page: 1, line }, target(TheirKind::Anchor(TheirAnchor { page: 1, line })));
    }
    let choice = |kind| OneChoice { value: Some(TheirChoice { kind: Some(kind) }) };
    same(Choice::Number(0), choice(TheirChosen::Number(0)));
    for value in [vec![], vec![0, 300]] {
        same(Choice::List(value.clone()), choice(TheirChosen::List(Uint32s { value })));
    }
    for value in [None, Some(0)] {
        same(Choice::Option(value), choice(TheirChosen::Option(OptionalUint32 { value })));
    }
    let map = BTreeMap::from([("a".to_owned(), 1)]);
    same(Choice::Map(map.clone()), choice(TheirChosen::Map(Uint32ByString { value: map })));
    same(Choice::Direction(Direction::Right), choice(TheirChosen::Direction(2)));
    same(Choice::Unit(()), choice(TheirChosen::Unit(Nothing {})));
}

#[plug::interface(portable)]
#[allow(clippy::ptr_arg, reason = "it is another form")]
trait Requests: Send + Sync {
    fn put(&self, key: &str, value: &[u8], times: u32, _: &[String], pairs: &Vec<Pair>) -> Result<(), plug::Error>;
}

#[derive(Clone, PartialEq, Message)]
struct TheirRequest {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
    #[prost(uint32, tag = "3")]
    times: u32,
    #[prost(string, repeated, tag = "4")]
    arg4: Vec<String>,
    #[prost(message, repeated, tag = "5")]
    pairs: Vec<TheirPair>,
}

fn request() -> TheirRequest {
    TheirRequest {
        key: "k".to_owned(),
        value: vec![1],
        times: 0,
        arg4: vec!["x".to_owned(), String::new()],
        pairs: vec![TheirPair { first: 3, second: String::new() }],
    }
}

/// Reads the arguments that prost wrote.
struct Requested;

impl VisitMethods<dyn Requests> for Requested {
    fn method<M: Method<Interface = dyn Requests>>(&mut self) {
        assert_eq!((M::NAME, M::WIRE_NAME, M::ARGUMENT_NAMES[3]), ("put", "Put", "arg4"));
        // Only the method knows the types of its arguments, so an object formats them.
        let kept = decode_request::<M>(&request().encode_to_vec()).unwrap();
        let outcome = M::call(&Writes as &dyn Requests, <M::Arguments as plug::__private::Arguments>::hold_kept(kept));
        let error = plug::__private::Outcome::result(outcome).err().map(|error| M::texts(&error).concat());
        assert_eq!(error.unwrap(), r#"k [1] 0 ["x", ""] [Pair(3, "")]"#);
    }
}

struct Writes;

impl Requests for Writes {
    fn put(&self, key: &str, value: &[u8], times: u32, a: &[String], pairs: &Vec<Pair>) -> Result<(), plug::Error> {
        Err(plug::Error::msg(format!("{key} {value:?} {times} {a:?} {pairs:?}")))
    }
}

/// Returns the bytes of a call.
struct Told(std::sync::mpsc::Sender<Vec<u8>>);

impl plug::__private::Boundary for Told {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, given: &<M::Arguments as plug::__private::Arguments>::Given<'_>) -> M::Outcome {
        self.0.send(encode_request::<M>(given).unwrap()).unwrap();
        plug::__private::Outcome::of(Err(plug::Error::msg("told")))
    }
}

#[test]
fn a_request_has_the_arguments_in_their_order() {
    <dyn Requests>::methods(&mut Requested);
    let (sender, receiver) = std::sync::mpsc::channel();
    let remote = <dyn Requests>::remote(Told(sender));
    remote.put("k", &[1], 0, &["x".to_owned(), String::new()], &vec![Pair(3, String::new())]).unwrap_err();
    assert_eq!(receiver.recv().unwrap(), request().encode_to_vec());
}
