//! The client's side of a remote call: an object whose methods are calls over a channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::error::Error;
use crate::portable::arguments::Arguments;
use crate::portable::check::refused_arguments;
use crate::portable::codec::Malformed;
use crate::portable::method::{Boundary, Method, Started};
use crate::portable::outcome::Outcome;
use crate::portable::signature::Signature;
use crate::protobuf;
use crate::rpc::client::driver::Driver;
use crate::scope::Scope;
use crate::task::Task;
use crate::wire::channel::{Call, Channel};
use crate::wire::exchange::{self, Failure, has_objects};
use crate::wire::fault::Fault;
use crate::wire::limits::{or_late, until_cancelled};
use crate::wire::message::ReplyFuture;
use crate::wire::owner::Owner;

/// An opened plugin of another process.
pub(crate) struct RemoteObject {
    pub driver: &'static Driver,
    pub channel: Arc<dyn Channel>,
    /// The plugin. Its objects have it too.
    pub owner: Arc<Owner>,
    /// The plugin's name on the wire, if the peer names its plugins.
    pub wire_name: Option<Arc<str>>,
    /// The interface's methods.
    pub methods: &'static [Signature],
    /// The paths of the methods, in the same order.
    pub paths: Arc<[Arc<str>]>,
    /// For each method, whether the peer is known to lack it.
    pub lacks: Box<[AtomicBool]>,
}

impl RemoteObject {
    #[inline(never)]
    fn send(&self, index: usize, is_idempotent: bool, request: Vec<u8>) -> Result<Bytes, Fault> {
        let reply = self.begin(index, is_idempotent, request, &Scope::current(), None, self.owner.limit)?;
        self.driver.call(reply, self.channel.sends_eagerly())
    }

    /// The same for an asynchronous method. Its call captured the scope.
    async fn send_async(
        &self,
        index: usize,
        is_idempotent: bool,
        request: Vec<u8>,
        scope: Scope,
    ) -> Result<Bytes, Fault> {
        self.driver.poll(self.begin(index, is_idempotent, request, &scope, None, self.owner.limit)?).await
    }

    pub(super) fn begin(
        &self,
        index: usize,
        is_idempotent: bool,
        request: Vec<u8>,
        scope: &Scope,
        way: Option<u64>,
        limit: Option<Duration>,
    ) -> Result<ReplyFuture, Fault> {
        let deadline = self.deadline(scope, limit)?;
        let reply = self.channel.call(Call { is_idempotent, ..self.call_of(index, request.into(), deadline, way) });
        Ok(until_cancelled(or_late(reply, deadline), scope))
    }

    /// The deadline of a call that begins now, unless that is too late.
    pub(super) fn deadline(&self, scope: &Scope, limit: Option<Duration>) -> Result<Option<Instant>, Fault> {
        self.driver.check()?;
        let deadline = scope.deadline(limit);
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) { Err(Fault::Deadline) } else { Ok(deadline) }
    }

    /// A call that is not repeated.
    pub(super) fn call_of(&self, index: usize, request: Bytes, deadline: Option<Instant>, way: Option<u64>) -> Call {
        Call {
            path: Arc::clone(&self.paths[index]),
            method: Some(&self.methods[index]),
            plugin: self.wire_name.clone(),
            instance: None,
            way,
            request,
            deadline,
            is_idempotent: false,
        }
    }

    fn outcome<M: Method>(&self, reply: Result<Bytes, Fault>) -> M::Outcome {
        let value = reply.and_then(|reply| {
            let kept = protobuf::decode_reply::<M>(&reply);
            let kept = kept.map_err(|malformed| Fault::Malformed(malformed.to_string()))?;
            Ok(exchange::result::<M>(kept, None))
        });
        M::Outcome::of(value.map_err(|fault| self.owner.error(M::NAME, fault)))
    }

    pub(super) fn exchanged<M: Method>(&self, result: Result<M::Ok, Failure>) -> M::Outcome {
        M::Outcome::of(result.map_err(|failure| match failure {
            Failure::Fault(fault) => self.owner.error(M::NAME, fault),
            Failure::Refused(flaw) => self.refused::<M>(&flaw),
        }))
    }

    #[cold]
    fn refused<M: Method>(&self, flaw: &Malformed) -> Error {
        refused_arguments(&format_args!("plugin `{}`", self.owner.name), M::NAME, flaw)
    }
}

