//! The limits of a call.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Instant;

use crate::scope::Scope;
use crate::wire::fault::Fault;
use crate::wire::message::FaultFuture;

/// The same reply, unless a cancellation of the scope comes first.
pub(crate) fn until_cancelled<T: 'static>(mut reply: FaultFuture<T>, scope: &Scope) -> FaultFuture<T> {
    let Some(mut cancelled) = scope.cancelled() else { return reply };
    Box::pin(poll_fn(move |context| match cancelled.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(Err(Fault::Cancelled)),
        Poll::Pending => reply.as_mut().poll(context),
    }))
}

/// The same reply, but a failure after the deadline is that of the deadline.
///
/// The calls that the method makes have the deadline too, and it fails with the error of one of them,
/// or the other side gives the call up.
pub(crate) fn or_late<T: 'static>(reply: FaultFuture<T>, deadline: Option<Instant>) -> FaultFuture<T> {
    let Some(deadline) = deadline else { return reply };
    Box::pin(async move {
        match reply.await {
            Err(Fault::Failed(_) | Fault::Cancelled) if deadline <= Instant::now() => Err(Fault::Deadline),
            reply => reply,
        }
    })
}
