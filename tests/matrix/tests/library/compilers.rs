//! Hosts and plugins of different compilers and profiles: every pair must report the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use plug_tests::{has_toolchain, is_full, leave_out, library, run, texts};

use crate::{library_host, task_host};

/// The report of a host on a library, without stderr, where panics print.
fn report_of(host: &Path, library: &Path) -> String {
    let output = run(Command::new(host).arg(library));
    let (stdout, stderr) = texts(&output);
    assert!(
        output.status.success(),
        "{} with {}: {}\n{stdout}\n{stderr}",
        host.display(),
        library.display(),
        output.status
    );
    stdout
}

/// A host and a library, and how often its report says that a plugin panicked.
struct Program {
    host: fn(&[&str]) -> PathBuf,
    library: &'static str,
    panics: usize,
}

const PROGRAMS: [Program; 2] = [
    Program { host: library_host, library: "library-plugin", panics: 12 },
    // Asynchronous methods.
    Program { host: task_host, library: "task-plugin", panics: 30 },
];

/// Runs every host with every plugin. `all` are the arguments of the builds of each.
fn pairs(hosts: &[&[&str]], plugins: &[&[&str]]) {
    for program in PROGRAMS {
        let expected = report_of(&(program.host)(&[]), &library(program.library, &[]));
        assert!(expected.matches("panicked").count() == program.panics, "{expected}");
        let libraries: Vec<_> = plugins.iter().map(|arguments| library(program.library, arguments)).collect();
        for arguments in hosts {
            let host = (program.host)(arguments);
            for library in &libraries {
                assert_eq!(report_of(&host, library), expected, "{} with {}", host.display(), library.display());
            }
        }
    }
}

#[test]
fn profiles() {
    let some: &[&[&str]] = &[&[], &["--release"], &["--profile", "stripped"]];
    let all: &[&[&str]] =
        &[&[], &["--release"], &["--profile", "stripped"], &["--profile", "thin"], &["--profile", "fat"]];
    if is_full() { pairs(all, all) } else { pairs(&some[..2], some) }
}

#[test]
fn compilers() {
    let others: Vec<_> = ["+nightly", "+1.91.0"].into_iter().filter(|toolchain| has_toolchain(toolchain)).collect();
    if others.is_empty() {
        leave_out("second-compiler", "no other toolchain than the one that runs this is installed");
        return;
    }
    let mut builds = vec![vec![], vec!["--release"]];
    for other in others {
        builds.push(vec![other]);
        if is_full() {
            builds.push(vec![other, "--release"]);
        }
    }
    let builds: Vec<_> = builds.iter().map(Vec::as_slice).collect();
    pairs(&builds, &builds);
}

#[test]
fn registered_by_linkme() {
    pairs(&[&["--features", "plug/linkme"]], &[&["--features", "plug/linkme"]]);
}

/// Valgrind's memcheck finds no error in a host that does everything once.
#[test]
fn memory() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        leave_out("valgrind", "it is not installed");
        return;
    }
    for program in PROGRAMS {
        let (host, library) = ((program.host)(&["--release"]), library(program.library, &["--release"]));
        let mut valgrind = Command::new("valgrind");
        // Libraries are never unloaded, so that their memory is still reachable.
        valgrind.args([
            "--error-exitcode=9",
            "--leak-check=full",
            "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite",
            "--quiet",
        ]);
        let output = run(valgrind.arg(host).arg(library));
        let (_, stderr) = texts(&output);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
    }
}
