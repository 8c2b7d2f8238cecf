//! Runs Cargo inside Cargo.
//! All of these builds share one target folder, so that common dependencies are built once.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::{clean, succeed, target};

/// A build whose result is copied from the folder.
/// The next build may write a file with the same name.
pub struct Build<'a> {
    /// The subcommand, such as `build`.
    pub command: &'a str,
    /// The package, with the name of a program if that differs.
    pub package: &'a str,
    /// Cargo's arguments, after an optional toolchain such as `+nightly`.
    /// Arguments after `--` are rustc's, and `NAME=value` sets a variable.
    pub arguments: &'a [&'a str],
    /// Cargo's arguments that all builds of this kind share.
    pub common: &'a [&'a str],
    /// The folder of the workspace.
    pub workspace: &'a Path,
    /// The name of the resulting file.
    pub file: &'a str,
}

/// The target folder of all nested builds.
pub fn folder() -> PathBuf {
    target().join("build")
}

/// Profiles that the workspace does not define.
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
        // A failed build is repeated by the next test, which then fails too.
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        built.entry(self.key()).or_insert_with(|| self.build()).clone()
    }

    fn build(&self) -> PathBuf {
        let folder = folder();
        fs::create_dir_all(&folder).expect("the folder can be made");
        // The lock is held until the file is copied: another process may build the same package.
        let lock = File::create(folder.join("lock")).expect("the lock can be made");
        lock.lock().expect("the lock can be taken");
        let made = folder.join(self.profile());
        // Shared libraries of all variants have the same name there.
        // Cargo cannot tell the variant of the file.
        let _ = fs::remove_file(made.join("deps").join(self.file));
        succeed(&mut self.cargo(&folder));

        let kept_in = target().join("built").join(self.key());
        fs::create_dir_all(&kept_in).expect("the folder can be made");
        let (new, kept) = (kept_in.join("new"), kept_in.join(self.file));
        // This does not overwrite the old file, which a test may have loaded in place.
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
            // Rustup's Cargo can choose the toolchain.
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
        // Rustc's arguments come last.
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

    /// A name for the package as built with these arguments.
    fn key(&self) -> String {
        let key = [&[self.package, self.file], self.arguments].concat().join(" ");
        key.chars().map(|c| if c.is_ascii_alphanumeric() || "+-.".contains(c) { c } else { '_' }).collect()
    }
}
