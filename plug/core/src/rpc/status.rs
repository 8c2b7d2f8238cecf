//! Converts between faults and gRPC's statuses: a code, a text, and details.
//!
//! A plugin's own error is `Unknown` with its text, as in Go.
//! The texts of its causes are the entries of a `google.rpc.DebugInfo`
//! (<https://cloud.google.com/apis/design/errors>).
//! A panic is `Internal` with a `plug.v1.Panicked`.

use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

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

/// `plug.v1.Panicked`.
#[derive(Clone, PartialEq, Message)]
struct PanickedDetail {
    #[prost(string, optional, tag = "1")]
    place: Option<String>,
    #[prost(string, optional, tag = "2")]
    message: Option<String>,
}

const DEBUG_INFO: &str = "type.googleapis.com/google.rpc.DebugInfo";
const PANICKED: &str = "type.googleapis.com/plug.v1.Panicked";

/// The status of a fault.
pub(crate) fn status(fault: Fault) -> Status {
    let (code, text) = (code(fault.code()), fault.text().to_owned());
    match fault {
        Fault::Failed(texts) if texts.len() > 1 => {
            let causes = texts.into_iter().skip(1).collect();
            with_detail(code, text, DEBUG_INFO, &DebugInfo { stack_entries: causes, detail: String::new() })
        }
        Fault::Panicked(fault::Panicked { place, message, .. }) => {
            with_detail(code, text, PANICKED, &PanickedDetail { place, message })
        }
        _ => Status::new(code, text),
    }
}

fn code(code: fault::Code) -> Code {
    Code::from(code.number())
}

fn with_detail(code: Code, text: String, kind: &str, detail: &impl Message) -> Status {
    let detail = Any { type_url: kind.to_owned(), value: detail.encode_to_vec() };
    let all = Details { code: code.into(), message: text.clone(), details: vec![detail] };
    Status::with_details(code, text, all.encode_to_vec().into())
}

fn detail<M: Message + Default>(status: &Status, kind: &str) -> Option<M> {
    let all = Details::decode(status.details()).ok()?;
    let detail = all.details.iter().find(|detail| detail.type_url == kind)?;
    M::decode(&detail.value[..]).ok()
}

/// The fault that a status means to the caller.
pub(crate) fn fault(status: &Status) -> Fault {
    let message = status.message().to_owned();
    match status.code() {
        // tonic enforces the deadline too.
        _ if sources(status).any(|error| error.is::<tonic::TimeoutExpired>()) => Fault::Deadline,
        // The peer did not send this status: tonic made it from an error of the connection.
        Code::Unknown | Code::Internal if is_local(status) => Fault::Unavailable(Unavailable::of(chain(status))),
        Code::Unknown => {
            let causes = detail::<DebugInfo>(status, DEBUG_INFO).map(|info| info.stack_entries).unwrap_or_default();
            Fault::Failed(std::iter::once(message).chain(causes).collect())
        }
        Code::Internal => match detail::<PanickedDetail>(status, PANICKED) {
            Some(PanickedDetail { place, message }) => {
                Fault::Panicked(fault::Panicked { text: status.message().to_owned(), place, message })
            }
            None => Fault::Refused { code: fault::Code::INTERNAL, message },
        },
        Code::Unimplemented => Fault::Unimplemented(message),
        Code::DeadlineExceeded => Fault::Deadline,
        Code::Cancelled if is_local(status) => Fault::Unavailable(Unavailable::of(chain(status))),
        Code::Cancelled => Fault::Cancelled,
        Code::Unavailable => Fault::Unavailable(Unavailable::of(chain(status))),
        code => Fault::Refused { code: fault::Code::of(code.into()), message },
    }
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
    use super::*;

    #[test]
    fn an_error_keeps_its_chain() {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for texts in [owned(&["alone"]), owned(&["above", "below"]), owned(&["", "below", "deep"])] {
            let status = status(Fault::Failed(texts.clone()));
            assert_eq!((status.code(), status.message()), (Code::Unknown, &texts[0][..]));
            let Fault::Failed(back) = fault(&status) else { panic!("{status:?}") };
            assert_eq!(back, texts);
        }
        let Fault::Failed(texts) = fault(&status(Fault::Failed(Vec::new()))) else { panic!("it failed") };
        assert_eq!(texts, ["the plugin failed, and did not say with what"]);
    }

    #[test]
    fn a_panic_differs_from_other_internal_errors() {
        let text = "plugin `a` panicked in `say_hello` at lib.rs:1:2: gone".to_owned();
        let (place, message) = (Some("lib.rs:1:2".to_owned()), Some("gone".to_owned()));
        let status = status(Fault::Panicked(fault::Panicked { text: text.clone(), place, message }));
        assert_eq!(status.message(), text);
        let Fault::Panicked(fault::Panicked { place, message, .. }) = fault(&status) else { panic!("{status:?}") };
        assert_eq!((place.as_deref(), message.as_deref()), (Some("lib.rs:1:2"), Some("gone")));
        assert!(matches!(fault(&Status::internal("x")), Fault::Refused { code: fault::Code::INTERNAL, .. }));
    }

    #[test]
    fn a_local_error_is_not_the_plugins_error() {
        let status = Status::from_error(Box::new(std::io::Error::other("the pipe broke")));
        let Fault::Unavailable(unavailable) = fault(&status) else { panic!("{status:?}") };
        assert_eq!(unavailable.text, "the pipe broke");
        assert!(matches!(fault(&Status::from_error(Box::new(tonic::TimeoutExpired(())))), Fault::Deadline));
    }
}
