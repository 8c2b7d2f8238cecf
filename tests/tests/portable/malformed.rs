//! Malformed bytes: they give an error with a reason and a place, or a value, but never a panic.

use std::collections::{BTreeMap, BTreeSet};
use std::panic;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use library_types::{Node, Value, lists, nodes};
use plug::Portable;

use super::bytes::{decode, encode, refused, refused_value};
use super::values::{Direction, Page, Pair, Target, page};

#[derive(Portable, Debug, Clone, PartialEq)]
struct Deep {
    pages: BTreeMap<String, Vec<Option<Target>>>,
    small: Vec<i8>,
    numbers: Vec<f64>,
    pair: Option<Pair>,
    direction: Direction,
}

fn deep() -> Deep {
    Deep {
        pages: BTreeMap::from([("x".to_owned(), page().links.into_values().map(Some).chain([None]).collect())]),
        small: vec![-1, 0, 1],
        numbers: vec![0.5, -0.0],
        pair: Some(Pair(7, "é".to_owned())),
        direction: Direction::Right,
    }
}

#[test]
fn a_part_of_a_message_is_refused_or_a_value() {
    let (bytes, mut refused) = (encode(&deep()), 0);
    for end in 0..bytes.len() {
        refused += usize::from(decode::<Deep>(&bytes[..end]).is_err());
    }
    // Every prefix is refused: the only field is missing or cut.
    assert_eq!(refused, bytes.len(), "nothing of a message that has one field is a message");
    assert_eq!(decode::<Deep>(&bytes).unwrap(), deep());
}

#[test]
fn any_byte_may_be_any_other() {
    let bytes = encode(&deep());
    let (mut refused, mut read) = (0, 0);
    for at in 0..bytes.len() {
        for byte in 0..=255 {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            match decode::<Deep>(&bytes) {
                // A value that was read can be encoded like any other.
                Ok(value) => {
                    read += 1;
                    let again = decode::<Deep>(&encode(&value)).unwrap();
                    assert_eq!(format!("{again:?}"), format!("{value:?}"));
                }
                Err(error) => {
                    refused += 1;
                    let text = error.to_string();
                    assert!(!text.is_empty() && !text.contains("Protobuf"), "{text}");
                }
            }
        }
    }
    assert!(refused > 1000 && read > 1000, "{refused} {read}");
}

