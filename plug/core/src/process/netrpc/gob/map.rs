//! Reads the arguments of a method from a Go map, `map[string]interface{}`: go-plugin's example sends
//! one.
//!
//! A value in it comes with the name of its type in Go.
//! Only Go's own types have a name that every program knows, so only these are read: `bool`, numbers,
//! `string` and `[]byte`.

use gobwire::{TypeTable, ValueDecoder, WireType as Remote, ids, parse_uint};

use crate::portable::codec::Malformed;
use crate::portable::signature::Signature;
use crate::process::netrpc::gob::names::FieldNames;
use crate::process::netrpc::gob::reader::{Output, Position, malformed, value};

/// The contents of a message, as far as it matters for arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::process::netrpc) enum MessageKind {
    /// A map whose values have Go's own types. It describes no types.
    PlainMap,
    /// A map with other values, or a part of one.
    OtherMap,
    /// Another value.
    Value,
}

impl MessageKind {
    /// Reads the bytes of one message, which begin with the number of its type.
    pub(in crate::process::netrpc) fn of(message: &[u8], types: &TypeTable) -> Self {
        let mut rest = message;
        let is_map = |id| match types.get(id).map(|ty| &**ty) {
            Some(Remote::Map { key, elem, .. }) => (*key, *elem) == (ids::STRING, ids::INTERFACE),
            _ => false,
        };
        match int(&mut rest).is_some_and(is_map) {
            false => Self::Value,
            true if is_plain(&mut rest).is_some() && rest.is_empty() => Self::PlainMap,
            true => Self::OtherMap,
        }
    }
}

/// Reads the map after its type's number. `None` if it is not plain.
fn is_plain(rest: &mut &[u8]) -> Option<()> {
    (uint(rest)? == 0).then_some(())?;
    for _ in 0..uint(rest)? {
        bytes(rest)?;
        let is_nil = bytes(rest)?.is_empty();
        if is_nil {
            continue;
        }
        let id = int(rest)?;
        // The length of the value, which no reader trusts, and the head of one that is no struct.
        uint(rest)?;
        (uint(rest)? == 0).then_some(())?;
        match id {
            ids::BOOL | ids::INT | ids::UINT | ids::FLOAT => _ = uint(rest)?,
            ids::BYTES | ids::STRING => _ = bytes(rest)?,
            _ => return None,
        }
    }
    Some(())
}

fn uint(rest: &mut &[u8]) -> Option<u64> {
    let (number, width) = parse_uint(rest).ok()??;
    *rest = &rest[width..];
    Some(number)
}

fn int(rest: &mut &[u8]) -> Option<i64> {
    let number = uint(rest)?;
    let half = (number >> 1) as i64;
    Some(if number & 1 == 0 { half } else { !half })
}

