//! The world of a test: a program whose greeters are plugins, its interface, plugins, repositories and registries.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use plug_tests::{clean, root, run, scratch, target, texts};

/// A folder, in which the program is `greeter`.
pub struct World {
    pub folder: PathBuf,
}

const INTERFACE: &str = r#"//! The interface of greeters.

/// Greets.
#[plug::interface(portable)]
pub trait Greet: Send + Sync {
    /// Greets `name`.
    fn greet(&self, name: &str) -> Result<String, plug::Error>;
}

plug::handshake! { cookie = "GREETER=yes", versions = { 1: [dyn Greet] } }
"#;

const PROGRAM: &str = r#"//! Greets by each plugin.

use greeter_interface::Greet;

plug::link!();

/// Greets by each plugin, and tells its source.
pub fn main() -> Result<(), plug::Error> {
    let registry = plug::Registry::builtin();
    registry.check()?;
    for plugin in registry.plugins() {
        let source = registry.catalogue().source(plugin).unwrap_or("inside");
        println!("{} of {}: {source}", registry.open::<dyn Greet>(plugin.name())?.greet("x")?, plugin.version().unwrap_or_default());
    }
    if cfg!(feature = "loud") {
        println!("LOUD");
    }
    Ok(())
}
"#;

impl World {
    /// A world with the program, and without plugins.
    pub fn new(name: &str) -> Self {
        let world = Self { folder: scratch(&format!("builder/{name}")) };
        let plug = world.plug_dependency("");
        world.write(
            "greeter/Cargo.toml",
            &format!(
                "[workspace]\nmembers = [\"interface\"]\n\n[workspace.dependencies]\n{plug}\n\n[package]\nname = \"greeter\"\n\
                 version = \"1.0.0\"\nedition = \"2024\"\n\n[features]\nloud = []\n\n[dependencies]\n\
                 greeter-interface = {{ path = \"interface\" }}\nplug = {{ workspace = true, features = [\"host\"] }}\n"
            ),
        );
        world.write("greeter/src/lib.rs", PROGRAM);
        world.write(
            "greeter/src/main.rs",
            "//! Greets.\n\nfn main() -> Result<(), plug::Error> {\n    greeter::main()\n}\n",
        );
        world.write(
            "greeter/interface/Cargo.toml",
            "[package]\nname = \"greeter-interface\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\nplug.workspace = true\n",
        );
        world.write("greeter/interface/src/lib.rs", INTERFACE);
        // The configuration of rustfmt is its default.
        world.write("rustfmt.toml", "");
        // Only what is locked here was downloaded.
        fs::copy(root().join("Cargo.lock"), world.path("greeter/Cargo.lock")).expect("a file can be copied");
        world
    }

    /// `plug` of this workspace, as a line of Cargo.toml.
    pub fn plug_dependency(&self, more: &str) -> String {
        let path = root().join("plug").display().to_string();
        format!(
            "plug = {{ path = '{path}', version = \"0.1\", default-features = false, features = [\"inventory\"]{more} }}"
        )
    }

    /// A plugin crate with a plugin of the same name, less `plugin-`.
    pub fn plugin(&self, folder: &str, package: &str) {
        let interface = self.path("greeter/interface").display().to_string();
        self.plugin_with(
            folder,
            package,
            &format!("greeter-interface = {{ path = '{interface}' }}\n{}\n", self.plug_dependency("")),
        );
    }

