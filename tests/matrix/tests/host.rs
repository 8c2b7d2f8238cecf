//! The host of `tests/fixtures/host`, built with every linker and profile, for other targets, and
//! with both ways to register.
//! Each build must link the same plugins, and must fail for a second plugin of a name.
//!
//! The plain run takes a fixed part of the matrix, and `PLUG_FULL=1` all of it.

use std::path::PathBuf;
use std::process::Command;

use plug_tests::nested;
use plug_tests::{cargo, fail, is_full, leave_out, root, run, succeed};

/// The report of the host with the features `a` and `b`.
const REPORT: &str = "\
interface::Speaks a: a
interface::Speaks b: b7
interface::other::Speaks a: other a
";

/// A profile, as changes to Cargo's own.
struct Profile {
    name: &'static str,
    base: &'static str,
    settings: &'static [&'static str],
}

const PROFILES: &[Profile] = &[
    Profile { name: "dev", base: "dev", settings: &[] },
    Profile { name: "release", base: "release", settings: &["lto=false"] },
    Profile { name: "thin LTO", base: "release", settings: &["lto='thin'"] },
    Profile { name: "fat LTO", base: "release", settings: &["lto='fat'"] },
    Profile { name: "one unit", base: "release", settings: &["codegen-units=1"] },
    Profile {
        name: "small",
        base: "release",
        settings: &["opt-level='z'", "lto='fat'", "codegen-units=1", "panic='abort'", "strip=true"],
    },
];

/// A linker, as `-C link-arg=-fuse-ld=…` names it, and the program that it needs.
const LINKERS: &[(&str, &str)] = &[("lld", "ld.lld"), ("bfd", "ld.bfd"), ("gold", "ld.gold"), ("mold", "mold")];

struct Build {
    profile: &'static Profile,
    linker: Option<&'static str>,
    target: String,
    features: String,
}

impl Build {
    fn new(profile: &'static str, features: &str) -> Self {
        let profile = PROFILES.iter().find(|known| known.name == profile).expect("the profile is known");
        Self { profile, linker: None, target: host_target(), features: features.to_owned() }
    }

    /// The command that builds the host, and the folder of the binary.
    fn command(&self) -> (Command, PathBuf) {
        let folder = nested::folder();
        let mut cargo = cargo();
        cargo.current_dir(root().join("tests/fixtures/host"));
        cargo.args(["build", "--quiet", "--package", "host", "--profile", self.profile.base, "--no-default-features"]);
        // With a target, the flags do not apply to the macros, which are then built only once.
        cargo.args(["--features", &self.features, "--target", &self.target]).arg("--target-dir").arg(&folder);
        for setting in self.profile.settings {
            cargo.args(["--config", &format!("profile.{}.{setting}", self.profile.base)]);
        }
        if let Some(linker) = self.linker {
            cargo.args(["--config", &format!("target.{}.rustflags=['-Clink-arg=-fuse-ld={linker}']", self.target)]);
        }
        let profile = if self.profile.base == "dev" { "debug" } else { self.profile.base };
        (cargo, folder.join(&self.target).join(profile))
    }

    fn run(&self) -> String {
        let (mut build, folder) = self.command();
        succeed(&mut build);
        succeed(&mut Command::new(folder.join("host")))
    }
}

fn host_target() -> String {
    let version = succeed(Command::new("rustc").arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc says what it runs on").to_owned()
}

fn has_target(triple: &str) -> bool {
    let libraries = succeed(Command::new("rustc").args(["--print", "target-libdir", "--target", triple]));
    std::path::Path::new(libraries.trim()).exists()
}

fn has_program(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).exists()))
}

