//! `cargo plug build` with folders: the program, the plugins, the package, and the options of Cargo.

use std::process::Command;

use plug_tests::clean;

use crate::world::{World, compiled, same};

#[test]
fn a_program_with_plugins_from_folders() {
    let world = World::new("folders");
    world.plugin("plugin-loud", "plugin-loud");
    world.plugin("with space/größe", "plugin-umlaut");
    let (stdout, stderr) =
        world.plug(&["build", "./greeter", "--with", "./plugin-loud", "--offline", "-o", "mine", "--keep", "kept"]);
    same(&stdout, "");
    assert!(stderr.ends_with("       Built mine with `loud`\n"), "{stderr}");
    same(&world.run("mine"), "loud greets x of 0.3.0: path <>/plugin-loud\n");

    // With one plugin more, it and the package are all that is compiled.
    let more =
        ["build", "./greeter", "--with", "./plugin-loud", "--with", "./with space/größe", "--offline", "-o", "mine"];
    let (_, stderr) = world.plug(&more);
    assert_eq!(compiled(&stderr), ["plugin-umlaut", "greeter-with-plugins"], "{stderr}");
    assert!(stderr.ends_with("       Built mine with `loud`, `umlaut`\n"), "{stderr}");
    let both = "loud greets x of 0.3.0: path <>/plugin-loud\numlaut greets x of 0.3.0: path <>/with space/größe\n";
    same(&world.run("mine"), both);
    let (_, stderr) = world.plug(&more);
    assert_eq!(compiled(&stderr), [""; 0], "{stderr}");

    // An edit of a plugin is built.
    world.write("plugin-loud/src/lib.rs", &crate::world::greets("loud").replace("greets {name}", "GREETS {name}"));
    let (_, stderr) = world.plug(&more);
    assert_eq!(compiled(&stderr), ["plugin-loud", "greeter-with-plugins"], "{stderr}");
    same(&world.run("mine"), &both.replace("loud greets", "loud GREETS"));

    let (stdout, _) = world.plug(&["list", "mine"]);
    // The columns are as wide as the folder of this world is long.
    let lines = stdout
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|"));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "NAME|PACKAGE|SOURCE|SUMMARY",
            "loud|plugin-loud 0.3.0|path <>/plugin-loud|Greets as loud.",
            "umlaut|plugin-umlaut 0.3.0|path <>/with space/größe|Greets as umlaut.",
        ]
    );

    // The package that was kept is one as any other.
    same(
        &world
            .read("kept/Cargo.toml")
            .replace(&world.folder.display().to_string(), "<>")
            .replace(&plug_tests::root().display().to_string(), "<root>"),
        r#"[package]
name = "greeter-with-plugins"
version = "0.1.0"
edition = "2024"
publish = false

[package.metadata.plug.sources]
plugin-loud = "path <>/plugin-loud"

[[bin]]
name = "greeter"
path = "src/main.rs"

[dependencies]
greeter = { path = "<>/greeter" }
plug = { path = "<root>/plug", default-features = false, features = ["host"] }
plugin-loud = { path = "<>/plugin-loud" }

[workspace]
resolver = "3"
"#,
    );
    same(
        &world.read("kept/src/main.rs"),
        "//! `greeter` with `plugin-loud`.\n\nplug::link!();\n\nfn main() -> impl std::process::Termination {\n    greeter::main()\n}\n",
    );
    let mut cargo = plug_tests::cargo();
    cargo.current_dir(world.path("kept")).args(["run", "-q", "--offline", "--locked"]);
    cargo.env("CARGO_BUILD_BUILD_DIR", plug_tests::target().join("build")).env("CARGO_INCREMENTAL", "0");
    same(&world.succeed(&mut cargo).0, "loud GREETS x of 0.3.0: path <>/plugin-loud\n");
    let message = world.fail(1, &["build", "./greeter", "--offline", "-o", "mine", "--keep", "greeter"]);
    same(
        &message,
        "error: `<>/greeter` is not empty\nhint: `--keep` writes to a new folder, or over a package that it wrote before\n",
    );
}

