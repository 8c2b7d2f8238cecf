//! Bad input: each case has a message that names what is bad, and the way out.

use std::fs;
use std::process::{Command, Stdio};

use crate::world::{World, same};

/// The file of an earlier build, as far as its header.
const OLD: &str = "\x7fELF\x02\x01\x01\0 an old program, which has no more";

#[test]
fn a_source_that_leads_to_no_package() {
    let world = World::new("nothing");
    let build = |with: &str| world.fail(1, &["build", "./greeter", "--with", with, "-o", "mine"]);
    same(&build("./nobody"), "error: there is no package in `<>/nobody`\nhint: there is no such folder\n");
    fs::create_dir(world.path("empty")).unwrap();
    same(&build("./empty"), "error: there is no package in `<>/empty`\nhint: it has no Cargo.toml\n");
    same(
        &build("./greeter#nobody"),
        "error: there is no package `nobody` in `<>/greeter`\nhint: it has `greeter-interface`, `greeter`\n",
    );
    same(
        &build("plügin"),
        "error: `plügin` is no source of a package: `plügin` cannot be the name of a package\n\
         hint: a source is `NAME`, `NAME@VERSION`, a path such as `./folder`, or the URL of a git repository\n",
    );
    world.write("several/Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n");
    for name in ["one", "two"] {
        world.write(
            &format!("several/{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n"),
        );
        world.write(&format!("several/{name}/src/lib.rs"), "");
    }
    same(
        &build("./several"),
        "error: `<>/several` has several packages\nhint: name one of them, as `<>/several#NAME`: it has `one`, `two`\n",
    );
    same(&build("./several#one"), "error: `one` is no plugin: it does not depend on `plug`\n");
    let stderr = world.fail(1, &["build", "-o", "mine"]);
    same(
        &stderr,
        "error: there is no program to build\nhint: name one, as in `cargo plug build ./app --with plugin-x`, or write a plug.toml\n",
    );
    let stderr = world.fail(1, &["build", "--as", "library"]);
    same(&stderr, "error: there is no plugin to build\nhint: name one with `--with SOURCE`\n");
    let stderr = world.fail(1, &["build", "./greeter", "-F", "calm/fast", "-o", "mine"]);
    same(
        &stderr,
        "error: the feature `calm/fast` is of no package that is built\n\
         hint: a feature of a plugin is `PLUGIN/FEATURE`; the packages are `greeter`\n",
    );
    world.plugin("plugin-loud", "plugin-loud");
    let stderr = world.fail(1, &["build", "./greeter", "-F", "nope", "-o", "mine"]);
    same(&stderr, "error: `greeter` has no feature `nope`\nhint: it has `loud`\n");
    let stderr = world.fail(1, &["build", "./greeter", "--with", "./plugin-loud", "-F", "plugin-loud/nope"]);
    same(&stderr, "error: `plugin-loud` has no feature `nope`\nhint: it has `fast`\n");
    let stderr = world.fail(1, &["run"]);
    same(
        &stderr,
        "error: there is no plugin and no plug.toml in this folder\n\
         hint: `cargo plug run` is for the folder of a plugin; `cargo plug new` makes one\n",
    );
    // A name where a folder is meant.
    let stderr = world.fail(101, &["build", "greeter", "--offline", "-o", "mine"]);
    let hint = "hint: a name is that of a registry's package, and there is a folder here: write `./greeter`\n";
    assert!(stderr.ends_with(hint), "{stderr}");
    let stderr =
        world.failure(101, &mut world.command("greeter", &["new", "x", "--for", "greeter-interface", "--offline"]));
    assert!(stderr.ends_with(&hint.replace("./greeter", "./interface")), "{stderr}");
    let stderr = world.fail(101, &["build", "./greeter", "--with", "plugin-nobody", "--offline", "-o", "mine"]);
    let start = "error: cannot find the versions of `plugin-nobody`\nno matching package named `plugin-nobody` found\n";
    assert!(stderr.starts_with(start) && !stderr.contains("<>/cache"), "{stderr}");
    let stderr = world.fail(101, &["build", "./greeter", "--with", "plugin-x?registry=nobody", "-q", "-o", "mine"]);
    same(
        &stderr,
        "error: cannot find the versions of `plugin-x?registry=nobody`\n\
         registry index was not found in any configuration: `nobody`\n",
    );
    let stderr = world.fail(101, &["build", "./greeter", "--target", "nope", "--offline", "-o", "mine"]);
    same(&stderr, "error: the compiler has no target `nope`\nhint: `rustc --print target-list` lists them\n");
    // A server that does not answer.
    let arguments =
        ["build", "./greeter", "--with", "http://127.0.0.1:9/x.git", "--config", "net.retry=1", "-o", "mine"];
    let stderr = world.fail(101, &arguments);
    let start = "warning: spurious network error (1 try remaining): failed to connect to 127.0.0.1: Connection refused; class=Os (2)\n\
                 error: failed to ";
    assert!(stderr.starts_with(start), "{stderr}");
    // A repository that was never downloaded.
    let url = world.url("nobody");
    let stderr = world.fail(101, &["build", "./greeter", "--with", &url, "--offline", "-o", "mine"]);
    same(
        &stderr,
        "error: can't checkout from 'file://<>/nobody': you are in the offline mode (--offline)\n\
         hint: `--offline` takes what was downloaded before\n",
    );
}