/// Checks both halves of the promise for one way to build.
fn check(build: &Build) {
    let way = format!("{}, {:?}, {}", build.profile.name, build.linker, build.features);
    assert_eq!(build.run(), REPORT, "{way}");
    let twin = Build { features: format!("{},twin", build.features), target: build.target.clone(), ..*build };
    let stderr = fail(&mut twin.command().0);
    // Of the interface that the twin renames, and of the other one.
    for symbol in ["duplicate plugin `a` of interface ", "duplicate plugin `a` of `Speaks`, interface "] {
        assert!(stderr.contains(symbol), "{way}: the linker does not name the {symbol}\n{stderr}");
    }
    assert!(!stderr.contains("plugin `b`"), "{way}: the linker names a plugin that is there once\n{stderr}");
}

#[test]
fn profiles() {
    for profile in PROFILES {
        for registration in ["inventory", "linkme"] {
            if registration == "inventory" || is_full() || ["dev", "fat LTO"].contains(&profile.name) {
                check(&Build::new(profile.name, &format!("a,b,{registration}")));
            }
        }
    }
}

#[test]
fn linkers() {
    if !cfg!(target_os = "linux") {
        return leave_out("linkers", "only those of Linux are known here");
    }
    for (linker, program) in LINKERS {
        if !has_program(program) {
            leave_out(program, "it is not installed");
            continue;
        }
        for profile in PROFILES {
            if is_full() || profile.name == "thin LTO" {
                check(&Build { linker: Some(linker), ..Build::new(profile.name, "a,b,inventory") });
                if is_full() {
                    check(&Build { linker: Some(linker), ..Build::new(profile.name, "a,b,linkme") });
                }
            }
        }
    }
}

#[test]
fn with_both_ways_to_register_linkme_is_taken() {
    assert_eq!(Build::new("dev", "a,b,inventory,linkme").run(), REPORT);
}

#[test]
fn without_a_way_to_register_the_build_fails() {
    let stderr = fail(&mut Build::new("dev", "a").command().0);
    let error = "error: plug was built without a way to register plugins: turn on its feature `inventory` or `linkme`";
    assert!(stderr.contains(error), "{stderr}");
}

/// A plugin's crate needs no feature of hosts. The errors for a host's items name the feature.
#[test]
fn without_what_hosts_need_the_rest_says_so() {
    let folder = plug_tests::scratch("without-host");
    std::fs::create_dir(folder.join("src")).expect("a folder can be made");
    let manifest = |features: &str| {
        let plug = root().join("plug");
        format!(
            "[package]\nname = \"plugin-lean\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nplug = {{ path = {plug:?}, default-features = false, features = [{features}] }}\n"
        )
    };
    let plugin = "#[plug::interface(portable)]\npub trait Name: Send + Sync {\n    fn name(&self) -> Result<String, plug::Error>;\n}\n\
                  #[derive(Default)]\nstruct A;\n#[plug::plug(\"a\")]\nimpl Name for A {\n    \
                  fn name(&self) -> Result<String, plug::Error> {\n        Err(plug::Error::msg(\"none\"))\n    }\n}\n";
    let link = "plug::link!();\n";
    let registry = "pub fn registry() -> &'static plug::Registry {\n    plug::Registry::builtin()\n}\n";
    let check = |features: &str, source: String| {
        std::fs::write(folder.join("Cargo.toml"), manifest(features)).expect("a manifest can be written");
        std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file can be copied");
        std::fs::write(folder.join("src/lib.rs"), source).expect("a file can be written");
        let mut cargo = cargo();
        cargo.current_dir(&folder).args(["check", "--quiet", "--offline"]).arg("--target-dir").arg(nested::folder());
        cargo
    };
    succeed(&mut check("\"inventory\"", plugin.to_owned()));
    let stderr = fail(&mut check("\"inventory\"", [plugin, link].concat()));
    let error =
        "error: `link!` is for those who open plugins: turn on the feature `host` of plug, which is on by default";
    assert!(stderr.contains(error), "{stderr}");
    // This message is the compiler's own.
    let stderr = fail(&mut check("\"inventory\"", [plugin, registry].concat()));
    assert!(stderr.contains("cannot find `Registry` in `plug`"), "{stderr}");
    assert!(stderr.contains("the item is gated behind the `host` feature"), "{stderr}");
    succeed(&mut check("\"host\", \"inventory\"", [plugin, link, registry].concat()));

    // It has no other dependency of hosts.
    let mut cargo = cargo();
    cargo.current_dir(root()).args(["tree", "--package", "plug", "--no-default-features", "--features", "inventory"]);
    let tree = succeed(cargo.args(["--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"]));
    let mut crates: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    crates.sort_unstable();
    crates.dedup();
    let expected = ["inventory", "plug", "plug-core", "plug-macros", "proc-macro2", "quote", "syn", "unicode-ident"];
    assert_eq!(crates, expected);
}

