//! The app with plugins in other processes and behind servers. What it does by itself is tested in `app/tests`.

mod grpc;
mod isolate;
mod process;
mod proto;
mod remote;
