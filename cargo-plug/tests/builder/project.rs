//! `plug.toml` and `plug.lock`; and the commands for those who write plugins: `new`, `run`, `add` and `update`.

use crate::sources::{plug_by_git, repository_of_plug, repository_of_the_program};
use crate::world::{World, same};

#[test]
fn two_builds_of_the_same_files_have_the_same_dependencies() {
    let world = World::new("project");
    repository_of_plug(&world);
    repository_of_the_program(&world);
    let greeter = world.url("repositories/greeter");
    let plug = plug_by_git(&world, "tag = \"v1\"", "\"inventory\"");
    let dependencies = format!("greeter-interface = {{ git = \"{greeter}\", tag = \"v1\" }}\n{plug}\n");
    world.plugin_with("repositories/loud", "plugin-loud", &dependencies);
    let loud = world.url("repositories/loud");
    let first = world.repository("repositories/loud", "v1");
    world.write("mine/plug.toml", "# The greeter of this house.\nprogram = \"../greeter\"\n");
    let (_, stderr) = world.succeed(&mut world.command("mine", &["build", "--with", &loud, "-o", "out", "--save"]));
    assert!(stderr.ends_with("       Built out with `loud`\n"), "{stderr}");
    same(
        &world.read("mine/plug.toml").replace(&world.folder.display().to_string(), "<>"),
        "# The greeter of this house.\nprogram = \"../greeter\"\nplugins = [\"file://<>/repositories/loud\"]\noutput = \"out\"\n",
    );
    let lock = world.read("mine/plug.lock");
    assert!(lock.contains(&first), "{lock}");

    // A new commit changes nothing, until an update.
    world.write("repositories/loud/src/lib.rs", &crate::world::greets("loud").replace("loud greets", "LOUD greets"));
    let second = world.repository("repositories/loud", "v2");
    world.succeed(&mut world.command("mine", &["build", "--locked"]));
    assert_eq!(world.read("mine/plug.lock"), lock);
    assert!(world.run("mine/out").starts_with("loud greets x"));
    let (_, stderr) = world.plug(&["clean"]);
    assert!(plug_tests::entries(&world.path("cache")).is_empty(), "{stderr}");
    world.succeed(&mut world.command("mine", &["build"]));
    assert_eq!(world.read("mine/plug.lock"), lock);
    world.succeed(&mut world.command("mine", &["build", "--frozen"]));
    let stderr = world.failure(1, &mut world.command("mine", &["update", "plugin-other"]));
    same(&stderr, "error: plug.toml has no plugin `plugin-other`\nhint: it has `plugin-loud`\n");
    let (_, stderr) = world.succeed(&mut world.command("mine", &["update", "plugin-loud"]));
    assert!(stderr.ends_with("       Wrote plug.lock\n"), "{stderr}");
    assert!(world.read("mine/plug.lock").contains(&second));
    let (_, stderr) = world.succeed(&mut world.command("mine", &["update", "plugin-loud"]));
    same(&stderr, "   Unchanged plug.lock: no plugin has a newer version that fits\n");
    world.succeed(&mut world.command("mine", &["build", "--locked"]));
    assert!(world.run("mine/out").starts_with("LOUD greets x"));

    // With another plugin, the lock file would have to change.
    world.plugin("calm", "plugin-calm");
    let file = world.read("mine/plug.toml").replace("plugins = [", "plugins = [\"../calm\", ");
    world.write("mine/plug.toml", &file);
    let stderr = world.failure(101, &mut world.command("mine", &["build", "--locked"]));
    assert!(stderr.starts_with("error: plug.lock does not fit plug.toml, the program or a plugin\n"), "{stderr}");
    assert!(stderr.ends_with("hint: without `--locked`, `cargo plug build` writes it anew\n"), "{stderr}");
    assert!(!world.read("mine/plug.lock").contains("plugin-calm"));
    // An update of all keeps the versions of the program's own lock file.
    world.succeed(&mut world.command("mine", &["update"]));
    assert!(world.read("mine/plug.lock").contains("plugin-calm"));
    let version =
        |lock: &str| lock.split("name = \"syn\"\n").nth(1).map(|rest| rest.lines().next().unwrap().to_owned());
    assert_eq!(version(&world.read("mine/plug.lock")).is_some(), version(&world.read("greeter/Cargo.lock")).is_some());
    let stderr = world.failure(1, &mut world.command("", &["build", "./greeter", "--locked"]));
    same(
        &stderr,
        "error: `--locked` is for the program of a plug.toml, which has its versions in plug.lock\n\
         hint: `cargo plug build PROGRAM --with SOURCE --save` writes both, and `cargo plug build` reads them\n",
    );
    world.write("other/plug.toml", "program = \"../greeter\"\n");
    let stderr = world.failure(1, &mut world.command("other", &["build", "--locked"]));
    same(
        &stderr,
        "error: `--locked` wants a plug.lock, and there is none\nhint: a build from a plug.toml, without `--locked`, writes it\n",
    );
}