#[test]
fn nothing_of_the_names_is_exported() {
    if !has_program("nm") {
        return leave_out("nm", "it is not installed");
    }
    for registration in ["inventory", "linkme"] {
        let (mut command, folder) = Build::new("release", &format!("a,b,{registration}")).command();
        succeed(&mut command);
        let exported = succeed(Command::new("nm").args(["--dynamic", "--defined-only"]).arg(folder.join("host")));
        assert!(!exported.contains("plugin"), "{exported}");
    }
}

/// If a plugin's crate is a dylib, plug is in it, and the program's other plugins are not.
/// `inventory` finds all of them.
/// `linkme` would find those of the dylib alone, so the linker fails.
#[test]
fn a_plugin_in_a_dylib() {
    if !cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
        return leave_out("dylib", "the linkers of Linux are known here");
    }
    let build = Build::new("dev", "a,dynamic,inventory");
    let (mut command, folder) = build.command();
    succeed(&mut command);
    let of_rust = succeed(Command::new("rustc").args(["--print", "target-libdir"]));
    let paths = std::env::join_paths([folder.join("deps"), of_rust.trim().into()]).expect("the paths can be joined");
    assert_eq!(
        succeed(Command::new(folder.join("host")).env("LD_LIBRARY_PATH", paths)),
        "interface::Speaks a: a\ninterface::Speaks dynamic: dynamic\ninterface::other::Speaks a: other a\n"
    );
    let stderr = fail(&mut Build::new("dev", "a,dynamic,linkme").command().0);
    let symbol = "`linkme` of plug finds no plugins across a dylib: use `inventory` instead";
    assert!(stderr.contains(symbol), "{stderr}");
}

#[test]
fn static_musl() {
    let musl = "x86_64-unknown-linux-musl";
    if !has_target(musl) {
        return leave_out(musl, "the target is not installed");
    }
    for profile in ["dev", "fat LTO"] {
        check(&Build { target: musl.to_owned(), ..Build::new(profile, "a,b,inventory") });
        check(&Build { target: musl.to_owned(), ..Build::new(profile, "a,b,linkme") });
    }
}

/// Runs a WebAssembly module under node's WASI.
const WASI: &str = "
    import { readFile } from 'node:fs/promises';
    import { WASI } from 'node:wasi';
    const wasi = new WASI({ version: 'preview1', args: ['host'] });
    const module = await WebAssembly.compile(await readFile(process.argv[1]));
    wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
";

#[test]
fn web_assembly() {
    let wasm = "wasm32-wasip1";
    if !has_target(wasm) {
        return leave_out(wasm, "the target is not installed");
    }
    let run = |features: &str, profile, lto: &str| {
        let build = Build { target: wasm.to_owned(), ..Build::new(profile, features) };
        let (mut command, folder) = build.command();
        succeed(command.args(["--config", &format!("profile.{}.lto={lto}", build.profile.base)]));
        let mut node = Command::new("node");
        node.args(["--no-warnings", "--input-type=module", "--eval", WASI]).arg(folder.join("host.wasm"));
        has_program("node").then(|| succeed(&mut node))
    };
    let Some(report) = run("a,b,inventory", "dev", "'thin'") else {
        return leave_out("node", "it is not installed, and what was built for WebAssembly was not run");
    };
    assert_eq!(report, REPORT);
    assert_eq!(run("a,b,inventory", "small", "'fat'").as_deref(), Some(REPORT));
    // No linker here detects the twins, and so the registry does.
    assert_eq!(run("a,b,twin,inventory", "dev", "'thin'"), Some(with_twins()));
    // Without LTO this linker keeps only referenced items of a library, and nothing refers to a
    // plugin.
    let dropped = |name: &str| {
        format!(
            "feature `{name}` is on, but plugin-{name} registered nothing as `{name}`\n\
             hint: on WebAssembly, plugins are linked with LTO alone: `lto = \"thin\"` in the profile\n"
        )
    };
    assert_eq!(run("a,b,inventory", "release", "'off'"), Some(format!("{}{}", dropped("a"), dropped("b"))));
}

