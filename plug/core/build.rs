//! Passes the version of the compiler to the crate, which records it in shared libraries.
//! `links` in Cargo.toml requires a build script in any case.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    // Such as `rustc 1.95.0 (0123abcde 2026-04-14)`.
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    println!("cargo::rustc-env=PLUG_COMPILER={}", if version.is_empty() { "an unknown compiler" } else { &version });
}