#[test]
fn a_new_plugin_builds_passes_its_test_and_runs() {
    let world = World::new("new");
    // It is not of the workspace around.
    world.write("Cargo.toml", "[workspace]\nmembers = []\nresolver = \"3\"\n");
    let (_, stderr) = world.plug(&["new", "hola", "--for", "./greeter/interface", "--offline"]);
    same(
        &stderr,
        "     Created `plugin-hola`, a plugin for `greeter_interface::Greet`\n        Next cd plugin-hola && cargo plug run\n",
    );
    let plug = plug_tests::root().join("plug");
    let relative = |text: &str| text.replace(&plug.display().to_string(), "<plug>");
    let manifest = relative(&world.read("plugin-hola/Cargo.toml"));
    let plug_path = manifest.split("plug = { path = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    same(
        &manifest.replace(&plug_path, "<plug>"),
        r#"[package]
name = "plugin-hola"
description = "The plugin `hola` for `greeter_interface::Greet`"
version = "0.1.0"
edition = "2024"
license = "MIT OR Apache-2.0"
readme = "README.md"

[package.metadata.plug]
program = "../greeter"

[dependencies]
greeter-interface = { path = "../greeter/interface" }
plug = { path = "<plug>", default-features = false, features = ["inventory"] }

[dev-dependencies]
plug = { path = "<plug>", default-features = false, features = ["host"] }

[workspace]
"#,
    );
    same(
        &world.read("plugin-hola/src/lib.rs"),
        r#"//! The plugin `hola`.

#![forbid(unsafe_code)]

use greeter_interface::Greet;

#[derive(Default)]
struct Hola;

/// Does nothing yet.
#[plug::plug("hola")]
impl Greet for Hola {
    fn greet(&self, _name: &str) -> Result<String, plug::Error> {
        // TODO: write it.
        Err(plug::Error::msg("`hola` does not `greet` yet"))
    }
}
"#,
    );
    let cargo = |arguments: &[&str]| {
        std::fs::copy(world.path("greeter/Cargo.lock"), world.path("plugin-hola/Cargo.lock")).unwrap();
        let mut cargo = plug_tests::cargo();
        cargo.current_dir(world.path("plugin-hola")).args(arguments).env("CARGO_INCREMENTAL", "0");
        cargo.env("CARGO_BUILD_BUILD_DIR", plug_tests::target().join("build")).env("RUSTFLAGS", "-D warnings");
        world.succeed(&mut cargo)
    };
    let (stdout, _) = cargo(&["test", "-q", "--offline", "--tests"]);
    assert!(stdout.contains("test result: ok. 1 passed"), "{stdout}");
    let mut format = plug_tests::cargo();
    world.succeed(format.current_dir(world.path("plugin-hola")).args(["fmt", "--check"]));

    let stderr = world.failure(1, &mut world.command("plugin-hola", &["run", "--offline"]));
    assert!(stderr.ends_with("Error: `hola` does not `greet` yet\n"), "{stderr}");
    world.write("plugin-hola/src/lib.rs", &crate::world::greets("hola"));
    let (stdout, _) =
        world.succeed(&mut world.command("plugin-hola", &["run", "--offline", "-q", "-F", "loud", "--", "x"]));
    same(&stdout, "hola greets x of 0.1.0: path <>/plugin-hola\nLOUD\n");

    let stderr = world.fail(1, &["new", "hola", "--for", "./greeter/interface"]);
    same(
        &stderr,
        "error: there is a `plugin-hola` in this folder\nhint: `cargo plug new` never writes over anything: choose another name, or move it away\n",
    );
    for name in ["Hola", "1a"] {
        let stderr = world.fail(1, &["new", name, "--for", "./greeter/interface"]);
        let hint = "a name starts with a letter: it is lower-case letters and digits, in parts joined by `-` or `_`, such as `very-loud`";
        same(&stderr, &format!("error: `{name}` cannot be the name of a plugin\nhint: {hint}\n"));
    }
    let stderr = world.fail(1, &["new", "other", "--for", "./greeter"]);
    same(
        &stderr,
        "error: `greeter` has no interface\nhint: an interface is a `pub trait` below `#[plug::interface]`\n",
    );
    let stderr = world.fail(1, &["new", "other", "--for", "./greeter/interface", "--trait", "Great"]);
    same(&stderr, "error: `greeter-interface` has no interface `Great`\nhint: it has `Greet`\n");
}