fn with_twins() -> String {
    let problem = |interface: &str, line: u32, line_of_twin: u32| {
        format!(
            "2 plugins of interface `{interface}` have the name `a`: plugin-a 0.1.0 at plugin-a/src/lib.rs:{line} and \
             plugin-twin 0.1.0 at plugin-twin/src/lib.rs:{line_of_twin}\n\
             hint: rename one, or leave one out of the build"
        )
    };
    let (problem, other) = (problem("interface::Speaks", 12, 8), problem("interface::other::Speaks", 20, 15));
    format!(
        "interface::Speaks a: {problem}\n\
         interface::Speaks a: {problem}\n\
         interface::Speaks b: b7\n\
         interface::other::Speaks a: {other}\n\
         interface::other::Speaks a: {other}\n\
         {problem}\n\
         {other}\n"
    )
}

#[test]
fn linkme_is_refused_on_web_assembly() {
    let wasm = "wasm32-wasip1";
    if !has_target(wasm) {
        return leave_out(wasm, "the target is not installed");
    }
    let build = Build { target: wasm.to_owned(), ..Build::new("dev", "a,linkme") };
    let stderr = fail(&mut build.command().0);
    let error = "error: the feature `linkme` of plug does not work on WebAssembly: use `inventory`";
    assert!(stderr.contains(error), "{stderr}");
}

/// Apple's and Microsoft's linkers are not available, but their input is.
/// Each plugin has one symbol, which is global.
#[test]
fn symbols_of_other_object_formats() {
    for triple in
        ["aarch64-apple-darwin", "x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu", "aarch64-unknown-linux-gnu"]
    {
        if !has_target(triple) {
            leave_out(triple, "the target is not installed");
            continue;
        }
        let folder = nested::folder();
        let mut cargo = cargo();
        cargo.current_dir(root().join("tests/fixtures/host")).args(["rustc", "--quiet", "--package", "plugin-a"]);
        cargo.args(["--features", "sockets/inventory", "--target", triple]).arg("--target-dir").arg(&folder);
        cargo.args(["--", "--emit=obj"]);
        succeed(&mut cargo);
        let deps = folder.join(triple).join("debug/deps");
        let objects = std::fs::read_dir(deps).expect("there are objects").map(|entry| entry.expect("an entry").path());
        let is_object = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            name.starts_with("plugin_a-") && name.ends_with(".o")
        };
        let names: Vec<_> = objects
            .filter(is_object)
            .map(|path| std::fs::read(path).expect("an object can be read"))
            .map(|bytes| String::from_utf8_lossy(&bytes).matches("duplicate plugin `a` of interface ").count())
            .collect();
        assert!(names.iter().sum::<usize>() >= 2, "{triple}: {names:?}");
    }
}

/// The unit tests, integration tests, doctests, examples and benches of a plugin's author see the
/// plugins of its package.
#[test]
fn targets_of_a_plugin_crate() {
    let run = |arguments: &[&str]| {
        let mut cargo = cargo();
        cargo.current_dir(root().join("tests/fixtures/host")).args(arguments).args([
            "--quiet",
            "--package",
            "plugin-b",
        ]);
        succeed(cargo.arg("--target-dir").arg(nested::folder()))
    };
    let tests = run(&["test"]);
    assert_eq!(tests.matches("1 passed").count(), 3, "a unit test, an integration test and a doctest\n{tests}");
    assert!(tests.contains("2 passed"), "two doctests\n{tests}");
    assert_eq!(run(&["run", "--example", "own"]), "example: [\"a\", \"b\", \"a\"]\n");
    assert_eq!(run(&["bench", "--bench", "own"]), "bench: [\"a\", \"b\", \"a\"]\n");
}

