//! Runs Cargo, with the options of the user.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Artifact, Message, Metadata};

use crate::cli::Flags;
use crate::explain::hint_at_network;
use crate::failure::Failure;
use crate::interrupt;

/// Cargo, its options, and its toolchain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cargo {
    flags: Flags,
    /// The toolchain of the program, if its files name one.
    toolchain: Option<String>,
    /// The file that names it.
    pub toolchain_file: Option<PathBuf>,
}

/// The end of a build.
pub(crate) struct Outcome {
    pub artifacts: Vec<Artifact>,
    /// The errors of the linker that are not printed yet.
    pub withheld: String,
    pub is_done: bool,
}

/// The reason why Cargo found no versions: its message.
#[derive(Debug)]
pub(crate) struct Unresolved(pub String);

impl From<Unresolved> for Failure {
    fn from(Unresolved(message): Unresolved) -> Self {
        hint_at_network(Self::of_cargo(shown(&message)), &message)
    }
}

/// The message without the packages that this program has made, which say nothing to a user.
pub(crate) fn shown(message: &str) -> String {
    let message = message.trim();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let Ok(cache) = crate::cache::root() else { return message.to_owned() };
    let cache = cache.display().to_string();
    let is_ours = |line: &str| {
        line.contains(&cache) && ["required by package `", "of package `"].iter().any(|by| line.contains(by))
    };
    // Two lines and the indentation are around the reason.
    let message = match message.split_once("\n\nCaused by:\n  ") {
        Some((first, why)) if first.starts_with("failed to parse manifest at") && first.contains(&cache) => why,
        _ => message,
    };
    message.lines().filter(|line| !is_ours(line)).collect::<Vec<_>>().join("\n")
}

impl Cargo {
    pub(crate) fn new(flags: &Flags) -> Self {
        Self { flags: flags.clone(), ..Self::default() }
    }

    pub(crate) fn offline(is_offline: bool) -> Self {
        Self::new(&Flags { offline: is_offline, ..Flags::default() })
    }

    pub(crate) fn flags(&self) -> &Flags {
        &self.flags
    }

    /// The same Cargo, which may change the lock file.
    pub(crate) fn unlocked(&self) -> Self {
        let mut cargo = self.clone();
        cargo.flags.offline |= cargo.flags.frozen;
        (cargo.flags.locked, cargo.flags.frozen) = (false, false);
        cargo
    }

    /// Obeys the file `rust-toolchain.toml` of a program's folder, or of one above it.
    /// A toolchain of the command line or of the environment wins, as with rustup.
    pub(crate) fn obey_toolchain(&mut self, folder: &Path) {
        self.toolchain_file = toolchain_file(folder);
        let source = std::env::var("RUSTUP_TOOLCHAIN_SOURCE").unwrap_or_default();
        if !matches!(&*source, "cli" | "env") {
            self.toolchain = self.toolchain_file.as_deref().and_then(toolchain_of);
        }
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = match &self.toolchain {
            // Rustup's Cargo runs that of the toolchain.
            Some(toolchain) => {
                let mut command = Command::new("cargo");
                command.env("RUSTUP_TOOLCHAIN", toolchain);
                command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC");
                command
            }
            None => Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        };
        command.arg(subcommand);
        let Flags { locked, offline, frozen, config, .. } = &self.flags;
        for (is_set, name) in [(locked, "--locked"), (offline, "--offline"), (frozen, "--frozen")] {
            if *is_set {
                command.arg(name);
            }
        }
        for config in config {
            command.arg("--config").arg(config);
        }
        command
    }

    /// The packages of the workspace that a manifest is in.
    pub(crate) fn workspace(&self, manifest: &Path) -> Result<Metadata, Unresolved> {
        let mut command = self.unlocked().command("metadata");
        command.args(["--format-version", "1", "--no-deps", "--manifest-path"]).arg(manifest);
        parse(&output(&mut command)?)
    }

    /// All packages that a package depends on. Writes its lock file.
    pub(crate) fn resolve(&self, manifest: &Path) -> Result<Metadata, Unresolved> {
        let mut command = self.command("metadata");
        // Without it, Cargo would download the packages of all platforms.
        let platform = self.flags.target.as_deref().unwrap_or("host-tuple");
        command.args(["--format-version", "1", "--filter-platform", platform, "--manifest-path"]).arg(manifest);
        parse(&output(&mut command)?)
    }

