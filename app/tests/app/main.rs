//! The app, as a user sees it: every text, exit status and form of JSON, in whole and once. It knows no function of the app.
//!
//! The package plug-tests, which helps here, turns on all features of the app. What it says with fewer is a part of
//! `tests/matrix`, and what needs other processes a part of `tests/tests/app`.

mod completion;
mod config;
mod doctor;
mod hello;
mod help;
mod info;
mod input;
mod library;
mod list;
mod streams;

use std::path::PathBuf;
use std::sync::LazyLock;

use plug_tests::{app, check, check_command, seen};

/// With all plugins: `a`, `b`, and from one crate `formal` and `polite`.
static ALL: LazyLock<PathBuf> = LazyLock::new(|| PathBuf::from(env!("CARGO_BIN_EXE_app")));
