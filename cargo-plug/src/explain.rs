//! Tells what Cargo's messages about versions mean here.

use std::path::Path;

use crate::cargo::{Unresolved, shown};
use crate::failure::Failure;
use crate::graph::PLUG;
use crate::locate::{Located, hint_at_folder};

/// Cargo's message, and what it may mean here.
pub(crate) fn explain(unresolved: Unresolved) -> Failure {
    let Unresolved(message) = &unresolved;
    if is_about_lock(message) {
        return locked(message);
    }
    if let Some(failure) = no_target(message) {
        return failure;
    }
    let is_pinned = message.contains("failed to select a version for");
    let failure = Failure::from(unresolved);
    if !is_pinned {
        return failure;
    }
    failure.hint(
        "the program and its plugins share each dependency of one major version: take versions that fit, \
         or build a plugin apart: `cargo plug build --as library --with …`",
    )
}

/// The versions of this package cannot be found, even if it is alone.
pub(crate) fn alone(located: &Located, error: Unresolved) -> Failure {
    let text = error.0.trim();
    // The second comes with a lock file that has one of them.
    let of_two = ["links to the native library `plug`", "package collision in the lockfile: packages plug v"];
    if of_two.iter().any(|of_two| text.contains(of_two)) {
        let message =
            format!("`{}` takes `{PLUG}` in two versions or from two sources, and can be built nowhere", located.spec);
        return Failure::new(message).hint(format!(
            "it and the crate of its interface have to take the same `{PLUG}`: `cargo tree -i {PLUG}` in its folder says more"
        ));
    }
    if let Some(failure) = no_target(text) {
        return failure;
    }
    let failure = Failure::of_cargo(format!("cannot find the versions of `{}`\n{}", located.spec, shown(text)));
    hint_at_folder(hint_at_network(failure, text), &located.spec)
}

/// A hint for a failure to download, which a user has forbidden.
pub(crate) fn hint_at_network(failure: Failure, message: &str) -> Failure {
    match message.contains("offline") {
        true => failure.hint("`--offline` takes what was downloaded before"),
        false => failure,
    }
}

/// Whether the lock file would have to change.
pub(crate) fn is_about_lock(message: &str) -> bool {
    message.contains("--locked") || message.contains("--frozen")
}

/// The compiler does not know the target of the user.
fn no_target(message: &str) -> Option<Failure> {
    let (_, rest) = message.split_once("could not find specification for target \"")?;
    let (target, _) = rest.split_once('"')?;
    let failure = Failure::of_cargo(format!("the compiler has no target `{target}`"));
    Some(failure.hint("`rustc --print target-list` lists them"))
}

/// Whether Cargo cannot read a lock file.
pub(crate) fn is_no_lock(message: &str) -> bool {
    message.contains("failed to parse lock file at: ")
}

/// The lock file of the project, or of the program, is none. Cargo names a copy of it.
pub(crate) fn no_lock(message: &str, of_project: Option<&Path>) -> Failure {
    let why = message.split_once("Caused by:").map_or(message, |(_, why)| why).trim();
    match of_project.filter(|lock| lock.exists()) {
        Some(lock) => Failure::new(format!("`{}` is no lock file: {why}", lock.display()))
            .hint("take an older one back, or remove it: the next build writes it anew"),
        None => Failure::new(format!("the Cargo.lock of the program is no lock file: {why}"))
            .hint("remove it, and let Cargo write it anew"),
    }
}

pub(crate) fn locked(message: &str) -> Failure {
    let text = message.trim();
    Failure::of_cargo(format!("plug.lock does not fit plug.toml, the program or a plugin\n{text}"))
        .hint("without `--locked`, `cargo plug build` writes it anew")
}
