//! The objects of this side that a call lends and gives, until it is over.

use std::collections::HashMap;
use std::pin::{Pin, pin};
use std::sync::Arc;

use crate::portable::method::Method;
use crate::portable::signature::Description;
use crate::scope::Scope;
use crate::wire::answer::{Answered, Answering, Pending, ended_fault, message_of};
use crate::wire::fault::Fault;
use crate::wire::message::{Got, GotFuture};
use crate::wire::owner::Owner;
use crate::wire::queue::{Event, Queue, next, over};
use crate::wire::stream::TakeStream;
use crate::wire::way::{Brought, Callback, NO_WAY, NoReply, OVER, Offered, Reply, Way};

/// Where a call goes.
pub(crate) struct Route {
    /// The way to the objects of the call, if it needs one.
    pub way: Option<Arc<dyn Way>>,
    /// Whether a call can be a stream. Streams are objects otherwise.
    pub has_streams: bool,
    /// That of the call. A stream that it returns has it too.
    pub scope: Scope,
    pub owner: Option<Arc<Owner>>,
}

/// An object that a caller lends for a call, called by message.
pub(crate) trait LentCallee<'a>: Send + Sync {
    /// Calls the method with this name on the wire.
    fn call(&self, method: &str, request: &[u8], way: &Arc<dyn Way>) -> LentCalled<'a>;
}

/// The start of a call of such an object.
pub(crate) enum LentCalled<'a> {
    Replied(Reply),
    Started(Pin<Box<dyn Future<Output = Reply> + Send + 'a>>),
}

/// The objects and streams of one call, until it is over.
pub(crate) struct Lender<'a> {
    pub route: Route,
    pub lent: HashMap<u32, Box<dyn LentCallee<'a> + 'a>>,
    /// The numbers of what it has given away.
    pub given: Vec<u32>,
    pub streams: Vec<u32>,
    pub queue: Arc<Queue>,
    /// The stream that the call itself is.
    pub stream: TakeStream,
    /// Why an object could not be offered.
    pub fault: Option<Fault>,
}

impl<'a> Lender<'a> {
    pub(crate) fn new<M: Method>(route: Route) -> Self {
        let stream = TakeStream::of::<M>(false);
        Self {
            route,
            lent: HashMap::new(),
            given: Vec::new(),
            streams: Vec::new(),
            queue: Arc::default(),
            stream,
            fault: None,
        }
    }

    pub(crate) fn offer(&self, object: Offered, description: &'static Description) -> Result<u32, Fault> {
        let way = self.route.way.as_ref().ok_or_else(|| Fault::Failed(vec![NO_WAY.to_owned()]))?;
        way.offer(object, description)
    }

    /// Takes back what was given, unless the other side has replied.
    ///
    /// It may have begun with a call that was given up. Its calls of the objects then fail.
    pub(crate) fn take_back(&mut self) {
        if let Some(way) = &self.route.way {
            self.given.drain(..).for_each(|number| way.take_back(number));
            self.streams.drain(..).for_each(|number| way.withdraw(number));
        }
    }

    /// Answers calls in this thread until the reply comes.
    pub(crate) fn serve(
        &mut self,
        mut reply: GotFuture,
        wait: &dyn Fn(Pin<&mut (dyn Future<Output = ()> + Send)>),
    ) -> Result<Got, Fault> {
        let queue = Arc::clone(&self.queue);
        loop {
            let mut event = None;
            wait(pin!(async { event = Some(next(&queue, &mut reply).await) }));
            match event {
                Some(Event::Replied(reply)) => return reply,
                Some(Event::Called(mut callback)) => {
                    let called = self.call(&mut callback);
                    if let Some(reply) = send_or_wait(callback, called, &mut reply, wait) {
                        return reply;
                    }
                }
                None => return Err(ended_fault()),
            }
        }
    }

    /// The same in the future of an asynchronous caller.
    pub(crate) async fn serve_polled(&mut self, mut reply: GotFuture) -> Result<Got, Fault> {
        let queue = Arc::clone(&self.queue);
        loop {
            match next(&queue, &mut reply).await {
                Event::Replied(reply) => return reply,
                Event::Called(mut callback) => {
                    let called = self.call(&mut callback);
                    match answer(callback, called) {
                        Answered::Now(answer) => answer.send(),
                        Answered::Later(mut pending) => match pending.end(&mut reply).await {
                            Ok(answer) => answer.send(),
                            Err(reply) => return reply,
                        },
                    }
                }
            }
        }
    }

    /// Calls the object. `None` if nobody waits for its answer.
    ///
    /// The object may call its plugin again, and so on: what is on the stack meanwhile is kept small.
    fn call(&self, callback: &mut Callback) -> Option<(LentCalled<'a>, Scope)> {
        if callback.given_up.is_ready() {
            return None;
        }
        let (Some(lent), Some(way)) = (self.lent.get(&callback.object), &self.route.way) else {
            return Some((LentCalled::Replied(Err(NoReply::Failed(vec![OVER.to_owned()]))), Scope::default()));
        };
        let scope = Scope::current().and_until(callback.deadline);
        Some((scope.enter(|| lent.call(&callback.method, &callback.request, way)), scope))
    }
}

/// What a callback gave.
fn answer<'a>(callback: Callback, called: Option<(LentCalled<'a>, Scope)>) -> Answered<'a> {
    let Callback { reply: replier, given_up, .. } = callback;
    match called {
        None => {
            let (answer, brought) = (Err(Fault::Cancelled), Brought::default());
            Answered::Now(Answering { replier, answer, brought, given_up })
        }
        Some((LentCalled::Replied(reply), _)) => {
            let (answer, brought) = message_of(reply);
            Answered::Now(Answering { replier, answer, brought, given_up })
        }
        Some((LentCalled::Started(task), scope)) => {
            Answered::Later(Pending { task: Some(task), scope, replier: Some(replier), given_up })
        }
    }
}

/// Sends the answer of a callback, and waits for it in this thread. The reply to the call if that comes first.
fn send_or_wait(
    callback: Callback,
    called: Option<(LentCalled<'_>, Scope)>,
    reply: &mut GotFuture,
    wait: &dyn Fn(Pin<&mut (dyn Future<Output = ()> + Send)>),
) -> Option<Result<Got, Fault>> {
    let mut pending = match answer(callback, called) {
        Answered::Now(answer) => {
            answer.send();
            return None;
        }
        Answered::Later(pending) => pending,
    };
    let mut ended = None;
    wait(pin!(async { ended = Some(pending.end(reply).await) }));
    match ended {
        Some(Ok(answer)) => {
            answer.send();
            None
        }
        Some(Err(reply)) => Some(reply),
        None => Some(Err(ended_fault())),
    }
}

impl Drop for Lender<'_> {
    fn drop(&mut self) {
        self.take_back();
        if let Some(way) = &self.route.way {
            self.lent.keys().for_each(|number| way.withdraw(*number));
        }
        for Callback { reply, .. } in self.queue.close() {
            reply(Err(over()));
        }
    }
}