fn bytes<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = usize::try_from(uint(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(bytes)
}

/// Reads the arguments from a map. Unknown keys are skipped.
///
/// A key is the name in Rust, or the one in Go.
pub(super) fn read(
    decoder: &mut ValueDecoder<'_>,
    remote: i64,
    signature: &'static Signature,
    out: &mut Output,
) -> Result<(), Malformed> {
    let elem = match decoder.types().get(remote).map(|remote| &**remote) {
        Some(Remote::Map { key: ids::STRING, elem, .. }) => *elem,
        _ => return Err(Malformed::new("the keys of a map of arguments are no texts")),
    };
    let arguments: Vec<_> = signature.tagged().collect();
    let (names, go_names) = (signature.argument_names, FieldNames::of_arguments(signature).names);
    let count = decoder.read_uint().map_err(malformed)?;
    for _ in 0..count {
        decoder.expect_element(count).map_err(malformed)?;
        let key = decoder.read_bytes().map_err(malformed)?;
        let is_key = |name: &&str| name.as_bytes() == key;
        let Some(at) = names.iter().position(is_key).or_else(|| go_names.iter().position(is_key)) else {
            decoder.skip(elem).map_err(malformed)?;
            continue;
        };
        let elem = match elem {
            ids::INTERFACE => content(decoder).map_err(|error| error.within(names[at]))?,
            elem => Some(elem),
        };
        let (tag, ty) = arguments[at];
        if let Some(elem) = elem {
            value(decoder, elem, ty, Position::Field(tag), out).map_err(|error| error.within(names[at]))?;
        }
    }
    Ok(())
}

/// The type of the value in an interface, which comes next. `None` for nil.
fn content(decoder: &mut ValueDecoder<'_>) -> Result<Option<i64>, Malformed> {
    if decoder.read_bytes().map_err(malformed)?.is_empty() {
        return Ok(None);
    }
    let id = decoder.read_int().map_err(malformed)?;
    if !(ids::BOOL..=ids::STRING).contains(&id) {
        return Err(Malformed::new(OTHER));
    }
    // The length of the value, and the head of one that is no struct.
    decoder.read_uint().map_err(malformed)?;
    decoder.read_uint().map_err(malformed)?;
    Ok(Some(id))
}

/// The error for a map with a value of another type.
pub(in crate::process::netrpc) const OTHER: &str =
    "a map of arguments has a value that is no `bool`, number, `string` or `[]byte` of Go";

#[cfg(test)]
mod tests {
    use gobwire::{Decoder, Progress, parse_length_prefix};

    use super::*;

    /// The kinds of the messages in the bytes, which are hexadecimal digits.
    fn kinds(hex: &str) -> Vec<MessageKind> {
        let pairs = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        let (bytes, mut decoder, mut kinds) = (pairs.collect::<Vec<_>>(), Decoder::new(), Vec::new());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (width, len) = parse_length_prefix(rest).unwrap().unwrap();
            let message = &rest[width..width + len];
            rest = &rest[width + len..];
            let kind = MessageKind::of(message, decoder.types());
            match decoder.push_message(message).unwrap() {
                Progress::TypeDefinition(_) => assert_eq!(kind, Value),
                Progress::NeedMore => kinds.push(kind),
                Progress::Ready => {
                    kinds.push(kind);
                    decoder.discard().unwrap();
                }
            }
        }
        kinds
    }

    use MessageKind::{OtherMap, PlainMap, Value};

    /// Go's type `map[string]interface{}`.
    const MAP: &str = "0eff81040102ff8200010c01100000";

    /// Maps that `encoding/gob` of Go 1.19 has written.
    #[test]
    fn a_plain_map_has_values_of_gos_own_types() {
        for value in [
            "14ff820001036b657906737472696e670c0300016b",         // "key": "k"
            "18ff8200010576616c7565075b5d75696e74380a0400020102", // "value": []byte{1, 2}
            "0eff820001016e03696e7404020005",                     // "n": -3
            "14ff820001016607666c6f61743634080400fef83f",         // "f": 1.5
            "10ff820001026f6b04626f6f6c02020001",                 // "ok": true
            "09ff820001036e696c00",                               // "nil": nil
            "04ff820000",
        ] {
            assert_eq!(kinds(&format!("{MAP}{value}")), [PlainMap], "{value}");
        }
    }

    #[test]
    fn any_other_map_can_describe_types() {
        // "s": []string{"a"}, whose type is described within the value, which then goes on.
        let list = "1bff8200010173085b5d737472696e67ff83020102ff8400010c000007ff840400010161";
        assert_eq!(kinds(&format!("{MAP}{list}")), [OtherMap, Value]);
        let again = "16ff8200010173085b5d737472696e67ff840400010161";
        assert_eq!(kinds(&format!("{MAP}{list}{again}"))[2], OtherMap);
        // "t": T{3}, and a `map[string]string`.
        let structure = "22ff8200010174066d61696e2e54ff85030101015401ff86000101010141010400000006ff8603010600";
        assert_eq!(kinds(&format!("{MAP}{structure}"))[0], OtherMap);
        assert_eq!(kinds("0eff87040102ff8800010c010c00000aff880001036b6579016b"), [Value]);
        // A wrong length in the value hides nothing.
        let types = {
            let mut decoder = Decoder::new();
            decoder.push_message(&[0xff, 0x81, 4, 1, 2, 0xff, 0x82, 0, 1, 12, 1, 16, 0, 0]).unwrap();
            decoder
        };
        let lying = [0xff, 0x82, 0, 1, 1, b'x', 4, b'b', b'o', b'o', b'l', 2, 100, 0, 1];
        assert_eq!(MessageKind::of(&lying, types.types()), PlainMap);
        assert_eq!(MessageKind::of(&[&lying[..], &[0]].concat(), types.types()), OtherMap);
        assert_eq!(MessageKind::of(&lying[..14], types.types()), OtherMap);
        assert_eq!(MessageKind::of(&[], types.types()), Value);
    }
}
