//! Go's gob is read, and the gob of `plug` equals Go's, byte for byte if the types have the same
//! numbers. Values of a wrong type are errors.
//!
//! The bytes are from `encoding/gob` of Go 1.19.

use gobwire::{Decoder, Encode, Encoder, Progress, parse_length_prefix};

use super::*;
use crate::portable::types::{Docs, Field, Form, Type, TypeRef, Variant};

const NO: Docs = Docs("");

const fn field(name: &'static str, tag: u32, ty: &'static Type) -> Field {
    Field { name, go_name: "", tag, ty: TypeRef::new(ty), docs: NO }
}

const fn of(ty: &'static Type) -> TypeRef {
    TypeRef::new(ty)
}

static LIST: Type = Type::List(of(&Type::String));
static MAP: Type = Type::Map(of(&Type::String), of(&Type::I32));
static BOOLS: Type = Type::List(of(&Type::Bool));
static BOOL_MAP: Type = Type::Map(of(&Type::Bool), of(&Type::Bool));
static I8S: Type = Type::List(of(&Type::I8));
static OPTION: Type = Type::Option(of(&Type::U8));
static OPTIONS: Type = Type::Option(of(&Type::Option(of(&Type::String))));

static POINT: Type = Type::Struct {
    name: "Point",
    id: 1,
    arguments: &[],
    fields: &[field("x", 1, &Type::I64), field("y", 2, &Type::I64)],
    docs: NO,
};

static PAGE: Type = Type::Struct {
    name: "Page",
    id: 2,
    arguments: &[],
    fields: &[
        field("title", 1, &Type::String),
        field("links", 7, &Type::Map(of(&Type::String), of(&Type::U32))),
        field("sub", 3, &Type::Option(of(&POINT))),
        field("many", 4, &Type::List(of(&Type::List(of(&Type::String))))),
    ],
    docs: NO,
};

static WAY: Type = Type::Enum {
    name: "Way",
    id: 3,
    arguments: &[],
    variants: &[
        Variant { name: "Left", tag: 1, form: Form::Unit, fields: &[], docs: NO },
        Variant { name: "Right", tag: 2, form: Form::Unit, fields: &[], docs: NO },
    ],
    docs: NO,
};

static TARGET: Type = Type::Enum {
    name: "Target",
    id: 4,
    arguments: &[],
    variants: &[
        Variant { name: "Nowhere", tag: 1, form: Form::Unit, fields: &[], docs: NO },
        Variant { name: "Line", tag: 2, form: Form::Tuple, fields: &[field("0", 1, &Type::U8)], docs: NO },
    ],
    docs: NO,
};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Each value in the bytes, as a message of its shape or as the error.
fn decode(shapes: &[Shape], hex: &str) -> Vec<Result<Vec<u8>, String>> {
    let (mut decoder, bytes) = (Decoder::new(), bytes(hex));
    let (mut rest, mut shapes, mut all) = (&bytes[..], shapes.iter(), Vec::new());
    while !rest.is_empty() {
        let (width, len) = parse_length_prefix(rest).unwrap().unwrap();
        let message = &rest[width..width + len];
        rest = &rest[width + len..];
        if decoder.push_message(message).unwrap() == Progress::Ready {
            let mut inbound = Inbound::of(*shapes.next().unwrap());
            let decoded = decoder.decode_into(&mut inbound).map_err(|error| error.to_string());
            let message = inbound.message().map_err(|error| error.to_string());
            all.push(message.and_then(|message| decoded.map(|()| message)));
        }
    }
    all
}

fn encode(values: &[&dyn Encode]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    values.iter().flat_map(|value| encoder.encode(*value).unwrap()).collect()
}

/// Asserts that Go's bytes become the message, and that the message becomes Go's bytes.
#[track_caller]
fn assert_same(ty: &'static Type, message: &[u8], hex: &str) {
    let shape = Shape::of(ty);
    assert_eq!(decode(&[shape], hex), [Ok(message.to_vec())]);
    assert_eq!(encode(&[&Outbound { shape, message }]), bytes(hex));
}

