//! The grpc link: calls to the plugins of a gRPC server, and such a server.

pub(crate) mod address;
pub(crate) mod client;
pub(crate) mod gzip;
pub(crate) mod host;
pub(crate) mod instance;
mod objects;
pub(crate) mod server;
mod streams;
pub(crate) mod tls;

pub use crate::error::address::GrpcFault;
pub use crate::grpc::address::GrpcAddress;
pub use crate::grpc::host::{Grpc, GrpcOptions};
pub use crate::grpc::server::{GrpcServer, GrpcStop};
