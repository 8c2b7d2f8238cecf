//! The measurements: instructions by callgrind, bytes, and times as medians of runs in turns.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use crate::programs::scratch;

/// Whether valgrind can be run.
pub fn has_valgrind() -> bool {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The instructions of a whole process, with those of the loader.
/// Those of `pthread_getattr_np` are left out, by which std finds the main thread's stack:
/// it reads the list of mappings, and the length of that list does not depend on the program.
pub fn instructions(program: &Path, arguments: &[&str]) -> f64 {
    let profile = scratch().join("callgrind.out");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--toggle-collect=pthread_getattr_np*", "--collect-atstart=yes"]);
    valgrind.arg(format!("--callgrind-out-file={}", profile.display()));
    run(valgrind.arg(program).args(arguments));
    let profile = fs::read_to_string(profile).expect("callgrind writes a profile");
    // totals: 312345
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a profile has a total");
    total.trim().parse().expect("a total is a number")
}

/// The size of a file.
pub fn bytes(program: &Path) -> f64 {
    fs::metadata(program).expect("the program was built").len() as f64
}

/// The numbers that a program prints.
pub fn numbers(program: &Path, arguments: &[&str]) -> Vec<f64> {
    let output = run(Command::new(program).args(arguments));
    let text = String::from_utf8(output.stdout).expect("a program prints text");
    text.split_whitespace().map(|number| number.parse().expect("a program prints numbers")).collect()
}

/// The medians of all. They run in turns, so that other load affects all alike.
pub fn in_turns<const N: usize>(rounds: usize, sides: [&dyn Fn() -> f64; N]) -> [f64; N] {
    let mut found = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (found, side) in found.iter_mut().zip(sides) {
            found.push(side());
        }
    }
    found.map(median)
}

/// The number in the middle.
pub fn median(mut found: Vec<f64>) -> f64 {
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

/// The wall time of a build in an empty folder. `cargo` gets the folder.
pub fn seconds_of_a_clean_build(cargo: impl FnOnce(&Path) -> Command) -> f64 {
    let target = scratch().join("clean");
    if target.exists() {
        fs::remove_dir_all(&target).expect("a folder can be removed");
    }
    let mut cargo = cargo(&target);
    let start = Instant::now();
    run(cargo.arg("--offline"));
    start.elapsed().as_secs_f64()
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed, {}\n{errors}", output.status);
    output
}