#[test]
fn the_gob_of_go_is_read_and_written() {
    assert_same(&Type::Bool, b"\x08\x01", "03020001");
    assert_same(&Type::I8, b"\x08\xe3\xff\xff\xff\xff\xff\xff\xff\xff\x01", "03040039");
    assert_same(&Type::U16, b"\x08\xff\xff\x03", "050600feffff");
    assert_same(&Type::F32, b"\x0d\0\0\xc0\x3f", "050800fef83f");
    assert_same(&Type::F64, b"\x09\0\0\0\0\0\0\x31\x40", "050800fe3140");
    assert_same(&Type::Bytes, b"\x0a\x03\x01\x02\x03", "060a0003010203");
    assert_same(&Type::String, b"\x0a\x01x", "040c000178");
    // The worked example of Go's docs.
    let point = "1fff8103010105506f696e7401ff82000102010158010400010159010400000007ff82012c014200";
    assert_same(&POINT, b"\x0a\x04\x08\x16\x10\x21", point);
    // An interface that holds `false`.
    assert_same(&Type::Unit, b"", "0b100004626f6f6c02020000");
}

#[test]
fn gob_with_other_type_numbers_is_read() {
    let read = |ty: &'static Type, hex| decode(&[Shape::of(ty)], hex).pop().unwrap();
    assert_eq!(read(&LIST, "0cff89020102ff8a00010c000007ff8a0002016100"), Ok(b"\x0a\x01a\x0a\0".to_vec()));
    assert_eq!(
        read(&MAP, "0eff8b040102ff8c00010c0104000007ff8c0001016b01"),
        Ok(b"\x0a\x0e\x0a\x01k\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01".to_vec())
    );
    // An array of bytes.
    assert_eq!(
        read(&Type::Bytes, "0eff8d010102ff8e0001060106000007ff8e0003010203"),
        Ok(b"\x0a\x03\x01\x02\x03".to_vec())
    );
    let page = "3aff8f030101045061676501ff9000010401055469746c65010c0001054c696e6b7301ff9200010353756201ff820001044d616e7901ff94000000\
                1fff910401010f6d61705b737472696e675d75696e7401ff9200010c0106000\
                01fff8103010105506f696e7401ff820001020101580104000101590104000000\
                19ff930201010a5b5d5b5d737472696e6701ff940001ff8a00000cff89020102ff8a00010c0000\
                15ff9001017401010161070101020001020101780000";
    assert_eq!(
        read(&PAGE, page),
        Ok(b"\x0a\x15\x0a\x01t\x3a\x05\x0a\x01a\x10\x07\x1a\x02\x08\x01\x22\x03\x0a\x01x\x22\0".to_vec())
    );
}

static ARRAY: Type = Type::Array(of(&Type::F32), 3);
static KEY: Type = Type::Array(of(&Type::U8), 2);
static PAIR: Type = Type::Tuple(&[field("0", 1, &Type::U8), field("1", 2, &Type::String)]);

static LOG: Type = Type::Struct {
    name: "Log",
    id: 5,
    arguments: &[],
    fields: &[
        field("at", 1, &Type::Time),
        field("text", 2, &Type::String),
        field("took", 3, &Type::Duration),
        field("letter", 4, &Type::Char),
        field("key", 5, &KEY),
        field("sizes", 6, &Type::Array(of(&Type::U16), 3)),
    ],
    docs: NO,
};

static VALUE: Type = Type::Enum {
    name: "Value",
    id: 6,
    arguments: &[],
    variants: &[
        Variant { name: "Null", tag: 1, form: Form::Unit, fields: &[], docs: NO },
        Variant { name: "Text", tag: 2, form: Form::Tuple, fields: &[field("0", 1, &Type::String)], docs: NO },
        Variant {
            name: "List",
            tag: 3,
            form: Form::Tuple,
            fields: &[field("0", 1, &Type::List(of(&Type::Box(of(&VALUE)))))],
            docs: NO,
        },
    ],
    docs: NO,
};

