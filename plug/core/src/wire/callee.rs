//! The objects of this side, whose methods are called with messages.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use crate::entry::options::OpenOptions;
use crate::entry::{self, Slot};
use crate::error::Error;
use crate::panic::note_places;
use crate::plugin::Plugin;
use crate::portable::arguments::{Arguments, Crosses, Returns, Share, VisitObjects};
use crate::portable::flow::Flowing;
use crate::portable::method::{Lend, Method, ObjectOf, PortableInterface, Started, VisitMethods};
use crate::portable::outcome::Outcome;
use crate::portable::signature::Description;
use crate::portable::{Portable, check};
use crate::protobuf;
use crate::scope::Scope;
use crate::wire::exchange::Binder;
use crate::wire::fault::Fault;
use crate::wire::lender::{LentCalled, LentCallee};
use crate::wire::message::Outgoing;
use crate::wire::stream::{CallStream, TakeStream};
use crate::wire::stream_object::Stream;
use crate::wire::way::{Answer, Brought, Called, Callee, Context, NO_WAY, NoReply, Offered, Reply, Request, Way};

/// Opens the plugin, so that its methods can be called with bytes.
pub(crate) fn open<I: ?Sized + PortableInterface>(plugin: &Plugin) -> Result<Arc<dyn Callee>, Error> {
    note_places();
    plugin.open::<I>().map(callee)
}

/// Opens the plugin with settings. The error is the plugin's own.
pub(crate) fn open_with<I: ?Sized + PortableInterface>(
    plugin: &Plugin,
    settings: &str,
) -> Result<Arc<dyn Callee>, Error> {
    // `open` says why a plugin of another build does not fit, and `ask` does not.
    if plugin.problem().is_some() {
        return open::<I>(plugin);
    }
    note_places();
    let mut object: Option<Box<I>> = None;
    plugin.ask(&mut Slot {
        object: &mut object,
        options: &OpenOptions::new(),
        settings,
        request: entry::Request::Object,
    })?;
    object.map(callee).ok_or_else(|| Error::msg("the plugin made no object"))
}

fn callee<I: ?Sized + PortableInterface>(object: Box<I>) -> Arc<dyn Callee> {
    shared(Arc::new(object))
}

/// An object that its owner may take back when nobody calls it any more.
pub(crate) fn shared<I: ?Sized + PortableInterface>(object: Arc<Box<I>>) -> Arc<dyn Callee> {
    let mut methods = MethodTable(Vec::new());
    I::methods(&mut methods);
    Arc::new(OpenedObject { object, methods: methods.0 })
}

struct OpenedObject<I: ?Sized> {
    object: Arc<Box<I>>,
    methods: Vec<MethodFn<I>>,
}

type MethodFn<I> = fn(Arc<OpenedObject<I>>, Request<'_>, Context<'_>) -> Called;

struct MethodTable<I: ?Sized>(Vec<MethodFn<I>>);

impl<I: ?Sized + PortableInterface> VisitMethods<I> for MethodTable<I> {
    fn method<M: Method<Interface = I>>(&mut self) {
        self.0.push(call::<M>);
    }

    fn started<M: Started<Interface = I>>(&mut self) {
        self.0.push(start::<M>);
    }
}

impl<I: ?Sized + PortableInterface> Callee for OpenedObject<I> {
    fn method(&self, name: &str) -> Option<usize> {
        I::SIGNATURES.iter().position(|method| method.wire_name == name)
    }

    fn blocks(&self) -> bool {
        I::BLOCKS
    }

    fn call(self: Arc<Self>, method: usize, request: Request<'_>, context: Context<'_>) -> Called {
        let Some(&call) = self.methods.get(method) else {
            return Called::Replied(Err(NoReply::NoMethod));
        };
        panic::catch_unwind(AssertUnwindSafe(|| call(self, request, context)))
            .unwrap_or_else(|payload| Called::Replied(Err(NoReply::Panicked(payload))))
    }
}

