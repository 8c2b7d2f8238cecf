//! The reasons why a call has no reply, and gRPC's codes for them.

use std::sync::Arc;

use crate::error::kind::ErrorKind;
use crate::error::refusal::Refusal;
use crate::error::{Error, chain};

/// Why a call has no reply.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The plugin's own error: its text and the texts of its causes.
    Failed(Vec<String>),
    /// The plugin refuses its settings: the text, the texts of the causes, and the place.
    Settings { texts: Vec<String>, refusal: Refusal },
    /// The plugin panicked.
    Panicked(Panicked),
    /// The peer has no such method.
    Unimplemented(String),
    /// The call took too long.
    Deadline,
    /// The caller cancelled the call.
    Cancelled,
    /// The peer cannot be reached, or the connection to it was lost.
    Unavailable(Unavailable),
    /// The peer refused the call with one of gRPC's codes.
    Refused { code: Code, message: String },
    /// The bytes cannot be decoded as a reply or a request.
    Malformed(String),
}

/// A panic of the plugin.
#[derive(Debug, Clone)]
pub(crate) struct Panicked {
    /// Plugin, method, place and message in one sentence, for a peer that reads only text.
    pub text: String,
    pub place: Option<String>,
    pub message: Option<String>,
}

/// Why the peer cannot be reached.
#[derive(Debug, Clone)]
pub(crate) struct Unavailable {
    pub text: String,
    /// Whether the call is known not to have begun.
    pub is_unsent: bool,
    /// Whether a retry cannot help, because the two sides do not trust each other.
    #[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "only servers are tried again"))]
    pub is_lasting: bool,
    /// The cause that a decorator of the channel found, such as the exit of the process.
    pub cause: Option<Arc<ErrorKind>>,
}

impl Unavailable {
    pub(crate) fn of(text: String) -> Self {
        Self { text, is_unsent: false, is_lasting: false, cause: None }
    }

    pub(crate) fn unsent(text: String) -> Self {
        Self { is_unsent: true, ..Self::of(text) }
    }
}

/// gRPC's status codes: <https://grpc.github.io/grpc/core/md_doc_statuscodes.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(usize);

#[allow(dead_code, reason = "each link uses some of them")]
impl Code {
    pub(crate) const CANCELLED: Self = Self(1);
    pub(crate) const UNKNOWN: Self = Self(2);
    pub(crate) const INVALID_ARGUMENT: Self = Self(3);
    pub(crate) const DEADLINE_EXCEEDED: Self = Self(4);
    pub(crate) const NOT_FOUND: Self = Self(5);
    pub(crate) const PERMISSION_DENIED: Self = Self(7);
    pub(crate) const RESOURCE_EXHAUSTED: Self = Self(8);
    pub(crate) const FAILED_PRECONDITION: Self = Self(9);
    pub(crate) const OUT_OF_RANGE: Self = Self(11);
    pub(crate) const UNIMPLEMENTED: Self = Self(12);
    pub(crate) const INTERNAL: Self = Self(13);
    pub(crate) const UNAVAILABLE: Self = Self(14);
    pub(crate) const UNAUTHENTICATED: Self = Self(16);

    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];

    /// The code of this number. An unknown number is `UNKNOWN`, as in every implementation of gRPC.
    pub(crate) fn of(number: i32) -> Self {
        usize::try_from(number).ok().filter(|number| *number < Self::NAMES.len()).map_or(Self::UNKNOWN, Self)
    }

    pub(crate) fn number(self) -> i32 {
        // Lossless: the number is below 17.
        self.0 as i32
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self.0]
    }
}

impl Fault {
    pub(crate) fn refused(code: Code, message: impl Into<String>) -> Self {
        Self::Refused { code, message: message.into() }
    }

    /// The fault of a plugin's own error.
    pub(crate) fn of_plugin(error: &Error) -> Self {
        let texts = chain(error).map(ToString::to_string).collect();
        match error.refusal() {
            Some(refusal) => Self::Settings { texts, refusal: refusal.clone() },
            None => Self::Failed(texts),
        }
    }

    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Failed(_) => Code::UNKNOWN,
            Self::Settings { .. } => Code::INVALID_ARGUMENT,
            Self::Panicked(_) | Self::Malformed(_) => Code::INTERNAL,
            Self::Unimplemented(_) => Code::UNIMPLEMENTED,
            Self::Deadline => Code::DEADLINE_EXCEEDED,
            Self::Cancelled => Code::CANCELLED,
            Self::Unavailable(_) => Code::UNAVAILABLE,
            Self::Refused { code, .. } => *code,
        }
    }

    /// The fault as one text, for a peer that reads only text.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Failed(texts) | Self::Settings { texts, .. } => {
                texts.first().map_or("the plugin failed without a message", |text| text)
            }
            Self::Panicked(panicked) => &panicked.text,
            Self::Deadline => "the deadline had passed before the call began",
            Self::Cancelled => "the call was cancelled",
            Self::Unavailable(unavailable) => &unavailable.text,
            Self::Unimplemented(text) | Self::Refused { message: text, .. } | Self::Malformed(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_the_name_of_its_number() {
        for (code, number, name) in [
            (Code::CANCELLED, 1, "CANCELLED"),
            (Code::UNKNOWN, 2, "UNKNOWN"),
            (Code::INVALID_ARGUMENT, 3, "INVALID_ARGUMENT"),
            (Code::DEADLINE_EXCEEDED, 4, "DEADLINE_EXCEEDED"),
            (Code::NOT_FOUND, 5, "NOT_FOUND"),
            (Code::PERMISSION_DENIED, 7, "PERMISSION_DENIED"),
            (Code::RESOURCE_EXHAUSTED, 8, "RESOURCE_EXHAUSTED"),
            (Code::FAILED_PRECONDITION, 9, "FAILED_PRECONDITION"),
            (Code::OUT_OF_RANGE, 11, "OUT_OF_RANGE"),
            (Code::UNIMPLEMENTED, 12, "UNIMPLEMENTED"),
            (Code::INTERNAL, 13, "INTERNAL"),
            (Code::UNAVAILABLE, 14, "UNAVAILABLE"),
            (Code::UNAUTHENTICATED, 16, "UNAUTHENTICATED"),
        ] {
            assert_eq!((code.number(), code.name(), Code::of(number)), (number, name, code));
        }
        assert_eq!((Code::of(17), Code::of(-1)), (Code::UNKNOWN, Code::UNKNOWN));
    }
}
