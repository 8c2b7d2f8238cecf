//! Plugins and programs from repositories and registries, which share `plug` and the interface from wherever each takes
//! them.

use std::fs;
use std::path::Path;

use plug_tests::root;

use crate::world::{World, same};

/// Makes a repository of `plug`, with the tag `v1`.
pub fn repository_of_plug(world: &World) {
    let copy = |folder: &str| copy(&root().join(folder), &world.path("repositories/plug").join(folder));
    copy("plug");
    copy("plug-macros");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("there is one");
    let (start, end) = (manifest.find("members = [").unwrap(), manifest.find("[workspace.package]").unwrap());
    let members = "members = [\"plug\", \"plug/core\", \"plug-macros\"]\n\n";
    world.write("repositories/plug/Cargo.toml", &format!("{}{members}{}", &manifest[..start], &manifest[end..]));
    world.repository("repositories/plug", "v1");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for path in plug_tests::entries(from) {
        let to = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a file can be copied");
        }
    }
}

/// `plug` of the repository, as a line of Cargo.toml.
pub fn plug_by_git(world: &World, reference: &str, features: &str) -> String {
    let url = world.url("repositories/plug");
    format!("plug = {{ git = \"{url}\", {reference}, default-features = false, features = [{features}] }}")
}

/// Makes a repository of the program.
pub fn repository_of_the_program(world: &World) -> String {
    copy(&world.path("greeter"), &world.path("repositories/greeter"));
    let manifest = world.read("repositories/greeter/Cargo.toml");
    let old = world.plug_dependency("");
    world.write(
        "repositories/greeter/Cargo.toml",
        &manifest.replace(&old, &plug_by_git(world, "tag = \"v1\"", "\"inventory\"")),
    );
    world.repository("repositories/greeter", "v1")
}

#[test]
fn a_program_and_a_plugin_from_repositories() {
    let world = World::new("git");
    repository_of_plug(&world);
    repository_of_the_program(&world);
    let greeter = world.url("repositories/greeter");
    // The plugin takes `plug` and the interface from other revisions of the same repositories.
    world.write("repositories/plug/NEWS", "A new commit.\n");
    world.repository("repositories/plug", "v2");
    let manifest = world.read("repositories/greeter/Cargo.toml");
    let newer = plug_by_git(&world, "tag = \"v2\"", "\"inventory\"");
    world.write(
        "repositories/greeter/Cargo.toml",
        &manifest.replace(&plug_by_git(&world, "tag = \"v1\"", "\"inventory\""), &newer),
    );
    world.repository("repositories/greeter", "v2");
    let interface = format!("greeter-interface = {{ git = \"{greeter}\", tag = \"v2\" }}");
    world.plugin_with("repositories/plugins/loud", "plugin-loud", &format!("{interface}\n{newer}\n"));
    let manifest = world.read("repositories/plugins/loud/Cargo.toml").replace("[workspace]\n\n", "");
    world.write("repositories/plugins/loud/Cargo.toml", &manifest);
    world.write("repositories/plugins/calm/Cargo.toml", &manifest.replace("plugin-loud", "plugin-calm"));
    world.write("repositories/plugins/calm/src/lib.rs", &crate::world::greets("calm"));
    world.write("repositories/plugins/Cargo.toml", "[workspace]\nmembers = [\"loud\", \"calm\"]\nresolver = \"3\"\n");
    let revision = world.repository("repositories/plugins", "v3");

    let plugins = world.url("repositories/plugins");
    let (program, loud) = (format!("{greeter}?tag=v1#greeter"), format!("{plugins}?tag=v3#plugin-loud"));
    let (_, stderr) = world.plug(&["build", &program, "--with", &loud, "-o", "mine"]);
    assert!(stderr.ends_with("       Built mine with `loud`\n"), "{stderr}");
    let source = format!("git file://<>/repositories/plugins?tag=v3#{revision}");
    same(&world.run("mine"), &format!("loud greets x of 0.3.0: {source}\n"));
    let (stdout, _) = world.plug(&["list", "mine", "--format", "json"]);
    let listing = stdout.parse::<serde_json::Value>().unwrap();
    assert_eq!(listing["plugins"][0]["source"], *source);
    for reference in ["branch=main", &format!("rev={revision}")] {
        world.plug(&["build", &program, "--with", &format!("{plugins}?{reference}#plugin-loud"), "-o", "mine"]);
        let source = format!("git file://<>/repositories/plugins?{reference}#{revision}");
        same(&world.run("mine"), &format!("loud greets x of 0.3.0: {source}\n"));
    }

    // A new plugin takes the program from the interface's repository.
    let interface = format!("{greeter}?tag=v1#greeter-interface");
    world.plug(&["new", "hola", "--for", &interface, "--program", &program]);
    let manifest = world.read("plugin-hola/Cargo.toml").replace(&world.folder.display().to_string(), "<>");
    assert!(manifest.contains("program = \"file://<>/repositories/greeter?tag=v1#greeter\"\n"), "{manifest}");
    assert!(
        manifest.contains("plug = { git = \"file://<>/repositories/plug\", tag = \"v1\", default-features"),
        "{manifest}"
    );
    let stderr = world.failure(1, &mut world.command("plugin-hola", &["run"]));
    assert!(stderr.ends_with("Error: `hola` does not `greet` yet\n"), "{stderr}");

    // A repository of several packages wants a name, and tells those that it has.
    let stderr = world.fail(101, &["build", &program, "--with", &format!("{plugins}?tag=v3"), "-o", "mine"]);
    assert!(stderr.contains("plugin-calm, plugin-loud"), "{stderr}");
    let hint = "hint: name one of them, as `file://<>/repositories/plugins?tag=v3#NAME`\n";
    assert!(stderr.ends_with(hint), "{stderr}");
    // A reference that is not there, and a repository that is not there.
    let stderr =
        world.fail(101, &["build", &program, "--with", &format!("{plugins}?tag=v9#plugin-loud"), "-o", "mine"]);
    assert!(
        stderr.starts_with("error: cannot find the versions of `file://<>/repositories/plugins?tag=v9#plugin-loud`\n"),
        "{stderr}"
    );
}

