//! A fault as bytes, between two programs of `plug`. net/rpc itself has only a text for an error.

use prost::Message;

use crate::error::refusal::Refusal;
use crate::wire::fault::{Code, Fault, Panicked, Unavailable};

/// `plug.v1.Fault`, in the body of a failed response. Go ignores that body.
#[derive(Clone, PartialEq, Message)]
struct Encoded {
    /// gRPC's code.
    #[prost(int32, tag = "1")]
    code: i32,
    /// The text of the error, and the texts of its causes.
    #[prost(string, repeated, tag = "2")]
    texts: Vec<String>,
    /// Present if the plugin panicked.
    #[prost(message, optional, tag = "3")]
    panicked: Option<EncodedPanic>,
    /// Present if the plugin refuses its settings.
    #[prost(message, optional, tag = "4")]
    refusal: Option<EncodedRefusal>,
}

#[derive(Clone, PartialEq, Message)]
struct EncodedRefusal {
    /// A JSON pointer.
    #[prost(string, tag = "1")]
    pointer: String,
    #[prost(string, optional, tag = "2")]
    nearest: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct EncodedPanic {
    #[prost(string, optional, tag = "1")]
    place: Option<String>,
    #[prost(string, optional, tag = "2")]
    message: Option<String>,
}

pub(crate) fn encode(fault: Fault) -> Vec<u8> {
    let (code, text) = (fault.code().number(), fault.text().to_owned());
    let (texts, panicked, refusal) = match fault {
        Fault::Failed(texts) if !texts.is_empty() => (texts, None, None),
        Fault::Settings { texts, refusal: Refusal { pointer, nearest } } => {
            (texts, None, Some(EncodedRefusal { pointer, nearest }))
        }
        Fault::Panicked(Panicked { place, message, .. }) => (vec![text], Some(EncodedPanic { place, message }), None),
        _ => (vec![text], None, None),
    };
    Encoded { code, texts, panicked, refusal }.encode_to_vec()
}

/// The fault in these bytes. `None` if `plug` did not write them.
pub(crate) fn decode(bytes: &[u8]) -> Option<Fault> {
    let Encoded { code, texts, panicked, refusal } = Encoded::decode(bytes).ok()?;
    let text = texts.first()?.clone();
    if let Some(EncodedPanic { place, message }) = panicked {
        return Some(Fault::Panicked(Panicked { text, place, message }));
    }
    if let Some(EncodedRefusal { pointer, nearest }) = refusal {
        return Some(Fault::Settings { texts, refusal: Refusal { pointer, nearest } });
    }
    Some(match Code::of(code) {
        Code::UNKNOWN => Fault::Failed(texts),
        Code::UNIMPLEMENTED => Fault::Unimplemented(text),
        Code::DEADLINE_EXCEEDED => Fault::Deadline,
        Code::CANCELLED => Fault::Cancelled,
        Code::UNAVAILABLE => Fault::Unavailable(Unavailable::of(text)),
        code => Fault::Refused { code, message: text },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_the_same_on_the_other_side() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for fault in [
            Fault::Failed(texts(&["alone"])),
            Fault::Failed(texts(&["", "below", "deep"])),
            Fault::Panicked(Panicked { text: "it panicked".into(), place: Some("a.rs:1:2".into()), message: None }),
            Fault::Settings {
                texts: texts(&["there is no `x`", "by a cause"]),
                refusal: Refusal { pointer: "/a/0".into(), nearest: Some("y".into()) },
            },
            Fault::Settings { texts: texts(&["it is a list"]), refusal: Refusal::default() },
            Fault::Unimplemented("no such method".into()),
            Fault::Deadline,
            Fault::Cancelled,
            Fault::Unavailable(Unavailable::of("gone".into())),
            Fault::refused(Code::NOT_FOUND, "no such plugin"),
        ] {
            let decoded = decode(&encode(fault.clone())).unwrap();
            assert_eq!(format!("{decoded:?}"), format!("{fault:?}"));
        }
        let Some(Fault::Failed(texts)) = decode(&encode(Fault::Failed(Vec::new()))) else { panic!("it failed") };
        assert_eq!(texts, ["the plugin failed without a message"]);
        assert!(decode(b"no message").is_none());
        assert!(decode(b"").is_none());
    }
}