#[test]
fn types_of_go_for_times_characters_arrays_and_tuples_are_read_and_written() {
    assert_same(&Type::Duration, b"\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01", "070400fcb2d05e00");
    assert_same(&Type::Char, b"\x08\xe9\x01", "050400fe01d2");
    let log = "4aff8f030101034c6f6701ff900001060102417401ff8200010454657874010c000104546f6f6b01040001064c657474657201040001034b\
               657901ff8600010553697a657301ff9200000010ff810501010454696d6501ff820000000eff85010102ff860001060104000019ff910101\
               01095b335d75696e74313601ff92000106010600000fff9002017803020000010301020300";
    for (ty, message, hex) in [
        (
            &Type::Time,
            &b"\x0a\x04\x08\x01\x10\x05"[..],
            "10ff810501010454696d6501ff8200000013ff82000f010000000e7791f70100000005ffff",
        ),
        // A place on Earth is no part of a `SystemTime`.
        (
            &Type::Time,
            b"\x0a\x0d\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x05",
            "10ff810501010454696d6501ff8200000013ff82000f010000000e7791f6ff00000005003c",
        ),
        (&ARRAY, b"\x0a\x0c\0\0\0\0\0\0\xc0\xbf\0\0\0\x40", "0eff83010102ff840001080106000009ff84000300fef8bf40"),
        (&KEY, b"\x0a\x02\x07\xff", "0eff85010102ff860001060104000007ff86000207ffff"),
        (
            &PAIR,
            b"\x0a\x05\x08\x01\x12\x01x",
            "28ff87030101045061697201ff8800010201064669656c643001060001064669656c6431010c00000008ff88010101017800",
        ),
    ] {
        let message = message.to_vec();
        assert_eq!(decode(&[Shape::of(ty)], hex), [Ok(message.clone())], "{ty:?}");
        let gob = encode(&[&Outbound { shape: Shape::of(ty), message: &message }]);
        let hex: String = gob.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(decode(&[Shape::of(ty)], &hex), [Ok(message)], "{ty:?}");
    }
    // Go's zero time is in the year 1, and left out.
    let message =
        b"\x12\x01x\x2a\x02\0\0\x32\x03\x01\x02\x03\x0a\x0d\x08\x80\x92\xb8\xc3\x98\xfe\xff\xff\xff\x01\x10\0";
    assert_eq!(decode(&[Shape::of(&LOG)], log), [Ok([&[0x0a, message.len() as u8], &message[..]].concat())]);
}

#[test]
fn a_type_that_contains_itself_is_described_once() {
    // List([Text("x"), Null])
    let inner = b"\x0a\x03\x12\x01x\x0a\x02\x0a\0";
    let list = [&[0x1a, inner.len() as u8], &inner[..]].concat();
    let message = [&[0x0a, list.len() as u8], &list[..]].concat();
    let gob = encode(&[&Outbound { shape: Shape::of(&VALUE), message: &message }]);
    let hex: String = gob.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(decode(&[Shape::of(&VALUE)], &hex), [Ok(message)]);
    // Of Go, with other numbers. Go leaves out the empty list, which is a variant here.
    let value = "30ff890301010556616c756501ff8a00010301044e756c6c01ff8c00010454657874010c0001044c69737401ff8e00000015ff8b0301010973747\
                 2756374207b7d01ff8c0000001bff8d0201010c5b5d6d61696e2e56616c756501ff8e0001ff8a00000dff8a0303020178000001000000";
    let read = decode(&[Shape::of(&VALUE)], value);
    let expected = [&[0x0a, 0x0d, 0x1a, 0x0b][..], b"\x0a\x03\x12\x01x\x0a\0\x0a\x02\x0a\0"].concat();
    assert_eq!(read, [Ok(expected)]);
}