#[test]
fn a_program_in_a_folder_and_a_plugin_from_a_repository() {
    let world = World::new("mixed");
    repository_of_plug(&world);
    repository_of_the_program(&world);
    let greeter = world.url("repositories/greeter");
    let dependencies = format!(
        "greeter-interface = {{ git = \"{greeter}\" }}\n{}\n",
        plug_by_git(&world, "tag = \"v1\"", "\"inventory\"")
    );
    world.plugin_with("repositories/loud", "plugin-loud", &dependencies);
    world.repository("repositories/loud", "v3");
    // `plug` and the interface lead to the folders that the program takes them from.
    let loud = world.url("repositories/loud");
    let (_, stderr) = world.plug(&["build", "./greeter", "--with", &loud, "-o", "mine", "--keep", "kept"]);
    assert!(stderr.ends_with("       Built mine with `loud`\n"), "{stderr}");
    // The folder of this world may be below the root.
    let [here, root] = [&world.folder, &root()].map(|folder| folder.display().to_string());
    let kept = world.read("kept/Cargo.toml").replace(&here, "<>").replace(&root, "<root>");
    let patches = kept.split_once("[patch.").unwrap().1;
    same(
        patches,
        "\"file://<>/repositories/greeter\"]\ngreeter-interface = { path = \"<>/greeter/interface\" }\n\n\
         [patch.\"file://<>/repositories/plug\"]\nplug = { path = \"<root>/plug\" }\n",
    );
    assert!(world.run("mine").starts_with("loud greets x of 0.3.0: git file://<>/repositories/loud#"));
    // A plugin in another folder takes `plug` from the repository, and the program has it in a folder.
    world.plugin_with("calm", "plugin-calm", &dependencies);
    world.plug(&["build", "./greeter", "--with", "./calm", "-o", "mine"]);
    same(&world.run("mine"), "calm greets x of 0.3.0: path <>/calm\n");
}

