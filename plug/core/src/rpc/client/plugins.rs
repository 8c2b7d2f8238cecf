//! Makes the plugins of a peer for a registry.
//! It matches the peer's list with the interfaces of this program.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;
use prost::Message;

use crate::compat::Match;
use crate::compat::record::{MAX_PATH, ParsedInterface, ParsedMethod, check_fields, check_lines};
use crate::entry::{Request, Slot, submissions};
use crate::error::Error;
use crate::error::difference::Difference;
use crate::interface::Identity;
use crate::plugin::fields::Fields;
use crate::plugin::{Plugin, Takes, fields};
use crate::portable::signature::Description;
use crate::rpc::client::driver::Driver;
use crate::rpc::client::object::RemoteObject;
use crate::rpc::client::services;
use crate::rpc::client::vtable::Vtable;
use crate::scope::Scope;
use crate::settings::EMPTY;
use crate::wire::channel::{Call, Channel};
use crate::wire::fault::Fault;
use crate::wire::limits::until_cancelled;
use crate::wire::list::{ListReply, ListedInterface, ListedPlugin, OPEN, OpenRequest, SchemaRequest};
use crate::wire::message::ReplyFuture;
use crate::wire::owner::{self, Owner};
use crate::{escape, scope};

/// The peer of a link.
pub(crate) struct Side {
    pub driver: &'static Driver,
    /// The place of the peer, as the link writes it.
    pub origin: String,
    /// The same without the word for the link, if it has one.
    pub place: String,
    /// The name of its plugin if it does not list its plugins.
    pub name: String,
    /// The interfaces of its plugin if it does not list its plugins.
    /// `None` means all portable interfaces of this program.
    pub interfaces: Option<Vec<&'static Identity>>,
    /// How long a call may take.
    pub limit: Option<Duration>,
    /// The address of the link in memory, as its identity. `reach` keeps the link alive.
    pub found_in: usize,
    pub reach: Box<dyn Reach>,
}

/// The ways to reach the peer.
pub(crate) trait Reach: Send + Sync {
    /// A channel for questions about its plugins.
    fn ask(&self) -> Result<Arc<dyn Channel>, Error>;

    /// The channel of an object, which keeps the peer alive.
    /// With an `OpenRequest` it is that of an instance, which is not open yet.
    fn object(&self, plugin: &str, request: Option<Bytes>) -> Result<Arc<dyn Channel>, Error>;

    /// From now on objects alone keep the peer alive.
    fn opened(&self) {}
}

/// The plugins of the peer's list. Without a list, one plugin of each interface of the side.
///
/// # Errors
///
/// Fails if the list is malformed.
pub(crate) fn plugins(side: Arc<Side>, list: Option<&ListReply>) -> Result<Vec<Plugin>, String> {
    match list {
        Some(list) => {
            let interfaces = list.interfaces.iter().map(|interface| Ok((&interface.path[..], record(interface)?)));
            let interfaces: HashMap<_, _> = interfaces.collect::<Result<_, String>>()?;
            list.plugins.iter().map(|plugin| listed(&side, list, plugin, &interfaces)).collect()
        }
        None => {
            let all = || submissions::portables().map(|portables| portables.0).collect();
            let interfaces = side.interfaces.clone().unwrap_or_else(all);
            Ok(interfaces.into_iter().map(|identity| foreign(&side, identity)).collect())
        }
    }
}

fn listed(
    side: &Arc<Side>,
    list: &ListReply,
    plugin: &ListedPlugin,
    interfaces: &HashMap<&str, ParsedInterface<'_>>,
) -> Result<Plugin, String> {
    check_lines([&plugin.interface[..]].into_iter())?;
    if plugin.interface.len() > MAX_PATH {
        return Err("the path of an interface is longer than any can be".to_owned());
    }
    let matched =
        Match::by_message(&plugin.interface, interfaces.get(&plugin.interface[..]), &|path| interfaces.get(path));
    let (aliases, line) = (plugin.aliases.join(","), plugin.line.to_string());
    let fields = Fields::of(|at| match at {
        fields::NAME => &plugin.name,
        fields::ALIASES => &aliases,
        fields::DEPRECATED => &plugin.deprecated,
        fields::PACKAGE => &plugin.package,
        fields::VERSION => &plugin.version,
        fields::LICENSE => &plugin.license,
        fields::REPOSITORY => &plugin.repository,
        fields::FILE => &plugin.file,
        fields::LINE => &line,
        fields::DOCS => &plugin.docs,
        _ => "",
    });
    check_fields(&fields)?;
    let unfit = matched.places.as_ref().err().cloned();
    let lacks = matched.places.map(|places| places.iter().map(Option::is_none).collect()).unwrap_or_default();
    let takes = match (list.instances, plugin.takes_settings) {
        (None, _) => {
            let text = format!("it was built with plug {}, which knows no settings", escape::short(&list.plug));
            Takes::Unknown(text.into())
        }
        (Some(_), true) => Takes::Settings,
        (Some(_), false) => Takes::Nothing,
    };
    let served = Served {
        wire_name: Some(plugin.name.as_str().into()),
        interface: plugin.interface.clone(),
        has_instances: list.instances == Some(true),
        lacks,
    };
    Ok(remote_plugin(side, fields, matched.identity, served, unfit, takes))
}

