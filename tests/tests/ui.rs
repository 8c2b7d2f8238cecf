//! Misuse: what the compiler says of it, whole. `TRYBUILD=overwrite` writes the texts anew.

/// The compiler whose words the texts hold. Another one says some things otherwise.
const COMPILER: &str = "1.95";

#[test]
fn misuse_is_a_compile_error_with_a_way_out() {
    let version = plug_tests::succeed(std::process::Command::new("rustc").arg("--version"));
    if !version.starts_with(&format!("rustc {COMPILER}.")) {
        plug_tests::leave_out("ui", &format!("the texts are those of rustc {COMPILER}, and this is {version}"));
        return;
    }
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
