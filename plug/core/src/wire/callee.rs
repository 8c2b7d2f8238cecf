//! The plugin's side of a remote call: the methods of an object, called by number with bytes.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;

use crate::entry::options::OpenOptions;
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::interface::Interface;
use crate::panic::note_places;
use crate::plugin::Plugin;
use crate::portable::arguments::Arguments;
use crate::portable::check;
use crate::portable::method::{Method, Started};
use crate::portable::outcome::Outcome;
use crate::portable::proxy::{PortableInterface, VisitMethods};
use crate::protobuf;

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
    /// Calls the method at this index of the interface.
    fn call(self: Arc<Self>, method: usize, request: &[u8]) -> Called;
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
    let mut methods = MethodTable(Vec::new());
    I::methods(&mut methods);
    Arc::new(OpenedObject { object, methods: methods.0 })
}

struct OpenedObject<I: ?Sized> {
    object: Box<I>,
    methods: Vec<MethodFn<I>>,
}

type MethodFn<I> = fn(Arc<OpenedObject<I>>, &[u8]) -> Called;

struct MethodTable<I: ?Sized>(Vec<MethodFn<I>>);

impl<I: ?Sized + Interface + Send + Sync> VisitMethods<I> for MethodTable<I> {
    fn method<M: Method<Interface = I>>(&mut self) {
        self.0.push(call::<M>);
    }

    fn started<M: Started<Interface = I>>(&mut self) {
        self.0.push(start::<M>);
    }
}

impl<I: ?Sized + Interface + Send + Sync> Callee for OpenedObject<I> {
    fn call(self: Arc<Self>, method: usize, request: &[u8]) -> Called {
        let Some(&call) = self.methods.get(method) else {
            return Called::Replied(Err(NoReply::NoMethod));
        };
        panic::catch_unwind(AssertUnwindSafe(|| call(self, request)))
            .unwrap_or_else(|payload| Called::Replied(Err(NoReply::Panicked(payload))))
    }
}

fn call<M: Method>(called: Arc<OpenedObject<M::Interface>>, request: &[u8]) -> Called {
    let call = |kept| replied::<M>(M::call(&*called.object, M::Arguments::hold_kept(kept)));
    Called::Replied(kept::<M>(request).and_then(call))
}

fn start<M: Started>(called: Arc<OpenedObject<M::Interface>>, request: &[u8]) -> Called {
    match kept::<M>(request) {
        Ok(kept) => Called::Started(Box::pin(async move {
            let mut owners = <M::Arguments as Arguments>::Slots::default();
            replied::<M>(M::start(&*called.object, M::Arguments::give_kept(kept, &mut owners)).await)
        })),
        Err(malformed) => Called::Replied(Err(malformed)),
    }
}

/// The arguments of a request.
fn kept<M: Method>(request: &[u8]) -> Result<<M::Arguments as Arguments>::Kept, NoReply> {
    protobuf::decode_request::<M>(request).map_err(|malformed| NoReply::Malformed(malformed.to_string()))
}

fn replied<M: Method>(outcome: M::Outcome) -> Reply {
    match outcome.result() {
        Ok(value) => protobuf::encode_reply::<M>(&value)
            .map_err(|flaw| NoReply::Failed(vec![check::refused_result(M::NAME, &flaw)])),
        Err(error) => Err(NoReply::Failed(M::texts(&error))),
    }
}
