//! The stream of `plug.v1.Back` to a gRPC server.

use std::sync::Arc;

use bytes::Bytes;
use http::uri::PathAndQuery;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::metadata::MetadataValue;
use tonic::{Request, Status, Streaming};

use crate::grpc::client::{Client, fault, is_unsent};
use crate::rpc::back::session::Session;
use crate::rpc::back::{BACK, CALLS, client};
use crate::rpc::client::codec::Raw;
use crate::rpc::status;
use crate::wire::fault::{Code, Fault};

impl client::Incoming for Streaming<Bytes> {
    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        self.message().await.map_err(|status| status::fault(&status))
    }
}

impl<S> Client<S>
where
    S: GrpcService<Body> + Clone,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<tonic::codegen::StdError>,
{
    /// Begins the stream.
    pub(super) async fn back(&self) -> Result<Arc<Session>, Fault> {
        let tls = self.tls.clone();
        let mut grpc = self.grpc();
        let ready = grpc.ready().await.map_err(|error| Status::from_error(error.into()));
        if let Err(status) = ready {
            return Err(fault(&status, true, tls.as_deref()).await);
        }
        let (id, session, messages) = client::session(self.max_len);
        let mut request = Request::new(UnboundedReceiverStream::new(messages));
        request.metadata_mut().insert(BACK, MetadataValue::from(id));
        match grpc.streaming(request, PathAndQuery::from_static(CALLS), Raw).await {
            Ok(replies) => {
                client::read(&session, replies.into_inner());
                Ok(session)
            }
            Err(status) => match fault(&status, is_unsent(&status), tls.as_deref()).await {
                Fault::Unimplemented(_) => {
                    // Not `Unimplemented`, which would be said of the method of the call.
                    Err(Fault::refused(Code::UNIMPLEMENTED, "a server that is not plug's cannot call back"))
                }
                fault => Err(fault),
            },
        }
    }
}