impl Boundary for RemoteObject {
    fn has<M: Method>(&self) -> bool {
        !self.lacks[M::INDEX].load(Ordering::Relaxed)
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        if has_objects::<M>() {
            return self.exchanged::<M>(self.exchange::<M>(given));
        }
        match protobuf::encode_request::<M>(given) {
            Ok(request) => self.outcome::<M>(self.send(M::INDEX, M::IS_IDEMPOTENT, request)),
            Err(flaw) => M::Outcome::of(Err(self.refused::<M>(&flaw))),
        }
    }

    /// A peer that does not list its methods reports a missing one only when it is called.
    fn attempt<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> Option<M::Outcome> {
        if !self.has::<M>() {
            return None;
        }
        if has_objects::<M>() {
            return match self.exchange::<M>(given) {
                Err(Failure::Fault(Fault::Unimplemented(_))) => {
                    self.lacks[M::INDEX].store(true, Ordering::Relaxed);
                    None
                }
                result => Some(self.exchanged::<M>(result)),
            };
        }
        let request = match protobuf::encode_request::<M>(given) {
            Ok(request) => request,
            Err(flaw) => return Some(M::Outcome::of(Err(self.refused::<M>(&flaw)))),
        };
        match self.send(M::INDEX, M::IS_IDEMPOTENT, request) {
            Err(Fault::Unimplemented(_)) => {
                self.lacks[M::INDEX].store(true, Ordering::Relaxed);
                None
            }
            reply => Some(self.outcome::<M>(reply)),
        }
    }

    /// The request is encoded at the first poll, so that the call borrows no arguments.
    fn start<'a, M: Started>(&'a self, given: <M::Arguments as Arguments>::Given<'a>) -> Task<'a, M::Outcome> {
        let scope = Scope::current();
        Box::pin(async move {
            if has_objects::<M>() {
                return self.exchanged::<M>(self.exchange_polled::<M>(given, scope).await.0);
            }
            match protobuf::encode_request::<M>(&given) {
                Ok(request) => {
                    drop(given);
                    self.outcome::<M>(self.send_async(M::INDEX, M::IS_IDEMPOTENT, request, scope).await)
                }
                Err(flaw) => M::Outcome::of(Err(self.refused::<M>(&flaw))),
            }
        })
    }

    fn attempt_start<'a, M: Started>(
        &'a self,
        given: <M::Arguments as Arguments>::Given<'a>,
    ) -> Task<'a, Result<M::Outcome, <M::Arguments as Arguments>::Given<'a>>> {
        let scope = Scope::current();
        Box::pin(async move {
            if !self.has::<M>() {
                return Err(given);
            }
            if has_objects::<M>() {
                return match self.exchange_polled::<M>(given, scope).await {
                    (Err(Failure::Fault(Fault::Unimplemented(_))), given) => {
                        self.lacks[M::INDEX].store(true, Ordering::Relaxed);
                        Err(given)
                    }
                    (result, _) => Ok(self.exchanged::<M>(result)),
                };
            }
            let request = match protobuf::encode_request::<M>(&given) {
                Ok(request) => request,
                Err(flaw) => return Ok(M::Outcome::of(Err(self.refused::<M>(&flaw)))),
            };
            match self.send_async(M::INDEX, M::IS_IDEMPOTENT, request, scope).await {
                Err(Fault::Unimplemented(_)) => {
                    self.lacks[M::INDEX].store(true, Ordering::Relaxed);
                    Err(given)
                }
                reply => Ok(self.outcome::<M>(reply)),
            }
        })
    }
}
