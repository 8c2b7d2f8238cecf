//! Finds the plugin and the method that a request names, and calls the method.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Instant;

use once_cell::sync::OnceCell;

use crate::entry::options::OpenOptions;
use crate::entry::{Request, Slot};
use crate::error::Error;
use crate::error::kind::{ErrorKind, NameList};
use crate::interface::Identity;
use crate::panic::{Caught, dispose, note_places};
use crate::plugin::Plugin;
use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::scope::Scope;
use crate::settings::EMPTY;
use crate::task::with_hint;
use crate::wire::fault::{Code, Fault, Panicked};
use crate::wire::instances::{Instance, Instances, OpenInstance};
use crate::wire::list::{OpenRequest, PLUGIN_NAME, SchemaRequest};
use crate::wire::vtable::Vtable;
use crate::wire::way::{self, Answer, Callee, NoReply, Reply, ReplyTask};

/// The most digits of the number of an instance, and of one that is not.
const MAX_DIGITS: usize = 20;

/// The plugins that are served.
pub(crate) struct Dispatch {
    plugins: Vec<ServedPlugin>,
    /// By path on the wire: the index of the service, and the index of the method in it.
    methods: HashMap<String, (usize, usize)>,
    services: Vec<Service>,
    instances: Instances,
}

/// A plugin, and its object once it is opened.
struct ServedPlugin {
    plugin: Plugin,
    service: usize,
    object: OnceCell<Arc<dyn Callee>>,
}

/// An interface that is served.
pub(crate) struct Service {
    pub identity: &'static Identity,
    pub name: &'static str,
    methods: Vec<&'static str>,
    signatures: &'static [Signature],
}

/// One method of one plugin.
#[derive(Clone)]
pub(crate) struct Target {
    dispatch: Arc<Dispatch>,
    plugin: usize,
    method: usize,
    /// `None` for the object that all clients share.
    instance: Option<Weak<Instance>>,
}

/// The start of a call: its reply, or the future of an asynchronous method.
pub(crate) enum Called {
    Replied(Result<Answer, Fault>),
    Started(Task),
}

/// A call of an asynchronous method. It may be polled and dropped in any thread.
/// It may block the thread, as its method may.
pub(crate) struct Task {
    target: Target,
    /// `None` after its end.
    task: Option<ReplyTask>,
    scope: Scope,
    /// The instance lives at least as long as its call.
    #[allow(dead_code, reason = "dropping it may end the instance")]
    instance: Option<Arc<Instance>>,
}

impl Dispatch {
    /// Serves the plugins that have a portable interface, and ignores the others.
    /// Clients may open this many instances of them at once.
    ///
    /// # Errors
    ///
    /// Fails if two of the interfaces have the same name on the wire.
    pub(crate) fn new(plugins: impl IntoIterator<Item = Plugin>, instances: usize) -> Result<Arc<Self>, Error> {
        let (methods, instances) = (HashMap::new(), Instances::new(instances));
        let mut dispatch = Self { plugins: Vec::new(), methods, services: Vec::new(), instances };
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
        self.services.push(Service { identity, name: description.service, methods, signatures: description.methods });
        Ok(Some(at))
    }

    pub(crate) fn plugins(&self) -> impl Iterator<Item = &Plugin> {
        self.plugins.iter().map(|served| &served.plugin)
    }

    pub(crate) fn services(&self) -> &[Service] {
        &self.services
    }

    /// Whether clients may open instances.
    pub(crate) fn opens_instances(&self) -> bool {
        self.instances.are_allowed()
    }

    /// The method at this path, of the plugin with this name.
    /// Without a name, the interface must have exactly one plugin.
    /// `None` if the path belongs to no served interface.
    pub(crate) fn find(self: &Arc<Self>, path: &str, name: Option<&str>) -> Option<Result<Target, Fault>> {
        let (service, method) = *self.methods.get(path)?;
        let plugin = self.plugin(service, name);
        Some(plugin.map(|plugin| Target { dispatch: Arc::clone(self), plugin, method, instance: None }))
    }

