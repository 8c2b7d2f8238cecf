//! The calls of methods with objects or streams.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::error::Error;
use crate::portable::arguments::{Arguments, Crosses};
use crate::portable::method::Method;
use crate::rpc::client::object::RemoteObject;
use crate::rpc::client::streams::Cancelled;
use crate::scope::Scope;
use crate::wire::exchange::{self, Failure, needs_way};
use crate::wire::fault::Fault;
use crate::wire::lender::Route;
use crate::wire::limits::{or_late, until_cancelled};
use crate::wire::message::{FaultFuture, GotFuture, Sent, message};
use crate::wire::way::Way;

type Given<'a, M> = <<M as Method>::Arguments as Arguments>::Given<'a>;

impl RemoteObject {
    /// Calls a method with objects or streams, and answers the calls of the objects meanwhile.
    pub(super) fn exchange<M: Method>(&self, given: &Given<'_, M>) -> Result<M::Ok, Failure> {
        self.driver.check()?;
        let (has_streams, scope) = (self.channel.has_streams(), Scope::current());
        let way = if needs_way::<M>(has_streams) { Some(self.way()?) } else { None };
        let id = way.as_ref().and_then(|way| way.id());
        let begin = |sent| self.begin_sent::<M>(sent, &scope, id);
        let route = self.route(way, has_streams, scope.clone());
        let wait = |future: Pin<&mut (dyn Future<Output = ()> + Send)>| self.driver.wait_soon(future);
        exchange::call::<M>(route, given, begin, &wait, self.stream_error::<M>())
    }

    /// The same for a caller that polls.
    pub(super) async fn exchange_polled<'a, M: Method>(
        &'a self,
        given: Given<'a, M>,
        scope: Scope,
    ) -> (Result<M::Ok, Failure>, Given<'a, M>) {
        let has_streams = self.channel.has_streams();
        let way = match self.driver.check() {
            Ok(()) if needs_way::<M>(has_streams) => self.driven(self.channel.way()).await.map(Some),
            Ok(()) => Ok(None),
            Err(fault) => Err(fault),
        };
        let way = match way {
            Ok(way) => way,
            Err(fault) => return (Err(fault.into()), given),
        };
        let id = way.as_ref().and_then(|way| way.id());
        let begin = |sent| self.begin_sent::<M>(sent, &scope, id).map(|reply| self.driven(reply));
        let route = self.route(way, has_streams, scope.clone());
        let result = exchange::start::<M>(route, &given, begin, self.stream_error::<M>());
        (result.await, given)
    }

    fn route(&self, way: Option<Arc<dyn Way>>, has_streams: bool, scope: Scope) -> Route {
        Route { way, has_streams, scope, owner: Some(Arc::clone(&self.owner)) }
    }

    fn begin_sent<M: Method>(&self, sent: Sent, scope: &Scope, way: Option<u64>) -> Result<GotFuture, Fault> {
        let returns_stream = M::Returns::IS_STREAM && self.channel.has_streams();
        // A stream may go on for longer than a call may take.
        let limit = self.owner.limit.filter(|_| !exchange::has_streams::<M>());
        let (request, stream) = match sent {
            // It may run twice only if its objects could.
            Sent::Message(request) if !returns_stream => {
                return self.begin(M::INDEX, false, request, scope, way, limit).map(message);
            }
            Sent::Message(request) => (Bytes::from(request), None),
            Sent::Stream(stream) => (Bytes::new(), Some(stream)),
        };
        let deadline = self.deadline(scope, limit)?;
        let call = self.call_of(M::INDEX, request, deadline, way);
        let reply = or_late(self.channel.stream(call, stream, returns_stream), deadline);
        let (driver, cancelled) = (self.driver, scope.cancelled());
        let reply: GotFuture = match cancelled.filter(|_| returns_stream) {
            None => reply,
            Some(cancelled) => Box::pin(async move { Ok(Cancelled::of(reply.await?, cancelled, driver)) }),
        };
        Ok(until_cancelled(reply, scope))
    }

    /// Makes the error of a fault amid a stream.
    fn stream_error<M: Method>(&self) -> impl Fn(Fault) -> Error + Clone + Send + 'static + use<M> {
        let owner = Arc::clone(&self.owner);
        move |fault| owner.error(M::NAME, fault)
    }

    fn way(&self) -> Result<Arc<dyn Way>, Fault> {
        let mut way = self.channel.way();
        let polled = {
            let _context = self.driver.handle().enter();
            way.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        // It is there for all calls but the first.
        match polled {
            Poll::Ready(way) => way,
            Poll::Pending => self.driver.wait(way),
        }
    }

    /// A future that the background thread drives, whose result any executor awaits.
    fn driven<T: Send + 'static>(&self, future: FaultFuture<T>) -> FaultFuture<T> {
        let place = Arc::new(Mutex::new(None));
        let found = Arc::clone(&place);
        let reply = self.driver.poll(Box::pin(async move {
            let value = future.await?;
            *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(Bytes::new())
        }));
        Box::pin(async move {
            reply.await?;
            let value = place.lock().unwrap_or_else(PoisonError::into_inner).take();
            value.ok_or(Fault::Cancelled)
        })
    }
}
