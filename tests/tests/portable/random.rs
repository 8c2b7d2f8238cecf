//! Random values: their bytes decode to equal values.

use std::collections::BTreeMap;
use std::fmt::Debug;

use plug::Portable;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::bytes::{decode, encode};
use super::values::{Direction, Empty, Page, Pair, Target};

#[derive(Portable, Debug, Clone, PartialEq)]
struct Numbers {
    bool: bool,
    i8: i8,
    i16: i16,
    #[plug(tag = 300)]
    i32: i32,
    i64: i64,
    #[plug(tag = 20)]
    u8: u8,
    u16: u16,
    u32: u32,
    #[plug(tag = 536_870_911)]
    u64: u64,
}

/// A type inside every other kind of type.
#[derive(Portable, Debug, Clone, PartialEq)]
struct Nested {
    options: Option<Option<Option<u8>>>,
    lists: Vec<Vec<Vec<i16>>>,
    maps: BTreeMap<u8, BTreeMap<String, BTreeMap<bool, i64>>>,
    list_of_options: Vec<Option<Vec<u8>>>,
    option_of_list: Option<Vec<Option<String>>>,
    option_of_map: Option<BTreeMap<i32, Option<Target>>>,
    map_of_lists: BTreeMap<u64, Vec<BTreeMap<i8, Vec<Direction>>>>,
    units: Vec<Option<()>>,
    bytes: Vec<Vec<u8>>,
    plain: Vec<Numbers>,
}

#[derive(Portable, Debug, Clone, PartialEq)]
enum Choice {
    Option(Option<u8>),
    List(Vec<String>),
    Lists(Vec<Vec<f32>>),
    Map(BTreeMap<String, Page>),
    #[plug(tag = 100)]
    Nested(Nested),
    Target(Target),
    Unit(()),
    Several(Vec<u8>, Option<Option<u8>>),
    Named {
        map: BTreeMap<u32, Option<u32>>,
        list: Vec<u64>,
    },
}

fn text() -> impl Strategy<Value = String> {
    // Long values too, so that their length takes several bytes.
    prop_oneof![4 => ".{0,8}", 1 => "[a-é]{0,300}"]
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Left), Just(Direction::Right)]
}

fn pair() -> impl Strategy<Value = Pair> {
    (any::<u8>(), text()).prop_map(|(number, text)| Pair(number, text))
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Nowhere),
        Just(Target::Nothing()),
        Just(Target::Empty {}),
        text().prop_map(Target::Address),
        (any::<u8>(), pair()).prop_map(|(number, pair)| Target::Both(number, pair)),
        (any::<u16>(), any::<Option<u64>>()).prop_map(|(page, line)| Target::Anchor { page, line }),
    ]
}

fn page() -> impl Strategy<Value = Page> {
    let links = btree_map(text(), target(), 0..4);
    (any::<u8>(), any::<u64>(), text(), option::of(direction()), links)
        .prop_map(|(small, large, title, r#type, links)| Page { small, large, title, r#type, links, nothing: Empty })
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let signed = (any::<i8>(), any::<i16>(), any::<i32>(), any::<i64>());
    let unsigned = (any::<u8>(), any::<u16>(), any::<u32>(), any::<u64>());
    (any::<bool>(), signed, unsigned).prop_map(|(bool, (i8, i16, i32, i64), (u8, u16, u32, u64))| Numbers {
        bool,
        i8,
        i16,
        i32,
        i64,
        u8,
        u16,
        u32,
        u64,
    })
}

fn nested() -> impl Strategy<Value = Nested> {
    let lists = (
        vec(vec(vec(any::<i16>(), 0..4), 0..4), 0..4),
        vec(any::<Option<Vec<u8>>>(), 0..4),
        option::of(vec(option::of(text()), 0..4)),
        vec(any::<Option<()>>(), 0..4),
        vec(vec(any::<u8>(), 0..200), 0..4),
        vec(numbers(), 0..4),
    );
    let maps = (
        btree_map(any::<u8>(), btree_map(text(), btree_map(any::<bool>(), any::<i64>(), 0..3), 0..3), 0..3),
        option::of(btree_map(any::<i32>(), option::of(target()), 0..3)),
        btree_map(any::<u64>(), vec(btree_map(any::<i8>(), vec(direction(), 0..3), 0..3), 0..3), 0..3),
    );
    (any::<Option<Option<Option<u8>>>>(), lists, maps).prop_map(|(options, lists, maps)| {
        let (lists, list_of_options, option_of_list, units, bytes, plain) = lists;
        let (maps, option_of_map, map_of_lists) = maps;
        Nested {
            options,
            lists,
            maps,
            list_of_options,
            option_of_list,
            option_of_map,
            map_of_lists,
            units,
            bytes,
            plain,
        }
    })
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        any::<Option<u8>>().prop_map(Choice::Option),
        vec(text(), 0..4).prop_map(Choice::List),
        vec(vec(-1e9_f32..1e9, 0..4), 0..4).prop_map(Choice::Lists),
        btree_map(text(), page(), 0..4).prop_map(Choice::Map),
        nested().prop_map(Choice::Nested),
        target().prop_map(Choice::Target),
        Just(Choice::Unit(())),
        (any::<Vec<u8>>(), any::<Option<Option<u8>>>()).prop_map(|(list, option)| Choice::Several(list, option)),
        (btree_map(any::<u32>(), any::<Option<u32>>(), 0..4), any::<Vec<u64>>())
            .prop_map(|(map, list)| Choice::Named { map, list }),
    ]
}

#[track_caller]
fn assert_same<T: Portable + PartialEq + Debug>(value: &T) {
    let bytes = encode(value);
    assert_eq!(&decode::<T>(&bytes).unwrap(), value);
    assert_eq!(encode(&decode::<T>(&bytes).unwrap()), bytes);
}

proptest! {
    #[test]
    fn numbers_are_read_as_they_are_written(value in numbers()) {
        assert_same(&value);
        assert_same(&Some(value));
    }

    #[test]
    fn bits_of_floats_are_kept(single: u32, double: u64) {
        let (single, double) = (f32::from_bits(single), f64::from_bits(double));
        prop_assert_eq!(decode::<f32>(&encode(&single)).unwrap().to_bits(), single.to_bits());
        prop_assert_eq!(decode::<f64>(&encode(&double)).unwrap().to_bits(), double.to_bits());
        let list: Vec<_> = decode::<Vec<f64>>(&encode(&vec![double; 3])).unwrap();
        prop_assert_eq!(list.iter().map(|double| double.to_bits()).collect::<Vec<_>>(), vec![double.to_bits(); 3]);
    }

    #[test]
    fn structs_are_read_as_they_are_written(page in page(), nested in nested()) {
        assert_same(&page);
        assert_same(&nested);
    }

    #[test]
    fn enums_are_read_as_they_are_written(value in choice(), list in vec(choice(), 0..4)) {
        assert_same(&value);
        assert_same(&list);
    }

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes: Vec<u8>) {
        let _ = decode::<Choice>(&bytes);
        let _ = decode::<Vec<Nested>>(&bytes);
    }
}
