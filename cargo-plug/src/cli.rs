//! The command line: the commands, their arguments and their help.
//! It runs none of them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", styles = clap_cargo::style::CLAP_STYLING)]
pub(crate) enum Cargo {
    Plug(Plug),
}

/// Builds programs with plugins of your choice, and makes plugins
#[derive(Debug, Args)]
#[command(version, after_help = EXAMPLES)]
pub(crate) struct Plug {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(after_help = SOURCES)]
    Build(Build),
    Run(Run),
    New(New),
    Add(Add),
    List(List),
    Check(Check),
    Update(Update),
    Clean(Clean),
    Completions(Completions),
}

const EXAMPLES: &str = "\
Examples:
  cargo plug build ./app --with plugin-loud@0.3 --with ../my-plugin -o app-mine
  cargo plug build                        from the plug.toml of this folder
  cargo plug new hola --for ../app/interface
  cargo plug run -- hello --name x        in a plugin's folder
  cargo plug add ../plugin-loud           in a program's folder
  cargo plug list app-mine
  cargo plug check libplugin.so --for app-mine

Exit status: 0 done, 1 failed, 101 Cargo failed";

const SOURCES: &str = "\
Sources:
  plugin-loud                       the newest version that fits, from crates.io
  plugin-loud@0.3                   a version, as in Cargo.toml
  plugin-loud@0.3?registry=mine     from a registry of Cargo's configuration
  ./folder, ../folder#plugin-loud   a folder, or a package of its workspace
  https://host/x.git?tag=v1#plugin-loud
                                    a git repository, at a `tag`, `branch` or `rev`

Without PROGRAM, the file plug.toml of this folder says what to build, and plug.lock
has the versions.";

/// Builds a program with plugins in it
#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub selection: Selection,
    /// The file to write; by default the program's name, in this folder
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the package that is built to this folder too
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// What to build: the program, or the plugins alone
    #[arg(long = "as", value_enum, value_name = "KIND", default_value_t)]
    pub kind: Kind,
    /// Write program, plugins, features and output to plug.toml
    #[arg(long)]
    pub save: bool,
    #[command(flatten)]
    pub flags: Flags,
}

/// Builds the program that a plugin is for, with the plugin in it, and runs it
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The program; by default the one that plug.toml, the plugin or its interface names
    #[arg(long, value_name = "SOURCE")]
    pub program: Option<String>,
    /// One more plugin
    #[arg(long, value_name = "SOURCE")]
    pub with: Vec<String>,
    /// Features of the program, or of a plugin as PLUGIN/FEATURE
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    pub features: Vec<String>,
    /// Leave out the program's default features
    #[arg(long)]
    pub no_default_features: bool,
    #[command(flatten)]
    pub flags: Flags,
    /// The arguments of the program
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub arguments: Vec<std::ffi::OsString>,
}

/// What to build.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct Selection {
    /// The program; see Sources
    #[arg(value_name = "PROGRAM")]
    pub program: Option<String>,
    /// A plugin; see Sources; can be given several times
    #[arg(long, value_name = "SOURCE")]
    pub with: Vec<String>,
    /// Features of the program, or of a plugin as PLUGIN/FEATURE
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',')]
    pub features: Vec<String>,
    /// Leave out the program's default features
    #[arg(long)]
    pub no_default_features: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The program, with the plugins in it
    #[default]
    Program,
    /// The plugins alone, as a shared library
    Library,
    /// The plugins alone, as an executable that a host starts
    Process,
}

/// The options that Cargo gets.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of Cargo")]
pub(crate) struct Flags {
    /// Build with optimizations
    #[arg(short, long, conflicts_with = "profile")]
    pub release: bool,
    /// Build with this profile
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Build for this target
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// The folder of intermediate files; by default one in the cache
    #[arg(long, value_name = "FOLDER")]
    pub target_dir: Option<PathBuf>,
    /// The number of parallel jobs
    #[arg(short, long, value_name = "N", allow_hyphen_values = true)]
    pub jobs: Option<String>,
    /// Fail if plug.lock would have to change
    #[arg(long)]
    pub locked: bool,
    /// Do not use the network
    #[arg(long)]
    pub offline: bool,
    /// The same as `--locked --offline`
    #[arg(long)]
    pub frozen: bool,
    /// A value or a file of Cargo's configuration
    #[arg(long, value_name = "KEY=VALUE|PATH")]
    pub config: Vec<String>,
    /// Print no status
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more of what Cargo does
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl Flags {
    pub(crate) fn is_locked(&self) -> bool {
        self.locked || self.frozen
    }
}

/// Makes a crate with a plugin in it, which does nothing yet
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The name of the plugin; the crate is `plugin-NAME`, in a folder of that name
    pub name: String,
    /// The crate of the interface; see `cargo plug build --help`
    #[arg(long = "for", value_name = "SOURCE")]
    pub interface: String,
    /// The trait, if the interface's crate has several
    #[arg(long = "trait", value_name = "NAME")]
    pub trait_name: Option<String>,
    /// The program that `cargo plug run` builds
    #[arg(long, value_name = "SOURCE")]
    pub program: Option<String>,
    /// With settings, which a host reads from a file
    #[arg(long)]
    pub settings: bool,
    /// Do not use the network
    #[arg(long)]
    pub offline: bool,
}

/// Adds a plugin crate to a program's Cargo.toml, as a feature
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The plugin; see `cargo plug build --help`
    pub plugin: String,
    /// The program, if the workspace has several
    #[arg(short, long, value_name = "NAME")]
    pub package: Option<String>,
    /// The name of the feature; by default the plugin's
    #[arg(long, value_name = "NAME")]
    pub feature: Option<String>,
    /// Show the lines, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not use the network
    #[arg(long)]
    pub offline: bool,
}

/// Lists the plugins in a file, without running it
#[derive(Debug, Args)]
pub(crate) struct List {
    /// A program, a shared library or an executable
    pub file: PathBuf,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// A name on each line
    Names,
}

/// Tells whether the plugins of a shared library fit a program, without running either
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The shared library
    pub library: PathBuf,
    /// The program
    #[arg(long = "for", value_name = "PROGRAM")]
    pub program: PathBuf,
}

/// Takes newer versions of the plugins into plug.lock
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The package of one plugin; by default all plugins and what they depend on
    pub plugin: Option<String>,
    #[command(flatten)]
    pub flags: Flags,
}

/// Removes the cache of earlier builds
#[derive(Debug, Args)]
pub(crate) struct Clean {}

/// Prints the script that lets a shell complete arguments
#[derive(Debug, Args)]
pub(crate) struct Completions {
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_sound() {
        super::Cargo::command().debug_assert();
    }
}
