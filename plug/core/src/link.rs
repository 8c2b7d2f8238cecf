//! Every link by name, to add to a [`Registry`](crate::Registry).

pub(crate) mod parse;

pub use crate::error::difference::Difference;
#[cfg(feature = "library")]
pub use crate::error::library::LibraryFault;
pub use crate::error::link::LinkFault;
pub use crate::link::parse::{Address, parse};
pub use crate::registry::builtin::Builtin;
#[cfg(feature = "process")]
pub use crate::{
    entry::handshake::Protocol, error::handshake::HandshakeFault, error::process::ProcessFault,
    error::process::unrunnable::Unrunnable, plugin::agreement::Handshake, process::host::Process, process::life::Death,
    process::options::ProcessOptions, process::options::Reattach, process::options::Restart,
};
#[cfg(feature = "grpc")]
pub use crate::{
    error::address::GrpcFault, grpc::address::GrpcAddress, grpc::host::Grpc, grpc::host::GrpcOptions,
    grpc::server::GrpcServer, grpc::server::GrpcStop,
};
#[cfg(feature = "library")]
pub use crate::{
    library::host::inspection::InspectedInterface, library::host::inspection::InspectedMethod,
    library::host::inspection::Inspection, library::host::loopback::Loopback, library::host::open::Library,
    library::host::open::LibraryOptions,
};