#[test]
fn a_plugin_that_has_plug_in_another_folder() {
    let world = World::new("folder");
    repository_of_plug(&world);
    // Another interface of the same name and version, and a plugin for it.
    let other = format!("plug = {{ path = '{}', ", world.path("repositories/plug/plug").display());
    let other = world.plug_dependency("").replacen(
        &format!("plug = {{ path = '{}', ", root().join("plug").display()),
        &other,
        1,
    );
    copy(&world.path("greeter/interface"), &world.path("interface"));
    let manifest = world.read("interface/Cargo.toml").replace("plug.workspace = true", &other);
    world.write("interface/Cargo.toml", &(manifest + "\n[workspace]\n"));
    world.plugin_with("plugin-x", "plugin-x", &format!("greeter-interface = {{ path = '../interface' }}\n{other}\n"));
    let build = |plugin: &str| {
        let arguments = ["build", "./greeter", "--with", plugin, "--offline", "-o", "mine"];
        world.fail(1, &arguments).replace(&root().display().to_string(), "<root>")
    };
    let apart = "build it apart: `cargo plug build --as library --with …`\n";
    same(
        &build("./plugin-x"),
        &format!(
            "error: `plugin-x` 0.3.0 takes `plug` from `<>/repositories/plug/plug`, and `greeter` 1.0.0 takes it from `<root>/plug`\n\
             hint: two folders are two packages: let both have the same one, or {}",
            apart.replacen("it", "`plugin-x`", 1)
        ),
    );
    // The interface of the program, with another `plug` than that has.
    let interface = world.path("greeter/interface").display().to_string();
    world.plugin_with("plugin-y", "plugin-y", &format!("greeter-interface = {{ path = '{interface}' }}\n{other}\n"));
    same(
        &build("./plugin-y"),
        "error: `./plugin-y` takes `plug` in two versions or from two sources, and can be built nowhere\n\
         hint: it and the crate of its interface have to take the same `plug`: `cargo tree -i plug` in its folder says more\n",
    );

    // Another version of `plug` fits in another file alone.
    for file in ["Cargo.toml", "plug/Cargo.toml"] {
        let file = format!("repositories/plug/{file}");
        world.write(&file, &world.read(&file).replace("\"0.1.0\"", "\"0.2.0\"").replace("\"=0.1.0\"", "\"=0.2.0\""));
    }
    for file in ["interface/Cargo.toml", "plugin-x/Cargo.toml"] {
        world.write(file, &world.read(file).replace("version = \"0.1\"", "version = \"0.2\""));
    }
    same(
        &build("./plugin-x"),
        &format!(
            "error: `plugin-x` 0.3.0 is written for `plug` 0.2.0, and `greeter` 1.0.0 has `plug` 0.1.0\n\
             hint: take a version of `plugin-x` that fits, or {apart}"
        ),
    );
    world.plug(&["build", "--as", "library", "--with", "./plugin-x", "--offline"]);
    world.plug(&["build", "./greeter", "--offline", "-o", "mine"]);
    same(&world.plug(&["check", "libplugin_x.so", "--for", "mine"]).0, "plugin `x` fits\n");
}