#[test]
fn a_new_plugin_with_settings() {
    let world = World::new("settings");
    world.plug(&["new", "very-loud", "--for", "./greeter/interface", "--settings", "--offline"]);
    passes_its_test(&world, "plugin-very-loud");
}

#[test]
fn a_new_plugin_with_the_name_of_a_type() {
    let world = World::new("types");
    for name in ["self", "result", "string"] {
        world.plug(&["new", name, "--for", "./greeter/interface", "--offline"]);
        passes_its_test(&world, &format!("plugin-{name}"));
    }
}

#[test]
fn a_new_plugin_with_an_error_of_another_kind() {
    let world = World::new("errors");
    let interface = "//! Reads.\n\n/// Reads.\n#[plug::interface]\npub trait Read: Send + Sync {\n    /// Reads it.\n    \
                     fn read(&self, name: &str) -> Result<String, std::io::Error>;\n}\n";
    world.write("greeter/interface/src/lib.rs", interface);
    world.plug(&["new", "disk", "--for", "./greeter/interface", "--offline"]);
    assert!(world.read("plugin-disk/src/lib.rs").contains("        todo!(\"`disk` does not `read` yet\")\n"));
    passes_its_test(&world, "plugin-disk");
    world.plug(&["new", "tape", "--for", "./greeter/interface", "--settings", "--offline"]);
    assert!(world.read("plugin-tape/src/lib.rs").contains("        todo!(\"{}\", self.todo(\"read\"))\n"));
    passes_its_test(&world, "plugin-tape");
}

#[test]
fn a_new_plugin_with_asynchronous_methods() {
    let world = World::new("asynchronous");
    let interface = world.read("greeter/interface/src/lib.rs");
    let late = "    async fn late(&self, name: &str, times: u32) -> Result<String, plug::Error>;\n}\n";
    world.write("greeter/interface/src/lib.rs", &interface.replacen("}\n", late, 1));
    world.plug(&["new", "slow", "--for", "./greeter/interface", "--offline"]);
    assert!(world.read("plugin-slow/src/lib.rs").contains("    async fn late(&self, _name: &str, _times: u32)"));
    assert!(world.read("plugin-slow/tests/slow.rs").contains("ready(plugin.late(\"x\", 0))"));
    passes_its_test(&world, "plugin-slow");
}

