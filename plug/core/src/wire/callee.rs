//! The plugin's side of a remote call: the methods of an object, called by number with bytes.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use crate::entry::options::OpenOptions;
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::panic::note_places;
use crate::plugin::Plugin;
use crate::portable::arguments::Arguments;
use crate::portable::check;
use crate::portable::method::{Method, Started};
use crate::portable::outcome::Outcome;
use crate::portable::proxy::{PortableInterface, VisitMethods, no_async};
use crate::protobuf;

/// Why a method gave no reply.
pub(crate) enum NoReply {
    /// The plugin's own error: its text and the texts of its causes.
    Failed(Vec<String>),
    Malformed(String),
    NoMethod,
    Panicked(Box<dyn Any + Send>),
}

/// An opened plugin of some interface.
pub(crate) trait Callee: Send + Sync {
    /// Calls the method at this index of the interface.
    fn call(&self, method: usize, request: &[u8]) -> Result<Vec<u8>, NoReply>;
}

/// Opens the plugin, so that its methods can be called with bytes.
pub(crate) fn open<I: ?Sized + PortableInterface>(plugin: &Plugin) -> Result<Box<dyn Callee>, Error> {
    note_places();
    plugin.open::<I>().map(callee)
}

/// Opens the plugin with settings. The error is the plugin's own.
pub(crate) fn open_with<I: ?Sized + PortableInterface>(
    plugin: &Plugin,
    settings: &str,
) -> Result<Box<dyn Callee>, Error> {
    // `open` says why a plugin of another build does not fit, and `ask` does not.
    if plugin.problem().is_some() {
        return open::<I>(plugin);
    }
    note_places();
    let mut object: Option<Box<I>> = None;
    plugin.ask(&mut Slot { object: &mut object, options: &OpenOptions::new(), settings, request: Request::Object })?;
    object.map(callee).ok_or_else(|| Error::msg("the plugin made no object"))
}

fn callee<I: ?Sized + PortableInterface>(object: Box<I>) -> Box<dyn Callee> {
    let mut methods = MethodTable(Vec::new());
    I::methods(&mut methods);
    Box::new(OpenedObject { object, methods: methods.0 })
}

struct OpenedObject<I: ?Sized> {
    object: Box<I>,
    methods: Vec<MethodFn<I>>,
}

type MethodFn<I> = fn(&I, &[u8]) -> Result<Vec<u8>, NoReply>;

struct MethodTable<I: ?Sized>(Vec<MethodFn<I>>);

impl<I: ?Sized + PortableInterface> VisitMethods<I> for MethodTable<I> {
    fn method<M: Method<Interface = I>>(&mut self) {
        self.0.push(call::<M>);
    }

    fn started<M: Started<Interface = I>>(&mut self) {
        self.0.push(|_, _| Err(NoReply::Failed(vec![no_async(M::NAME)])));
    }
}

impl<I: ?Sized + PortableInterface> Callee for OpenedObject<I> {
    fn call(&self, method: usize, request: &[u8]) -> Result<Vec<u8>, NoReply> {
        let Some(call) = self.methods.get(method) else {
            return Err(NoReply::NoMethod);
        };
        panic::catch_unwind(AssertUnwindSafe(|| call(&self.object, request)))
            .unwrap_or_else(|payload| Err(NoReply::Panicked(payload)))
    }
}

fn call<M: Method>(object: &M::Interface, request: &[u8]) -> Result<Vec<u8>, NoReply> {
    let kept = protobuf::decode_request::<M>(request).map_err(|malformed| NoReply::Malformed(malformed.to_string()))?;
    match M::call(<M::Interface>::borrow(object), M::Arguments::hold_kept(kept)).result() {
        Ok(value) => protobuf::encode_reply::<M>(&value)
            .map_err(|flaw| NoReply::Failed(vec![check::refused_result(M::NAME, &flaw)])),
        Err(error) => Err(NoReply::Failed(M::texts(&error))),
    }
}