#[test]
fn features_profiles_and_the_toolchain_of_the_program() {
    let world = World::new("options");
    world.plugin("plugin-loud", "plugin-loud");
    world.write(
        "plugin-loud/src/lib.rs",
        &crate::world::greets("loud")
            .replace("loud greets", "{fast} greets")
            .replace("Ok(", "let fast = if cfg!(feature = \"fast\") { \"fast\" } else { \"slow\" };\n        Ok("),
    );
    let manifest = world.read("greeter/Cargo.toml");
    let profile = "\n[profile.tiny]\ninherits = \"dev\"\ndebug-assertions = false\n\n[profile.dev.package.nobody]\nopt-level = 3\n";
    world.write("greeter/Cargo.toml", &(manifest + profile));
    let build = |more: &[&str]| {
        let arguments = [&["build", "./greeter", "--with", "./plugin-loud", "--offline", "-o", "mine"], more].concat();
        world.plug(&arguments).1
    };
    let stderr = build(&["-F", "loud,plugin-loud/fast"]);
    assert!(!stderr.contains("warning"), "{stderr}");
    same(&world.run("mine"), "fast greets x of 0.3.0: path <>/plugin-loud\nLOUD\n");
    // The profile is the program's, the folder the user's, and nothing is printed.
    let stderr = build(&["--profile", "tiny", "--target-dir", "elsewhere", "-F", "greeter/loud", "-q"]);
    same(&stderr, "");
    assert!(world.path("elsewhere/tiny/greeter").exists());
    same(&world.run("mine"), "slow greets x of 0.3.0: path <>/plugin-loud\nLOUD\n");
    // Cargo's other options: those of the build's folder show what was built, and the rest what is printed.
    let manifest = world.read("greeter/Cargo.toml").replace("loud = []\n", "loud = []\ndefault = [\"loud\"]\n");
    world.write("greeter/Cargo.toml", &manifest);
    build(&["-r", "--target", &host(), "--target-dir", "elsewhere", "-j", "1"]);
    assert!(world.path("elsewhere").join(host()).join("release/greeter").exists());
    same(&world.run("mine"), "slow greets x of 0.3.0: path <>/plugin-loud\nLOUD\n");
    let stderr = build(&["--no-default-features", "-v", "--config", "profile.dev.opt-level=1"]);
    assert!(stderr.contains("     Running `") && stderr.contains("-C opt-level=1"), "{stderr}");
    same(&world.run("mine"), "slow greets x of 0.3.0: path <>/plugin-loud\n");
    // A folder takes the file by the program's name.
    std::fs::create_dir(world.path("bin")).unwrap();
    world.plug(&["build", "./greeter", "--offline", "-o", "bin"]);
    same(&world.run("bin/greeter"), "LOUD\n");

    // A toolchain that is not there shows that the file is read.
    world.write("greeter/rust-toolchain.toml", "[toolchain]\nchannel = \"1.0.0-missing\"\n");
    let mut command = world.command("", &["build", "./greeter", "--offline", "-o", "mine", "--keep", "kept"]);
    let stderr = world.failure(101, command.env_remove("RUSTUP_TOOLCHAIN_SOURCE"));
    assert!(stderr.contains("1.0.0-missing"), "{stderr}");
}

/// The platform of the compiler.
fn host() -> String {
    let text = plug_tests::succeed(Command::new("rustc").arg("-vV"));
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("the compiler has a host").to_owned()
}

#[test]
fn cargo_is_that_of_the_variable_and_colours_are_cargos() {
    let world = World::new("conventions");
    let build = ["build", "./greeter", "--offline", "-o", "mine"];
    let mut command = world.command("", &build);
    let stderr = world.failure(101, command.env("CARGO", "./nobody").env_remove("CARGO_TERM_COLOR"));
    assert!(stderr.starts_with("error: cannot run Cargo: No such file or directory"), "{stderr}");
    assert!(stderr.ends_with("hint: the variable `CARGO` names it, or else `PATH` leads to it\n"), "{stderr}");
    let stderr = world.failure(1, world.command("", &["build", "./nobody"]).env("CARGO_TERM_COLOR", "always"));
    assert!(stderr.starts_with("\u{1b}[1m\u{1b}[91merror\u{1b}[0m: there is no package in"), "{stderr:?}");
}

#[test]
fn plugins_alone() {
    let world = World::new("alone");
    world.plugin("plugin-loud", "plugin-loud");
    world.plugin("plugin-calm", "plugin-calm");
    let both = ["--with", "./plugin-loud", "--with", "./plugin-calm", "--offline"];
    let (_, stderr) = world.plug(&[&["build", "--as", "library"], &both[..]].concat());
    assert!(stderr.ends_with("       Built libplugin_loud.so with `loud`, `calm`\n"), "{stderr}");
    let (stdout, _) = world.plug(&["list", "libplugin_loud.so", "--format", "names"]);
    same(&stdout, "calm\nloud\n");
    let (_, stderr) = world.plug(&[&["build", "--as", "process", "-o", "alone"], &both[..]].concat());
    assert!(stderr.ends_with("       Built alone with `loud`, `calm`\n"), "{stderr}");
    same(&world.plug(&["list", "alone", "--format", "names"]).0, "calm\nloud\n");
    // By hand it only says what it is for.
    let output = plug_tests::run(clean(&mut Command::new(world.path("alone"))));
    assert_eq!(output.status.code(), Some(1));
    assert!(plug_tests::texts(&output).1.contains("plugin"), "{output:?}");

    world.plug(&["build", "./greeter", "--with", "./plugin-calm", "--offline", "-o", "mine"]);
    let (stdout, _) = world.plug(&["check", "libplugin_loud.so", "--for", "mine"]);
    same(&stdout, "plugin `calm` fits\nplugin `loud` fits\n");
    let interface = world.read("greeter/interface/src/lib.rs");
    world.write(
        "greeter/interface/src/lib.rs",
        &interface.replace(
            "plug::Error>;",
            "plug::Error>;\n    /// New.\n    fn more(&self, of: u32) -> Result<u8, plug::Error>;",
        ),
    );
    world.write(
        "plugin-calm/src/lib.rs",
        &crate::world::greets("calm").replace("Error> {\n", "Error> {\n        let _ = self.more(1);\n").replace(
            "    fn greet",
            "    fn more(&self, _: u32) -> Result<u8, plug::Error> {\n        Ok(7)\n    }\n\n    fn greet",
        ),
    );
    world.plug(&["build", "./greeter", "--with", "./plugin-calm", "--offline", "-o", "newer"]);
    let mut command = world.command("", &["check", "libplugin_loud.so", "--for", "newer"]);
    let output = plug_tests::run(&mut command);
    let (stdout, stderr) = plug_tests::texts(&output);
    same(
        &format!("{stdout}{stderr}"),
        "\
plugin `calm` does not fit:
  method `more`, `(u32) -> u8`, is not in the plugin, and has no default body
plugin `loud` does not fit:
  method `more`, `(u32) -> u8`, is not in the plugin, and has no default body
error: 2 of 2 plugins do not fit `newer`
",
    );
}