#[test]
fn a_program_and_plugins_from_a_registry() {
    let world = World::new("registry");
    let vendor = world.path("vendor");
    let mut cargo = plug_tests::cargo();
    cargo.current_dir(world.path("greeter")).args(["vendor", "--offline", "-q"]).arg(&vendor);
    world.succeed(&mut cargo);
    let mut cargo = plug_tests::cargo();
    cargo.current_dir(root()).args([
        "package",
        "-q",
        "-p",
        "plug-core",
        "-p",
        "plug-macros",
        "-p",
        "plug",
        "--no-verify",
    ]);
    cargo.args(["--allow-dirty", "--exclude-lockfile", "--offline", "--target-dir"]).arg(world.path("packaged"));
    world.succeed(&mut cargo);
    for package in ["plug", "plug-core", "plug-macros"] {
        let file = world.path(&format!("packaged/package/{package}-0.1.0.crate"));
        world.succeed(std::process::Command::new("tar").current_dir(&vendor).arg("xzf").arg(file));
        publish(&world, &format!("{package}-0.1.0"));
    }
    world.write(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"vendored\"\n\n[source.vendored]\ndirectory = \"vendor\"\n",
    );
    let plug = "plug = { version = \"0.1\", default-features = false, features = [\"inventory\"] }";
    let move_package = |from: &str, to: &str, manifest: String| {
        copy(&world.path(from), &world.path(&format!("vendor/{to}")));
        world.write(&format!("vendor/{to}/Cargo.toml"), &manifest);
        publish(&world, to);
    };
    let interface = world.read("greeter/interface/Cargo.toml").replace("plug.workspace = true", plug);
    move_package("greeter/interface", "greeter-interface-1.0.0", interface);
    let program = "[package]\nname = \"greeter\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[features]\nloud = []\n\n[dependencies]\n\
                   greeter-interface = \"1\"\n";
    let host = plug.replace("\"inventory\"", "\"inventory\", \"host\"");
    move_package("greeter", "greeter-1.0.0", format!("{program}{host}\n"));
    fs::remove_dir_all(world.path("vendor/greeter-1.0.0/interface")).unwrap();
    for version in ["0.3.0", "0.3.1", "0.4.0"] {
        let folder = format!("plugin-loud-{version}");
        world.plugin_with(&format!("vendor/{folder}"), "plugin-loud", &format!("greeter-interface = \"1\"\n{plug}\n"));
        let manifest = world.read(&format!("vendor/{folder}/Cargo.toml")).replace("0.3.0", version);
        // The newest is for another version of `plug`, which is told by its manifest alone.
        let newer = |manifest: String| manifest.replace("\"0.1\"", "\"0.2\"").replace("face = \"1\"", "face = \"2\"");
        let manifest = if version == "0.4.0" { newer(manifest) } else { manifest };
        world.write(&format!("vendor/{folder}/Cargo.toml"), &manifest.replace("[workspace]\n\n", ""));
        publish(&world, &folder);
    }
    world.write("vendor/greeter-interface-2.0.0/Cargo.toml", "[package]\nname = \"greeter-interface\"\nversion = \"2.0.0\"\nedition = \"2024\"\n[dependencies]\nplug = \"0.2\"\n");
    world.write("vendor/greeter-interface-2.0.0/src/lib.rs", "");
    publish(&world, "greeter-interface-2.0.0");
    let stub =
        "[package]\nname = \"plug\"\nversion = \"0.2.0\"\nedition = \"2024\"\nlinks = \"plug\"\nbuild = \"build.rs\"\n";
    world.write("vendor/plug-0.2.0/Cargo.toml", &format!("{stub}[features]\ninventory = []\n"));
    world.write("vendor/plug-0.2.0/src/lib.rs", "");
    world.write("vendor/plug-0.2.0/build.rs", "fn main() {}\n");
    publish(&world, "plug-0.2.0");
    let plug_with = |arguments: &[&str]| {
        let mut command = world.command("", arguments);
        // The sources of the crates are in another folder than those of all other tests.
        command.env("CARGO_BUILD_BUILD_DIR", world.path("build"));
        command
    };
    // The newest version that fits, by Cargo's choice.
    let (_, stderr) =
        world.succeed(&mut plug_with(&["build", "greeter", "--with", "plugin-loud", "--offline", "-o", "mine"]));
    assert!(stderr.ends_with("       Built mine with `loud`\n"), "{stderr}");
    // A name may be that of a folder too, and the build says which packages it has.
    let warning = "warning: `greeter` is taken from crates.io: write `./greeter` for the folder, or a version, as `greeter@1`\n    \
                   Building `greeter` 1.0.0 (crates.io) with `plugin-loud` 0.3.1 (crates.io)\n";
    assert!(stderr.contains(warning), "{stderr}");
    same(&world.run("mine"), "loud greets x of 0.3.1: crates.io\n");
    let (_, stderr) = world.succeed(&mut plug_with(&[
        "build",
        "greeter@1",
        "--with",
        "plugin-loud@=0.3.0",
        "--offline",
        "-o",
        "mine",
    ]));
    assert!(!stderr.contains("warning"), "{stderr}");
    same(&world.run("mine"), "loud greets x of 0.3.0: crates.io\n");

    // A program in a folder gets it as a feature.
    let mut add = plug_with(&["add", "plugin-loud@0.3", "--feature", "noise", "--dry-run", "--offline"]);
    let (stdout, stderr) = world.succeed(add.current_dir(world.path("greeter")));
    assert!(
        stdout.ends_with("Cargo.toml: [dependencies] plugin-loud = { workspace = true, optional = true }\n"),
        "{stdout}"
    );
    same(&stderr, "");

    // A version that fits no version of the program's `plug` is told before Cargo does.
    let stderr =
        world.failure(1, &mut plug_with(&["build", "greeter", "--with", "plugin-loud@0.4", "--offline", "-o", "mine"]));
    same(
        &stderr,
        "error: `plugin-loud` 0.4.0 is written for `plug` 0.2.0, and `greeter` 1.0.0 has `plug` 0.1.0\n\
         hint: take a version of `plugin-loud` that fits, or build it apart: `cargo plug build --as library --with …`\n",
    );
    let stderr =
        world.failure(101, &mut plug_with(&["build", "greeter", "--with", "plugin-nobody", "--offline", "-o", "mine"]));
    assert!(stderr.starts_with("error: cannot find the versions of `plugin-nobody`\n"), "{stderr}");

    // A registry of another name, whose packages depend on those of crates.io.
    let manifest = format!(
        "[package]\nname = \"plugin-named\"\nversion = \"0.5.0\"\nedition = \"2024\"\n\n[dependencies]\ngreeter-interface = \"1\"\n{plug}\n"
    );
    world.write("crates/plugin-named-0.5.0/Cargo.toml", &manifest);
    world.write("crates/plugin-named-0.5.0/src/lib.rs", &crate::world::greets("named"));
    fs::create_dir_all(world.path("dl/plugin-named/0.5.0")).unwrap();
    let file = world.path("dl/plugin-named/0.5.0/download");
    let mut tar = std::process::Command::new("tar");
    world.succeed(tar.current_dir(world.path("crates")).arg("czf").arg(&file).arg("plugin-named-0.5.0"));
    let sum = world.succeed(std::process::Command::new("sha256sum").arg(&file)).0;
    let dependency = |name: &str, requirement: &str, features: &str| {
        format!(
            "{{\"name\":\"{name}\",\"req\":\"{requirement}\",\"features\":[{features}],\"optional\":false,\"default_features\":{},\"target\":null,\"kind\":\"normal\",\"registry\":\"https://github.com/rust-lang/crates.io-index\"}}",
            features.is_empty()
        )
    };
    let dependencies =
        [dependency("greeter-interface", "^1", ""), dependency("plug", "^0.1", "\"inventory\"")].join(",");
    world.write("index/config.json", &format!("{{\"dl\":\"{}\"}}", world.url("dl")));
    world.write(
        "index/pl/ug/plugin-named",
        &format!("{{\"name\":\"plugin-named\",\"vers\":\"0.5.0\",\"deps\":[{dependencies}],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":false}}\n", &sum[..64]),
    );
    world.repository("index", "v1");
    let config = world.read(".cargo/config.toml");
    world.write(".cargo/config.toml", &format!("{config}\n[registries.mine]\nindex = \"{}\"\n", world.url("index")));
    world.succeed(&mut plug_with(&["build", "greeter", "--with", "plugin-named?registry=mine", "-o", "mine"]));
    same(&world.run("mine"), "named greets x of 0.5.0: registry file://<>/index\n");

    // A new plugin takes the interface from the registry.
    world.succeed(&mut plug_with(&["new", "hola", "--for", "greeter-interface@1", "--offline"]));
    let mut run = plug_with(&["run", "--program", "greeter@1", "--offline"]);
    let stderr = world.failure(1, run.current_dir(world.path("plugin-hola")));
    assert!(stderr.ends_with("Error: `hola` does not `greet` yet\n"), "{stderr}");

    // The program is in a folder, and the plugin in the registry: both have the interface of the folder.
    world.succeed(&mut plug_with(&["build", "./greeter", "--with", "plugin-loud@0.3", "--offline", "-o", "mine"]));
    same(&world.run("mine"), "loud greets x of 0.3.1: crates.io\n");
}

