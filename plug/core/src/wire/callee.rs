//! The plugin's side of a remote call: the methods of an object, called by number with bytes.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;

use crate::entry::options::OpenOptions;
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::panic::note_places;
use crate::plugin::Plugin;
use crate::portable::arguments::{Arguments, Crosses, Returns};
use crate::portable::check;
use crate::portable::method::{Method, ObjectOf, Started};
use crate::portable::objects::{Handed, Lending, VisitObjects};
use crate::portable::outcome::Outcome;
use crate::portable::proxy::{Description, Lend, PortableInterface, VisitMethods};
use crate::protobuf;
use crate::wire::binder::Binder;
use crate::wire::fault::Fault;
use crate::wire::way;
use crate::wire::way::{Offered, Way};

/// Why a method gave no reply.
pub(crate) enum NoReply {
    /// The plugin's own error: its text and the texts of its causes.
    Failed(Vec<String>),
    Malformed(String),
    NoMethod,
    Panicked(Box<dyn Any + Send>),
}

type Reply = Result<Vec<u8>, NoReply>;

/// The future of an asynchronous method. It owns the object and the arguments, and may panic.
pub(crate) type ReplyTask = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// The start of a call: its reply, or the future of an asynchronous method.
pub(crate) enum Called {
    Replied(Reply),
    /// The method is asynchronous, and nothing of it has run.
    Started(ReplyTask),
}

/// An opened plugin of some interface.
pub(crate) trait Callee: Send + Sync {
    /// The index of the method with this name on the wire.
    fn method(&self, name: &str) -> Option<usize>;

    /// Calls the method at this index of the interface.
    /// The way leads to the objects of the caller, if there is one.
    fn call(self: Arc<Self>, method: usize, request: &[u8], way: Option<&Arc<dyn Way>>) -> Called;
}

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
    plugin.ask(&mut Slot { object: &mut object, options: &OpenOptions::new(), settings, request: Request::Object })?;
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

type WayBack<'a> = Option<&'a Arc<dyn Way>>;

type MethodFn<I> = fn(Arc<OpenedObject<I>>, &[u8], WayBack<'_>) -> Called;

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

    fn call(self: Arc<Self>, method: usize, request: &[u8], way: WayBack<'_>) -> Called {
        let Some(&call) = self.methods.get(method) else {
            return Called::Replied(Err(NoReply::NoMethod));
        };
        panic::catch_unwind(AssertUnwindSafe(|| call(self, request, way)))
            .unwrap_or_else(|payload| Called::Replied(Err(NoReply::Panicked(payload))))
    }
}

fn call<M: Method>(called: Arc<OpenedObject<M::Interface>>, request: &[u8], way: WayBack<'_>) -> Called {
    Called::Replied(call_on::<M>(<M::Interface>::borrow(&**called.object), request, way))
}

fn start<M: Started>(called: Arc<OpenedObject<M::Interface>>, request: &[u8], way: WayBack<'_>) -> Called {
    match kept::<M>(request, way) {
        Ok(kept) => {
            let way = way.filter(|_| M::Returns::HAS_OBJECTS).cloned();
            Called::Started(Box::pin(async move {
                start_on::<M>(<M::Interface>::borrow(&**called.object), kept, way.as_ref()).await
            }))
        }
        Err(malformed) => Called::Replied(Err(malformed)),
    }
}

fn call_on<M: Method>(object: &ObjectOf<'_, M>, request: &[u8], way: WayBack<'_>) -> Reply {
    let kept = kept::<M>(request, way)?;
    replied::<M>(M::call(object, M::Arguments::hold_kept(kept)), way)
}

async fn start_on<M: Started>(
    object: &ObjectOf<'_, M>,
    kept: <M::Arguments as Arguments>::Kept,
    way: WayBack<'_>,
) -> Reply {
    let outcome = {
        let mut owners = <M::Arguments as Arguments>::Slots::default();
        M::start(object, M::Arguments::give_kept(kept, &mut owners)).await
    };
    replied::<M>(outcome, way)
}

/// The arguments of a request.
fn kept<M: Method>(request: &[u8], way: WayBack<'_>) -> Result<<M::Arguments as Arguments>::Kept, NoReply> {
    let kept = protobuf::decode_request::<M>(request);
    let mut kept = kept.map_err(|malformed| NoReply::Malformed(malformed.to_string()))?;
    if M::Arguments::HAS_OBJECTS {
        let way = way.ok_or_else(|| no_way::<M>())?;
        M::Arguments::bind(&mut kept, &Binder { way });
    }
    Ok(kept)
}

fn replied<M: Method>(outcome: M::Outcome, way: WayBack<'_>) -> Reply {
    match outcome.result() {
        Ok(value) => {
            let value = M::Returns::pack(value);
            if M::Returns::HAS_OBJECTS {
                let mut giving = Giving { way: way.ok_or_else(|| no_way::<M>())?, fault: None };
                M::Returns::visit(&value, &mut giving);
                if let Some(fault) = giving.fault {
                    return Err(NoReply::Failed(vec![fault.text().to_owned()]));
                }
            }
            protobuf::encode_reply::<M>(&value)
                .map_err(|flaw| NoReply::Failed(vec![check::refused_result(M::NAME, &flaw)]))
        }
        Err(error) => Err(NoReply::Failed(M::texts(&error))),
    }
}

#[cold]
fn no_way<M: Method>() -> NoReply {
    NoReply::Failed(vec![way::no_way(M::NAME).to_string()])
}

/// Offers the objects of a result.
struct Giving<'a> {
    way: &'a Arc<dyn Way>,
    fault: Option<Fault>,
}

impl<'a> VisitObjects<'a> for Giving<'_> {
    /// No result is lent.
    fn lent<I: ?Sized + Lend>(&mut self, _: &Lending<'a, I>) {}

    fn given<I: ?Sized + Lend>(&mut self, handed: &Handed<I>) {
        handed.share(|object| {
            let offered = self.way.offer(Offered::Given(shared(object)), const { &Description::of::<I>() });
            offered.unwrap_or_else(|fault| {
                self.fault = Some(fault);
                0
            })
        });
    }
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
            self.called = Some(LentCalled::Replied(call_on::<M>(self.object, self.request, Some(self.way))));
        }
    }

    fn started<M: Started<Interface = I>>(&mut self) {
        if M::WIRE_NAME != self.method {
            return;
        }
        self.called = Some(match kept::<M>(self.request, Some(self.way)) {
            Ok(kept) => {
                let (object, way) = (self.object, Arc::clone(self.way));
                LentCalled::Started(Box::pin(async move { start_on::<M>(object, kept, Some(&way)).await }))
            }
            Err(malformed) => LentCalled::Replied(Err(malformed)),
        });
    }
}