#[test]
fn a_value_that_nests_too_deeply_is_refused() {
    // A list in a list, and so on. Each is two messages: itself, and the one around its elements.
    let nested = |depth: usize| {
        (0..depth).fold(vec![0x0a, 0], |inner, _| {
            let piece = |tag, bytes: &[u8]| {
                let mut out = Vec::new();
                let start = crate::protobuf::writer::begin(&mut out, tag);
                out.extend_from_slice(bytes);
                crate::protobuf::writer::end(&mut out, start);
                out
            };
            piece(3, &piece(1, &inner))
        })
    };
    let gob = |depth| {
        let inner = nested(depth);
        let mut message = Vec::new();
        let start = crate::protobuf::writer::begin(&mut message, 1);
        message.extend_from_slice(&inner);
        crate::protobuf::writer::end(&mut message, start);
        let gob = encode(&[&Outbound { shape: Shape::of(&VALUE), message: &message }]);
        gob.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert!(decode(&[Shape::of(&VALUE)], &gob(49))[0].is_ok());
    let refused = decode(&[Shape::of(&VALUE)], &gob(50)).remove(0).unwrap_err();
    assert!(refused.starts_with("it nests more than 100 messages of protobuf, in `List[0].List[0]"), "{refused}");
}

#[test]
fn a_time_or_a_character_that_does_not_fit_is_an_error() {
    let text = "a duration of 9223372037 s does not fit into Go's `time.Duration`, which has 292 years";
    let message = b"\x0a\x06\x08\x85\xfa\x85\xae\x22";
    let encoded = Encoder::new().encode(&Outbound { shape: Shape::of(&Type::Duration), message });
    assert_eq!(encoded.unwrap_err().to_string(), format!("gob: {text}"));
    assert_refused(&Type::Char, "03040001", "-1 is no character of Unicode");
    assert_refused(&Type::Time, "03040001", "a `int` of gob has come, and not a `time.Time`");
    assert_refused(&Type::Path, "03040001", "a `int` of gob has come, and not a `string`");
    let version = "10ff810501010454696d6501ff8200000013ff82000f090000000e7791f70100000005ffff";
    assert_refused(&Type::Time, version, "marshaler: Time.UnmarshalBinary: unsupported version");
}

#[test]
fn a_type_is_described_once() {
    let [one, two] = [&b"\x0a\x04\x08\x01\x10\x02"[..], b"\x0a\x02\x10\x03"];
    let hex = "1fff8103010105506f696e7401ff82000102010158010400010159010400000007ff82010201040005ff82020600";
    let gob = encode(
        &[one, two].map(|message| Outbound { shape: Shape::One(&POINT), message }).each_ref().map(|g| g as &dyn Encode),
    );
    assert_eq!(gob, bytes(hex));
    assert_eq!(decode(&[Shape::One(&POINT); 2], hex), [Ok(one.to_vec()), Ok(two.to_vec())]);
}

/// Asserts the error of the first value.
#[track_caller]
fn assert_refused(ty: &'static Type, hex: &str, text: &str) {
    assert_eq!(decode(&[Shape::of(ty)], hex)[0], Err(text.to_owned()));
}

#[test]
fn a_value_of_a_wrong_type_is_an_error() {
    let point = "1fff8103010105506f696e7401ff82000102010158010400010159010400000007ff82012c014200";
    assert_refused(&Type::Bool, "03040039", "a `int` of gob has come, and not a `bool`");
    assert_refused(&Type::String, "03020001", "a `bool` of gob has come, and not a `string`");
    assert_refused(&Type::String, "060a0003010203", "a `[]byte` of gob has come, and not a `string`");
    assert_refused(&Type::Bytes, "040c000178", "a `string` of gob has come, and not a `[]byte`");
    assert_refused(&Type::F64, "03020001", "a `bool` of gob has come, and not a float");
    assert_refused(&Type::I8, "050600feffff", "65535 does not fit into i8");
    assert_refused(&Type::U8, "03040039", "-29 does not fit into u8");
    assert_refused(&BOOLS, "03020001", "a `bool` of gob has come, and not a slice");
    assert_refused(&BOOL_MAP, point, "a `Point` of gob has come, and not a map");
    assert_refused(&POINT, "03020001", "a `bool` of gob has come, and not a struct, for Point");
    // Maps and slices without a name, as `plug` describes them.
    static OPTION: Type = Type::Option(TypeRef::new(&Type::U8));
    static LIST: Type = Type::List(TypeRef::new(&OPTION));
    let map = Type::Map(TypeRef::new(&Type::String), TypeRef::new(&LIST));
    let gob = encode(&[&Outbound { shape: Shape::One(Box::leak(Box::new(map))), message: b"" }]);
    let hex: String = gob.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_refused(&Type::String, &hex, "a `map[string][]struct` of gob has come, and not a `string`");
    assert_refused(
        &PAGE,
        point,
        "a struct has come that has none of the fields `Title`, `Links`, `Sub`, `Many`, for Page",
    );
    assert_refused(&WAY, "03040000", "a variant of `Way` is missing");
    assert_refused(&WAY, "03040006", "variant 3 of `Way` is unknown");
    assert_refused(&Type::F32, "0b0800f89c7500883ce4377e", "1e300 does not fit into f32");
    // The error names the place in the value.
    let other = "1fff8103010105506f696e7401ff820001020101580102000101590104000000".to_owned() + "07ff820101014200";
    assert_refused(&POINT, &other, "a `bool` of gob has come, and not an integer, in `x`");
    let strings = "0cff89020102ff8a00010c000007ff8a0002016100";
    assert_refused(&I8S, strings, "a `string` of gob has come, and not an integer, in `[0]`");
}

#[test]
fn an_ignored_value_may_have_any_type() {
    for hex in ["03100000", "0b100004626f6f6c02020000", "03020001", "0aff87030102ff8800000003ff8800", "040c000178"] {
        assert_eq!(decode(&[Shape::Nothing], hex), [Ok(Vec::new())]);
    }
}

#[test]
fn a_zero_that_carries_information_is_written() {
    let round_trip = |ty: &'static Type, message: &[u8]| {
        let gob = encode(&[&Outbound { shape: Shape::of(ty), message }]);
        let hex: String = gob.iter().map(|byte| format!("{byte:02x}")).collect();
        decode(&[Shape::of(ty)], &hex).pop().unwrap()
    };
    for (ty, message) in [
        (&OPTION, &b"\x08\0"[..]),
        (&OPTION, b""),
        (&TARGET, b"\x0a\x02\x0a\0"),
        (&TARGET, b"\x0a\x02\x10\0"),
        (&PAGE, b"\x0a\x02\x1a\0"),
        (&OPTIONS, b"\x0a\x02\x0a\0"),
        (&OPTIONS, b"\x0a\0"),
        (&WAY, b"\x08\x02"),
    ] {
        assert_eq!(round_trip(ty, message).as_deref(), Ok(message), "{ty:?}");
    }
}

#[test]
fn a_malformed_message_is_not_written() {
    let error_of = |ty: &'static Type, message: &[u8]| {
        Encoder::new().encode(&Outbound { shape: Shape::of(ty), message }).unwrap_err().to_string()
    };
    assert_eq!(error_of(&TARGET, b"\x0a\0"), "gob: a variant of `Target` is missing");
    assert_eq!(error_of(&POINT, b"\x0a\x04\x10\x01\x08\x02"), "gob: the fields of a message are not in their order");
    assert_eq!(error_of(&POINT, b"\x0a\x04\x10"), "gob: a message ends early");
    assert_eq!(error_of(&Type::F64, b"\x0a\0"), "gob: its wire type is length-delimited, and not fixed64");
    assert_eq!(error_of(&Type::String, b"\x08\x01"), "gob: its wire type is varint, and not length-delimited");
}
