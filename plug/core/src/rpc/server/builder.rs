//! The builder of a server: its plugins, and the services beside them.

use std::convert::Infallible;
use std::sync::Arc;

use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tower_service::Service;

use crate::error::Error;
use crate::error::kind::NameList;
use crate::plugin::Plugin;
#[cfg(feature = "process")]
use crate::plugin::agreement::Handshake;
use crate::registry::Registry;
use crate::rpc::server::health;
use crate::rpc::server::limits::ChosenLimits;
use crate::rpc::server::reflection::{self, Reflection};
use crate::wire::dispatch::Dispatch;
use crate::wire::list::PLUGINS;

/// A builder of a server of plugins.
///
/// First choose the plugins, the handshake and the services beside the plugins.
/// Then choose the kind of server: a process, or a server at an address.
///
/// ```no_run
/// use plug::Server;
///
/// fn main() -> std::process::ExitCode {
///     let registry = plug::Registry::builtin();
///     let plugins = registry.plugins().filter(|plugin| plugin.deprecated().is_none());
///     Server::new().plugins(plugins.cloned()).serve_process()
/// }
/// ```
#[must_use = "it serves nothing yet"]
pub struct Server {
    pub(crate) plugins: Vec<Plugin>,
    pub(crate) services: AddedServices,
    pub(crate) limits: ChosenLimits,
    #[cfg(feature = "grpc")]
    pub(crate) compress_replies: bool,
    #[cfg(feature = "process")]
    pub(crate) handshake: Option<Handshake>,
}

impl Server {
    /// A server of all plugins that are linked into this program.
    pub fn new() -> Self {
        Self {
            plugins: Registry::builtin().plugins().cloned().collect(),
            services: AddedServices::default(),
            limits: ChosenLimits::default(),
            #[cfg(feature = "grpc")]
            compress_replies: true,
            #[cfg(feature = "process")]
            handshake: None,
        }
    }

    /// Serves these plugins instead. Plugins of an interface that is not portable are not served.
    pub fn plugins(mut self, plugins: impl IntoIterator<Item = Plugin>) -> Self {
        self.plugins = plugins.into_iter().collect();
        self
    }

    /// Adds a service beside the plugins, such as one that tonic generates from a `.proto`.
    ///
    /// A service of health or of reflection replaces the built-in one.
    /// Any other service must have a name of its own: serving fails if two have the same name, or
    /// if the server itself has a service of that name, such as those of go-plugin's protocol.
    ///
    /// In a process, the extensions of each request have the broker: `plug::process::Broker`.
    pub fn service<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        if self.services.has(S::NAME) {
            // Two routes of one name would panic.
            self.services.repeated.push(S::NAME);
        } else {
            self.services.names.push(S::NAME);
            self.services.routes.add_service(service);
        }
        self
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("plugins", &self.plugins).finish_non_exhaustive()
    }
}

/// The services that were added, and their names.
#[derive(Default)]
pub(crate) struct AddedServices {
    routes: RoutesBuilder,
    names: Vec<&'static str>,
    /// The names that were added a second time.
    repeated: Vec<&'static str>,
}

impl AddedServices {
    /// Checks that each service has a name of its own. The server itself has those of `builtin`.
    ///
    /// # Errors
    ///
    /// Fails if a service would get no calls.
    pub(crate) fn unshadowed(&self, dispatch: &Dispatch, builtin: &[&'static str]) -> Result<(), Error> {
        if let Some(name) = self.repeated.first() {
            return Err(Error::msg(format!("two services named `{name}` were added")));
        }
        let of_interfaces = dispatch.services().iter().map(|service| service.name);
        let own: Vec<_> = of_interfaces.chain(builtin.iter().copied()).chain([PLUGINS]).collect();
        let is_shadowed = |name: &&&str| own.contains(*name);
        let shadowed: Vec<_> = self.names.iter().filter(is_shadowed).map(|name| (*name).to_owned()).collect();
        let text = match &shadowed[..] {
            [] => return Ok(()),
            [one] => format!("service `{one}` cannot be added: the server itself has a service of that name"),
            several => {
                format!("services {} cannot be added: the server itself has services of these names", NameList(several))
            }
        };
        let hint = if shadowed.iter().any(|name| builtin.contains(&&**name)) {
            "a service finds the broker of its connection in `Request::extensions`, as `plug::process::Broker`"
        } else {
            "give the service, or its package, another name in its `.proto`"
        };
        Err(Error::msg(format!("{text}\nhint: {hint}")))
    }

    /// Checks that there is a service or a plugin.
    ///
    /// # Errors
    ///
    /// Fails if there is nothing to serve.
    pub(crate) fn or_plugins(&self, dispatch: &Dispatch) -> Result<(), Error> {
        if dispatch.plugins().next().is_some() || !self.names.is_empty() {
            return Ok(());
        }
        Err(Error::msg(
            "there is nothing to serve: no plugin of a portable interface is there, and no service was added\n\
             hint: `plug::link!()` links the plugins that the features of its package choose",
        ))
    }

    /// The names of the services that were added.
    #[cfg(feature = "process")]
    pub(crate) fn names(&self) -> &[&'static str] {
        &self.names
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

/// The added services, with health and reflection.
/// Health reports every service, and every name of `healthy`, as serving.
/// `builtin` are the names of services that the router serves otherwise.
pub(crate) fn routes(
    mut added: AddedServices,
    dispatch: &Arc<Dispatch>,
    healthy: &[&'static str],
    builtin: &[&'static str],
) -> Result<Routes, Error> {
    let of_plugins = || dispatch.services().iter().map(|service| service.name);
    if !added.has(health::NAME) {
        let health = health::service(healthy.iter().copied().chain(of_plugins()).chain(added.names.iter().copied()));
        added.names.push(health::NAME);
        added.routes.add_service(health);
    }
    if !added.has(reflection::V1) && !added.has(reflection::V1ALPHA) {
        let names = of_plugins().chain(builtin.iter().copied()).chain(added.names.iter().copied());
        let reflection =
            Reflection::new(dispatch, names.chain([PLUGINS, reflection::V1, reflection::V1ALPHA]).collect());
        added.routes.add_service(reflection.alpha());
        added.routes.add_service(reflection);
    }
    Ok(added.routes.routes())
}
