//! Objects of the other side of a connection, as this program's interfaces.

use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::panic::NO_TEXT;
use crate::portable::Portable;
use crate::portable::arguments::Arguments;
use crate::portable::arguments::BindObjects;
use crate::portable::check::refused_arguments;
use crate::portable::flow::Flow;
use crate::portable::method::{Boundary, PortableInterface};
use crate::portable::method::{Method, Started};
use crate::portable::outcome::Outcome;
use crate::portable::signature::Description;
use crate::protobuf;
use crate::scope::Scope;
use crate::task::Task;
use crate::wire::channel::ReplyFuture;
use crate::wire::exchange::{self, Failure, GotFuture, ResultFuture, Route, Sent, has_objects};
use crate::wire::fault::{Fault, Panicked};
use crate::wire::stream;
use crate::wire::way::{Reached, Way};

/// Makes the objects that a message names by their numbers.
pub(crate) struct Binder<'a> {
    pub way: &'a Arc<dyn Way>,
}

impl BindObjects for Binder<'_> {
    fn bind<I: ?Sized + PortableInterface>(&self, number: u32, is_given: bool) -> Box<I> {
        let reached = Arc::clone(self.way).reach(number, const { &Description::of::<I>() }, is_given);
        I::remote(ReachedObject { way: Arc::clone(self.way), reached, interface: I::DECLARATION.path })
    }

    fn stream<T: Portable>(&self, number: u32) -> Box<dyn Flow<T>> {
        stream::reach(self.way, number)
    }
}

/// The boundary in front of an object of the other side.
struct ReachedObject {
    way: Arc<dyn Way>,
    reached: Arc<dyn Reached>,
    /// The path of its interface.
    interface: &'static str,
}

impl ReachedObject {
    fn begin<M: Method>(&self, request: Vec<u8>, scope: &Scope) -> ReplyFuture {
        self.reached.call(&<M::Interface>::SIGNATURES[M::INDEX], request.into(), scope.deadline(None))
    }

    /// Streams are objects here.
    fn route(&self) -> Route {
        Route { way: Some(Arc::clone(&self.way)), has_streams: false }
    }

    fn begin_sent<M: Method>(&self, sent: Sent, scope: &Scope) -> Result<GotFuture, Fault> {
        match sent {
            Sent::Message(request) => Ok(exchange::message(self.way.driven(self.begin::<M>(request, scope)))),
            Sent::Stream(_) => Err(Fault::Malformed("a stream is no message".to_owned())),
        }
    }

    fn exchange<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> Result<M::Ok, Failure> {
        let scope = Scope::current();
        if has_objects::<M>() {
            let begin = |sent| self.begin_sent::<M>(sent, &scope);
            let wait = |future: Pin<&mut (dyn Future<Output = ()> + Send)>| self.way.wait(future);
            return exchange::call::<M>(self.route(), given, begin, &wait, stream_error);
        }
        let request = protobuf::encode_request::<M>(given).map_err(Failure::Refused)?;
        let (mut reply, mut calling) = (Err(Fault::Cancelled), self.begin::<M>(request, &scope));
        self.way.wait(pin!(async { reply = (&mut calling).await }));
        self.decoded::<M>(reply)
    }

    /// The first poll sends the request.
    fn exchange_polled<'a, M: Method>(
        &'a self,
        given: &<M::Arguments as Arguments>::Given<'a>,
        scope: &Scope,
    ) -> ResultFuture<'a, M> {
        if has_objects::<M>() {
            return exchange::start::<M>(self.route(), given, |sent| self.begin_sent::<M>(sent, scope), stream_error);
        }
        let reply = protobuf::encode_request::<M>(given);
        let reply = reply.map(|request| self.way.driven(self.begin::<M>(request, scope)));
        Box::pin(async move { self.decoded::<M>(reply.map_err(Failure::Refused)?.await) })
    }

    fn decoded<M: Method>(&self, reply: Result<Bytes, Fault>) -> Result<M::Ok, Failure> {
        let kept = protobuf::decode_reply::<M>(&reply?);
        let kept = kept.map_err(|malformed| Fault::Malformed(malformed.to_string()))?;
        Ok(exchange::result::<M>(kept, None))
    }

    fn outcome<M: Method>(&self, result: Result<M::Ok, Failure>) -> M::Outcome {
        M::Outcome::of(result.map_err(|failure| self.error(M::NAME, failure)))
    }

    #[cold]
    fn error(&self, method: &str, failure: Failure) -> Error {
        let owner = format_args!("the owner of the `{}`", self.interface);
        let fault = match failure {
            Failure::Refused(flaw) => return refused_arguments(&owner, method, &flaw),
            Failure::Fault(fault) => fault,
        };
        Error::msg(match fault {
            Fault::Failed(texts) => return Error::from_texts(texts),
            Fault::Panicked(Panicked { place, message, .. }) => {
                let place = place.map_or_else(String::new, |place| format!(" at {place}"));
                format!("{owner} panicked in `{method}`{place}: {}", message.as_deref().unwrap_or(NO_TEXT))
            }
            Fault::Deadline => format!("`{method}` of {owner} took too long"),
            Fault::Cancelled => format!("the call of `{method}` of {owner} was cancelled"),
            Fault::Malformed(what) => format!("the reply to `{method}` of {owner} cannot be decoded: {what}"),
            fault => format!("`{method}` of {owner} cannot be called: {}", fault.text()),
        })
    }
}

/// The error of a fault amid a stream that a call is.
fn stream_error(fault: Fault) -> Error {
    Error::msg(fault.text())
}

impl Boundary for ReachedObject {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        self.outcome::<M>(self.exchange::<M>(given))
    }

    fn attempt<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> Option<M::Outcome> {
        match self.exchange::<M>(given) {
            Err(Failure::Fault(Fault::Unimplemented(_))) => None,
            result => Some(self.outcome::<M>(result)),
        }
    }

    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        let scope = Scope::current();
        Box::pin(async move { self.outcome::<M>(self.exchange_polled::<M>(&given, &scope).await) })
    }

    fn attempt_start<'a, M: Started>(
        &'a self,
        given: <M::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, Result<M::Outcome, <M::Arguments as Arguments>::Given<'a>>> {
        let scope = Scope::current();
        Box::pin(async move {
            match self.exchange_polled::<M>(&given, &scope).await {
                Err(Failure::Fault(Fault::Unimplemented(_))) => Err(given),
                result => Ok(self.outcome::<M>(result)),
            }
        })
    }
}