#[test]
fn a_program_whose_main_no_other_package_can_call() {
    let world = World::new("main");
    world.plugin("plugin-loud", "plugin-loud");
    let build = || world.fail(1, &["build", "./greeter", "--with", "./plugin-loud", "--offline", "-o", "mine"]);
    let source = world.read("greeter/src/lib.rs");
    world.write("greeter/src/lib.rs", &source.replace("pub fn main", "pub fn start"));
    same(
        &build(),
        "error: the library of `greeter` has no `main`\nhint: move it from src/main.rs to src/lib.rs as `pub fn main`, \
         and let src/main.rs call `greeter::main()`\n",
    );
    for (main, mistake) in [
        ("fn main() -> Result", "is private"),
        ("pub async fn main() -> Result", "is asynchronous, and no executor runs it"),
    ] {
        world.write("greeter/src/lib.rs", &source.replace("pub fn main() -> Result", main));
        same(
            &build(),
            &format!(
                "error: the `main` in the library of `greeter` {mistake}\n\
                 hint: a program with plugins calls it: it is `pub fn main()`, or `pub fn main() -> Result<(), E>`\n"
            ),
        );
    }
    fs::rename(world.path("greeter/src/lib.rs"), world.path("greeter/src/main.rs")).unwrap();
    same(
        &build(),
        "error: `greeter` has no library, so no other package can have its `main`\nhint: move its code from src/main.rs to \
         src/lib.rs, with a `pub fn main`, and let src/main.rs call `greeter::main()`\n",
    );
    world.write("greeter/src/lib.rs", "");
    let manifest = world.read("greeter/Cargo.toml");
    let without = manifest.replace("greeter-interface = { path = \"interface\" }\n", "");
    let without = without.replace("plug = { workspace = true, features = [\"host\"] }\n", "");
    world.write("greeter/Cargo.toml", &without);
    same(&build(), "error: `greeter` takes no plugins: it does not depend on `plug`\n");
}

#[test]
fn a_plugin_that_has_nothing_for_the_program() {
    let world = World::new("other");
    let build = || world.fail(1, &["build", "./greeter", "--with", "./plugin-x", "--offline", "-o", "mine"]);
    let plug = world.plug_dependency("");
    world.write(
        "other/Cargo.toml",
        &format!(
            "[package]\nname = \"other-interface\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{plug}\n"
        ),
    );
    world.write("other/src/lib.rs", "");
    world.plugin_with("plugin-x", "plugin-x", &format!("other-interface = {{ path = \"../other\" }}\n{plug}\n"));
    same(
        &build(),
        "error: `plugin-x` 0.3.0 is for another interface: it depends on `other-interface`, and `greeter` 1.0.0 has `greeter-interface`\n",
    );
    // Without a library.
    fs::rename(world.path("plugin-x/src/lib.rs"), world.path("plugin-x/src/main.rs")).unwrap();
    same(
        &build(),
        "error: `plugin-x` is no plugin crate: it has no library\nhint: a plugin is in src/lib.rs, and not in src/main.rs\n",
    );
}

#[test]
fn a_plugin_crate_without_a_plugin() {
    let world = World::new("none");
    world.plugin("plugin-none", "plugin-none");
    world.write("plugin-none/src/lib.rs", "//! Has no plugin.\n");
    let build = ["build", "./greeter", "--with", "./plugin-none", "--offline", "-o", "mine", "-q"];
    same(&world.plug(&build).1, "warning: `plugin-none` brought no plugin: it has no `#[plug]`\n");
}

