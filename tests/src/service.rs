//! Services of tonic without generated code.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower_service::Service;

/// The name of a service, and its answers.
pub trait Answer: Send + 'static {
    /// The name, after that of its package and a dot.
    const NAME: &'static str;

    /// The answer to a request. Default: the method is not implemented.
    fn answer(self, _: Request<Body>) -> impl Future<Output = Response<Body>> + Send
    where
        Self: Sized,
    {
        ready(Status::unimplemented("").into_http())
    }
}

/// Serves the answers, as `Server::service` and tonic's `add_service` take it.
#[derive(Debug, Clone, Default)]
pub struct Served<T>(pub T);

impl<T: Answer> NamedService for Served<T> {
    const NAME: &'static str = T::NAME;
}

impl<T: Answer + Clone> Service<Request<Body>> for Served<T> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.0.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}
