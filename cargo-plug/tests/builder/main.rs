//! `cargo plug` as a user runs it: programs, plugins, repositories and registries that the tests make, and builds by Cargo.

mod app;
mod bad;
mod build;
#[cfg(unix)]
mod permission;
mod project;
#[cfg(unix)]
mod signal;
mod sources;
mod world;
