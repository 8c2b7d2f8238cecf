//! The grpc link: plugins behind a server somewhere, and being such a server. It knows no process.

mod address;
mod client;
mod host;
mod server;

pub use address::{GrpcAddress, GrpcFault};
pub use host::{Grpc, GrpcOptions};
pub use server::{GrpcServer, GrpcStop};
