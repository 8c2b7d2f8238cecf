//! Makes the plugins of a peer for a registry.
//! It matches the peer's list with the interfaces of this program.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::compat::Match;
use crate::compat::record::{MAX_PATH, ParsedInterface, ParsedMethod, check_fields, check_lines};
use crate::entry::{Slot, submissions};
use crate::error::Error;
use crate::error::difference::Difference;
use crate::interface::Identity;
use crate::plugin::fields::Fields;
use crate::plugin::{Plugin, Takes, fields};
use crate::portable::proxy::Description;
use crate::rpc::client::driver::Driver;
use crate::rpc::client::object::RemoteObject;
use crate::rpc::client::vtable::Vtable;
use crate::wire::channel::Channel;
use crate::wire::list::{ListReply, ListedInterface, ListedPlugin};

/// The peer of a link.
pub(crate) struct Side {
    pub driver: &'static Driver,
    /// The place of the peer, as the link writes it.
    pub origin: String,
    /// The name of its plugin if it does not list its plugins.
    pub name: String,
    /// The interfaces of its plugin if it does not list its plugins.
    /// `None` means all portable interfaces of this program.
    pub interfaces: Option<Vec<&'static Identity>>,
    /// How long a call may take.
    pub limit: Option<Duration>,
    /// The address of the link in memory, as its identity. `reach` keeps the link alive.
    pub found_in: usize,
    pub reach: Box<Reach>,
}

/// Connects to the peer. The channel lives as long as the objects that use it.
pub(crate) type Reach = dyn Fn() -> Result<Arc<dyn Channel>, Error> + Send + Sync;

/// The plugins of the peer's list. Without a list, one plugin of each interface of the side.
///
/// # Errors
///
/// Fails if the list is malformed.
pub(crate) fn plugins(side: Arc<Side>, list: Option<&ListReply>) -> Result<Vec<Plugin>, String> {
    match list {
        Some(list) => {
            let interfaces = list.interfaces.iter().map(|interface| (&interface.path[..], interface));
            let interfaces: HashMap<_, _> = interfaces.collect();
            list.plugins.iter().map(|plugin| listed(&side, plugin, &interfaces)).collect()
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
    plugin: &ListedPlugin,
    interfaces: &HashMap<&str, &ListedInterface>,
) -> Result<Plugin, String> {
    let interface = interfaces.get(&plugin.interface[..]).map(|interface| record(interface)).transpose()?;
    check_lines([&plugin.interface[..]].into_iter())?;
    if plugin.interface.len() > MAX_PATH {
        return Err("the path of an interface is longer than any can be".to_owned());
    }
    let matched = Match::of(&plugin.interface, interface.as_ref());
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
    Ok(remote_plugin(side, fields, matched.identity, Some(plugin.name.as_str().into()), lacks, unfit))
}

fn foreign(side: &Arc<Side>, identity: &'static Identity) -> Plugin {
    let fields = Fields::of(|at| if at == fields::NAME { &side.name } else { "" });
    remote_plugin(side, fields, identity, None, Vec::new(), None)
}

fn remote_plugin(
    side: &Arc<Side>,
    fields: Fields,
    identity: &'static Identity,
    wire_name: Option<Arc<str>>,
    lacks: Vec<bool>,
    unfit: Option<Arc<[Difference]>>,
) -> Plugin {
    let (peer, name) = (Arc::clone(side), fields.get(fields::NAME).to_owned());
    let paths: Arc<[Arc<str>]> = match identity.vtable::<Description>() {
        Some(description) => description.methods.iter().map(|method| description.path(method).into()).collect(),
        None => Arc::default(),
    };
    let open = move |slot: &mut Slot<'_>| {
        let Some(description) = identity.vtable::<Description>() else { return Ok(()) };
        let Some(vtable) = identity.vtable::<Vtable>() else { return Ok(()) };
        let channel = (peer.reach)()?;
        let limit = slot.options.deadline.or(peer.limit);
        let lacks = (0..paths.len()).map(|at| AtomicBool::new(lacks.get(at).copied().unwrap_or_default()));
        let object = RemoteObject {
            driver: peer.driver,
            channel,
            name: name.clone(),
            wire_name: wire_name.clone(),
            origin: peer.origin.clone(),
            methods: description.methods,
            paths: Arc::clone(&paths),
            lacks: lacks.collect(),
            limit,
        };
        (vtable.make)(slot, object);
        Ok(())
    };
    Plugin::found(
        Arc::new(fields),
        identity,
        side.origin.clone(),
        Some(side.found_in),
        unfit,
        Takes::Nothing,
        Box::new(open),
    )
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
        methods: methods.collect(),
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