#[test]
fn a_feature_that_registered_nothing_is_a_problem() {
    let report = Build::new("dev", "a,b,silent,inventory").run();
    let problem = "feature `silent` is on, but plugin-silent registered nothing as `silent`\n\
         hint: its `#[plug(\"silent\")]` is missing or compiled out; if the plugin has another name, add \
         `silent = [\"the-name\"]` under `[package.metadata.plug.names]`\n";
    assert_eq!(report, format!("{REPORT}{problem}"));
}

/// The report of the plugins of plugin-forms.
const FORMS: &str = "\
m1: m1
m2: m2
m3: m3
qualified: <Self>::open
argument: made::<Self>
raw: r#type
hidden: Submission
docs: docs
store: Some(7) Some(\"seven\")
makes: Some([7, 7])
fixed: Some([97, 98, 99])
submission: Some(1)
locals: 1 1
A block, \"quoted\" with `{}` and \\ in it.||* A list.
plugin_forms::Store<u8>
";

#[test]
fn plugins_and_interfaces_of_every_form() {
    for registration in ["inventory", "linkme"] {
        assert_eq!(Build::new("dev", &format!("forms,{registration}")).run(), FORMS, "{registration}");
    }
}

/// An enabled feature for a plugin of another platform links nothing, which is correct.
#[test]
fn a_plugin_for_another_platform_is_not_missed() {
    assert_eq!(Build::new("dev", "a,b,elsewhere,inventory").run(), REPORT);
}

#[test]
fn two_versions_of_an_interface_are_a_problem() {
    let report = Build::new("dev", "b,old,inventory").run();
    let expected = "\
interface::Speaks b: b7
interface::Speaks old: unknown plugin `old` of interface `interface::Speaks`
hint: there is one of this name for `interface::Speaks 1.1.0`
hint: available: `b`
plugins of several versions of interface `interface::Speaks` are linked: `old` (plugin-old 0.1.0 at plugin-old/src/lib.rs:6) \
of version 1.1.0 and `b` (plugin-b 0.1.0 at plugin-b/src/lib.rs:39) of version 1.2.3
hint: let them and the host depend on one version of the crate that declares it
";
    assert_eq!(report, expected);
}

#[test]
fn two_versions_of_plug_are_refused_by_cargo() {
    let folder = plug_tests::copy_of_workspace("two-versions");
    let other = folder.join("tests/fixtures/host/other-plug");
    std::fs::create_dir_all(other.join("src")).expect("a folder can be made");
    let manifest = "[package]\nname = \"plug\"\nversion = \"9.0.0\"\nedition = \"2024\"\nlinks = \"plug\"\n";
    std::fs::write(other.join("Cargo.toml"), manifest).expect("a manifest can be written");
    std::fs::write(other.join("build.rs"), "fn main() {}").expect("a file can be written");
    std::fs::write(other.join("src/lib.rs"), "").expect("a file can be written");
    let host = folder.join("tests/fixtures/host/host/Cargo.toml");
    let text = std::fs::read_to_string(&host).expect("a manifest can be read");
    let text =
        text.replace("[dependencies]\n", "[dependencies]\nnewer = { package = \"plug\", path = \"../other-plug\" }\n");
    std::fs::write(&host, text).expect("a manifest can be written");
    let mut cargo = cargo();
    cargo.current_dir(folder.join("tests/fixtures/host")).args(["metadata", "--format-version", "1", "--offline"]);
    let output = run(&mut cargo);
    let stderr = plug_tests::texts(&output).1;
    assert!(!output.status.success(), "{stderr}");
    assert!(stderr.contains("links to the native library `plug`"), "{stderr}");
}