#[test]
fn an_error_has_its_place() {
    // Field 1 of the request is a message of this length.
    let request = |message: &[u8]| [&[0x0a, message.len() as u8], message].concat();
    let text = |bytes: &[u8]| refused::<Page>(&request(bytes));
    assert_eq!(text(&[0x08, 0xac, 0x02]), "300 does not fit into u8, in `given.small`");
    assert_eq!(text(&[0x10, 0x80]), "a varint ends early, in `given.large`");
    assert_eq!(text(&[0x80]), "a varint ends early, in `given`");
    assert_eq!(text(&[&[0x10][..], &[0xff; 12]].concat()), "a varint has more than 64 bits, in `given.large`");
    assert_eq!(text(&[0x12, 0]), "its wire type is length-delimited, and not varint, in `given.large`");
    assert_eq!(text(&[0x18, 0]), "its wire type is varint, and not length-delimited, in `given.title`");
    assert_eq!(text(&[0x1a, 5, b'x']), "5 bytes are announced, and 1 are left, in `given.title`");
    let utf8 = "it is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0, in `given.title`";
    assert_eq!(text(&[0x1a, 1, 0xff]), utf8);
    assert_eq!(text(&[0x20, 9]), "variant 9 of `Direction` is unknown, in `given.type`");
    assert_eq!(text(&[0x20, 0]), "a variant of `Direction` is missing, in `given.type`");
    let negative = [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(text(&negative), "variant -1 of `Direction` is unknown, in `given.type`");
    // links: { "x": … }
    let link = |target: &[u8]| {
        let entry = [&[0x0a, 1, b'x', 0x12, target.len() as u8], target].concat();
        text(&[&[0x2a, entry.len() as u8], &*entry].concat())
    };
    assert_eq!(link(&[]), r#"a variant of `Target` is missing, in `given.links["x"]`"#);
    assert_eq!(link(&[0x3a, 0]), r#"variant 7 of `Target` is unknown, in `given.links["x"]`"#);
    assert_eq!(
        link(&[0xa2, 1, 4, 0x08, 0x80, 0x80, 0x04]),
        r#"65536 does not fit into u16, in `given.links["x"].Anchor.page`"#
    );
    assert_eq!(
        link(&[0x22, 1, 0xff]),
        r#"it is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0, in `given.links["x"].Address`"#
    );
    assert_eq!(text(&[0x2a, 0]), r#"a variant of `Target` is missing, in `given.links[""]`"#);
    assert_eq!(
        refused::<Vec<Vec<i8>>>(&[0x0a, 3, 0x0a, 1, 0, 0x0a, 4, 0x0a, 2, 0x80, 0x01]),
        "128 does not fit into i8, in `given[1][0]`"
    );
    assert_eq!(refused::<Direction>(&[]), "a variant of `Direction` is missing, in `given`");
    assert_eq!(refused::<Vec<f64>>(&[0x0a, 3, 0, 0, 0]), "8 bytes belong there, and 3 are left, in `given[0]`");
}

#[test]
fn small_numbers_are_checked() {
    let number = |number: i64| encode(&number);
    assert_eq!(decode::<i8>(&number(-128)).unwrap(), -128);
    assert_eq!(refused::<i8>(&number(-129)), "-129 does not fit into i8, in `given`");
    assert_eq!(refused::<i8>(&number(128)), "128 does not fit into i8, in `given`");
    assert_eq!(refused::<i16>(&number(-32_769)), "-32769 does not fit into i16, in `given`");
    assert_eq!(refused::<u8>(&number(256)), "256 does not fit into u8, in `given`");
    assert_eq!(refused::<u16>(&number(65_536)), "65536 does not fit into u16, in `given`");
    assert_eq!(refused::<u16>(&number(-1)), "4294967295 does not fit into u16, in `given`");
    // Only 32 bits count for a 32-bit type, as in protobuf's own implementations.
    assert_eq!(decode::<i32>(&number(1 << 32 | 7)).unwrap(), 7);
    assert_eq!(decode::<u32>(&number(-1)).unwrap(), u32::MAX);
    assert!(decode::<bool>(&number(2)).unwrap());
}

#[test]
fn unknown_fields_are_passed_over() {
    let unknown = [
        &[0x78, 0xff, 0x01][..],            // 15: a varint
        &[0x79, 1, 2, 3, 4, 5, 6, 7, 8],    // of 64 bits
        &[0x7a, 3, 0xff, 0xff, 0xff],       // with a length
        &[0x7b, 0x08, 1, 0x7b, 0x7c, 0x7c], // a group in a group
        &[0x7d, 1, 2, 3, 4],                // of 32 bits
        &[0xfa, 0xff, 0xff, 0xff, 0x0f, 0], // the highest field number
    ]
    .concat();
    let pair = [&unknown[..], &[0x08, 7], &unknown, &[0x4a, 1, b'x'], &unknown].concat();
    let bytes = [&unknown[..], &[0x0a, pair.len() as u8], &pair, &unknown].concat();
    assert_eq!(decode::<Pair>(&bytes).unwrap(), Pair(7, "x".to_owned()));
    let target = [&unknown[..], &[0x22, 1, b'x'], &unknown].concat();
    let bytes = [&[0x0a, target.len() as u8], &*target].concat();
    assert_eq!(decode::<Target>(&bytes).unwrap(), Target::Address("x".to_owned()));
    assert_eq!(decode::<Option<()>>(&[&[0x0a, unknown.len() as u8], &*unknown].concat()).unwrap(), Some(()));
    for unknown in [&[0x7c][..], &[0x7b, 0x08], &[0x7a, 9, 1], &[0x79, 1], &[0x78], &[0x7e], &[0x00, 1]] {
        let text = refused::<Pair>(unknown);
        assert!(!text.contains("decode"), "{text}");
    }
    assert_eq!(refused::<Pair>(&[0x7c]), "unexpected end group tag, in field 15, which is unknown");
    // Values may nest deeply, but not as deep as the stack.
    let text = refused::<Pair>(&[0x7b; 100_000]);
    assert!(text.ends_with(", in field 15, which is unknown"), "{text}");
}

#[test]
fn repeated_fields_are_merged() {
    assert_eq!(decode::<u32>(&[0x08, 1, 0x08, 2]).unwrap(), 2);
    assert_eq!(decode::<String>(&[0x0a, 1, b'x', 0x0a, 0]).unwrap(), "");
    assert_eq!(decode::<Vec<String>>(&[0x0a, 1, b'x', 0x0a, 0]).unwrap(), ["x", ""]);
    assert_eq!(decode::<Option<u8>>(&[0x08, 1, 0x08, 0]).unwrap(), Some(0));
    let (first, second) = (encode(&Pair(7, String::new())), encode(&Pair(0, "x".to_owned())));
    assert_eq!(decode::<Pair>(&[&*first, &second].concat()).unwrap(), Pair(7, "x".to_owned()));
    assert_eq!(decode::<Option<Pair>>(&[first, second].concat()).unwrap(), Some(Pair(7, "x".to_owned())));
    let map = |key: u8, value: u8| encode(&BTreeMap::from([(key, value)]));
    let joined = decode::<BTreeMap<u8, u8>>(&[map(1, 1), map(2, 2), map(1, 3)].concat()).unwrap();
    assert_eq!(joined, BTreeMap::from([(1, 3), (2, 2)]));
    // The last variant is the value. It is merged with an earlier field of the same variant only.
    let anchor = |page, line| Target::Anchor { page, line };
    let targets =
        |targets: &[Target]| decode::<Target>(&targets.iter().flat_map(encode::<Target>).collect::<Vec<_>>()).unwrap();
    assert_eq!(targets(&[anchor(1, None), anchor(0, Some(2))]), anchor(1, Some(2)));
    assert_eq!(targets(&[anchor(1, None), Target::Nowhere, anchor(0, Some(2))]), anchor(0, Some(2)));
    assert_eq!(targets(&[anchor(1, None), Target::Address("x".to_owned())]), Target::Address("x".to_owned()));
    assert_eq!(decode::<Option<Option<u8>>>(&[0x0a, 2, 0x08, 1, 0x0a, 0]).unwrap(), Some(Some(1)));
}

#[test]
fn no_length_is_believed() {
    // A list, a text and a message that claim 2^62 bytes, and have none.
    let length = [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    let text = "4611686018427387904 bytes are announced, and 0 are left, in `given`";
    assert_eq!(refused::<Vec<u64>>(&length), text);
    assert_eq!(refused::<String>(&length), text);
    assert_eq!(refused::<Vec<u8>>(&length), text);
    assert_eq!(refused::<Page>(&length), text);
    assert_eq!(refused::<BTreeMap<u8, u8>>(&length), text);
    let noise = (0..200_u32)
        .map(|seed| (0..64).map(move |at| (seed.wrapping_mul(2_654_435_761) >> (at % 24)) as u8 ^ at as u8));
    for noise in noise.map(Iterator::collect::<Vec<u8>>) {
        let read = panic::catch_unwind(|| (decode::<Deep>(&noise).is_ok(), decode::<Vec<Page>>(&noise).is_ok()));
        assert!(read.is_ok(), "{noise:?}");
    }
}

#[test]
fn messages_nest_to_a_limit() {
    // The field 1 of a reply is a list in a list, and so on: each is two messages.
    let nested = |depth: usize| {
        let null = vec![0x0a, 0];
        let inner = (0..depth).fold(null, |inner, _| delimited(0x2a, &delimited(0x0a, &inner)));
        delimited(0x0a, &inner)
    };
    assert_eq!(decode::<Value>(&nested(49)).unwrap(), lists(49));
    assert_eq!(encode(&lists(49)), nested(49));
    let deep = "it nests more than 100 messages of protobuf";
    for depth in [50, 51, 100, 5_000] {
        let text = refused::<Value>(&nested(depth));
        assert!(text.starts_with(deep) && text.contains(", in `given.List[0].List[0]."), "{text}");
    }
    assert_eq!(refused_value(&lists(50)), deep);
    // A map in a map is three.
    let maps = |depth| (0..depth).fold(Value::Null, |inner, _| Value::Map(BTreeMap::from([("x".to_owned(), inner)])));
    let bytes = encode(&maps(32));
    assert_eq!(decode::<Value>(&bytes).unwrap(), maps(32));
    assert_eq!(refused_value(&maps(33)), deep);
    // Each node is one message.
    assert_eq!(decode::<Node>(&encode(&nodes(100))).unwrap(), nodes(100));
    assert_eq!(refused_value(&nodes(101)), deep);
}

/// A field with this key, and bytes of any length.
fn delimited(key: u8, bytes: &[u8]) -> Vec<u8> {
    let (mut len, mut field) = (bytes.len(), vec![key]);
    while len > 0x7f {
        field.push(len as u8 | 0x80);
        len >>= 7;
    }
    field.push(len as u8);
    [&field[..], bytes].concat()
}

#[test]
fn arrays_have_their_length() {
    assert_eq!(decode::<[u32; 3]>(&[0x0a, 3, 1, 2, 3]).unwrap(), [1, 2, 3]);
    // Not packed, and in parts.
    assert_eq!(decode::<[u32; 3]>(&[0x08, 1, 0x0a, 1, 2, 0x08, 3]).unwrap(), [1, 2, 3]);
    assert_eq!(decode::<[String; 2]>(&[0x0a, 1, b'x', 0x0a, 0]).unwrap(), ["x".to_owned(), String::new()]);
    let few = "an array of 3 belongs there, and 2 values have come, in `given`";
    assert_eq!(refused::<[u32; 3]>(&[0x0a, 2, 1, 2]), few);
    let many = "an array of 1 belongs there, and 2 values have come, in `given`";
    assert_eq!(refused::<[String; 1]>(&[0x0a, 0, 0x0a, 0]), many);
    let none = "an array of 3 belongs there, and 0 values have come, in `given`";
    assert_eq!(refused::<[u32; 3]>(&[]), none);
    assert_eq!(decode::<[u32; 0]>(&[]).unwrap(), [0; 0]);
    assert_eq!(encode(&[7_u8, 0]), [0x0a, 2, 7, 0]);
    assert_eq!(decode::<[u8; 2]>(&[0x0a, 2, 7, 0]).unwrap(), [7, 0]);
    let bytes = "an array of 2 belongs there, and 3 values have come, in `given`";
    assert_eq!(refused::<[u8; 2]>(&[0x0a, 3, 7, 0, 7]), bytes);
}

#[test]
fn sets_have_each_value_once() {
    let set = decode::<BTreeSet<u32>>(&[0x0a, 4, 3, 1, 3, 2]).unwrap();
    assert_eq!(set, BTreeSet::from([1, 2, 3]));
    assert_eq!(encode(&set), [0x0a, 3, 1, 2, 3]);
}

#[test]
fn times_and_characters_are_checked() {
    // Seconds as field 1, nanoseconds as field 2.
    assert_eq!(decode::<Duration>(&[0x0a, 4, 0x08, 7, 0x10, 5]).unwrap(), Duration::new(7, 5));
    assert_eq!(decode::<Duration>(&[0x0a, 2, 0x08, 7, 0x0a, 2, 0x10, 5]).unwrap(), Duration::new(7, 5));
    assert_eq!(encode(&Duration::new(7, 5)), [0x0a, 4, 0x08, 7, 0x10, 5]);
    assert_eq!((encode(&Duration::ZERO), decode::<Duration>(&[]).unwrap()), (vec![0x0a, 0], Duration::ZERO));
    let negative = [&[0x0a, 11, 0x08][..], &[0xff; 9], &[0x01]].concat();
    assert_eq!(refused::<Duration>(&negative), "a duration of -1 s and 0 ns is negative, in `given`");
    let second = UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!((decode::<SystemTime>(&negative).unwrap(), encode(&second)), (second, negative));
    assert_eq!(decode::<SystemTime>(&[]).unwrap(), UNIX_EPOCH);
    let wide = [0x0a, 6, 0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03];
    let text = "0 s and 1000000000 ns from 1970 on are no time of the years 1 to 9999, in `given`";
    assert_eq!(refused::<SystemTime>(&wide), text);
    assert_eq!(
        refused::<SystemTime>(&[0x0a, 2, 0x12, 0]),
        "its wire type is length-delimited, and not varint, in `given.nanos`"
    );
    assert_eq!(decode::<char>(&[0x08, 0xe9, 0x01]).unwrap(), 'é');
    assert_eq!(refused::<char>(&[0x08, 0x80, 0xb0, 0x03]), "55296 is no character of Unicode, in `given`");
    assert_eq!(decode::<char>(&[]).unwrap(), '\0');
    let path = refused::<PathBuf>(&[0x0a, 1, 0xff]);
    assert_eq!(path, "it is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0, in `given`");
}

#[test]
fn tuples_are_messages() {
    let bytes = [0x0a, 5, 0x08, 7, 0x12, 1, b'x'];
    assert_eq!(decode::<(u8, String)>(&bytes).unwrap(), (7, "x".to_owned()));
    assert_eq!(encode(&(7_u8, "x".to_owned())), bytes);
    assert_eq!(decode::<(u8, String)>(&[]).unwrap(), (0, String::new()));
    assert_eq!(refused::<(u8, String)>(&[0x0a, 3, 0x08, 0x80, 0x02]), "256 does not fit into u8, in `given.0`");
}
