//! Go's gob is read, and the gob of `plug` equals Go's, byte for byte if the types have the same
//! numbers. Values of a wrong type are errors.
//!
//! The bytes are from `encoding/gob` of Go 1.19.

use gobwire::{Decoder, Encode, Encoder, Progress, parse_length_prefix};

use super::*;
use crate::portable::types::{Docs, Field, Form, Type, Variant};

const NO: Docs = Docs("");

const fn field(name: &'static str, tag: u32, ty: &'static Type) -> Field {
    Field { name, go_name: "", tag, ty, docs: NO }
}

const POINT: Type =
    Type::Struct { name: "Point", fields: &[field("x", 1, &Type::I64), field("y", 2, &Type::I64)], docs: NO };

const PAGE: Type = Type::Struct {
    name: "Page",
    fields: &[
        field("title", 1, &Type::String),
        field("links", 7, &Type::Map(&Type::String, &Type::U32)),
        field("sub", 3, &Type::Option(&POINT)),
        field("many", 4, &Type::List(&Type::List(&Type::String))),
    ],
    docs: NO,
};

const WAY: Type = Type::Enum {
    name: "Way",
    variants: &[
        Variant { name: "Left", tag: 1, form: Form::Unit, fields: &[], docs: NO },
        Variant { name: "Right", tag: 2, form: Form::Unit, fields: &[], docs: NO },
    ],
    docs: NO,
};

const TARGET: Type = Type::Enum {
    name: "Target",
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
    assert_eq!(
        read(&Type::List(&Type::String), "0cff89020102ff8a00010c000007ff8a0002016100"),
        Ok(b"\x0a\x01a\x0a\0".to_vec())
    );
    assert_eq!(
        read(&Type::Map(&Type::String, &Type::I32), "0eff8b040102ff8c00010c0104000007ff8c0001016b01"),
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
    assert_refused(&Type::List(&Type::Bool), "03020001", "a `bool` of gob has come, and not a slice");
    assert_refused(&Type::Map(&Type::Bool, &Type::Bool), point, "a `Point` of gob has come, and not a map");
    assert_refused(&POINT, "03020001", "a `bool` of gob has come, and not a struct, for Point");
    // Maps and slices without a name, as `plug` describes them.
    let map = Type::Map(&Type::String, &Type::List(&Type::Option(&Type::U8)));
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
    assert_refused(&Type::List(&Type::I8), strings, "a `string` of gob has come, and not an integer, in `[0]`");
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
        (&Type::Option(&Type::U8), &b"\x08\0"[..]),
        (&Type::Option(&Type::U8), b""),
        (&TARGET, b"\x0a\x02\x0a\0"),
        (&TARGET, b"\x0a\x02\x10\0"),
        (&PAGE, b"\x0a\x02\x1a\0"),
        (&Type::Option(&Type::Option(&Type::String)), b"\x0a\x02\x0a\0"),
        (&Type::Option(&Type::Option(&Type::String)), b"\x0a\0"),
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