    /// The method at this path, of the instance with this number.
    /// `None` if the path belongs to no served interface.
    pub(crate) fn find_of_instance(self: &Arc<Self>, path: &str, number: &str) -> Option<Result<Target, Fault>> {
        let (service, method) = *self.methods.get(path)?;
        let found = number.parse().ok().and_then(|number| self.instances.find(number));
        // An instance of another interface is none of this one.
        let found = found.filter(|(plugin, _)| self.plugins[*plugin].service == service);
        Some(match found {
            Some((plugin, instance)) => {
                Ok(Target { dispatch: Arc::clone(self), plugin, method, instance: Some(instance) })
            }
            None => {
                let interface = self.services[service].identity.name();
                let number: String = number.chars().take(MAX_DIGITS).collect();
                Err(Fault::refused(Code::NOT_FOUND, format!("there is no instance `{number}` of `{interface}`")))
            }
        })
    }

    /// Opens an instance. `None` if the request only asks to check the settings.
    ///
    /// It runs the plugin's code, which may block.
    ///
    /// # Errors
    ///
    /// The plugin's own error, and a fault if there is no such plugin or no place for an instance.
    pub(crate) fn open(&self, request: &OpenRequest) -> Result<Option<OpenInstance>, Fault> {
        let OpenRequest { plugin, interface, settings, only_check } = request;
        let at = self.requested(interface, plugin)?;
        let plugin = &self.plugins[at].plugin;
        let settings = if settings.is_empty() { EMPTY } else { settings };
        if *only_check {
            // Without instances no settings can be given, so there is nothing to read.
            self.instances.check_allowed()?;
            return ask(plugin, "new", settings, Request::Check).map(|()| None);
        }
        let place = self.instances.reserve()?;
        let vtable = vtable(plugin)?;
        let object = caught(plugin, "new", || (vtable.open_with)(plugin, settings))?;
        Ok(Some(Instances::add(place, at, object)))
    }

    /// The JSON Schema of a plugin's settings, if it has one.
    ///
    /// It runs the plugin's code, which may block.
    ///
    /// # Errors
    ///
    /// The plugin's own error, and a fault if there is no such plugin.
    pub(crate) fn schema(&self, request: &SchemaRequest) -> Result<Option<String>, Fault> {
        let plugin = &self.plugins[self.requested(&request.interface, &request.plugin)?].plugin;
        let mut schema = None;
        ask(plugin, "schema", EMPTY, Request::Schema(&mut schema))?;
        Ok(schema)
    }

    /// The index of the plugin with this name. `interface` is the path of its interface, or empty.
    fn requested(&self, interface: &str, name: &str) -> Result<usize, Fault> {
        let of_interface = |plugin: &Plugin| interface.is_empty() || plugin.interface() == interface;
        let fits = |at: &usize| {
            let plugin = &self.plugins[*at].plugin;
            plugin.is_called(name) && of_interface(plugin)
        };
        let found: Vec<_> = (0..self.plugins.len()).filter(fits).collect();
        let names = |plugins: &mut dyn Iterator<Item = &str>| {
            let names: Vec<_> = plugins.map(str::to_owned).collect();
            if names.is_empty() { "nothing".to_owned() } else { NameList(&names).to_string() }
        };
        match found[..] {
            [at] => Ok(at),
            [] => {
                let all = names(&mut self.plugins().filter(|plugin| of_interface(plugin)).map(Plugin::name));
                let of = if interface.is_empty() { String::new() } else { format!(" of `{interface}`") };
                Err(Fault::refused(Code::NOT_FOUND, format!("there is no plugin `{name}`{of}: there is {all}")))
            }
            _ => {
                let all = names(&mut found.iter().map(|at| self.plugins[*at].plugin.interface()));
                let text = format!("there are several plugins `{name}`: name one of the interfaces {all}");
                Err(Fault::refused(Code::FAILED_PRECONDITION, text))
            }
        }
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
        Some((Target { dispatch: Arc::clone(self), plugin, method, instance: None }, &methods[method]))
    }
}

