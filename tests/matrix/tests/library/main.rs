//! The library link, with libraries and hosts of several compilers, of several profiles, and with
//! several versions of an interface.

#![allow(unsafe_code, reason = "opening a library is unsafe")]

mod aborting;
mod bundles;
mod compilers;
mod foreign;
mod logs;
mod needs;
#[path = "../../../tests/library/opened.rs"]
mod opened;
mod runtime;
mod variants;

use std::path::PathBuf;

use opened::{message_of, open, refusal, registry, worker};

/// The host of `fixtures/library`, built with these arguments.
fn library_host(arguments: &[&str]) -> PathBuf {
    plug_tests::build("library-host", arguments, "library-host")
}

/// The host of `fixtures/tasks`, built with these arguments.
fn task_host(arguments: &[&str]) -> PathBuf {
    plug_tests::build("task-host", arguments, "task-host")
}