    /// The same for a package of the user, whose lock file stays.
    pub(crate) fn look_up(&self, manifest: &Path, lock: &Path) -> Result<Metadata, Unresolved> {
        let before = std::fs::read(lock).ok();
        let metadata = self.unlocked().resolve(manifest);
        match before {
            Some(before) if std::fs::read(lock).is_ok_and(|after| after != before) => _ = std::fs::write(lock, before),
            None => _ = std::fs::remove_file(lock),
            Some(_) => {}
        }
        metadata
    }

    /// Adds a dependency by a git repository to a package.
    pub(crate) fn add(&self, manifest: &Path, arguments: &[OsString]) -> Result<(), Unresolved> {
        let mut command = self.unlocked().command("add");
        output(command.arg("--manifest-path").arg(manifest).args(arguments)).map(drop)
    }

    /// Updates one package in the lock file.
    pub(crate) fn update(&self, manifest: &Path, package: &str) -> Result<(), Unresolved> {
        let mut command = self.unlocked().command("update");
        output(command.arg("--manifest-path").arg(manifest).args(["--package", package])).map(drop)
    }

    /// Builds a package. Cargo prints its progress and its errors.
    /// The result has the artifacts, also of a build that failed.
    /// If the linker may fail for a reason that is explained better, its errors are withheld.
    pub(crate) fn build(&self, manifest: &Path, target: &Path, withholds: bool) -> Result<Outcome, Failure> {
        let mut command = self.command("build");
        command.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target);
        let format = if withholds { "json-diagnostic-rendered-ansi" } else { "json-render-diagnostics" };
        command.args(["--message-format", format]);
        let Flags { release, profile, target, jobs, quiet, verbose, .. } = &self.flags;
        for (is_set, name) in [(release, "--release"), (quiet, "--quiet")] {
            if *is_set {
                command.arg(name);
            }
        }
        for (value, name) in [(profile, "--profile"), (target, "--target"), (jobs, "--jobs")] {
            if let Some(value) = value {
                command.arg(name).arg(value);
            }
        }
        command.args((0..*verbose).map(|_| "--verbose"));
        command.stdout(Stdio::piped());
        interrupt::check()?;
        let mut child = command.spawn().map_err(|error| unrunnable(&error))?;
        interrupt::follow(&child);
        let stdout = child.stdout.take().map(BufReader::new);
        let messages = stdout.into_iter().flat_map(Message::parse_stream);
        let (mut artifacts, mut withheld) = (Vec::new(), String::new());
        for message in messages.map_while(Result::ok) {
            match message {
                Message::CompilerArtifact(artifact) => artifacts.push(artifact),
                Message::CompilerMessage(compiler) => {
                    let text = compiler.message.rendered.unwrap_or_default();
                    match compiler.message.message.starts_with("linking with ") {
                        true => withheld += &text,
                        false => crate::shell::rendered(&text),
                    }
                }
                _ => {}
            }
        }
        interrupt::release();
        let status = child.wait().map_err(|error| unrunnable(&error))?;
        interrupt::check()?;
        Ok(Outcome { artifacts, withheld, is_done: status.success() })
    }
}

fn unrunnable(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot run Cargo: {error}")).hint("the variable `CARGO` names it, or else `PATH` leads to it")
}

fn parse(json: &str) -> Result<Metadata, Unresolved> {
    // Cargo's own word on a package without versions is in the JSON alone.
    serde_json::from_str(json).map_err(|error| Unresolved(format!("cannot read the metadata of Cargo: {error}")))
}

