//! Services that have the names of the server's own.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower_service::Service;

/// A broker that was made by hand.
#[derive(Clone)]
pub(crate) struct Broker;

/// A list of plugins that was made by hand.
#[derive(Clone)]
pub(crate) struct Plugins;

/// A service of the interface that the plugin of this program implements.
#[derive(Clone)]
pub(crate) struct Work;

impl NamedService for Broker {
    const NAME: &'static str = "plugin.GRPCBroker";
}

impl NamedService for Plugins {
    const NAME: &'static str = "plug.v1.Plugins";
}

impl NamedService for Work {
    const NAME: &'static str = "Work";
}

macro_rules! never_called {
    ($($service:ident)*) => {$(
        impl Service<Request<Body>> for $service {
            type Response = Response<Body>;
            type Error = Infallible;
            type Future = Ready<Result<Response<Body>, Infallible>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, _: Request<Body>) -> Self::Future {
                ready(Ok(Status::unimplemented("").into_http()))
            }
        }
    )*};
}

never_called!(Broker Plugins Work);