fn foreign(side: &Arc<Side>, identity: &'static Identity) -> Plugin {
    let fields = Fields::of(|at| if at == fields::NAME { &side.name } else { "" });
    let reason = format!(
        "`{}` in `{}` takes no settings by plug; a plugin in Go takes them by a method of its interface, `configure` say",
        side.name, side.place
    );
    remote_plugin(side, fields, identity, Served::default(), None, Takes::Unknown(reason.into()))
}

/// How the peer serves a plugin.
#[derive(Default)]
struct Served {
    /// Its name on the wire, if the peer names its plugins.
    wire_name: Option<Arc<str>>,
    /// The path of its interface, as the peer writes it.
    interface: String,
    /// Whether the peer opens instances of it.
    has_instances: bool,
    /// For each method, whether the peer is known to lack it.
    lacks: Vec<bool>,
}

/// A plugin of the peer.
struct Remote {
    side: Arc<Side>,
    name: String,
    identity: &'static Identity,
    served: Served,
    paths: Arc<[Arc<str>]>,
}

fn remote_plugin(
    side: &Arc<Side>,
    fields: Fields,
    identity: &'static Identity,
    served: Served,
    unfit: Option<Arc<[Difference]>>,
    takes: Takes,
) -> Plugin {
    let (side, name) = (Arc::clone(side), fields.get(fields::NAME).to_owned());
    let paths: Arc<[Arc<str>]> = match identity.vtable::<Description>() {
        Some(description) => description.methods.iter().map(|method| description.path(method).into()).collect(),
        None => Arc::default(),
    };
    let (origin, found_in) = (side.origin.clone(), side.found_in);
    let remote = Remote { side, name, identity, served, paths };
    let answer = move |slot: &mut Slot<'_>| remote.answer(slot);
    Plugin::found(Arc::new(fields), identity, origin, Some(found_in), unfit, takes, Box::new(answer))
}

impl Remote {
    fn answer(&self, slot: &mut Slot<'_>) -> Result<(), Error> {
        let limit = slot.options.deadline.or(self.side.limit);
        if !self.served.has_instances && !is_empty(slot.settings) {
            let text = "its server opens no instances, and only they have settings: `Server::instances` allows them";
            return Err(Error::refused(text, String::new(), None));
        }
        match &mut slot.request {
            Request::Object => self.open(slot, limit),
            Request::Check if !self.served.has_instances => Ok(()),
            Request::Check => {
                let channel = self.side.reach.ask()?;
                let deadline = scope::deadline(limit);
                let call = Call::of_service(OPEN, self.open_request(slot.settings, true), deadline);
                self.wait(channel.call(call), deadline).map(drop).map_err(|fault| self.error("check", fault))
            }
            Request::Answers(_) => Ok(()),
            Request::Schema(found) => {
                let channel = self.side.reach.ask()?;
                let request = SchemaRequest { plugin: self.wire_name(), interface: self.served.interface.clone() };
                let deadline = scope::deadline(limit);
                let ask = || self.side.driver.wait(services::schema(&*channel, &request, deadline));
                let schema = self.side.driver.check().and_then(|()| ask());
                **found = schema.map_err(|fault| self.error("schema", fault))?;
                Ok(())
            }
        }
    }