#[test]
fn two_plugins_of_one_name() {
    let world = World::new("twins");
    world.plugin("plugin-loud", "plugin-loud");
    world.plugin("plugin-louder", "plugin-louder");
    world.write("plugin-louder/src/lib.rs", &crate::world::greets("loud"));
    world.write("mine", OLD);
    let twins =
        ["build", "./greeter", "--with", "./plugin-loud", "--with", "./plugin-louder", "--offline", "-o", "mine"];
    let stderr = world.fail(101, &twins);
    assert!(!stderr.contains("linking with"), "{stderr}");
    let expected = "error: plugin `loud` of `greeter_interface::Greet` is in `plugin-loud` 0.3.0 (path <>/plugin-loud) and in \
                    `plugin-louder` 0.3.0 (path <>/plugin-louder)\nhint: a program has one plugin of each name: leave one out\n";
    assert!(stderr.ends_with(expected), "{stderr}");
    assert_eq!(world.read("mine"), OLD);
}

#[test]
fn a_plugin_that_is_named_twice_or_is_the_program() {
    let world = World::new("twice");
    world.plugin("plugin-loud", "plugin-loud");
    let stderr = world.fail(1, &["build", "./plugin-loud", "--with", "./plugin-loud/", "-o", "mine"]);
    same(
        &stderr,
        "error: `plugin-loud` is the program, and cannot be a plugin in it too\n\
         hint: the program comes first, and each plugin behind `--with`\n",
    );
    world.write("plug.toml", "program = \"./greeter\"\nplugins = [\"plugin-loud/\", \"./plugin-loud\"]\n");
    world.plug(&["build", "--with", "./plugin-loud/.", "--offline", "-o", "mine"]);
    same(&world.run("mine"), "loud greets x of 0.3.0: path <>/plugin-loud\n");
}

#[test]
fn a_lock_file_that_is_none() {
    let world = World::new("lock");
    world.plugin("plugin-loud", "plugin-loud");
    world.write("plug.toml", "program = \"./greeter\"\nplugins = [\"./plugin-loud\"]\noutput = \"mine\"\n");
    let hint = "\nhint: take an older one back, or remove it: the next build writes it anew\n";
    let alone = ["build", "./greeter", "--with", "./plugin-loud", "--offline", "-o", "mine"];
    world.plug(&alone);
    world.write("plug.lock", "junk\n");
    let stderr = world.fail(1, &["build", "--offline"]);
    let start = "error: `<>/plug.lock` is no lock file: TOML parse error at line 1, column 5\n";
    assert!(stderr.starts_with(start) && stderr.ends_with(hint), "{stderr}");
    assert!(!stderr.contains("<>/cache"), "{stderr}");
    // A build that does not read the file has nothing of it.
    world.plug(&alone);
    world.write("plug.lock", "version = 99\n");
    let stderr = world.fail(1, &["build", "--offline", "--locked"]);
    assert!(stderr.starts_with("error: `<>/plug.lock` is no lock file: lock file version `99` was found"), "{stderr}");
    world.write("plug.lock", "");
    same(&world.fail(1, &["build", "--offline"]), &format!("error: `<>/plug.lock` is no lock file: it is empty{hint}"));
    // Nothing of it is left.
    fs::remove_file(world.path("plug.lock")).unwrap();
    world.plug(&["build", "--offline"]);
    same(&world.run("mine"), "loud greets x of 0.3.0: path <>/plugin-loud\n");
    let lock = world.read("greeter/Cargo.lock");
    world.write("greeter/Cargo.lock", "junk\n");
    let stderr = world.fail(1, &alone);
    assert!(stderr.starts_with("error: the Cargo.lock of the program is no lock file: TOML parse error"), "{stderr}");
    world.write("greeter/Cargo.lock", &lock);
    world.plug(&alone);
}

#[cfg(unix)]
#[test]
fn a_folder_whose_name_cargo_does_not_take() {
    use std::os::unix::ffi::OsStrExt;
    let world = World::new("odd");
    for (name, shown, why) in [
        (&b"new\nline"[..], "new\\nline", "Cargo takes no path with a control character"),
        (b"x\xff", "x\u{fffd}", "Cargo takes no path that is not UTF-8"),
    ] {
        let name = std::ffi::OsStr::from_bytes(name);
        let folder = world.path("").join(name);
        world.plugin("plugin-loud", "plugin-loud");
        fs::rename(world.path("plugin-loud"), &folder).unwrap();
        let message = format!("error: there can be no package in `<>/{shown}`: {why}\nhint: rename the folder\n");
        let commands = [
            &["run", "--program", "../greeter"][..],
            &["add", "../plugin-x"],
            &["new", "x", "--for", "../greeter/interface"],
            &["build", "../greeter", "--with", ".", "-o", "mine"],
        ];
        for arguments in commands {
            same(&world.failure(1, world.command("", arguments).current_dir(&folder)), &message);
        }
    }
}

