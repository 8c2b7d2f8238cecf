//! Finds the plugin and the method that a request names, and calls the method.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use once_cell::sync::OnceCell;

use crate::deadline::with_deadline;
use crate::error::kind::{ErrorKind, NameList};
use crate::error::{Error, chain};
use crate::interface::Identity;
use crate::panic::Caught;
use crate::plugin::Plugin;
#[cfg(feature = "netrpc")]
use crate::portable::method::Signature;
use crate::portable::proxy::Description;
use crate::wire::callee::{Callee, NoReply};
use crate::wire::fault::{Code, Fault, Panicked};
use crate::wire::list::PLUGIN_NAME;
use crate::wire::vtable::Vtable;

/// The plugins that are served.
pub(crate) struct Dispatch {
    plugins: Vec<ServedPlugin>,
    /// By path on the wire: the index of the service, and the index of the method in it.
    methods: HashMap<String, (usize, usize)>,
    services: Vec<Service>,
}

/// A plugin, and its object once it is opened.
struct ServedPlugin {
    plugin: Plugin,
    service: usize,
    object: OnceCell<Box<dyn Callee>>,
}

/// An interface that is served.
pub(crate) struct Service {
    pub identity: &'static Identity,
    pub name: &'static str,
    methods: Vec<&'static str>,
}

/// One method of one plugin.
#[derive(Clone)]
pub(crate) struct Target {
    dispatch: Arc<Dispatch>,
    plugin: usize,
    method: usize,
}

impl Dispatch {
    /// Serves the plugins that have a portable interface, and ignores the others.
    ///
    /// # Errors
    ///
    /// Fails if two of the interfaces have the same name on the wire.
    pub(crate) fn new(plugins: impl IntoIterator<Item = Plugin>) -> Result<Arc<Self>, Error> {
        let mut dispatch = Self { plugins: Vec::new(), methods: HashMap::new(), services: Vec::new() };
        for plugin in plugins {
            if let Some(service) = dispatch.service(plugin.identity())? {
                dispatch.plugins.push(ServedPlugin { plugin, service, object: OnceCell::new() });
            }
        }
        Ok(Arc::new(dispatch))
    }

    /// The index of the interface's service. `None` if the interface is not portable.
    fn service(&mut self, identity: &'static Identity) -> Result<Option<usize>, Error> {
        if let Some(at) = self.services.iter().position(|service| service.identity == identity) {
            return Ok(Some(at));
        }
        let Some(description) = identity.vtable::<Description>() else { return Ok(None) };
        if let Some(other) = self.services.iter().find(|service| service.name == description.service) {
            let (one, other, name) = (other.identity.name(), identity.name(), description.service);
            return Err(Error::msg(format!(
                "interfaces `{one}` and `{other}` are both service `{name}` on the wire\n\
                 hint: give one of them a name of its own: `#[plug::interface(portable, service = \"…\")]`"
            )));
        }
        let at = self.services.len();
        let methods = description.methods.iter().enumerate();
        self.methods.extend(methods.map(|(method, signature)| (description.path(signature), (at, method))));
        let methods = description.methods.iter().map(|signature| signature.name).collect();
        self.services.push(Service { identity, name: description.service, methods });
        Ok(Some(at))
    }

    pub(crate) fn plugins(&self) -> impl Iterator<Item = &Plugin> {
        self.plugins.iter().map(|served| &served.plugin)
    }

    pub(crate) fn services(&self) -> &[Service] {
        &self.services
    }

    /// The method at this path, of the plugin with this name.
    /// Without a name, the interface must have exactly one plugin.
    /// `None` if the path belongs to no served interface.
    pub(crate) fn find(self: &Arc<Self>, path: &str, name: Option<&str>) -> Option<Result<Target, Fault>> {
        let (service, method) = *self.methods.get(path)?;
        let plugin = self.plugin(service, name);
        Some(plugin.map(|plugin| Target { dispatch: Arc::clone(self), plugin, method }))
    }

    fn plugin(&self, service: usize, name: Option<&str>) -> Result<usize, Fault> {
        let of_service = || self.plugins.iter().enumerate().filter(move |(_, served)| served.service == service);
        let names = || of_service().map(|(_, served)| served.plugin.name().to_owned()).collect::<Vec<_>>();
        let interface = self.services[service].identity.name();
        match name {
            Some(name) => {
                of_service().find(|(_, served)| served.plugin.is_called(name)).map(|(at, _)| at).ok_or_else(|| {
                    let text = format!("there is no plugin `{name}` of `{interface}`: there is {}", NameList(&names()));
                    Fault::refused(Code::NOT_FOUND, text)
                })
            }
            None => {
                let (first, second) = (of_service().next(), of_service().nth(1));
                let only = first.filter(|_| second.is_none()).map(|(at, _)| at);
                only.ok_or_else(|| {
                    let text = format!(
                        "there are several plugins of `{interface}`: {}; name one in the metadata `{}`",
                        NameList(&names()),
                        PLUGIN_NAME
                    );
                    Fault::refused(Code::FAILED_PRECONDITION, text)
                })
            }
        }
    }
}