    fn open(&self, slot: &mut Slot<'_>, limit: Option<Duration>) -> Result<(), Error> {
        let Some(description) = self.identity.vtable::<Description>() else { return Ok(()) };
        let Some(vtable) = self.identity.vtable::<Vtable>() else { return Ok(()) };
        let request = self.served.has_instances.then(|| self.open_request(slot.settings, false));
        let has_request = request.is_some();
        let channel = self.side.reach.object(&self.name, request)?;
        if has_request {
            // The start of a process has a limit of its own.
            let deadline = scope::deadline(limit);
            self.wait(channel.open(deadline), deadline).map_err(|fault| self.error("new", fault))?;
        }
        self.side.reach.opened();
        let lacks = &self.served.lacks;
        let lacks = (0..self.paths.len()).map(|at| AtomicBool::new(lacks.get(at).copied().unwrap_or_default()));
        let owner = Arc::new(Owner { name: self.name.clone(), origin: self.side.origin.clone(), limit });
        let object = RemoteObject {
            driver: self.side.driver,
            channel,
            owner,
            wire_name: self.served.wire_name.clone(),
            methods: description.methods,
            paths: Arc::clone(&self.paths),
            lacks: lacks.collect(),
        };
        (vtable.make)(slot, object);
        Ok(())
    }

    fn wire_name(&self) -> String {
        self.served.wire_name.as_deref().unwrap_or_default().to_owned()
    }

    fn open_request(&self, settings: &str, only_check: bool) -> Bytes {
        let (plugin, interface) = (self.wire_name(), self.served.interface.clone());
        let settings = if settings == EMPTY { String::new() } else { settings.to_owned() };
        OpenRequest { plugin, interface, settings, only_check }.encode_to_vec().into()
    }

    fn wait(&self, reply: ReplyFuture, deadline: Option<Instant>) -> Result<Bytes, Fault> {
        self.side.driver.check()?;
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Fault::Deadline);
        }
        self.side.driver.call(until_cancelled(reply, &Scope::current()), false)
    }

    fn error(&self, method: &str, fault: Fault) -> Error {
        owner::error(&self.name, method, &self.side.origin, fault)
    }
}

/// Whether the settings are an object without keys.
fn is_empty(settings: &str) -> bool {
    let members = settings.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    members.is_some_and(|members| members.trim().is_empty())
}

fn record(interface: &ListedInterface) -> Result<ParsedInterface<'_>, String> {
    let texts = interface.methods.iter().flat_map(|method| [&method.name[..], &method.signature[..]]);
    check_lines(texts.chain([&interface.path[..], &interface.version[..]]))?;
    let methods = interface.methods.iter().map(|method| ParsedMethod {
        name: &method.name,
        has_default: method.has_default,
        signature: &method.signature,
        // A fingerprint of another length becomes zero, which matches no method.
        fingerprint: method.fingerprint[..].try_into().map(u128::from_be_bytes).unwrap_or_default(),
    });
    Ok(ParsedInterface {
        number: "",
        path: &interface.path,
        version: &interface.version,
        methods: methods.map(ParsedMethod::by_message).collect(),
        text: None,
    })
}

/// Makes a plugin name of a file name or an address, for a peer that does not name its plugin.
pub(crate) fn name_of(text: &str) -> String {
    let mut name = String::new();
    for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
        match letter {
            'a'..='z' | '0'..='9' => name.push(letter),
            '-' | '_' if name.ends_with(|last: char| last.is_ascii_alphanumeric()) => name.push(letter),
            _ if name.ends_with(|last: char| last.is_ascii_alphanumeric()) => name.push('-'),
            _ => {}
        }
    }
    name.truncate(64);
    let name = name.trim_end_matches(['-', '_']);
    if name.is_empty() { "plugin".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_empty_without_a_key() {
        for empty in ["{}", " {\n} "] {
            assert!(is_empty(empty), "{empty}");
        }
        for given in [r#"{"a":1}"#, "[]", "null", "", "{", r#""{}""#] {
            assert!(!is_empty(given), "{given}");
        }
    }

    #[test]
    fn any_text_makes_a_name() {
        for (text, name) in [
            ("a", "a"),
            ("plugin-a", "plugin-a"),
            ("Plugin_A.exe", "plugin_a-exe"),
            ("127.0.0.1:8888", "127-0-0-1-8888"),
            ("[::1]:1", "1-1"),
            ("__x--y__", "x-y"),
            ("é", "plugin"),
            ("", "plugin"),
        ] {
            assert_eq!(name_of(text), name, "{text}");
            crate::plugin::name::check(name).unwrap();
        }
        crate::plugin::name::check(&name_of(&"x-".repeat(100))).unwrap();
    }
}
