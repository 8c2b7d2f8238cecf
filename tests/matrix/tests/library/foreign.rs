//! Libraries of other systems, made by real linkers.
//! The host recognizes each format, finds the section, and refuses cut files.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use plug::__private::testing::section_for;
use plug_tests::{leave_out, run, scratch, succeed, texts};

use crate::refusal;

const SOURCE: &str = r#"
#![no_std]
#[panic_handler] fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
#[unsafe(no_mangle)] pub extern "C" fn seven() -> u32 { 7 }
#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__plug"))]
#[cfg_attr(windows, unsafe(link_section = ".plug"))]
pub static PLUG: [u8; 12] = *b"\x7fplug\r\n?\0\0\0\0";
"#;

/// A library for this target, by the compiler's own linker.
/// `None` if the target or that linker is missing.
fn library(target: &str, linker: &[&str]) -> Option<PathBuf> {
    let folder = scratch(&format!("library-{target}"));
    fs::write(folder.join("x.rs"), SOURCE).unwrap();
    let sysroot = succeed(Command::new("rustc").args(["--print", "sysroot"]));
    let version = succeed(Command::new("rustc").args(["--version", "--verbose"]));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let lld = format!("{}/lib/rustlib/{host}/bin/rust-lld", sysroot.trim());
    let mut rustc = Command::new("rustc");
    rustc.args([
        "--edition",
        "2024",
        "--crate-type",
        "cdylib",
        "-Cpanic=abort",
        "x.rs",
        "-o",
        "libx",
        "--target",
        target,
    ]);
    rustc.arg(format!("-Clinker={lld}")).args(linker).current_dir(&folder);
    let output = run(&mut rustc);
    if !output.status.success() {
        leave_out(target, texts(&output).1.lines().next().unwrap_or_default());
        return None;
    }
    Some(folder.join("libx"))
}

fn check(target: &str, linker: &[&str], format: &'static str, architecture: &str) {
    let Some(path) = library(target, linker) else { return };
    let host = std::env::consts::ARCH;
    assert_eq!(
        refusal(&path),
        format!(
            "library `PATH` is for {architecture} ({format}, 64-bit, little-endian), \
             and this program for {host} (ELF, 64-bit, little-endian)"
        ),
    );
    let bytes = fs::read(&path).unwrap();
    let section = section_for(&bytes, format, architecture).unwrap();
    assert!(section.starts_with(b"\x7fplug\r\n?"), "{section:?}");
    // The last part of a DLL is padding.
    let tenths = if format == "PE" { 9 } else { 10 };
    for tenth in 0..tenths {
        let cut = &bytes[..bytes.len() * tenth / 10];
        assert!(section_for(cut, format, architecture).is_err(), "{tenth} tenths of it");
        fs::write(&path, cut).unwrap();
        refusal(&path);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn of_windows() {
    let linker = ["-Clinker-flavor=lld-link", "-Clink-arg=/NOENTRY", "-Clink-arg=/NODEFAULTLIB"];
    check("x86_64-pc-windows-msvc", &linker, "PE", "x86_64");
}

#[cfg(target_os = "linux")]
#[test]
fn of_macos() {
    let linker = ["-Clinker-flavor=ld64.lld", "-Clink-arg=-undefined", "-Clink-arg=dynamic_lookup"];
    check("aarch64-apple-darwin", &linker, "Mach-O", "aarch64");
}
