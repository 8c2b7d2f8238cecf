//! `cargo plug`, beside Cargo in a workspace that has the plugin as a member.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use plug_tests::copy_of_workspace;

use crate::BUILDS;
use crate::measure::{in_turns, median};
use crate::programs::scratch;
use crate::table::Table;

/// Builds after an edit, of each sort.
const EDITS: usize = 5;
/// Runs of `cargo plug list`.
const LISTS: usize = 31;
/// The bytes of the large program.
const LARGE: usize = 100_000_000;

pub fn measure(table: &mut Table) {
    let (plug, workspace) = (cargo_plug(), copy_of_workspace("builder-bench"));
    let (ours, peer) = (scratch().join("builder-cache"), scratch().join("builder-peer"));
    let file = scratch().join("app-mine");
    let build = |more: &[&str]| {
        let mut command = Command::new(&plug);
        command.args(["build", "./app", "--with", "./plugins/a", "--offline", "-o"]).arg(&file).args(more);
        clean(&mut command).env("CARGO_PLUG_CACHE", &ours).current_dir(&workspace);
        command
    };
    let cargo = || {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["build", "--package", "app", "--features", "a", "--offline", "--target-dir"]).arg(&peer);
        clean(&mut command).current_dir(&workspace);
        command
    };

    let [first, of_cargo] = in_turns(BUILDS, [&|| seconds(build(&[]), Some(&ours)), &|| seconds(cargo(), Some(&peer))]);
    let what = "seconds of a first build of app with a plugin, against `cargo build` with a feature";
    table.row_guarded(what, first, of_cargo, 1.15, 1.3);

    let source = workspace.join("plugins/a/src/lib.rs");
    let text = fs::read_to_string(&source).expect("the plugin has a source");
    let edit = |number: &mut usize| {
        *number += 1;
        fs::write(&source, format!("{text}// {number}\n")).expect("the plugin can be edited");
    };
    let (mut number, mut edited) = (0, [Vec::new(), Vec::new()]);
    for _ in 0..EDITS {
        edit(&mut number);
        edited[0].push(seconds(build(&[]), None));
        edit(&mut number);
        edited[1].push(seconds(cargo(), None));
    }
    let [again, of_cargo] = edited.map(median);
    table.row("seconds of a build after an edit of the plugin, against the same", again, of_cargo, Some(1.3));

    // The last edit was for the other side.
    seconds(build(&[]), None);
    let output = build(&["--with", "./plugins/b"]).output().expect("it can be run");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{messages}");
    let compiled = messages.lines().filter(|line| line.trim_start().starts_with("Compiling")).count();
    table.row_alone("packages that one more plugin compiles: it, and the one with `main`", compiled as f64, 2.0);

    let large = large(&file);
    let list = || {
        let mut command = Command::new(&plug);
        command.arg("list").arg(&large);
        1_000.0 * seconds(command, None)
    };
    let milliseconds = median((0..LISTS).map(|_| list()).collect());
    table.row_alone("ms of `cargo plug list` of a program of 100 MB", milliseconds, 20.0);
}

fn cargo_plug() -> PathBuf {
    eprintln!("building cargo-plug");
    let target = scratch().join("cargo-plug");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--release", "--package", "cargo-plug", "--target-dir"]).arg(&target);
    plug_tests::succeed(cargo.current_dir(plug_tests::root()));
    target.join("release/cargo-plug").with_extension(env::consts::EXE_EXTENSION)
}

/// The program with a section of that many bytes.
fn large(program: &Path) -> PathBuf {
    let (bytes, large) = (scratch().join("bytes"), scratch().join("large"));
    fs::write(&bytes, vec![7; LARGE]).expect("a file can be written");
    let mut objcopy = Command::new("objcopy");
    let section = format!(".large={}", bytes.display());
    plug_tests::succeed(objcopy.args(["--add-section", &section]).arg(program).arg(&large));
    large
}

/// Both sides build without debug information, as the workspace does.
fn clean(command: &mut Command) -> &mut Command {
    plug_tests::clean(command).env("CARGO_INCREMENTAL", "0")
}

/// The wall time of a command, with an empty folder if it is one.
fn seconds(mut command: Command, empty: Option<&Path>) -> f64 {
    if let Some(folder) = empty.filter(|folder| folder.exists()) {
        fs::remove_dir_all(folder).expect("a folder can be removed");
    }
    let start = Instant::now();
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let seconds = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "{command:?} failed\n{}", String::from_utf8_lossy(&output.stderr));
    seconds
}
