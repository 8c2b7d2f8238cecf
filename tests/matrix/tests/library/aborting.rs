//! Libraries in which a panic ends the process.

use plug::link::Library;
use plug_tests::{fail, library};

use crate::{library_host, worker};

#[test]
fn a_library_that_aborts_on_panic_says_so() {
    let (unwinds, aborts) = (library("library-plugin", &[]), library("library-plugin", &["--profile", "abort"]));
    for (path, expected) in [(unwinds, false), (aborts, true)] {
        assert_eq!(Library::inspect(&path).unwrap().aborts_on_panic(), expected, "{}", path.display());
        assert_eq!(crate::open(&path).unwrap().aborts_on_panic(), expected);
        assert_eq!(worker(&path).unwrap().add(1, 2).unwrap(), 3);
    }
}

/// It ends the host, as the docs state. If it no longer does, the docs are wrong.
#[test]
fn a_panic_in_one_ends_the_host() {
    let path = library("library-plugin", &["--profile", "abort"]);
    let stderr = fail(std::process::Command::new(library_host(&[])).arg(path).arg("panic"));
    assert!(stderr.contains("told to panic"), "{stderr}");
}
