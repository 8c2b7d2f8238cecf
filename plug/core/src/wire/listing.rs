//! Makes the reply to `plug.v1.Plugins/List`.

use crate::compat::record::own_record;
use crate::entry::submissions;
use crate::interface::Identity;
use crate::plugin::Plugin;
use crate::portable::signature::Description;
use crate::portable::signature::Signature;
use crate::wire::dispatch::Dispatch;
use crate::wire::list::{ListReply, ListedInterface, ListedMethod, ListedPlugin};

/// The list of all plugins that are served.
pub(crate) fn of(dispatch: &Dispatch) -> ListReply {
    let plugins = dispatch.plugins().map(plugin).collect();
    let interfaces = identities(dispatch).into_iter().filter_map(|identity| {
        let record = own_record(identity.record()?)?.by_message();
        let methods = record.methods.into_iter().map(|method| ListedMethod {
            name: method.name.to_owned(),
            has_default: method.has_default,
            signature: method.signature.to_owned(),
            fingerprint: method.fingerprint.to_be_bytes().to_vec(),
        });
        Some(ListedInterface {
            path: record.path.to_owned(),
            version: record.version.to_owned(),
            service: identity.vtable::<Description>()?.service.to_owned(),
            methods: methods.collect(),
        })
    });
    ListReply {
        plugins,
        interfaces: interfaces.collect(),
        plug: env!("CARGO_PKG_VERSION").to_owned(),
        compiler: env!("PLUG_COMPILER").to_owned(),
        instances: Some(dispatch.opens_instances()),
    }
}

/// The interfaces of the plugins, and those of the objects that cross with their methods.
fn identities(dispatch: &Dispatch) -> Vec<&'static Identity> {
    let mut identities: Vec<_> = dispatch.services().iter().map(|service| service.identity).collect();
    let mut at = 0;
    while let Some(identity) = identities.get(at) {
        at += 1;
        let methods = identity.vtable::<Description>().map_or(&[][..], |description| description.methods);
        for path in methods.iter().flat_map(Signature::objects) {
            let object = submissions::portables().map(|portables| portables.0).find(|other| other.name() == path);
            if let Some(object) = object.filter(|object| !identities.contains(object)) {
                identities.push(object);
            }
        }
    }
    identities
}

fn plugin(plugin: &Plugin) -> ListedPlugin {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    ListedPlugin {
        name: plugin.name().to_owned(),
        aliases: plugin.aliases().map(str::to_owned).collect(),
        deprecated: text(plugin.deprecated()),
        interface: plugin.interface().to_owned(),
        package: text(plugin.package()),
        version: text(plugin.version()),
        license: text(plugin.license()),
        repository: text(plugin.repository()),
        file: plugin.file().to_owned(),
        line: plugin.line(),
        docs: plugin.docs().to_owned(),
        takes_settings: plugin.takes_settings(),
    }
}
