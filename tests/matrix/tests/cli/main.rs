//! The app with some of its features, and wrapped in other packages, as a user sees it.
//!
//! The suites of `app/tests` run here again, with a build that has only the plugins.

#[path = "../../../../app/tests/app/completion.rs"]
mod completion;
#[path = "../../../../app/tests/app/doctor.rs"]
mod doctor;
mod failing;
#[path = "../../../../app/tests/app/hello.rs"]
mod hello;
#[path = "../../../../app/tests/app/help.rs"]
mod help;
#[path = "../../../../app/tests/app/info.rs"]
mod info;
#[path = "../../../../app/tests/app/input.rs"]
mod input;
mod libraries;
mod library;
mod linked;
#[path = "../../../../app/tests/app/list.rs"]
mod list;
mod sets;
#[path = "../../../../app/tests/app/streams.rs"]
mod streams;
mod unlinked;
mod wrapped;
mod wrapper;

use std::path::PathBuf;
use std::sync::LazyLock;

use plug_tests::{app, app_with, check, check_command, seen};

/// The app without plugins.
static NONE: LazyLock<PathBuf> = LazyLock::new(|| app_with(&[], "dev"));

/// The app with the plugin `a` alone.
static ONE: LazyLock<PathBuf> = LazyLock::new(|| app_with(&["a"], "dev"));

/// The app with all plugins: `a`, `b`, and from one crate `formal` and `polite`.
static ALL: LazyLock<PathBuf> = LazyLock::new(|| app_with(&["a", "b", "polite"], "dev"));

/// The app with the plugin `a` and the library link.
static LINKING: LazyLock<PathBuf> = LazyLock::new(|| app_with(&["a", "library"], "dev"));

/// The app with the plugins `a`, `formal` and `polite`, and the remote links.
static REMOTE: LazyLock<PathBuf> = LazyLock::new(|| app_with(&["a", "grpc", "polite", "process"], "dev"));