    /// The same with these dependencies.
    pub fn plugin_with(&self, folder: &str, package: &str, dependencies: &str) {
        let name = package.trim_start_matches("plugin-");
        self.write(
            &format!("{folder}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{package}\"\nversion = \"0.3.0\"\nedition = \"2024\"\n\n[workspace]\n\n[features]\nfast = []\n\n\
                 [dependencies]\n{dependencies}"
            ),
        );
        self.write(&format!("{folder}/src/lib.rs"), &greets(name));
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// `cargo plug` with these arguments, in a folder of this world.
    pub fn command(&self, folder: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-plug"));
        clean(&mut command).current_dir(self.path(folder)).arg("plug").args(arguments);
        command.env("CARGO_PLUG_CACHE", self.path("cache")).env("CARGO_TERM_COLOR", "never");
        // All builds share the folder of intermediate files.
        command.env("CARGO_BUILD_BUILD_DIR", target().join("build"));
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        command
    }

    /// Runs `cargo plug` in the folder of this world, and returns its output and its messages.
    #[track_caller]
    pub fn plug(&self, arguments: &[&str]) -> (String, String) {
        self.succeed(&mut self.command("", arguments))
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn succeed(&self, command: &mut Command) -> (String, String) {
        let output = run(command);
        let (stdout, stderr) = texts(&output);
        assert!(output.status.success(), "{command:?} failed, {}\n{stdout}\n{stderr}", output.status);
        (self.shown(&stdout), self.shown(&stderr))
    }

    /// Runs `cargo plug`, which must fail with this status, and returns its messages.
    #[track_caller]
    pub fn fail(&self, status: i32, arguments: &[&str]) -> String {
        self.failure(status, &mut self.command("", arguments))
    }

    #[track_caller]
    pub fn failure(&self, status: i32, command: &mut Command) -> String {
        let output = run(command);
        let (stdout, stderr) = texts(&output);
        assert_eq!(output.status.code(), Some(status), "{command:?}\n{stdout}\n{stderr}");
        self.shown(&stderr)
    }

    /// Runs a program of this world, and returns its output.
    #[track_caller]
    pub fn run(&self, program: &str) -> String {
        self.succeed(clean(&mut Command::new(self.path(program)))).0
    }

    /// The text with `<>` for the folder of this world, and without what Cargo prints of its progress.
    fn shown(&self, text: &str) -> String {
        let text = text.replace(&self.folder.display().to_string(), "<>");
        let is_told = |line: &&str| {
            let word = line.trim_start().split(' ').next().unwrap_or_default();
            let progress = [
                "Updating",
                "Locking",
                "Finished",
                "Adding",
                "Downloading",
                "Downloaded",
                "Blocking",
                "Fresh",
                "Removing",
            ];
            !(line.starts_with("  ") && progress.contains(&word))
        };
        text.lines().filter(is_told).map(|line| format!("{line}\n")).collect()
    }

    /// Makes a repository of a folder, with a commit and a tag.
    pub fn repository(&self, folder: &str, tag: &str) -> String {
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.current_dir(self.path(folder))
                .args(["-c", "user.name=x", "-c", "user.email=x@example.org"])
                .args(arguments);
            git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
            plug_tests::succeed(&mut git)
        };
        if !self.path(folder).join(".git").exists() {
            git(&["init", "-q", "-b", "main"]);
        }
        git(&["add", "."]);
        git(&["commit", "-q", "-m", "change"]);
        git(&["tag", tag]);
        git(&["rev-parse", "--short=12", "HEAD"]).trim().to_owned()
    }

    /// The URL of a folder.
    pub fn url(&self, folder: &str) -> String {
        format!("file://{}", self.path(folder).display())
    }
}

/// The source of a plugin of this name.
pub fn greets(name: &str) -> String {
    format!(
        "//! Greets.\n\nuse greeter_interface::Greet;\n\n#[derive(Default)]\nstruct Greeter;\n\n/// Greets as {name}.\n\
         #[plug::plug(\"{name}\")]\nimpl Greet for Greeter {{\n    fn greet(&self, name: &str) -> Result<String, plug::Error> {{\n        \
         Ok(format!(\"{name} greets {{name}}\"))\n    }}\n}}\n"
    )
}

/// Compares texts, and prints them as they are.
#[track_caller]
pub fn same(seen: &str, expected: &str) {
    assert!(seen == expected, "==== expected\n{expected}\n==== seen\n{seen}\n====");
}

/// The lines about packages that were compiled, without their paths.
pub fn compiled(stderr: &str) -> Vec<&str> {
    let lines = stderr.lines().filter_map(|line| line.trim_start().strip_prefix("Compiling "));
    lines.map(|line| line.split(' ').next().unwrap_or_default()).collect()
}