fn call<M: Method>(called: Arc<OpenedObject<M::Interface>>, request: Request<'_>, context: Context<'_>) -> Called {
    Called::Replied(call_on::<M>(<M::Interface>::borrow(&**called.object), request, context))
}

fn start<M: Started>(called: Arc<OpenedObject<M::Interface>>, request: Request<'_>, context: Context<'_>) -> Called {
    let Context { way, has_streams } = context;
    match kept::<M>(request, context) {
        Ok(kept) => {
            let way = way.filter(|_| returns_objects::<M>()).cloned();
            Called::Started(Box::pin(async move {
                let context = Context { way: way.as_ref(), has_streams };
                start_on::<M>(<M::Interface>::borrow(&**called.object), kept, context).await
            }))
        }
        Err(malformed) => Called::Replied(Err(malformed)),
    }
}

fn call_on<M: Method>(object: &ObjectOf<'_, M>, request: Request<'_>, context: Context<'_>) -> Reply {
    let kept = kept::<M>(request, context)?;
    replied::<M>(M::call(object, M::Arguments::hold_kept(kept)), context)
}

async fn start_on<M: Started>(
    object: &ObjectOf<'_, M>,
    kept: <M::Arguments as Arguments>::Kept,
    context: Context<'_>,
) -> Reply {
    let outcome = {
        let mut owners = <M::Arguments as Arguments>::Slots::default();
        M::start(object, M::Arguments::give_kept(kept, &mut owners)).await
    };
    replied::<M>(outcome, context)
}

const fn returns_objects<M: Method>() -> bool {
    M::Returns::HAS_OBJECTS || M::Returns::IS_STREAM
}

/// The arguments of a request.
fn kept<M: Method>(request: Request<'_>, context: Context<'_>) -> Result<<M::Arguments as Arguments>::Kept, NoReply> {
    let request = match request {
        Request::Message(request) => request,
        Request::Stream(incoming) => {
            let stream = CallStream::of_argument::<M>(incoming, |fault| Error::msg(fault.text()));
            let kept = M::Arguments::of_stream(&stream);
            return kept.ok_or_else(|| NoReply::Malformed("it is a stream, and the method takes none".to_owned()));
        }
    };
    let kept = protobuf::decode_request::<M>(request);
    let mut kept = kept.map_err(|malformed| NoReply::Malformed(malformed.to_string()))?;
    if M::Arguments::HAS_OBJECTS || M::Arguments::HAS_STREAM {
        let way = context.way.ok_or_else(no_way)?;
        M::Arguments::bind(&mut kept, &Binder { way, scope: &Scope::current(), owner: None, method: M::NAME });
    }
    Ok(kept)
}

fn replied<M: Method>(outcome: M::Outcome, context: Context<'_>) -> Reply {
    let value = match outcome.result() {
        Ok(value) => M::Returns::pack(value),
        Err(error) => return Err(NoReply::Failed(M::texts(&error))),
    };
    if M::Returns::IS_STREAM && context.has_streams {
        let mut stream = TakeStream::of::<M>(true);
        M::Returns::visit(&value, &mut stream);
        return stream.taken.map(Answer::Stream).ok_or_else(|| NoReply::Failed(vec![TAKEN.to_owned()]));
    }
    let mut brought = Brought::default();
    if returns_objects::<M>() {
        let way = context.way.ok_or_else(no_way)?;
        brought = Brought::of(Arc::clone(way));
        let mut giving = Giving { way, method: M::NAME, brought: &mut brought, fault: None };
        M::Returns::visit(&value, &mut giving);
        if let Some(fault) = giving.fault {
            return Err(NoReply::Failed(vec![fault.text().to_owned()]));
        }
    }
    protobuf::encode_reply::<M>(&value)
        .map(|message| Answer::Message(message, brought))
        .map_err(|flaw| NoReply::Failed(vec![check::refused_result(M::NAME, &flaw)]))
}

