//! An HTTP server on axum that answers with a plugin.
//! It calls the plugin in the same way over each link.
//!
//! * [`open`]: a plugin, as a person types it.
//! * [`router`]: the routes of the server.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use gateway_interface::Fetch;
use plug::link::{Address, Library};
use plug::{Error, Link, Registry};

plug::link!();

/// Opens a plugin of this build by its name, or another one by its link and name.
///
/// ```text
/// tcp
/// library:target/debug/libplugin_tcp.so#tcp
/// process:target/debug/gateway-plugins#tcp
/// grpc://127.0.0.1:8888#tcp
/// ```
///
/// # Errors
///
/// If there is no such plugin.
#[allow(unsafe_code, reason = "opening a library is unsafe")]
pub fn open(plugin: &str) -> Result<Arc<dyn Fetch>, Error> {
    if !plugin.contains(':') {
        return Ok(Registry::builtin().open::<dyn Fetch>(plugin)?.into());
    }
    let (address, name) = Address::parse(plugin)?;
    let name = name.ok_or_else(|| Error::msg(format!("which plugin of `{plugin}`?\nhint: append `#NAME`")))?;
    let link: Box<dyn Link> = match &address {
        // SAFETY: the user of this program has named this very file, and vouches for its code.
        Address::Library(path) => Box::new(unsafe { Library::open(path) }?),
        address => address.open(Some(name))?,
    };
    let mut registry = Registry::new();
    registry.add(&*link)?;
    Ok(registry.open::<dyn Fetch>(name)?.into())
}

/// The routes: `/ADDRESS` is the page at that address.
pub fn router(plugin: Arc<dyn Fetch>) -> Router {
    Router::new().route("/{*address}", get(fetch)).with_state(plugin)
}

// If the client disconnects, hyper drops this future, which drops the plugin's.
async fn fetch(plugin: State<Arc<dyn Fetch>>, address: Path<String>) -> Result<Vec<u8>, (StatusCode, String)> {
    plugin.fetch(&address).await.map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error:?}\n")))
}
