//! Checks the invariants of ARCHITECTURE.md that the text of the sources shows.

mod layers;
mod words;

use std::path::{Path, PathBuf};
use std::{fs, iter};

use plug_tests::{entries, root};

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root()];
    let files = iter::from_fn(|| {
        let next = folders.pop()?;
        let is_source = |path: &PathBuf| !["target", ".git", "ui", "expand"].iter().any(|name| path.ends_with(name));
        let (below, files): (Vec<_>, Vec<_>) =
            entries(&next).into_iter().filter(is_source).partition(|path| path.is_dir());
        folders.extend(below);
        Some(files)
    });
    let files = files.flatten().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| (path.clone(), fs::read_to_string(path).expect("Rust is text"))).collect()
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The code without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_file_opens_with_what_it_does() {
    let files = sources();
    assert!(files.len() > 40, "only {} files", files.len());
    for (path, text) in files {
        assert!(text.starts_with("//! "), "{} does not open with `//!`", path.display());
    }
}

#[test]
fn no_file_holds_more_than_500_lines() {
    for (path, text) in sources() {
        assert!(text.lines().count() <= 500, "{} has {} lines", path.display(), text.lines().count());
    }
}

#[test]
fn the_sources_use_the_words_of_the_field() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let name = path.strip_prefix(root()).expect("it is below").display().to_string().replace('\\', "/");
        let is_product =
            ["plug/", "plug-macros/", "app/src/", "cargo-plug/src/"].iter().any(|start| name.starts_with(start));
        if is_product {
            wrong.extend(words::found(&text).into_iter().map(|found| format!("{name}:{found}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(words::found("a borderline\n the border.").len(), 1);
}

/// `lib.rs` lists the rooms, and each room imports only those above it.
#[test]
fn no_room_imports_one_below_it() {
    let core = layers::core();
    let place = |room: &String| core.rooms.iter().position(|other| other == room);
    assert!(core.rooms.len() > 10, "{:?}", core.rooms);
    let wrong: Vec<_> = core
        .edges()
        .iter()
        .filter(|(from, to)| !from.is_empty() && place(&from[0]) < place(&to[0]))
        .map(|(from, to)| format!("{} imports {}", core.name(from), core.name(to)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_circle_of_imports_has_more_than_two_files() {
    let core = layers::core();
    let circles = layers::circles(&core.edges());
    let large: Vec<Vec<_>> = circles
        .iter()
        .filter(|circle| circle.len() > 2)
        .map(|circle| circle.iter().map(|module| core.name(module)).collect())
        .collect();
    assert!(large.is_empty(), "{large:#?}");
}

/// The reader of imports recognizes every way to write one.
#[test]
fn imports_are_seen_however_they_are_written() {
    let folder = plug_tests::scratch("layers");
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use a::deep::Thing;"),
        ("a.rs", "pub mod deep; pub use deep::Other; mod inline { use super::deep; }"),
        ("a/deep.rs", "pub struct Thing; pub struct Other; #[cfg(test)] mod tests { use crate::c::Late; }"),
        ("b.rs", "use crate::{a::{self, Other}, c}; // use crate::nothing\nconst TEXT: &str = \"crate::d\";"),
        ("c.rs", "pub struct Late; fn f() -> crate::Thing { super::b::g() }"),
    ];
    std::fs::create_dir(folder.join("a")).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text.replace("\\n", "\n")).unwrap();
    }
    let crate_ = layers::Crate::read(&folder);
    let edges = crate_.edges();
    let edges: Vec<_> = edges.iter().map(|(from, to)| format!("{} {}", crate_.name(from), crate_.name(to))).collect();
    let expected = [
        "lib.rs a/deep.rs",
        "a.rs a/deep.rs",
        "b.rs a.rs",
        "b.rs a/deep.rs",
        "b.rs c.rs",
        "c.rs a/deep.rs",
        "c.rs b.rs",
    ];
    assert_eq!(edges, expected);
    assert_eq!(crate_.rooms, ["a", "b", "c"]);
    let circles = layers::circles(&crate_.edges());
    assert_eq!(circles, [[vec!["b".to_owned()], vec!["c".to_owned()]].into()]);
}

#[test]
fn the_registry_names_no_link() {
    let registry = code(&source("plug/core/src/registry.rs"));
    for link in ["inventory", "linkme", "library", "Library", "Process", "Grpc", "libloading", "tonic"] {
        assert!(!registry.contains(link), "registry.rs names {link}");
    }
}

#[test]
fn two_files_know_how_plugins_are_registered() {
    let core = root().join("plug/core/src");
    let mut knowing: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| ["inventory", "linkme"].iter().any(|crate_name| code(text).contains(crate_name)))
        .filter_map(|(path, _)| Some(path.strip_prefix(&core).ok()?.to_owned()))
        .collect();
    knowing.sort();
    // The first file names the targets without linkme.
    assert_eq!(knowing, ["entry/submissions.rs", "lib.rs", "private.rs"].map(PathBuf::from));
}

#[test]
fn the_macros_know_no_link() {
    let (mut folders, mut seen) = (vec![root().join("plug-macros/src")], 0);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            seen += 1;
            let text = code(&fs::read_to_string(&path).expect("Rust is text"));
            for word in ["inventory", "linkme", "libloading", "tonic", "prost"] {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
        }
    }
    assert!(seen > 5);
}

/// They are the library link, `private.rs` for the emitted code, two hosts for libraries of the user,
/// the process link for tying a child's life to its parent's, and the server for returning memory.
#[test]
fn unsafe_code_is_in_few_places() {
    let manifest = source("Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"deny\""));
    let packages = [
        "plug",
        "plug/core",
        "plug-macros",
        "app",
        "app/interface",
        "cargo-plug",
        "plugins/a",
        "plugins/b",
        "plugins/polite",
        "tests",
    ];
    for path in packages {
        let manifest = source(&format!("{path}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path} does not take the lints of the workspace");
    }
    let mut allowed = Vec::new();
    for (path, text) in sources() {
        let path = path.strip_prefix(root()).expect("it is below").display().to_string().replace('\\', "/");
        let is_code = ["plug/", "plug-macros/", "app/", "cargo-plug/", "plugins/", "examples/"]
            .iter()
            .any(|start| path.starts_with(start));
        let code = code(&text);
        if is_code && code.contains("allow(unsafe_code") {
            allowed.push(path.clone());
        }
        let may = path.starts_with("plug/core/src/library")
            || path.starts_with("plug/core/src/abi")
            || [
                "plug/core/src/private.rs",
                "plug/core/src/process/launch/child.rs",
                "plug/core/src/rpc/server/trim.rs",
                "app/src/library.rs",
                "examples/etl/src/links.rs",
                "examples/gateway/src/lib.rs",
            ]
            .contains(&&*path);
        // The macros mention it, but emit none, as `plug-macros/src/expand_tests.rs` checks.
        let has = code.contains("unsafe ") || code.contains("unsafe(");
        assert!(may || !is_code || !has || path.starts_with("plug-macros/"), "{path} has unsafe code");
    }
    assert_eq!(allowed.len(), 6, "{allowed:?}");
}

/// They work on bytes in memory, and other files read and write those.
#[test]
fn handshakes_and_records_do_no_input_or_output() {
    let core = root().join("plug/core/src/process");
    let pure = ["handshake.rs", "handshake/", "log.rs", "log/"].map(|name| core.join(name));
    let mut seen = 0;
    for (path, text) in sources().into_iter().filter(|(path, _)| pure.iter().any(|pure| path.starts_with(pure))) {
        seen += 1;
        let code = code(&text);
        let tested = code.split("#[cfg(test)]").next().unwrap_or_default();
        for io in ["std::fs", "std::io", "std::net", "std::env", "tokio", "File::", "Command"] {
            assert!(!tested.contains(io), "{} names {io}", path.display());
        }
    }
    assert!(seen >= 6, "{seen}");
}

/// Each `unsafe` block and impl has a proof, and each unsafe function states its requirements.
#[test]
fn unsafe_code_has_its_proof() {
    for (path, text) in sources() {
        let core = root().join("plug/core/src");
        let has_unsafe = [core.join("abi"), core.join("library"), core.join("process/launch/child.rs")];
        if !has_unsafe.iter().any(|place| path.starts_with(place)) {
            continue;
        }
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.starts_with("//")) {
            let place = || format!("{}:{}", path.display(), at + 1);
            // The proof is above the statement, which may begin some lines earlier.
            let above = || lines[at.saturating_sub(6)..at].iter().any(|line| line.starts_with("// SAFETY:"));
            if line.contains("unsafe {") || line.starts_with("unsafe impl") {
                assert!(above(), "{} does not say why it is sound", place());
            }
            let is_item =
                line.contains("unsafe fn ") || (line.contains("unsafe extern \"C\" fn ") && line.ends_with('{'));
            if is_item && !line.contains(": unsafe") {
                let docs = lines[..at]
                    .iter()
                    .rev()
                    .take_while(|line| line.starts_with("///") || line.starts_with("#[") || line.starts_with("//"));
                assert!(
                    docs.clone().any(|line| line.contains("# Safety")),
                    "{} does not say what it asks for",
                    place()
                );
            }
        }
    }
}

/// A user of the builtin link alone compiles few dependencies. The others come with features.
#[test]
fn the_library_pulls_in_little() {
    let manifest = source("plug/core/Cargo.toml");
    let dependencies = manifest.split("[dependencies]\n").nth(1).and_then(|rest| rest.split("\n[").next());
    let needed = dependencies
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.starts_with('#') && !line.contains("optional = true"));
    let names: Vec<_> =
        needed.filter_map(|line| line.split([' ', '.', '=']).next()).filter(|name| !name.is_empty()).collect();
    assert!(names.is_empty(), "{names:?}");
    assert!(manifest.contains("\ndefault = [\"host\", \"inventory\"]\n"));
    assert!(manifest.contains("\nhost = [\"dep:foldhash\", \"dep:once_cell\"]\n"));
}

#[test]
fn the_copies_of_the_licences_are_there() {
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(Path::new(&root().join(licence)).exists(), "{licence}");
    }
}