/// The text of a result that is the rest of another stream.
const TAKEN: &str = "the stream has crossed already";

#[cold]
fn no_way() -> NoReply {
    NoReply::Failed(vec![NO_WAY.to_owned()])
}

/// Offers the objects of a result.
struct Giving<'a> {
    way: &'a Arc<dyn Way>,
    method: &'static str,
    brought: &'a mut Brought,
    fault: Option<Fault>,
}

impl Giving<'_> {
    fn note(&mut self, offered: Result<u32, Fault>) -> u32 {
        match offered {
            Ok(number) => {
                self.brought.add(number);
                number
            }
            Err(fault) => {
                self.fault = Some(fault);
                0
            }
        }
    }
}

impl<'a> VisitObjects<'a> for Giving<'_> {
    /// No result is lent.
    fn lent<I: ?Sized + Lend>(&mut self, _: &'a I::Of<'a>, _: &Cell<u32>) {}

    fn given<I: ?Sized + Lend>(&mut self, object: &dyn Share<I>) {
        object.share(&mut |object| {
            self.note(self.way.offer(Offered::Given(shared(object)), const { &Description::of::<I>() }))
        });
    }

    fn stream<T: Portable>(&mut self, stream: &dyn Flowing<T>) {
        let mut taken = TakeStream { tags: &[], method: self.method, taken: None };
        taken.stream(stream);
        let offered = match taken.taken {
            Some(flow) => offer_stream(&**self.way, flow),
            None => Err(Fault::Failed(vec![TAKEN.to_owned()])),
        };
        stream.set_number(self.note(offered));
    }
}

/// Offers a stream as an object, and returns its number.
pub(crate) fn offer_stream(way: &dyn Way, flow: Outgoing) -> Result<u32, Fault> {
    let object = shared::<dyn Stream>(Arc::new(way.draw(flow)));
    way.offer(Offered::Given(object), const { &Description::of::<dyn Stream>() })
}

/// The object by its reference.
pub(crate) struct LentObject<'a, I: ?Sized + PortableInterface>(pub &'a I::Of<'a>);

impl<'a, I: ?Sized + PortableInterface> LentCallee<'a> for LentObject<'a, I> {
    fn call(&self, method: &str, request: &[u8], way: &Arc<dyn Way>) -> LentCalled<'a> {
        let called = panic::catch_unwind(AssertUnwindSafe(|| {
            let mut named = Named::<I> { object: self.0, method, request, way, called: None };
            I::methods(&mut named);
            named.called
        }));
        match called {
            Ok(called) => called.unwrap_or(LentCalled::Replied(Err(NoReply::NoMethod))),
            Err(payload) => LentCalled::Replied(Err(NoReply::Panicked(payload))),
        }
    }
}

/// Calls the method with this name.
struct Named<'a, 'r, I: ?Sized + PortableInterface> {
    object: &'a I::Of<'a>,
    method: &'r str,
    request: &'r [u8],
    way: &'r Arc<dyn Way>,
    called: Option<LentCalled<'a>>,
}

impl<I: ?Sized + PortableInterface> VisitMethods<I> for Named<'_, '_, I> {
    fn method<M: Method<Interface = I>>(&mut self) {
        if M::WIRE_NAME == self.method {
            let (request, context) = (Request::Message(self.request), Context::of(Some(self.way)));
            self.called = Some(LentCalled::Replied(call_on::<M>(self.object, request, context)));
        }
    }

    fn started<M: Started<Interface = I>>(&mut self) {
        if M::WIRE_NAME != self.method {
            return;
        }
        self.called = Some(match kept::<M>(Request::Message(self.request), Context::of(Some(self.way))) {
            Ok(kept) => {
                let (object, way) = (self.object, Arc::clone(self.way));
                LentCalled::Started(Box::pin(async move { start_on::<M>(object, kept, Context::of(Some(&way))).await }))
            }
            Err(malformed) => LentCalled::Replied(Err(malformed)),
        });
    }
}