/// Also with a `[workspace]` around, and a configuration with a target folder.
#[test]
fn a_plugin_that_is_called_as_the_program() {
    let world = World::new("names");
    world.plugin("deep/greeter", "greeter");
    world.write("Cargo.toml", "[workspace]\nmembers = [\"member\"]\nresolver = \"3\"\n");
    world.write("member/Cargo.toml", "[package]\nname = \"member\"\nedition = \"2024\"\n");
    world.write("member/src/lib.rs", "");
    world.write(".cargo/config.toml", "[build]\ntarget-dir = \"of-the-configuration\"\n");
    world.plug(&["build", "./greeter", "--with", "./deep/greeter", "--offline", "-o", "mine"]);
    same(&world.run("mine"), "greeter greets x of 0.3.0: path <>/deep/greeter\n");
    assert!(!world.path("of-the-configuration").exists());
    // A package that its workspace does not have.
    world.plugin("stray", "plugin-stray");
    world.write("stray/Cargo.toml", &world.read("stray/Cargo.toml").replace("[workspace]\n\n", ""));
    let stderr = world.fail(101, &["build", "./greeter", "--with", "./stray", "--offline", "-o", "mine"]);
    assert!(stderr.starts_with("error: current package believes it's in a workspace when it's not:\n"), "{stderr}");
}