/// Makes a package of the registry of the folder of its name.
fn publish(world: &World, folder: &str) {
    world.write(&format!("vendor/{folder}/.cargo-checksum.json"), "{\"files\":{},\"package\":null}");
}

/// A registry in a repository, as Cargo's configuration names one.
#[test]
fn a_registry_by_its_name_has_a_yanked_version() {
    let world = World::new("named");
    let index = |yanked: bool| {
        format!(
            "{{\"name\":\"plugin-loud\",\"vers\":\"0.3.0\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":{yanked}}}\n",
            "0".repeat(64)
        )
    };
    let dl = world.url("crates");
    world.write("index/config.json", &format!("{{\"dl\":\"{dl}\"}}"));
    world.write("index/pl/ug/plugin-loud", &index(true));
    world.repository("index", "v1");
    world.write(".cargo/config.toml", &format!("[registries.mine]\nindex = \"{}\"\n", world.url("index")));
    let stderr = world.fail(101, &["build", "./greeter", "--with", "plugin-loud@0.3?registry=mine", "-o", "mine"]);
    assert!(stderr.starts_with("error: cannot find the versions of `plugin-loud@0.3?registry=mine`\n"), "{stderr}");
    assert!(stderr.contains("version 0.3.0 is yanked"), "{stderr}");
    let stderr = world.fail(101, &["build", "./greeter", "--with", "plugin-loud?registry=other", "-o", "mine"]);
    assert!(stderr.contains("registry index was not found in any configuration: `other`"), "{stderr}");
}
