//! Bundles: one library of several plugin crates, from any source that Cargo has.

use std::fs;
use std::process::Command;

use app_interface::Plug;
use library_interface::Work;
use plug::Link;
use plug_tests::nested::Build;
use plug_tests::{copy_of_workspace, library, run, scratch, succeed};

use crate::{open, registry};

#[test]
fn a_bundle_has_the_plugins_of_several_crates() {
    let path = library("library-bundle", &[]);
    let mut names: Vec<_> =
        open(&path).unwrap().plugins().unwrap().iter().map(|plugin| plugin.name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["a", "b", "fails-new", "formal", "fragile", "local", "panics-new", "polite", "worker"]);
    let registry = registry(&path).unwrap();
    assert_eq!(registry.open::<dyn Work>("worker").unwrap().add(1, 2).unwrap(), 3);
    assert_eq!(registry.open::<dyn Plug>("bonjour").unwrap().say_hello("x").unwrap(), "bonjour, x");
}

/// Unpublished crates cannot come from a registry.
/// A repository is just as separate from the workspace, and has another version of the interface.
#[test]
fn a_bundle_of_crates_from_a_repository() {
    let repository = copy_of_workspace("library-repository");
    let interface = repository.join("app/interface/Cargo.toml");
    let text = fs::read_to_string(&interface).unwrap();
    fs::write(&interface, text.replace("\nversion.workspace = true\n", "\nversion = \"0.7.0\"\n")).unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=plug", "-c", "user.email=plug@localhost", "-c", "init.defaultBranch=main"];
        succeed(Command::new("git").args(identity).args(arguments).current_dir(&repository))
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    // The commit fails if nothing has changed since the last run.
    run(Command::new("git")
        .args(["-c", "user.name=plug", "-c", "user.email=plug@localhost", "commit", "--quiet", "-m", "All"])
        .current_dir(&repository));
    let folder = scratch("library-bundle");
    fs::create_dir(folder.join("src")).unwrap();
    let from = format!("{{ git = \"file://{}\" }}", repository.display());
    let manifest = format!(
        "[package]\nname = \"bundle\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\nplug = {from}\nplugin-b = {from}\nplugin-polite = {from}\n",
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/lib.rs"), "//! Two plugins as one library.\nplug::link!();\n").unwrap();
    let (workspace, file) = (&*folder, plug_tests::library_file("bundle"));
    let path =
        Build { command: "build", package: "bundle", arguments: &[], common: &[], workspace, file: &file }.file();
    let registry = registry(&path).unwrap();
    assert_eq!(registry.open::<dyn Plug>("b").unwrap().say_hello("x").unwrap(), "bonjour, x");
    assert_eq!(registry.open::<dyn Plug>("polite").unwrap().say_hello("x").unwrap(), "good day, x");
    assert_eq!(plug::link::Library::inspect(&path).unwrap().interfaces()[0].version, "0.7.0");
}