impl Target {
    /// The same method of an instance of the plugin.
    #[cfg(feature = "netrpc")]
    pub(crate) fn of_instance(self, instance: Weak<Instance>) -> Self {
        Self { instance: Some(instance), ..self }
    }

    /// Whether the method takes a stream.
    pub(crate) fn takes_stream(&self) -> bool {
        let ServedPlugin { service, .. } = &self.dispatch.plugins[self.plugin];
        self.dispatch.services[*service].signatures.get(self.method).is_some_and(Signature::takes_stream)
    }

    /// The fault of a request that cannot be decoded, for the given reason.
    pub(crate) fn malformed_request(&self, reason: &str) -> Fault {
        let ServedPlugin { plugin, service, .. } = &self.dispatch.plugins[self.plugin];
        let (name, method) = (plugin.name(), self.dispatch.services[*service].methods[self.method]);
        let text = format!("the request for `{method}` of plugin `{name}` cannot be decoded: {reason}");
        Fault::refused(Code::INVALID_ARGUMENT, text)
    }

    /// Opens the plugin unless it is open, and calls the method in this thread.
    pub(crate) fn call(
        self,
        request: way::Request<'_>,
        deadline: Option<Instant>,
        context: way::Context<'_>,
    ) -> Called {
        match self.begin(request, deadline, context) {
            Ok((way::Called::Replied(reply), _)) => Called::Replied(self.reply(reply)),
            Ok((way::Called::Started(task), instance)) => {
                Called::Started(Task { target: self, task: Some(task), scope: Scope::until(deadline), instance })
            }
            Err(fault) => Called::Replied(Err(fault)),
        }
    }

    /// Calls the method, and returns the instance that must live as long as its call.
    fn begin(
        &self,
        request: way::Request<'_>,
        deadline: Option<Instant>,
        context: way::Context<'_>,
    ) -> Result<(way::Called, Option<Arc<Instance>>), Fault> {
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Fault::Deadline);
        }
        let ServedPlugin { plugin, object: shared, .. } = &self.dispatch.plugins[self.plugin];
        let instance = match &self.instance {
            Some(instance) => Some(instance.upgrade().ok_or_else(ended)?),
            None => None,
        };
        let object = match &instance {
            Some(instance) => instance.object().ok_or_else(ended)?,
            None => shared.get_or_try_init(|| {
                let vtable = vtable(plugin)?;
                caught(plugin, "new", || (vtable.open)(plugin)).map_err(|fault| match fault {
                    // The client names the method of the call in a panic, and the text says `new`.
                    Fault::Panicked(panicked) => Fault::Failed(vec![panicked.text]),
                    fault => fault,
                })
            })?,
        };
        let object = Arc::clone(object);
        let called = Scope::until(deadline).enter(|| object.call(self.method, request, context));
        Ok((called, instance))
    }

    fn reply(&self, reply: Reply) -> Result<Answer, Fault> {
        match reply {
            Ok(answer) => Ok(answer),
            Err(NoReply::Failed(texts)) => Err(Fault::Failed(texts)),
            Err(NoReply::Malformed(reason)) => Err(self.malformed_request(&reason)),
            Err(NoReply::NoMethod) => Err(Fault::Unimplemented(format!("there is no method {}", self.method))),
            Err(NoReply::Panicked(payload)) => {
                let ServedPlugin { plugin, service, .. } = &self.dispatch.plugins[self.plugin];
                let method = self.dispatch.services[*service].methods.get(self.method).copied().unwrap_or_default();
                Err(panicked(plugin, method, payload))
            }
        }
    }
}

