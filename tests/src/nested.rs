//! Cargo run inside Cargo. All of these builds share one target folder, so what two of them need is built once.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::{clean, succeed, target};

/// A build whose result is copied out of the folder, since the next build may write a file of the same name.
pub struct Build<'a> {
    /// The subcommand, such as `build`.
    pub command: &'a str,
    /// The package, and in it a program where that has another name.
    pub package: &'a str,
    /// Cargo's arguments. Before them can stand a toolchain, as `+nightly`, and after them `--` and rustc's own.
    /// `NAME=value` sets a variable.
    pub arguments: &'a [&'a str],
    /// More of Cargo's arguments, which are the same for each build of this kind.
    pub common: &'a [&'a str],
    /// The folder of the workspace.
    pub workspace: &'a Path,
    /// The name of the file that comes of it.
    pub file: &'a str,
}

/// The folder that every nested build goes to.
pub fn folder() -> PathBuf {
    target().join("build")
}

/// Profiles that the workspace does not have.
const PROFILES: &[(&str, &[&str])] = &[
    ("abort", &["inherits='release'", "panic='abort'"]),
    ("aborting", &["inherits='dev'", "panic='abort'"]),
    ("thin", &["inherits='release'", "lto='thin'"]),
    ("fat", &["inherits='release'", "lto='fat'", "codegen-units=1"]),
    ("stripped", &["inherits='release'", "strip=true", "opt-level='s'"]),
];

impl Build<'_> {
    /// The copy of the file, made once in this process.
    pub fn file(&self) -> PathBuf {
        static BUILT: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(Mutex::default);
        // A build that failed is tried again by the next test, and fails it too.
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        built.entry(self.key()).or_insert_with(|| self.build()).clone()
    }

    fn build(&self) -> PathBuf {
        let folder = folder();
        fs::create_dir_all(&folder).expect("the folder can be made");
        // Held until the file has been copied: another process may build the same.
        let lock = File::create(folder.join("lock")).expect("the lock can be made");
        lock.lock().expect("the lock can be taken");
        let made = folder.join(self.profile());
        // Shared libraries of all variants have one name there, and Cargo does not see which variant the file is of.
        let _ = fs::remove_file(made.join("deps").join(self.file));
        succeed(&mut self.cargo(&folder));

        let kept_in = target().join("built").join(self.key());
        fs::create_dir_all(&kept_in).expect("the folder can be made");
        let (new, kept) = (kept_in.join("new"), kept_in.join(self.file));
        // Not over the old file, which some test may have loaded in place.
        fs::copy(made.join(self.file), &new).expect("what was built can be copied");
        fs::rename(&new, &kept).expect("a file can be renamed");
        kept
    }

    fn cargo(&self, folder: &Path) -> Command {
        let (toolchain, arguments) = match self.arguments.split_first() {
            Some((toolchain, arguments)) if toolchain.starts_with('+') => (Some(toolchain), arguments),
            _ => (None, self.arguments),
        };
        let mut cargo = match toolchain {
            // Rustup's own, which knows of others.
            Some(toolchain) => {
                let mut cargo = Command::new("cargo");
                cargo.arg(toolchain).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC");
                cargo
            }
            None => crate::cargo(),
        };
        clean(&mut cargo).current_dir(self.workspace);
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        cargo.args([self.command, "--quiet", "--package", self.package, "--target-dir"]).arg(folder);
        cargo.args(self.common);
        for (name, settings) in PROFILES.iter().filter(|(name, _)| *name == self.profile()) {
            cargo
                .args(settings.iter().flat_map(|setting| ["--config".to_owned(), format!("profile.{name}.{setting}")]));
        }
        // Rustc's own come last.
        let end = arguments.iter().position(|argument| *argument == "--").unwrap_or(arguments.len());
        for argument in &arguments[..end] {
            match argument.split_once('=') {
                Some((name, value)) if !name.starts_with('-') => cargo.env(name, value),
                _ => cargo.arg(argument),
            };
        }
        cargo.args(&arguments[end..]);
        cargo
    }

    fn profile(&self) -> &str {
        let named = self.arguments.iter().position(|argument| *argument == "--profile");
        match named.and_then(|at| self.arguments.get(at + 1)) {
            Some(name) if *name == "dev" => "debug",
            Some(name) => name,
            None if self.arguments.contains(&"--release") => "release",
            None => "debug",
        }
    }

    /// A name for what these arguments make of the package.
    fn key(&self) -> String {
        let key = [&[self.package, self.file], self.arguments].concat().join(" ");
        key.chars().map(|c| if c.is_ascii_alphanumeric() || "+-.".contains(c) { c } else { '_' }).collect()
    }
}