/// Runs Cargo to its end, and prints the lines of its progress as they come.
fn output(command: &mut Command) -> Result<String, Unresolved> {
    let failed = |failure: Failure| Unresolved(failure.to_string());
    let unrunnable = |error: std::io::Error| failed(unrunnable(&error));
    interrupt::check().map_err(failed)?;
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(unrunnable)?;
    interrupt::follow(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || {
        let mut message = String::new();
        for line in stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines().map_while(Result::ok)) {
            match progress(&line) {
                Some((word, text)) if is_new(word) => crate::shell::status(word, text),
                Some(_) => {}
                None => match line.strip_prefix("warning: ") {
                    // Cargo tries again, and its error comes later.
                    Some(text) if text.starts_with("spurious network error") => crate::shell::warn(text),
                    _ => message = message + &line + "\n",
                },
            }
        }
        message
    });
    let mut answer = Vec::new();
    let read = stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut answer));
    interrupt::release();
    let status = child.wait().map_err(unrunnable)?;
    let message = reader.join().unwrap_or_default();
    interrupt::check().map_err(failed)?;
    if !status.success() {
        return Err(Unresolved(message));
    }
    read.map_err(unrunnable)?;
    String::from_utf8(answer).map_err(|_| Unresolved("Cargo's answer is not UTF-8".to_owned()))
}

/// The word and the text of a line about progress.
fn progress(line: &str) -> Option<(&str, &str)> {
    let (word, text) = line.trim_start().split_once(' ')?;
    let is_status = line.starts_with("  ") && line.find(word)? + word.len() == 12;
    (is_status && word.starts_with(char::is_uppercase)).then_some((word, text))
}

/// Whether it is about the network. Cargo repeats lines about versions when it builds.
fn is_new(word: &str) -> bool {
    matches!(word, "Updating" | "Downloading" | "Downloaded" | "Blocking")
}

/// The file that rustup reads for a folder.
fn toolchain_file(folder: &Path) -> Option<PathBuf> {
    let files = folder.ancestors().flat_map(|folder| ["rust-toolchain.toml", "rust-toolchain"].map(|n| folder.join(n)));
    files.into_iter().find(|file| file.is_file())
}

/// The toolchain that such a file names.
fn toolchain_of(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let Ok(document) = text.parse::<toml_edit::DocumentMut>() else {
        // The old form is a name alone.
        return Some(text.trim().to_owned()).filter(|name| !name.is_empty() && !name.contains(char::is_whitespace));
    };
    let toolchain = document.get("toolchain")?;
    let path = toolchain.get("path").and_then(|path| path.as_str());
    let path = path.map(|path| file.with_file_name(path).display().to_string());
    path.or_else(|| Some(toolchain.get("channel")?.as_str()?.to_owned()))
}

/// The files of each package that was built, by package.
pub(crate) fn files_by_package(artifacts: &[Artifact]) -> BTreeMap<&str, Vec<&Path>> {
    let mut files = BTreeMap::<_, Vec<_>>::new();
    for artifact in artifacts {
        let paths = artifact.filenames.iter().map(|file| file.as_std_path());
        files.entry(&*artifact.package_id.repr).or_default().extend(paths);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_right_aligned_at_the_twelfth_column() {
        assert_eq!(progress("    Updating crates.io index"), Some(("Updating", "crates.io index")));
        assert_eq!(progress("     Locking 3 packages"), Some(("Locking", "3 packages")));
        assert_eq!(progress("  Updating x"), None);
        assert_eq!(progress("error: failed to select a version"), None);
        assert_eq!(progress(""), None);
    }

    #[test]
    fn the_toolchain_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let toolchain = |name: &str, text: &str| {
            let file = folder.path().join("a").join(name);
            std::fs::write(&file, text).unwrap();
            let found = toolchain_file(&below).filter(|found| *found == file).and_then(|file| toolchain_of(&file));
            std::fs::remove_file(&file).unwrap();
            found
        };
        let is = |name: &str| Some(name.to_owned());
        assert_eq!(toolchain("rust-toolchain.toml", "[toolchain]\nchannel = \"1.91.0\"\n"), is("1.91.0"));
        assert_eq!(toolchain("rust-toolchain", "nightly\n"), is("nightly"));
        assert_eq!(toolchain("rust-toolchain.toml", "[toolchain]\nprofile = \"minimal\"\n"), None);
        let path = folder.path().join("a/mine").display().to_string();
        assert_eq!(toolchain("rust-toolchain.toml", "[toolchain]\npath = \"mine\"\n"), Some(path));
    }
}