#[test]
fn an_output_that_cannot_be_written() {
    let world = World::new("output");
    world.write("mine", "old");
    let mut permissions = fs::metadata(world.path("mine")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(world.path("mine"), permissions).unwrap();
    same(&world.fail(1, &["build", "./greeter", "--offline", "-o", "mine"]), "error: `<>/mine` is read-only\n");
    let stderr = world.fail(1, &["build", "./greeter", "--offline", "-o", "mine/below"]);
    same(&stderr, "error: cannot make the folder `<>/mine`: File exists (os error 17)\n");
    // A file that a build never wrote.
    let stderr = world.fail(1, &["build", "./greeter", "--offline", "-o", "greeter/Cargo.toml"]);
    same(
        &stderr,
        "error: `<>/greeter/Cargo.toml` is there, and is neither a program nor a library\n\
         hint: a build writes over an earlier one alone: choose another file with `-o`, or move this one away\n",
    );
    // The default is the program's name, which is a folder here.
    let stderr = world.fail(1, &["build", "./greeter", "--offline"]);
    same(&stderr, "error: `<>/greeter` is a folder\nhint: name the file to write with `-o`\n");
}

#[test]
fn a_build_that_is_killed_leaves_nothing_half_written() {
    let world = World::new("killed");
    world.plugin("plugin-loud", "plugin-loud");
    world.write("mine", OLD);
    let arguments = ["build", "./greeter", "--with", "./plugin-loud", "--offline", "-o", "mine"];
    for milliseconds in [50, 400, 900] {
        let mut command = world.command("", &arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let _ = child.kill();
        let _ = child.wait();
        let file = fs::read(world.path("mine")).unwrap();
        assert!(file == OLD.as_bytes() || file.len() > 10 * OLD.len(), "{} bytes", file.len());
    }
    world.plug(&arguments);
    same(&world.run("mine"), "loud greets x of 0.3.0: path <>/plugin-loud\n");
}

/// A registry with two versions of a package without code.
fn registry_with(world: &World, versions: &[&str]) {
    let mut index = String::new();
    for version in versions {
        let folder = format!("dep-{version}");
        world.write(
            &format!("crates/{folder}/Cargo.toml"),
            &format!("[package]\nname = \"dep\"\nversion = \"{version}\"\nedition = \"2024\"\n[workspace]\n"),
        );
        world.write(&format!("crates/{folder}/src/lib.rs"), "");
        fs::create_dir_all(world.path(&format!("dl/dep/{version}"))).unwrap();
        let file = format!("dl/dep/{version}/download");
        // A published file stays as it is.
        if !world.path(&file).exists() {
            let mut tar = Command::new("tar");
            world.succeed(tar.current_dir(world.path("crates")).arg("czf").arg(world.path(&file)).arg(&folder));
        }
        let sum = world.succeed(Command::new("sha256sum").arg(world.path(&file))).0;
        let sum = sum.split(' ').next().unwrap();
        index += &format!(
            "{{\"name\":\"dep\",\"vers\":\"{version}\",\"deps\":[],\"cksum\":\"{sum}\",\"features\":{{}},\"yanked\":false}}\n"
        );
    }
    world.write("index/config.json", &format!("{{\"dl\":\"{}\"}}", world.url("dl")));
    world.write("index/3/d/dep", &index);
    world.write(".cargo/config.toml", &format!("[registries.mine]\nindex = \"{}\"\n", world.url("index")));
    world.repository("index", &format!("v{}", versions.len()));
}

#[test]
fn a_package_of_a_registry_that_has_the_name_of_a_folder() {
    let world = World::new("stranger");
    registry_with(&world, &["1.0.4"]);
    world.write("dep/Cargo.toml", "[package]\nname = \"dep\"\n\n[workspace]\n");
    world.write("dep/src/lib.rs", "");
    let hint = "hint: a name is that of a registry's package, and there is a folder here: write `./dep`\n";
    let stderr = world.fail(1, &["build", "dep?registry=mine", "-o", "mine"]);
    same(&stderr, &format!("error: `dep` takes no plugins: it does not depend on `plug`\n{hint}"));
    let stderr = world.fail(1, &["build", "./greeter", "--with", "dep?registry=mine", "-o", "mine"]);
    same(&stderr, &format!("error: `dep` is no plugin: it does not depend on `plug`\n{hint}"));
    let stderr = world.fail(1, &["build", "dep?registry=mine", "-F", "nope", "-o", "mine"]);
    same(&stderr, "error: `dep` has no feature `nope`\nhint: it has none\n");
}

#[test]
fn a_dependency_that_the_program_pins_otherwise() {
    let world = World::new("pinned");
    registry_with(&world, &["1.0.4"]);
    let manifest = world.read("greeter/Cargo.toml");
    let depends = |requirement: &str| {
        let line = format!("dep = {{ version = \"{requirement}\", registry = \"mine\" }}\n");
        world
            .write("greeter/Cargo.toml", &manifest.replace("\n[dependencies]\n", &format!("\n[dependencies]\n{line}")));
        line
    };
    depends("1");
    let mut cargo = plug_tests::cargo();
    world.succeed(cargo.current_dir(world.path("greeter")).args(["fetch", "-q"]));
    registry_with(&world, &["1.0.4", "1.0.5"]);
    let interface = world.path("greeter/interface").display().to_string();
    let more =
        |line: &str| format!("greeter-interface = {{ path = '{interface}' }}\n{}\n{line}", world.plug_dependency(""));
    let line = depends("=1.0.4");
    world.plugin_with("plugin-x", "plugin-x", &more(&line.replace("=1.0.4", "=1.0.5")));
    let build = ["build", "./greeter", "--with", "./plugin-x", "-o", "mine"];
    let stderr = world.fail(101, &build);
    assert!(stderr.starts_with("error: failed to select a version for `dep`.\n"), "{stderr}");
    let hint = "hint: the program and its plugins share each dependency of one major version: take versions that fit, or build a \
                plugin apart: `cargo plug build --as library --with …`\n";
    assert!(stderr.ends_with(hint), "{stderr}");

    // A version that the lock file alone pins gives way.
    depends("1");
    world.plugin_with("plugin-x", "plugin-x", &more(&line.replace("=1.0.4", "1.0.5")));
    world.plug(&build);
    same(&world.run("mine"), "x greets x of 0.3.0: path <>/plugin-x\n");
    // One that nobody needs newer stays, although the registry has one.
    world.plug(&["clean"]);
    world.plugin_with("plugin-x", "plugin-x", &more(""));
    world.plug(&["build", "./greeter", "--with", "./plugin-x", "-o", "mine", "--keep", "kept"]);
    let lock = world.read("kept/Cargo.lock");
    assert!(lock.contains("name = \"dep\"\nversion = \"1.0.4\""), "{lock}");
}

#[test]
fn a_file_without_plugins() {
    let world = World::new("files");
    world.write("text", "This is a text, and longer than a header.");
    world.write("empty", "");
    let list = |file: &str| world.fail(1, &["list", file]);
    same(&list("nobody"), "error: cannot read `nobody`: No such file or directory (os error 2)\n");
    same(&list("greeter"), "error: cannot list `greeter`: it is a folder\n");
    same(&list("empty"), "error: cannot list `empty`: it is empty\n");
    same(&list("text"), "error: cannot list `text`: it is no program and no library (Unknown file magic)\n");
    let program = env!("CARGO_BIN_EXE_cargo-plug");
    fs::copy(program, world.path("plain")).unwrap();
    same(&list("plain"), "error: cannot list `plain`: it has no plugins of `plug`\n");
    let stderr = world.fail(1, &["check", "plain", "--for", "plain"]);
    same(&stderr, "error: cannot list `plain`: it has no plugins of `plug`\n");
}
