//! Values of every kind of type cross a boundary and come back.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::hash::{BuildHasher, DefaultHasher};

use plug::{Error, Portable, plug};

use super::{Plugin, each, open};

macro_rules! echoes {
    ($($name:ident: $ty:ty,)*) => {
        #[plug::interface(portable)]
        trait Echo: Send + Sync {
            $(
                fn $name(&self, value: $ty) -> Result<$ty, Error>;
            )*
        }

        #[plug("echo")]
        impl Echo for Plugin {
            $(
                fn $name(&self, value: $ty) -> Result<$ty, Error> {
                    Ok(value)
                }
            )*
        }
    };
}

echoes! {
    bool: bool,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    f32: f32,
    f64: f64,
    unit: (),
    string: String,
    bytes: Vec<u8>,
    bools: Vec<bool>,
    units: Vec<()>,
    lists: Vec<Vec<String>>,
    option: Option<u8>,
    options: Vec<Option<Option<String>>>,
    map: HashMap<String, Vec<u8>>,
    maps: BTreeMap<i64, BTreeMap<bool, Option<f64>>>,
    empty: Empty,
    empties: Vec<Empty>,
    pair: Pair,
    page: Page,
    target: Target,
    targets: Vec<Target>,
    direction: Direction,
    directions: Option<BTreeMap<u8, Direction>>,
}

#[derive(Portable, Debug, Clone, Copy, PartialEq)]
pub(crate) struct Empty;

#[derive(Portable, Debug, Clone, PartialEq)]
pub(crate) struct Pair(pub(crate) u8, #[plug(tag = 9)] pub(crate) String);

#[derive(Portable, Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub(crate) small: u8,
    pub(crate) large: u64,
    pub(crate) title: String,
    pub(crate) r#type: Option<Direction>,
    pub(crate) links: BTreeMap<String, Target>,
    pub(crate) nothing: Empty,
}

#[derive(Portable, Debug, Clone, PartialEq)]
pub(crate) enum Target {
    Nowhere,
    Nothing(),
    Empty {},
    Address(String),
    Both(u8, Pair),
    #[plug(tag = 20)]
    Anchor {
        page: u16,
        line: Option<u64>,
    },
}

#[derive(Portable, Debug, Clone, Copy, PartialEq)]
pub(crate) enum Direction {
    Left = 5,
    Right = 3,
}

