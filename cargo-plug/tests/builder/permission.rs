//! Files and folders that a user may not write or read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::world::{World, same};

/// The same command, for which permissions hold. They do not for root with all its capabilities.
fn restricted(command: &Command) -> Command {
    if !fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
        return again(Command::new(command.get_program()), command);
    }
    let capabilities = "-dac_override,-dac_read_search";
    let mut restricted = Command::new("setpriv");
    restricted.args([format!("--bounding-set={capabilities}"), format!("--inh-caps={capabilities}")]);
    restricted.arg(command.get_program());
    again(restricted, command)
}

fn again(mut new: Command, old: &Command) -> Command {
    new.args(old.get_args()).envs(old.get_envs().filter_map(|(key, value)| Some((key, value?))));
    old.get_current_dir().into_iter().for_each(|folder| _ = new.current_dir(folder));
    new
}

#[test]
fn a_folder_that_is_read_only() {
    let world = World::new("readonly");
    world.plugin("plugin-loud", "plugin-loud");
    for folder in ["locked", "mine"] {
        fs::create_dir(world.path(folder)).unwrap();
    }
    let set = |path: &str, mode: u32| fs::set_permissions(world.path(path), fs::Permissions::from_mode(mode)).unwrap();
    set("locked", 0o555);
    let fail = |folder: &str, arguments: &[&str]| {
        let stderr = world.failure(1, &mut restricted(&world.command(folder, arguments)));
        // Found before anything is compiled.
        assert!(!stderr.contains("Compiling"), "{stderr}");
        stderr
    };
    let build = |output: &str| fail("", &["build", "./greeter", "--with", "./plugin-loud", "--offline", "-o", output]);
    let denied = "error: cannot write to `<>/locked`: Permission denied (os error 13)\n";
    same(&build("locked/out"), denied);
    same(&build("locked"), denied);
    same(&build("locked/a/b"), "error: cannot make the folder `<>/locked/a`: Permission denied (os error 13)\n");
    same(&fail("locked", &["build", "../greeter", "--offline"]), denied);
    same(&fail("locked", &["build", "../greeter", "--offline", "-o", "../out", "--save"]), denied);
    same(&fail("locked", &["new", "hola", "--for", "../greeter/interface", "--offline"]), denied);
    // A project whose plug.lock cannot be written.
    world.write("mine/plug.toml", "program = \"../greeter\"\nplugins = [\"../plugin-loud\"]\noutput = \"../out\"\n");
    set("mine", 0o555);
    same(&fail("mine", &["build", "--offline"]), &denied.replace("locked", "mine"));
    assert!(!world.path("out").exists());
    set("mine", 0o755);

    // The lock file of the program has what it needs, so that Cargo does not write it.
    let mut cargo = plug_tests::cargo();
    world.succeed(cargo.current_dir(world.path("greeter")).args(["update", "--workspace", "--offline", "-q"]));
    // A program and a plugin that are read alone, also with their lock file.
    let files = ["greeter/Cargo.toml", "greeter/Cargo.lock", "greeter", "plugin-loud/Cargo.toml", "plugin-loud"];
    files.iter().for_each(|path| set(path, if path.contains('.') { 0o444 } else { 0o555 }));
    let build = ["build", "./greeter", "--with", "./plugin-loud", "--offline", "-o", "out"];
    world.succeed(&mut restricted(&world.command("", &build)));
    same(&world.run("out"), "loud greets x of 0.3.0: path <>/plugin-loud\n");
    let manifest = world.read("greeter/Cargo.toml");
    let add = ["add", "../plugin-loud", "--offline", "--feature", "noise"];
    let stderr = fail("greeter", &add);
    same(&stderr, "error: cannot write to `<>/greeter`: Permission denied (os error 13)\n");
    assert_eq!(world.read("greeter/Cargo.toml"), manifest);
    let dry = [&add[..], &["--dry-run"]].concat();
    same(&world.succeed(&mut restricted(&world.command("greeter", &dry))).1, "");

    set("plugin-loud", 0o000);
    same(&fail("", &build), "error: cannot read `<>/plugin-loud/Cargo.toml`: Permission denied (os error 13)\n");
    set("out", 0o000);
    same(&fail("", &["list", "out"]), "error: cannot read `out`: Permission denied (os error 13)\n");
    // The next run of this test removes them.
    files.iter().for_each(|path| set(path, 0o755));
    set("locked", 0o755);
}