/// The crate has one test and no warning, and is formatted.
fn passes_its_test(world: &World, folder: &str) {
    std::fs::copy(world.path("greeter/Cargo.lock"), world.path(&format!("{folder}/Cargo.lock"))).unwrap();
    let mut cargo = plug_tests::cargo();
    cargo.current_dir(world.path(folder)).args(["test", "-q", "--offline", "--tests"]);
    cargo.env("CARGO_INCREMENTAL", "0").env("CARGO_BUILD_BUILD_DIR", plug_tests::target().join("build"));
    let (stdout, _) = world.succeed(cargo.env("RUSTFLAGS", "-D warnings"));
    assert!(stdout.contains("test result: ok. 1 passed"), "{stdout}");
    let mut format = plug_tests::cargo();
    world.succeed(format.current_dir(world.path(folder)).args(["fmt", "--check"]));
}

#[test]
fn a_plugin_is_added_to_a_program() {
    let world = World::new("add");
    world.plugin("plugin-loud", "plugin-loud");
    let (manifest, _) = (world.read("greeter/Cargo.toml"), world.path("greeter"));
    let add = |arguments: &[&str]| world.succeed(&mut world.command("greeter", &[&["add"], arguments].concat()));
    let lines = "Cargo.toml: [workspace.dependencies] plugin-loud = { path = \"../plugin-loud\" }\n\
                 Cargo.toml: [features] noise = [\"dep:plugin-loud\"]\n\
                 Cargo.toml: [package.metadata.plug.names] noise = [\"loud\"]\n\
                 Cargo.toml: [dependencies] plugin-loud = { workspace = true, optional = true }\n";
    let (stdout, _) = add(&["../plugin-loud", "--feature", "noise", "--dry-run"]);
    same(&stdout, lines);
    assert_eq!(world.read("greeter/Cargo.toml"), manifest);
    let stderr = world.failure(1, &mut world.command("greeter", &["add", "../plugin-loud", "--feature", "loud"]));
    same(&stderr, "error: <>/greeter/Cargo.toml has a feature `loud`\nhint: choose another with `--feature`\n");
    let (stdout, stderr) = add(&["../plugin-loud", "--feature", "noise"]);
    same(&stdout, lines);
    same(&stderr, "       Added `plugin-loud` to `greeter`: cargo run --features noise\n");
    let mut cargo = plug_tests::cargo();
    cargo.current_dir(world.path("greeter")).args(["run", "-q", "--offline", "--features", "noise"]);
    cargo.env("CARGO_INCREMENTAL", "0").env("CARGO_BUILD_BUILD_DIR", plug_tests::target().join("build"));
    same(&world.succeed(&mut cargo).0, "loud greets x of 0.3.0: inside\n");
    let stderr = world.failure(1, &mut world.command("greeter", &["add", "../plugin-loud", "--feature", "more"]));
    same(&stderr, "error: <>/greeter/Cargo.toml has a dependency `plugin-loud`\n");
    // A plugin for another program.
    let plug = world.plug_dependency("");
    let other =
        format!("[package]\nname = \"other-interface\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{plug}\n");
    world.write("other/Cargo.toml", &other);
    world.write("other/src/lib.rs", "");
    world.plugin_with("plugin-x", "plugin-x", &format!("other-interface = {{ path = \"../other\" }}\n{plug}\n"));
    let (manifest, lock) = (world.read("greeter/Cargo.toml"), world.read("greeter/Cargo.lock"));
    let stderr = world.failure(1, &mut world.command("greeter", &["add", "../plugin-x", "--offline"]));
    same(
        &stderr,
        "error: `plugin-x` 0.3.0 is for another interface: it depends on `other-interface`, and `greeter` 1.0.0 has `greeter-interface`\n",
    );
    assert!(world.read("greeter/Cargo.toml") == manifest && world.read("greeter/Cargo.lock") == lock);
    let stderr = world.failure(1, &mut world.command("greeter", &["add", "./interface/nothing"]));
    same(&stderr, "error: there is no package in `<>/greeter/interface/nothing`\nhint: there is no such folder\n");
}