impl Task {
    /// Polls the method in this thread. After its end, only its drop may follow.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Answer, Fault>> {
        let Some(task) = &mut self.task else { return Poll::Ready(Err(Fault::Cancelled)) };
        let poll = || catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(context)));
        let reply = match self.scope.enter(poll) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(reply)) => reply,
            Err(payload) => Err(NoReply::Panicked(payload)),
        };
        let reply = match self.end() {
            Ok(()) => reply,
            Err(payload) => Err(NoReply::Panicked(payload)),
        };
        Poll::Ready(self.target.reply(reply))
    }

    /// Drops the method's future. The error is a panic.
    fn end(&mut self) -> Result<(), Box<dyn Any + Send>> {
        let task = self.task.take();
        self.scope.enter(|| catch_unwind(AssertUnwindSafe(|| drop(task))))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // The hook for panics has reported it, and nobody waits for a result.
        if let Err(payload) = self.end() {
            dispose(payload);
        }
    }
}

fn vtable(plugin: &Plugin) -> Result<&'static Vtable, Fault> {
    plugin.identity().vtable().ok_or_else(|| Fault::refused(Code::INTERNAL, "the interface is not portable"))
}

/// Asks for anything but an object. `method` is the name in the error for a panic.
fn ask(plugin: &Plugin, method: &str, settings: &str, request: Request<'_>) -> Result<(), Fault> {
    note_places();
    caught(plugin, method, || {
        plugin.ask(&mut Slot { object: &mut (), options: &OpenOptions::new(), settings, request })
    })
}

/// The result of the plugin's own code, as a fault if it fails or panics.
fn caught<T>(plugin: &Plugin, method: &str, code: impl FnOnce() -> Result<T, Error>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Fault::of_plugin(&error)),
        Err(payload) => Err(panicked(plugin, method, payload)),
    }
}

/// The fault of a call of an instance that has ended since the call was found.
#[cold]
fn ended() -> Fault {
    Fault::refused(Code::NOT_FOUND, "the instance has ended")
}

/// The fault for a panic of the plugin.
fn panicked(plugin: &Plugin, method: &str, payload: Box<dyn Any + Send>) -> Fault {
    let Caught { message, place } = Caught::new(payload);
    let message = message.map(with_hint);
    let (plugin, method) = (plugin.name().to_owned(), method.to_owned());
    let kind = ErrorKind::Panicked { plugin, method, place: place.clone(), message: message.clone() };
    Fault::Panicked(Panicked { text: kind.to_string(), place, message })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::Waker;
    use std::time::Duration;

    use super::*;
    use crate::scope::deadline;

    /// Reports the deadline of the thread that drops it.
    struct Reports(mpsc::Sender<Option<Instant>>);

    impl Drop for Reports {
        fn drop(&mut self) {
            let _ = self.0.send(deadline(None));
        }
    }

    #[test]
    fn a_method_has_its_deadline_in_each_poll_and_in_its_drop() {
        let until = Instant::now() + Duration::from_secs(100);
        let (send, deadlines) = mpsc::channel();
        let reports = Reports(send);
        let future = async move {
            for _ in 0..2 {
                let _ = reports.0.send(deadline(None));
                let mut is_again = false;
                std::future::poll_fn(|_| match std::mem::replace(&mut is_again, true) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                })
                .await;
            }
            std::future::pending().await
        };
        let dispatch = Dispatch::new(std::iter::empty(), 0).unwrap();
        let target = Target { dispatch, plugin: 0, method: 0, instance: None };
        let task: ReplyTask = Box::pin(future);
        let mut task = Task { target, task: Some(task), scope: Scope::until(Some(until)), instance: None };
        let poll = |task: &mut Task| task.poll(&mut Context::from_waker(Waker::noop())).is_pending();
        assert!(poll(&mut task));
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(poll(&mut task)));
        });
        drop(task);
        assert_eq!(deadlines.try_iter().collect::<Vec<_>>(), [Some(until); 3]);
        assert_eq!(deadline(None), None);
    }
}