pub(crate) fn page() -> Page {
    let links = [
        ("nowhere", Target::Nowhere),
        ("nothing", Target::Nothing()),
        ("empty", Target::Empty {}),
        ("address", Target::Address("rue de l'Été".to_owned())),
        ("both", Target::Both(255, Pair(1, "\0".to_owned()))),
        ("anchor", Target::Anchor { page: 7, line: Some(u64::MAX) }),
        ("top", Target::Anchor { page: 7, line: None }),
    ];
    let links = links.into_iter().map(|(name, target)| (name.to_owned(), target)).collect();
    let (r#type, nothing) = (Some(Direction::Right), Empty);
    Page { small: 1, large: u64::MAX, title: "Zürich ☃".to_owned(), r#type, links, nothing }
}

#[track_caller]
fn assert_all<T: Clone + PartialEq + Debug>(echo: impl Fn(T) -> Result<T, Error>, values: impl IntoIterator<Item = T>) {
    for value in values {
        assert_eq!(echo(value.clone()).unwrap(), value);
    }
}

#[test]
fn numbers_cross() {
    for echo in each::<dyn Echo>("echo") {
        assert_all(|value| echo.bool(value), [true, false]);
        assert_all(|value| echo.i8(value), [i8::MIN, -1, 0, i8::MAX]);
        assert_all(|value| echo.i16(value), [i16::MIN, -1, 0, i16::MAX]);
        assert_all(|value| echo.i32(value), [i32::MIN, -1, 0, i32::MAX]);
        assert_all(|value| echo.i64(value), [i64::MIN, -1, 0, i64::MAX]);
        assert_all(|value| echo.u8(value), [0, u8::MAX]);
        assert_all(|value| echo.u16(value), [0, u16::MAX]);
        assert_all(|value| echo.u32(value), [0, u32::MAX]);
        assert_all(|value| echo.u64(value), [0, u64::MAX]);
        // Every bit crosses, also of NaNs: a quiet and a signalling one, both with a payload.
        let (f32s, f64s) = (|value| echo.f32(f32::from_bits(value)), |value| echo.f64(f64::from_bits(value)));
        assert_all(
            |value| f32s(value).map(f32::to_bits),
            [0, 1, 1 << 31, f32::MAX.to_bits(), f32::INFINITY.to_bits(), 0x7fc1_2345, 0xff81_2345],
        );
        assert_all(
            |value| f64s(value).map(f64::to_bits),
            [0, 1, 1 << 63, f64::MAX.to_bits(), f64::INFINITY.to_bits(), 0x7ff8_1234_5678_9abc, 0xfff4_1234_5678_9abc],
        );
        echo.unit(()).unwrap();
    }
}

#[test]
fn texts_and_lists_cross() {
    for echo in each::<dyn Echo>("echo") {
        let texts = ["", "a", "é ☃ 𝄞 e\u{301}", "a\0b\0", &"long ".repeat(100_000)].map(str::to_owned);
        assert_all(|value| echo.string(value), texts.clone());
        assert_all(|value| echo.bytes(value), [vec![], vec![0, 0xff, 0x80], vec![7; 1 << 20]]);
        assert_all(|value| echo.bools(value), [vec![], vec![true, false, true]]);
        assert_all(|value| echo.units(value), [vec![], vec![(); 3]]);
        assert_all(
            |value| echo.lists(value),
            [vec![], vec![vec![]], vec![vec![], texts.to_vec(), vec![String::new()]]],
        );
        assert_all(|value| echo.option(value), [None, Some(0), Some(255)]);
        assert_all(
            |value| echo.options(value),
            [vec![None, Some(None), Some(Some(String::new())), Some(Some("x".to_owned()))]],
        );
    }
}

#[test]
fn maps_cross() {
    let most = if cfg!(miri) { 50 } else { 1000 };
    for echo in each::<dyn Echo>("echo") {
        let many = (0..most).map(|number| (format!("key {number}"), vec![number as u8; number])).collect();
        assert_all(|value| echo.map(value), [HashMap::new(), many]);
        let inner = BTreeMap::from([(true, None), (false, Some(0.5))]);
        assert_all(|value| echo.maps(value), [BTreeMap::from([(i64::MIN, inner), (i64::MAX, BTreeMap::new())])]);
    }
}

#[test]
fn structs_and_enums_cross() {
    for echo in each::<dyn Echo>("echo") {
        assert_all(|value| echo.empty(value), [Empty]);
        assert_all(|value| echo.empties(value), [vec![], vec![Empty; 3]]);
        assert_all(|value| echo.pair(value), [Pair(0, String::new()), Pair(255, "x".to_owned())]);
        assert_all(|value| echo.page(value), [page()]);
        assert_all(|value| echo.target(value), page().links.into_values());
        assert_all(|value| echo.targets(value), [vec![], page().links.into_values().collect()]);
        assert_all(|value| echo.direction(value), [Direction::Left, Direction::Right]);
        assert_all(
            |value| echo.directions(value),
            [None, Some(BTreeMap::from([(1, Direction::Left), (2, Direction::Right)]))],
        );
    }
}

#[test]
fn a_type_is_described_with_its_names_and_numbers() {
    let described = |ty: &plug::__private::Type| format!("{ty:?}").replace(": ", ":").replace('"', "");
    let field = |name, tag, ty| format!("Field {{ name:{name}, go_name:, tag:{tag}, ty:{ty}, docs:Docs() }}");
    let (first, second) = (field("0", 1, "U8"), field("1", 9, "String"));
    let pair =
        format!("Struct {{ name:Pair, id:{}, arguments:[], fields:[{first}, {second}], docs:Docs() }}", Pair::ID);
    assert_eq!(described(Pair::TYPE.get()), pair);
    let target = described(Target::TYPE.get());
    for variant in
        ["name:Nowhere, tag:1, form:Unit", "name:Nothing, tag:2, form:Tuple", "name:Empty, tag:3, form:Named"]
    {
        assert!(target.contains(variant), "{variant}: {target}");
    }
    assert!(
        target.contains(&format!("name:Anchor, tag:20, form:Named, fields:[{}", field("page", 1, "U16"))),
        "{target}"
    );
    let page = described(Page::TYPE.get());
    assert!(page.contains("name:type, go_name:, tag:4, ty:Option(Enum(Direction))"), "{page}");
    const { assert!(Empty::IS_FLAT && Direction::IS_FLAT && <Option<Direction>>::IS_FLAT) };
    const { assert!(!Pair::IS_FLAT && !Target::IS_FLAT) };
}

/// A hasher that panics on request. Each side of the boundary chooses the hasher of its maps.
#[derive(Default)]
struct Fussy(DefaultHasher);

thread_local! {
    /// How many hashers can be made before one panics.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

impl BuildHasher for Fussy {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let left = LEFT.get();
        LEFT.set(left.checked_sub(1).unwrap_or(usize::MAX));
        assert!(left > 0, "it is fussy");
        self.0.clone()
    }
}

type Map = HashMap<String, Vec<u8>, Fussy>;

#[plug::interface(portable)]
trait Hashes: Send + Sync {
    fn give(&self, fail: bool) -> Result<Map, Error>;
    fn nest(&self) -> Result<Vec<Option<Map>>, Error>;
    fn take(&self, map: &Map) -> Result<u64, Error>;
}

fn map() -> Map {
    (0..9).map(|at| (format!("key {at}"), vec![at; 99])).collect()
}

#[plug("hashes")]
impl Hashes for Plugin {
    fn give(&self, fail: bool) -> Result<Map, Error> {
        let map = map();
        // It panics while the peer builds the map.
        LEFT.set(if fail { 5 } else { usize::MAX });
        Ok(map)
    }
    fn nest(&self) -> Result<Vec<Option<Map>>, Error> {
        let list = vec![Some(map()), None, Some(map())];
        LEFT.set(14);
        Ok(list)
    }
    fn take(&self, map: &Map) -> Result<u64, Error> {
        Ok(map.len() as u64)
    }
}

#[test]
fn a_panic_in_making_a_value_is_an_error_on_either_side() {
    let hashes = open::<dyn Hashes>("hashes");
    for _ in 0..2 {
        let error = hashes.give(true).unwrap_err();
        let message = "this program panicked in taking what `give` of plugin `hashes` returned: it is fussy";
        assert_eq!(error.to_string(), message);
        let error = hashes.nest().unwrap_err();
        assert!(error.to_string().ends_with(" what `nest` of plugin `hashes` returned: it is fussy"), "{error}");
        let map = map();
        LEFT.set(5);
        let error = hashes.take(&map).unwrap_err();
        assert!(error.to_string().starts_with("plugin `hashes` panicked in `take` at "), "{error}");
        assert!(error.to_string().ends_with(": it is fussy"), "{error}");
        // The next call succeeds.
        assert_eq!(hashes.give(false).unwrap().len(), 9);
        assert_eq!(hashes.take(&map).unwrap(), 9);
    }
}
