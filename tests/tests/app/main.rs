//! The app with plugins in other processes and behind servers.
//! `app/tests` tests the app without them.

mod grpc;
mod isolate;
mod process;
mod proto;
mod remote;
