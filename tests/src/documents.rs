//! Compiles and runs the Rust of README.md and of the guides as doctests.

#[doc = include_str!("../../README.md")]
pub struct Readme;

#[doc = include_str!("../../docs/async.md")]
pub struct Async;

#[doc = include_str!("../../docs/callbacks.md")]
pub struct Callbacks;

#[doc = include_str!("../../docs/grpc.md")]
pub struct Grpc;

#[doc = include_str!("../../docs/library.md")]
pub struct Library;

#[doc = include_str!("../../docs/process.md")]
pub struct Process;

#[doc = include_str!("../../docs/settings.md")]
pub struct Settings;

#[doc = include_str!("../../docs/streams.md")]
pub struct Streams;

#[doc = include_str!("../../docs/testing.md")]
pub struct Testing;
