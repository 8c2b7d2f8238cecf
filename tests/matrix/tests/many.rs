//! Thousands of generated plugins in one crate: each is linked once, in order.
//! There are 10,000 with `PLUG_FULL=1`.

use std::fmt::Write;
use std::fs;

use plug_tests::nested;
use plug_tests::{cargo, fail, is_full, root, scratch, succeed};

fn package(name: &str, plugins: &str) -> std::path::PathBuf {
    let folder = scratch(name);
    fs::create_dir_all(folder.join("src")).expect("a folder can be made");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nplug = {{ path = '{}' }}\n",
        root().join("plug").display(),
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest can be written");
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file can be copied");
    let main = format!(
        "//! Generated.\n\nplug::link!();\n\n#[plug::interface]\ntrait Number {{\n    fn number(&self) -> usize;\n}}\n\n{plugins}\n\
         fn main() {{\n    let registry = plug::Registry::builtin();\n    registry.check().unwrap();\n    \
         let names: Vec<_> = registry.plugins().map(|plugin| plugin.name().to_owned()).collect();\n    assert!(names.is_sorted());\n    \
         for (at, name) in names.iter().enumerate() {{\n        assert_eq!(registry.open::<dyn Number>(name).unwrap().number(), at);\n    }}\n    \
         println!(\"{{}}\", names.len());\n}}\n"
    );
    fs::write(folder.join("src/main.rs"), main).expect("a file can be written");
    folder
}

/// The plugin with index `at`, in a module for each hundred.
fn plugin(name: &str, at: usize) -> String {
    format!(
        "#[derive(Default)]\nstruct N{at};\n\n/// The number {at}.\n#[plug::plug(\"{name}\")]\nimpl crate::Number for N{at} {{\n    \
         fn number(&self) -> usize {{\n        {at}\n    }}\n}}\n\n"
    )
}

fn build(folder: &std::path::Path) -> std::process::Command {
    let mut cargo = cargo();
    cargo.current_dir(folder).args(["run", "--quiet", "--target-dir"]).arg(nested::folder());
    if plug_tests::is_linkme() {
        cargo.args(["--features", "plug/linkme"]);
    }
    cargo
}

#[test]
fn thousands() {
    let count = if is_full() { 10_000 } else { 1_000 };
    let mut plugins = String::new();
    for hundred in 0..count / 100 {
        let inside: String =
            (0..100).map(|one| plugin(&format!("n{:05}", hundred * 100 + one), hundred * 100 + one)).collect();
        write!(plugins, "mod m{hundred} {{\n{inside}}}\n").expect("a text can be written");
    }
    let folder = package("thousands", &plugins);
    assert_eq!(succeed(&mut build(&folder)), format!("{count}\n"));
}

/// Within one crate the compiler detects two plugins of a name, and reports the place of both.
#[test]
fn two_of_a_name_in_one_crate() {
    for (name, plugins) in [
        ("one-module", plugin("same", 0) + &plugin("same", 1)),
        ("two-modules", format!("mod one {{\n{}}}\nmod two {{\n{}}}\n", plugin("same", 0), plugin("same", 1))),
    ] {
        let folder = package(name, &plugins);
        let stderr = fail(&mut build(&folder));
        let first = "plugin `same` of this interface is at src/main.rs:";
        assert!(stderr.contains(first) && stderr.contains("already: rename one of them"), "{name}: {stderr}");
    }
}
