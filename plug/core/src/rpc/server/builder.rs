//! Serving plugins, as whoever serves them says it: which plugins, and which services beside them.

use std::convert::Infallible;
use std::sync::Arc;

use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tower_service::Service;

use crate::error::Error;
use crate::plugin::Plugin;
#[cfg(feature = "process")]
use crate::plugin::agreement::Handshake;
use crate::registry::Registry;
use crate::rpc::server::reflection::{self, Reflection};
use crate::wire::dispatch::Dispatch;
use crate::wire::list::PLUGINS;

/// A server of plugins: in the order of its making, which plugins, what they are known by, and which services beside them; and then what kind of
/// server it is.
///
/// ```no_run
/// use plug::Server;
///
/// fn main() -> std::process::ExitCode {
///     let plugins = plug::Registry::builtin().plugins().filter(|plugin| plugin.deprecated().is_none());
///     Server::new().plugins(plugins.cloned()).serve_process()
/// }
/// ```
#[must_use = "it serves nothing yet"]
pub struct Server {
    pub(crate) plugins: Vec<Plugin>,
    pub(crate) services: Added,
    pub(crate) max_request: Option<usize>,
    #[cfg(feature = "process")]
    pub(crate) handshake: Option<Handshake>,
}

impl Server {
    /// One of all plugins that are linked into this program.
    pub fn new() -> Self {
        Self {
            plugins: Registry::builtin().plugins().cloned().collect(),
            services: Added::default(),
            max_request: None,
            #[cfg(feature = "process")]
            handshake: None,
        }
    }

    /// The same, with these plugins instead. Those whose interface is not portable are not served.
    pub fn plugins(mut self, plugins: impl IntoIterator<Item = Plugin>) -> Self {
        self.plugins = plugins.into_iter().collect();
        self
    }

    /// The same, with a service of one's own beside the plugins: what tonic's generator makes of a `.proto`, say. One of health or of reflection
    /// takes the place of that which is there by itself.
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
        self.services.names.push(S::NAME);
        self.services.routes.add_service(service);
        self
    }

    /// The same, which takes requests of plugins up to this length, in bytes. 64 MiB where it is bound to an address, and 2 GiB where it is a process of a
    /// host's, where nothing else is said.
    pub fn max_request(mut self, bytes: usize) -> Self {
        self.max_request = Some(bytes);
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
pub(crate) struct Added {
    routes: RoutesBuilder,
    names: Vec<&'static str>,
}

impl Added {
    /// # Errors
    ///
    /// Where there is nothing to serve.
    pub(crate) fn or_plugins(&self, dispatch: &Dispatch) -> Result<(), Error> {
        if dispatch.plugins().next().is_some() || !self.names.is_empty() {
            return Ok(());
        }
        Err(Error::msg(
            "there is nothing to serve: no plugin of a portable interface is there, and no service was added\n\
             hint: `plug::link!()` links the plugins that the features of its package choose",
        ))
    }

    /// Whether there are any.
    #[cfg(feature = "process")]
    pub(crate) fn are_there(&self) -> bool {
        !self.names.is_empty()
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

const HEALTH: &str = "grpc.health.v1.Health";

/// The added services, with health and reflection. The health of each service, and of what else is named as healthy, is that it is served. `own` are the
/// names of services that are answered elsewhere.
pub(crate) fn routes(
    mut added: Added,
    dispatch: &Arc<Dispatch>,
    healthy: &[&'static str],
    own: &[&'static str],
) -> Result<Routes, Error> {
    let of_plugins = || dispatch.services().iter().map(|service| service.name);
    if !added.has(HEALTH) {
        let (reporter, health) = tonic_health::server::health_reporter();
        let names: Vec<_> = healthy.iter().copied().chain(of_plugins()).chain(added.names.iter().copied()).collect();
        let set = async {
            for name in names {
                reporter.set_service_status(name, tonic_health::ServingStatus::Serving).await;
            }
        };
        // It waits for a lock that nobody else has yet.
        tokio::runtime::Handle::current().block_on(set);
        added.names.push(HEALTH);
        added.routes.add_service(health);
    }
    if !added.has(reflection::V1) && !added.has(reflection::V1ALPHA) {
        let names = of_plugins().chain(own.iter().copied()).chain(added.names.iter().copied());
        let reflection =
            Reflection::new(dispatch, names.chain([PLUGINS, reflection::V1, reflection::V1ALPHA]).collect());
        added.routes.add_service(reflection.alpha());
        added.routes.add_service(reflection);
    }
    Ok(added.routes.routes())
}
