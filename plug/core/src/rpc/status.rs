//! Converts between faults and gRPC's statuses: a code, a text, and details.
//!
//! A plugin's own error is `Unknown` with its text, as in Go.
//! The texts of its causes are the entries of a `google.rpc.DebugInfo`
//! (<https://cloud.google.com/apis/design/errors>).
//! Its `detail` is the whole text if the text of the status is cut.
//! A panic is `Internal` with a `plug.v1.Panicked`.
//! Refused settings are `InvalidArgument` with a `google.rpc.BadRequest`, whose field is a JSON
//! pointer, and a `google.rpc.ErrorInfo` with the nearest name.

pub(crate) mod cut;

use std::borrow::Cow;
use std::collections::HashMap;

use http::{HeaderMap, HeaderName};
use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

use crate::error::refusal::Refusal;
use crate::wire::fault::{self, Fault, Unavailable};

/// `google.rpc.Status`, the type of a status's details.
#[derive(Clone, PartialEq, Message)]
struct Details {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.rpc.DebugInfo`.
#[derive(Clone, PartialEq, Message)]
struct DebugInfo {
    #[prost(string, repeated, tag = "1")]
    stack_entries: Vec<String>,
    #[prost(string, tag = "2")]
    detail: String,
}

/// `google.rpc.BadRequest`.
#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

/// `google.rpc.BadRequest.FieldViolation`.
#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    /// A JSON pointer.
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(map = "string, string", tag = "3")]
    metadata: HashMap<String, String>,
}

/// `plug.v1.Panicked`.
#[derive(Clone, PartialEq, Message)]
struct PanickedDetail {
    #[prost(string, optional, tag = "1")]
    place: Option<String>,
    #[prost(string, optional, tag = "2")]
    message: Option<String>,
}

const DEBUG_INFO: &str = "type.googleapis.com/google.rpc.DebugInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";
const PANICKED: &str = "type.googleapis.com/plug.v1.Panicked";

/// The domain and the reason of an `ErrorInfo` about refused settings.
const DOMAIN: &str = "plug";
const SETTINGS_REFUSED: &str = "SETTINGS_REFUSED";
/// The bytes of details about refused settings that are no texts: names of types, tags and lengths.
const REFUSED_LEN: usize = 192;
/// The key of the nearest name in it.
const NEAREST: &str = "nearest";

/// The header by which the clients of plug state that they accept long errors.
pub(crate) static ERRORS: HeaderName = HeaderName::from_static("plug-errors");
/// Its value.
pub(crate) const LONG: &str = "long";

/// The errors that a client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    /// Those that fit into the headers that every client accepts.
    Short,
    /// Those that fit into the details for a client of plug.
    Long,
}

impl Errors {
    /// The errors that the client of a request with these headers accepts.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        if headers.get(&ERRORS).is_some_and(|value| value == LONG) { Self::Long } else { Self::Short }
    }
}

/// The status of a fault, for a client that accepts these errors.
pub(crate) fn status(fault: Fault, errors: Errors) -> Status {
    let code = Code::from(fault.code().number());
    let text = fault.text().to_owned();
    let message = cut::message(&text);
    let max_len = match errors {
        Errors::Short => cut::room_for_details(&message),
        Errors::Long => cut::LONG,
    };
    let is_cut = matches!(message, Cow::Owned(_));
    // Only a client of plug looks for the whole text.
    let whole = (is_cut && errors == Errors::Long).then_some(&text[..]);
    let details: Vec<_> = match fault {
        Fault::Panicked(fault::Panicked { place, message, .. }) => {
            panicked(place, message, max_len).into_iter().collect()
        }
        Fault::Failed(texts) => debug_info(whole, texts, max_len).into_iter().collect(),
        Fault::Settings { texts, refusal } => {
            let (refused, max_len) = refused(&message, refusal, max_len);
            refused.into_iter().flatten().chain(debug_info(whole, texts, max_len)).collect()
        }
        _ => debug_info(whole, Vec::new(), max_len).into_iter().collect(),
    };
    if details.is_empty() {
        return Status::new(code, message);
    }
    // Python's `grpc_status` refuses details that repeat another text than the status has.
    let all = Details { code: code.into(), message: message.clone().into_owned(), details };
    Status::with_details(code, message, all.encode_to_vec().into())
}

/// The details of refused settings, and the length that is left for others.
/// If there is no room for the place, they are about the settings as a whole.
/// `None` if there is no room for that either.
fn refused(message: &str, refusal: Refusal, max_len: usize) -> (Option<[Any; 2]>, usize) {
    let room = |refusal: &Refusal| {
        let Refusal { pointer, nearest } = refusal;
        let len = message.len() + pointer.len() + nearest.as_ref().map_or(0, String::len) + REFUSED_LEN;
        max_len.checked_sub(len)
    };
    let fitting = [refusal, Refusal::default()].into_iter().find_map(|refusal| Some((room(&refusal)?, refusal)));
    let Some((left, Refusal { pointer: field, nearest })) = fitting else { return (None, max_len) };
    let violation = FieldViolation { field, description: message.to_owned() };
    let info = ErrorInfo {
        reason: SETTINGS_REFUSED.to_owned(),
        domain: DOMAIN.to_owned(),
        metadata: nearest.map(|nearest| (NEAREST.to_owned(), nearest)).into_iter().collect(),
    };
    let details = [any(BAD_REQUEST, &BadRequest { field_violations: vec![violation] }), any(ERROR_INFO, &info)];
    (Some(details), left)
}

/// The details of a failure: the whole text of the first, and the others as its causes.
/// `None` if it has none, or no room for them.
fn debug_info(whole: Option<&str>, texts: Vec<String>, max_len: usize) -> Option<Any> {
    let mut causes: Vec<_> = texts.into_iter().skip(1).collect();
    let detail = match whole {
        None => {
            cut::fit(&mut causes, max_len);
            String::new()
        }
        Some(whole) => {
            causes.insert(0, whole.to_owned());
            cut::fit(&mut causes, max_len);
            causes.remove(0)
        }
    };
    if causes.is_empty() && detail.is_empty() {
        return None;
    }
    Some(any(DEBUG_INFO, &DebugInfo { stack_entries: causes, detail }))
}

/// The details of a panic. `None` if there is no room for them.
fn panicked(place: Option<String>, message: Option<String>, max_len: usize) -> Option<Any> {
    let max_len = max_len.checked_sub(place.as_ref().map_or(0, String::len))?;
    let mut message = Vec::from_iter(message);
    let count = message.len();
    cut::fit(&mut message, max_len);
    (message.len() == count).then(|| any(PANICKED, &PanickedDetail { place, message: message.pop() }))
}

fn any(kind: &str, detail: &impl Message) -> Any {
    Any { type_url: kind.to_owned(), value: detail.encode_to_vec() }
}

fn detail<M: Message + Default>(status: &Status, kind: &str) -> Option<M> {
    let all = Details::decode(status.details()).ok()?;
    let detail = all.details.iter().find(|detail| detail.type_url == kind)?;
    M::decode(&detail.value[..]).ok()
}

/// The text of a status. If it is cut, the details may have the whole text.
fn message(status: &Status) -> String {
    let message = status.message();
    let whole = cut::beginning(message).and_then(|beginning| {
        let whole = detail::<DebugInfo>(status, DEBUG_INFO)?.detail;
        whole.starts_with(beginning).then_some(whole)
    });
    whole.unwrap_or_else(|| message.to_owned())
}

/// The fault that a status means to the caller.
pub(crate) fn fault(status: &Status) -> Fault {
    let message = message(status);
    match status.code() {
        // tonic enforces the deadline too.
        _ if sources(status).any(|error| error.is::<tonic::TimeoutExpired>()) => Fault::Deadline,
        // The peer did not send this status: tonic made it from an error of the connection.
        Code::Unknown | Code::Internal if is_local(status) => Fault::Unavailable(Unavailable::of(chain(status))),
        Code::Unknown => Fault::Failed(std::iter::once(message).chain(causes(status)).collect()),
        Code::Internal => match detail::<PanickedDetail>(status, PANICKED) {
            Some(PanickedDetail { place, message }) => {
                Fault::Panicked(fault::Panicked { text: status.message().to_owned(), place, message })
            }
            None => Fault::Refused { code: fault::Code::INTERNAL, message },
        },
        Code::InvalidArgument => match refusal(status) {
            Some(refusal) => {
                let texts = std::iter::once(message).chain(causes(status)).collect();
                Fault::Settings { texts, refusal }
            }
            None => Fault::Refused { code: fault::Code::INVALID_ARGUMENT, message },
        },
        Code::Unimplemented => Fault::Unimplemented(message),
        Code::DeadlineExceeded => Fault::Deadline,
        Code::Cancelled if is_local(status) => Fault::Unavailable(Unavailable::of(chain(status))),
        Code::Cancelled => Fault::Cancelled,
        Code::Unavailable => Fault::Unavailable(Unavailable::of(chain(status))),
        code => Fault::Refused { code: fault::Code::of(code.into()), message },
    }
}

/// The texts of the causes of a plugin's error.
fn causes(status: &Status) -> Vec<String> {
    detail::<DebugInfo>(status, DEBUG_INFO).map(|info| info.stack_entries).unwrap_or_default()
}

/// The place of refused settings. `None` if the status is about something else.
fn refusal(status: &Status) -> Option<Refusal> {
    let ErrorInfo { reason, domain, mut metadata } = detail(status, ERROR_INFO)?;
    if (&reason[..], &domain[..]) != (SETTINGS_REFUSED, DOMAIN) {
        return None;
    }
    let violations = detail::<BadRequest>(status, BAD_REQUEST)?.field_violations;
    let pointer = violations.into_iter().next().unwrap_or_default().field;
    Some(Refusal { pointer, nearest: metadata.remove(NEAREST) })
}

/// Whether tonic made the status from an error on this side.
fn is_local(status: &Status) -> bool {
    sources(status).next().is_some()
}

fn sources(status: &Status) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    crate::error::chain(status).skip(1)
}

/// The text of the status and of its sources, without repetitions.
fn chain(status: &Status) -> String {
    let mut text = String::new();
    for part in std::iter::once(status.message().to_owned()).chain(sources(status).map(ToString::to_string)) {
        if part == "transport error" || text.contains(&part) {
            continue;
        }
        text = if text.is_empty() { part } else { format!("{text}: {part}") };
    }
    if text.is_empty() { status.message().to_owned() } else { text }
}

/// Whether the peer has stated that it did not begin the call: RFC 9113, sections 6.8 and 8.7.
pub(crate) fn is_refused(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_error_keeps_its_chain() {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for texts in [owned(&["alone"]), owned(&["above", "below"]), owned(&["", "below", "deep"])] {
            let status = status(Fault::Failed(texts.clone()), Errors::Short);
            assert_eq!((status.code(), status.message()), (Code::Unknown, &texts[0][..]));
            let Fault::Failed(back) = fault(&status) else { panic!("{status:?}") };
            assert_eq!(back, texts);
        }
        let Fault::Failed(texts) = fault(&status(Fault::Failed(Vec::new()), Errors::Short)) else {
            panic!("it failed")
        };
        assert_eq!(texts, ["the plugin failed without a message"]);
    }

    /// The faults of the texts, in the ways in which a fault has a long text.
    fn long_faults() -> Vec<Fault> {
        let mut faults = Vec::new();
        for letter in ["x", " ", "é"] {
            for len in [0, 10, 3000, 5000, 7168, 17_000, 60_000, 100_000] {
                let text = letter.repeat(len);
                let place = Some("lib.rs:1:2".to_owned());
                faults.push(Fault::Failed(vec![text.clone()]));
                faults.push(Fault::Failed(vec!["short".to_owned(), text.clone()]));
                faults.push(Fault::Failed(vec![text.clone(); 3]));
                faults.push(Fault::Failed(vec![text.clone(); 500]));
                faults.push(Fault::Panicked(fault::Panicked {
                    text: text.clone(),
                    place,
                    message: Some(text.clone()),
                }));
                faults.push(Fault::refused(fault::Code::NOT_FOUND, text.clone()));
                for refusal in [
                    Refusal::default(),
                    Refusal { pointer: "/a".into(), nearest: Some(text.clone()) },
                    Refusal { pointer: text.clone(), nearest: None },
                ] {
                    faults.push(Fault::Settings { texts: vec![text.clone(); 3], refusal: refusal.clone() });
                    faults.push(Fault::Settings { texts: vec!["short".into(), text.clone()], refusal });
                }
            }
        }
        faults
    }

    /// The length of the headers of a response with this status, as HTTP/2 counts them.
    fn headers_len(status: Status) -> usize {
        let head = status.into_http::<()>();
        let len = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 32;
        ":status".len() + 3 + 32 + head.headers().iter().map(len).sum::<usize>()
    }

    #[test]
    fn every_status_fits_into_the_headers_that_the_client_accepts() {
        for fault in long_faults() {
            let short = headers_len(status(fault.clone(), Errors::Short));
            let long = headers_len(status(fault, Errors::Long));
            assert!(short <= 8192 && long <= 112 << 10, "{short} {long}");
        }
    }

    #[test]
    fn long_texts_arrive_whole_at_a_client_of_plug() {
        let texts = |lens: &[usize]| lens.iter().map(|len| "é ".repeat(len / 3)).collect::<Vec<_>>();
        for lens in [&[17_000][..], &[65_000], &[10, 12_500], &[30_000, 1, 30_000]] {
            let texts = texts(lens);
            let Fault::Failed(back) = fault(&status(Fault::Failed(texts.clone()), Errors::Long)) else { panic!() };
            assert!(back == texts, "{lens:?}");
        }
        let text = "x".repeat(17_000);
        let refused = fault(&status(Fault::refused(fault::Code::NOT_FOUND, text.clone()), Errors::Long));
        assert!(matches!(&refused, Fault::Refused { message, .. } if *message == text), "{refused:?}");
        let panicked = fault::Panicked { text: text.clone(), place: None, message: Some(text.clone()) };
        let panicked = fault(&status(Fault::Panicked(panicked), Errors::Long));
        assert!(matches!(&panicked, Fault::Panicked(fault::Panicked { message, .. }) if *message == Some(text)));
    }

    #[test]
    fn a_longer_text_is_marked_as_cut() {
        let ends = |errors, texts: &[&str]| {
            let texts = texts.iter().map(|text| text.repeat(100_000)).collect();
            let Fault::Failed(texts) = fault(&status(Fault::Failed(texts), errors)) else { panic!("it failed") };
            let end = |text: &String| (text.len(), text.get(text.len().saturating_sub(27)..).map(str::to_owned));
            texts.iter().map(end).collect::<Vec<_>>()
        };
        let end = |len| (len, Some("x… (cut, of 100000 bytes)".to_owned()));
        assert_eq!(ends(Errors::Long, &["x"]), [end(65_522)]);
        assert_eq!(ends(Errors::Long, &["x", "x"]), [end(32_754), end(32_754)]);
        assert_eq!(ends(Errors::Short, &["x", "x"]), [end(7074)]);
    }

    #[test]
    fn details_of_another_program_do_not_replace_the_text() {
        for text in ["short", "it begins so… (cut, of 90 bytes)"] {
            let info = any(DEBUG_INFO, &DebugInfo { stack_entries: Vec::new(), detail: "at main.go:7".to_owned() });
            let all = Details { code: 2, message: text.to_owned(), details: vec![info] };
            let status = Status::with_details(Code::Unknown, text, all.encode_to_vec().into());
            let Fault::Failed(texts) = fault(&status) else { panic!("{status:?}") };
            assert_eq!(texts, [text]);
        }
    }

    #[test]
    fn a_client_of_plug_is_known_by_a_header() {
        let accepted = |headers: &[(&HeaderName, &HeaderValue)]| {
            Errors::accepted(&headers.iter().map(|(name, value)| ((*name).clone(), (*value).clone())).collect())
        };
        assert_eq!(accepted(&[]), Errors::Short);
        assert_eq!(accepted(&[(&ERRORS, &HeaderValue::from_static("short"))]), Errors::Short);
        assert_eq!(accepted(&[(&ERRORS, &HeaderValue::from_static(LONG))]), Errors::Long);
    }

    #[test]
    fn a_panic_differs_from_other_internal_errors() {
        let text = "plugin `a` panicked in `say_hello` at lib.rs:1:2: gone".to_owned();
        let (place, message) = (Some("lib.rs:1:2".to_owned()), Some("gone".to_owned()));
        let status = status(Fault::Panicked(fault::Panicked { text: text.clone(), place, message }), Errors::Short);
        assert_eq!(status.message(), text);
        let Fault::Panicked(fault::Panicked { place, message, .. }) = fault(&status) else { panic!("{status:?}") };
        assert_eq!((place.as_deref(), message.as_deref()), (Some("lib.rs:1:2"), Some("gone")));
        assert!(matches!(fault(&Status::internal("x")), Fault::Refused { code: fault::Code::INTERNAL, .. }));
    }

    #[test]
    fn refused_settings_keep_their_place() {
        for errors in [Errors::Short, Errors::Long] {
            for (pointer, nearest) in [("", None), ("/rules/0/pattern", Some("pattern")), ("/a~1b", Some(""))] {
                for texts in [&["there is no `x`"][..], &["it cannot be", "by a cause"]] {
                    let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
                    let refusal = Refusal { pointer: pointer.to_owned(), nearest: nearest.map(str::to_owned) };
                    let sent = Fault::Settings { texts: texts.clone(), refusal: refusal.clone() };
                    let status = status(sent.clone(), errors);
                    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, &texts[0][..]));
                    // What clients in other languages read.
                    let bad_request = detail::<BadRequest>(&status, BAD_REQUEST).unwrap();
                    let violation = FieldViolation { field: pointer.to_owned(), description: texts[0].clone() };
                    assert_eq!(bad_request.field_violations, [violation]);
                    assert_eq!(format!("{:?}", fault(&status)), format!("{sent:?}"));
                }
            }
        }
        let text = "x".repeat(17_000);
        let sent = Fault::Settings { texts: vec![text], refusal: Refusal { pointer: "/a".into(), nearest: None } };
        assert_eq!(format!("{:?}", fault(&status(sent.clone(), Errors::Long))), format!("{sent:?}"));
        let refusal = Refusal { pointer: "x".repeat(100_000), nearest: None };
        let place = fault(&status(Fault::Settings { texts: vec!["short".into()], refusal }, Errors::Long));
        assert!(matches!(&place, Fault::Settings { refusal, .. } if *refusal == Refusal::default()), "{place:?}");
        // Another client gets the text, and no details that its limit has no room for.
        let short = status(sent, Errors::Short);
        assert!(short.details().is_empty() && short.message().ends_with("… (cut, of 17000 bytes)"));
        let other = fault(&Status::invalid_argument("x"));
        assert!(matches!(other, Fault::Refused { code: fault::Code::INVALID_ARGUMENT, .. }), "{other:?}");
    }

    #[test]
    fn a_local_error_is_not_the_plugins_error() {
        let status = Status::from_error(Box::new(std::io::Error::other("the pipe broke")));
        let Fault::Unavailable(unavailable) = fault(&status) else { panic!("{status:?}") };
        assert_eq!(unavailable.text, "the pipe broke");
        assert!(matches!(fault(&Status::from_error(Box::new(tonic::TimeoutExpired(())))), Fault::Deadline));
    }
}
