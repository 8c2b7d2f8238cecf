//! The plugin that a call goes to, and the errors of its calls.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::refusal::Refusal;
use crate::wire::fault::{Code, Fault, Panicked, Unavailable};

/// An opened plugin. Calls of an object that it has returned have its limit, and their errors its name.
pub(crate) struct Owner {
    /// Its name in this program.
    pub name: String,
    /// The place of the peer, as the link writes it.
    pub origin: String,
    /// How long a call may take.
    pub limit: Option<Duration>,
}

impl Owner {
    /// The error of a call that has no reply.
    #[cold]
    pub(crate) fn error(&self, method: &str, fault: Fault) -> Error {
        error(&self.name, method, &self.origin, fault)
    }
}

/// The error of a plugin that refuses its settings.
fn refused(texts: Vec<String>, refusal: Refusal) -> Error {
    let mut texts = texts.into_iter();
    let error = Error::refused(texts.next().unwrap_or_default(), refusal.pointer, refusal.nearest);
    match texts.collect::<Vec<_>>() {
        causes if causes.is_empty() => error,
        causes => error.with_source(Error::from_texts(causes)),
    }
}

/// The error of a call that has no reply.
#[cold]
pub(crate) fn error(plugin: &str, method: &str, origin: &str, fault: Fault) -> Error {
    let (plugin, method, origin) = (plugin.to_owned(), method.to_owned(), origin.to_owned());
    match fault {
        Fault::Failed(texts) => return Error::from_texts(texts),
        Fault::Settings { texts, refusal } => return refused(texts, refusal),
        Fault::Panicked(Panicked { place, message, .. }) => ErrorKind::Panicked { plugin, method, place, message },
        Fault::Deadline => ErrorKind::Deadline { plugin, method },
        Fault::Cancelled => ErrorKind::Cancelled { plugin, method },
        Fault::Unavailable(Unavailable { cause: Some(cause), .. }) => Arc::unwrap_or_clone(cause),
        Fault::Unavailable(unavailable) => ErrorKind::Unavailable { plugin, method, origin, reason: unavailable.text },
        Fault::Unimplemented(message) => {
            ErrorKind::Refused { plugin, method, origin, code: Code::UNIMPLEMENTED.name(), message }
        }
        Fault::Refused { code, message } => ErrorKind::Refused { plugin, method, origin, code: code.name(), message },
        Fault::Malformed(what) => ErrorKind::Malformed { plugin, method, origin, what },
    }
    .into()
}
