//! Misuse: what the compiler says of it, whole. `TRYBUILD=overwrite` writes the texts anew.

use std::process::Command;

/// The compiler whose words the texts hold. Another one says some things otherwise.
const COMPILER: &str = "1.95";

#[test]
fn misuse_is_a_compile_error_with_a_way_out() {
    let output = Command::new("rustc").arg("--version").output().expect("there is rustc");
    let version = String::from_utf8_lossy(&output.stdout);
    if !version.starts_with(&format!("rustc {COMPILER}.")) {
        leave_out(&format!("left out: ui: the texts are those of rustc {COMPILER}, and this is {}", version.trim()));
        return;
    }
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}

/// As `plug_tests::leave_out` does, on which this package does not depend: the cases would be built with all of that.
fn leave_out(line: &str) {
    eprintln!("{line}");
    if let Some(file) = std::env::var_os("PLUG_OMITTED") {
        use std::io::Write;
        let file = std::fs::OpenOptions::new().append(true).create(true).open(file);
        let mut file = file.expect("the list of what was left out can be opened");
        file.write_all(format!("{line}\n").as_bytes()).expect("the list of what was left out can be written");
    }
}
