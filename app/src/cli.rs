//! What can be typed: the commands, their arguments and their help. It runs none of them.

use std::ffi::OsString;

use clap::builder::{OsStr, OsStringValueParser, Resettable, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use plug::Registry;

use crate::available::available;
use crate::completion;
use crate::failure::{Exit, Failure};
use crate::output;

/// Says hello, through a plugin of your choice
#[derive(Debug, Parser)]
#[command(name = "app", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXITS}"))]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(after_help = HELLO_EXAMPLES)]
    Hello(Hello),
    #[command(after_help = LIST_EXAMPLES, after_long_help = format!("{LIST_EXAMPLES}\n\n{LIST_JSON}"))]
    List(List),
    #[command(after_help = INFO_EXAMPLES, after_long_help = format!("{INFO_EXAMPLES}\n\n{INFO_JSON}"))]
    Info(Info),
    #[command(after_help = DOCTOR_EXAMPLES, after_long_help = format!("{DOCTOR_EXAMPLES}\n\n{DOCTOR_JSON}"))]
    Doctor(Doctor),
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(Completions),
}

/// Says hello
#[derive(Debug, Args)]
pub(crate) struct Hello {
    /// The plugin to say it; not needed where there is just one
    #[arg(long, value_name = "NAME", env = plugin_variable(), value_parser = text())]
    #[arg(add = ArgValueCandidates::new(completion::greeters))]
    pub plugin: Option<String>,
    /// Whom to greet
    #[arg(long, value_name = "WHO", default_value = "world", value_parser = text())]
    pub name: String,
    /// Whether `plugin` stood in the environment.
    #[arg(skip)]
    pub is_from_environment: bool,
}

/// Lists the plugins of this build
#[derive(Debug, Args)]
pub(crate) struct List {
    /// List those too that are known but not in this build
    #[arg(long)]
    pub available: bool,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// Tells all that is known of a plugin
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The plugin, by its name or an alias
    #[arg(value_parser = text(), add = ArgValueCandidates::new(completion::plugins))]
    pub name: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Looks for problems with the plugins of this build
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Prints the script that lets a shell complete arguments, and names of plugins
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_parser = completion::shells())]
    pub shell: String,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// A name on each line
    Names,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Reads the arguments of this process.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches()?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let (Command::Hello(hello), Some((_, matches))) = (&mut cli.command, matches.subcommand()) {
        hello.is_from_environment = matches.value_source("plugin") == Some(ValueSource::EnvVariable);
    }
    Ok(cli)
}

/// Prints what clap has to say: the help and the version, which were asked for, or what is wrong with the arguments.
pub(crate) fn explain(error: &clap::Error, registry: &Registry) -> Result<Exit, Failure> {
    match error.kind() {
        ErrorKind::DisplayVersion => output::data(&version(registry))?,
        ErrorKind::DisplayHelp => output::page(&error.render().ansi().to_string())?,
        _ => {
            // Some of clap's messages end their last line, and some do not.
            output::diagnostic(&format!("{}\n", error.render().ansi().to_string().trim_end()));
            return Ok(Exit::Usage);
        }
    }
    Ok(Exit::Done)
}

/// The version, and which plugins are in this build (`+`) or could be (`-`).
fn version(registry: &Registry) -> String {
    let here = registry.plugins().map(|plugin| (plugin.name().to_owned(), '+'));
    let mut plugins: Vec<_> = here.chain(available(registry).into_iter().map(|plugin| (plugin.name, '-'))).collect();
    plugins.sort();
    plugins.dedup();
    let plugins: String = match &plugins[..] {
        [] => " none".to_owned(),
        plugins => plugins.iter().map(|(name, sign)| format!(" {sign}{name}")).collect(),
    };
    format!("app {}\nplugins:{plugins}\n", env!("CARGO_PKG_VERSION"))
}

/// A text. Clap's own parser does not say which of the arguments is not UTF-8.
fn text() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().try_map(|value: OsString| value.into_string().map_err(|_| "it is not UTF-8"))
}

/// The variable that stands in for `--plugin`. One that is set to nothing counts as not set, as a shell's `X= app` means it.
fn plugin_variable() -> Resettable<OsStr> {
    const NAME: &str = "APP_PLUGIN";
    let is_empty = std::env::var_os(NAME).is_some_and(|value| value.is_empty());
    if is_empty { Resettable::Reset } else { Resettable::Value(NAME.into()) }
}

const EXAMPLES: &str = "\
Examples:
  app list                             what plugins there are
  app hello --plugin a                 hello, world
  app info a                           all about one of them
  app hello --help                     all about a command";

const EXITS: &str = "\
Exit status:
  0  done
  1  the plugin failed, or the result could not be written
  2  wrong usage, or a plugin that nobody knows
  3  the registry has a problem: any for `doctor`, one with the very name for others
  4  the plugin is known but not in this build";

const HELLO_EXAMPLES: &str = "\
Examples:
  app hello                            through the only plugin there is
  app hello --plugin a --name x        hello, x
  APP_PLUGIN=a app hello --name x      the same";

const LIST_EXAMPLES: &str = "\
Examples:
  app list                             a table that fits the terminal, or COLUMNS
  app list --available                 with those that a feature would bring
  app list --format names | sort       for a script";

const LIST_JSON: &str = "\
JSON:
  format_version  1; a key may be added without a change of it
  plugins         by interface, then name: what `app info --help` says of each
  available       with --available, by name: {name, features}, where any of the
                  features brings the plugin";

const INFO_EXAMPLES: &str = "\
Examples:
  app info a
  app info a --format json";

const INFO_JSON: &str = "\
JSON:
  format_version  1; a key may be added without a change of it
  plugins         one for each interface that has a plugin of this name:
                  {name, aliases, deprecated, interface, summary, docs, package,
                  version, license, repository, file, line}
    deprecated    what to use instead; null where it is not deprecated
    package, version, license, repository
                  null where nothing is known";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  app doctor                           exits with 3 where there is a problem
  app doctor --format json";

const DOCTOR_JSON: &str = "\
JSON:
  format_version  1; a key may be added without a change of it
  problems        {kind, name, interface, feature, places, message, hints}
    kind          duplicate, hidden_by_alias, not_registered, or other
    interface, feature
                  null where it is not about one
    places        the plugins concerned: {plugin, package, file, line}
  deprecated      {name, interface, instead}";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  bash  source <(app completions bash)         in ~/.bashrc
  zsh   source <(app completions zsh)          in ~/.zshrc, after compinit
  fish  app completions fish | source          in ~/.config/fish/config.fish";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_version_of_a_build_that_knows_no_plugin() {
        assert_eq!(version(&Registry::new()), format!("app {}\nplugins: none\n", env!("CARGO_PKG_VERSION")));
    }
}