#[cfg(feature = "netrpc")]
impl Dispatch {
    /// The index of the plugin with this name.
    /// If several interfaces have such a plugin, `Service/name` chooses one.
    pub(crate) fn named(&self, wire_name: &str) -> Result<usize, String> {
        let (service, name) =
            wire_name.rsplit_once('/').map_or((None, wire_name), |(service, name)| (Some(service), name));
        let service_of = |served: &ServedPlugin| self.services[served.service].name;
        let matches = |served: &ServedPlugin| {
            served.plugin.is_called(name) && service.is_none_or(|service| service_of(served) == service)
        };
        let found: Vec<_> = (0..self.plugins.len()).filter(|at| matches(&self.plugins[*at])).collect();
        let names = |plugins: &mut dyn Iterator<Item = String>| NameList(&plugins.collect::<Vec<_>>()).to_string();
        match found[..] {
            [at] => Ok(at),
            [] if self.plugins.is_empty() => Err(format!("there is no plugin `{wire_name}`, nor any other")),
            [] => {
                let all = names(&mut self.plugins().map(|plugin| plugin.name().to_owned()));
                Err(format!("there is no plugin `{wire_name}`: there is {all}"))
            }
            _ => {
                let all = names(&mut found.iter().map(|at| format!("{}/{name}", service_of(&self.plugins[*at]))));
                Err(format!("there are several plugins `{wire_name}`: {all}"))
            }
        }
    }

    /// The method of the plugin with this name on the wire, and its signature.
    pub(crate) fn method(self: &Arc<Self>, plugin: usize, name: &str) -> Option<(Target, &'static Signature)> {
        let methods = self.services[self.plugins[plugin].service].identity.vtable::<Description>()?.methods;
        let method = methods.iter().position(|method| method.wire_name == name)?;
        Some((Target { dispatch: Arc::clone(self), plugin, method }, &methods[method]))
    }
}

impl Target {
    /// The fault of a request that cannot be decoded, for the given reason.
    pub(crate) fn malformed_request(&self, reason: &str) -> Fault {
        let ServedPlugin { plugin, service, .. } = &self.dispatch.plugins[self.plugin];
        let (name, method) = (plugin.name(), self.dispatch.services[*service].methods[self.method]);
        let text = format!("the request for `{method}` of plugin `{name}` cannot be decoded: {reason}");
        Fault::refused(Code::INVALID_ARGUMENT, text)
    }

    /// Opens the plugin unless it is open, and calls the method in this thread.
    pub(crate) fn call(&self, request: &[u8], deadline: Option<Instant>) -> Result<Bytes, Fault> {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Fault::Deadline);
        }
        let ServedPlugin { plugin, service, object } = &self.dispatch.plugins[self.plugin];
        let method = self.dispatch.services[*service].methods.get(self.method).copied().unwrap_or_default();
        let vtable = plugin.identity().vtable::<Vtable>();
        let vtable = vtable.ok_or_else(|| Fault::refused(Code::INTERNAL, "the interface is not portable"))?;
        let object = object.get_or_try_init(|| {
            let open = || (vtable.open)(plugin);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(open))
                .unwrap_or_else(|payload| Err(panicked(plugin, "new", payload).into()))
        });
        let object = object.map_err(|error: Error| Fault::Failed(chain(&error).map(ToString::to_string).collect()))?;
        let call = || object.call(self.method, request);
        let reply = match deadline {
            Some(deadline) => with_deadline(deadline.saturating_duration_since(Instant::now()), call),
            None => call(),
        };
        match reply {
            Ok(reply) => Ok(reply.into()),
            Err(NoReply::Failed(texts)) => Err(Fault::Failed(texts)),
            Err(NoReply::Malformed(reason)) => Err(self.malformed_request(&reason)),
            Err(NoReply::NoMethod) => Err(Fault::Unimplemented(format!("there is no method {}", self.method))),
            Err(NoReply::Panicked(payload)) => {
                let kind = panicked(plugin, method, payload);
                let text = kind.to_string();
                let ErrorKind::Panicked { place, message, .. } = kind else { return Err(Fault::Failed(vec![text])) };
                Err(Fault::Panicked(Panicked { text, place, message }))
            }
        }
    }
}

/// The error for a panic of the plugin.
fn panicked(plugin: &Plugin, method: &str, payload: Box<dyn Any + Send>) -> ErrorKind {
    let Caught { message, place } = Caught::new(payload);
    ErrorKind::Panicked { plugin: plugin.name().to_owned(), method: method.to_owned(), place, message }
}
