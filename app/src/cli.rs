//! The command line: the commands, their arguments and their help.
//! It runs none of them.

mod config;
mod help;
pub(crate) mod links;

use std::ffi::OsString;
use std::time::Duration;

use clap::builder::{OsStr, OsStringValueParser, Resettable, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use plug::Registry;

use crate::available::available;
use crate::completion;
use crate::description::{outside, package_of};
use crate::failure::{Exit, Failure};
use crate::output;
use config::{CONFIG, ConfigFile};
use links::LINK;
pub(crate) use links::Links;

/// Says hello, through a plugin of your choice
#[derive(Debug, Parser)]
#[command(name = "app", version, after_help = help::EXAMPLES, after_long_help = help::app())]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(after_help = help::HELLO_EXAMPLES, after_long_help = help::hello())]
    Hello(Hello),
    #[command(after_help = help::LIST_EXAMPLES, after_long_help = help::list())]
    List(List),
    #[command(after_help = help::INFO_EXAMPLES, after_long_help = help::info())]
    Info(Info),
    #[command(after_help = help::DOCTOR_EXAMPLES, after_long_help = help::doctor())]
    Doctor(Doctor),
    #[command(after_help = help::SERVE_EXAMPLES, after_long_help = help::serve())]
    Serve(Serve),
    #[command(after_help = help::SCHEMA_EXAMPLES, after_long_help = help::schema())]
    Schema(Schema),
    #[command(after_help = help::PROTO_EXAMPLES)]
    /// Prints the interface of greeters as a `.proto` file
    Proto,
    #[command(after_help = help::COMPLETIONS_EXAMPLES)]
    Completions(Completions),
}

/// Says hello
#[derive(Debug, Args)]
pub(crate) struct Hello {
    /// The plugin to say it, by its name or as `LINK[#NAME]`; needed only if there are several
    #[arg(long, value_name = "NAME", env = unless_empty(PLUGIN), value_parser = text())]
    #[arg(add = ArgValueCandidates::new(completion::greeters))]
    pub plugin: Option<String>,
    /// The name to greet
    #[arg(long, value_name = "WHO", default_value = "world", value_parser = text())]
    pub name: String,
    /// Run the plugin, one of this program's, in a process of its own
    #[arg(long)]
    pub isolate: bool,
    /// The longest time that a plugin in another process or behind a server may take
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    #[command(flatten)]
    pub config: ConfigFile,
    #[command(flatten)]
    pub links: Links,
    /// Whether `plugin` comes from the environment.
    #[arg(skip)]
    pub is_from_environment: bool,
}

/// Lists the plugins of this build
#[derive(Debug, Args)]
pub(crate) struct List {
    /// List those too that are known but not in this build
    #[arg(long)]
    pub available: bool,
    #[command(flatten)]
    pub config: ConfigFile,
    #[command(flatten)]
    pub links: Links,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// Shows all that is known of a plugin
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The plugin, by its name or an alias, or as `LINK[#NAME]`
    #[arg(value_parser = text(), add = ArgValueCandidates::new(completion::plugins))]
    pub name: String,
    #[command(flatten)]
    pub links: Links,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Print the JSON Schema of its settings alone; this runs code of a library
    #[arg(long)]
    pub schema: bool,
}

/// Prints the JSON Schema of a configuration file, for editors
#[derive(Debug, Args)]
pub(crate) struct Schema {
    #[command(flatten)]
    pub links: Links,
}

/// Looks for problems with the plugins of this build
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub config: ConfigFile,
    #[command(flatten)]
    pub links: Links,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Serves plugins to other programs, by gRPC
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen at: `HOST:PORT`, port 0 for any free one, or `grpc+unix:PATH`
    #[arg(long, value_name = "ADDRESS", value_parser = text())]
    pub grpc: String,
    /// A plugin to serve, by its name; can be given several times; without one, all are served
    #[arg(long = "plugin", value_name = "NAME", value_parser = text())]
    #[arg(add = ArgValueCandidates::new(completion::greeters))]
    pub plugins: Vec<String>,
    /// The longest time that calls may go on after SIGINT or SIGTERM
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds_or_zero)]
    pub grace: Duration,
    /// How many objects with their own settings clients may have at once
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub instances: usize,
    #[command(flatten)]
    pub config: ConfigFile,
    #[command(flatten)]
    pub links: Links,
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
    let is_from_environment = |argument| {
        let source = matches.subcommand().and_then(|(_, matches)| matches.value_source(argument));
        source == Some(ValueSource::EnvVariable)
    };
    if let Command::Hello(hello) = &mut cli.command {
        hello.is_from_environment = is_from_environment("plugin");
    }
    if let Some(links) = cli.command.links() {
        links.is_from_environment = is_from_environment(LINK);
    }
    if let Some(config) = cli.command.config() {
        config.is_from_environment = is_from_environment(CONFIG);
    }
    Ok(cli)
}

impl Command {
    fn links(&mut self) -> Option<&mut Links> {
        match self {
            Self::Hello(Hello { links, .. })
            | Self::List(List { links, .. })
            | Self::Info(Info { links, .. })
            | Self::Doctor(Doctor { links, .. })
            | Self::Schema(Schema { links })
            | Self::Serve(Serve { links, .. }) => Some(links),
            Self::Proto | Self::Completions(_) => None,
        }
    }

    fn config(&mut self) -> Option<&mut ConfigFile> {
        match self {
            Self::Hello(Hello { config, .. })
            | Self::List(List { config, .. })
            | Self::Doctor(Doctor { config, .. })
            | Self::Serve(Serve { config, .. }) => Some(config),
            Self::Info(_) | Self::Schema(_) | Self::Proto | Self::Completions(_) => None,
        }
    }
}

impl Hello {
    /// The failure, with the variable that the value comes from.
    pub(crate) fn attributed(&self, what: &str, failure: Failure) -> Failure {
        if self.is_from_environment { failure.of_variable(what, PLUGIN) } else { failure }
    }
}

/// Prints the help or the version, or the mistake in the arguments.
pub(crate) fn explain(error: &clap::Error, registry: &Registry) -> Result<Exit, Failure> {
    match error.kind() {
        ErrorKind::DisplayVersion => output::data(&version(registry))?,
        ErrorKind::DisplayHelp => output::page(&error.render().ansi().to_string())?,
        _ => {
            // Only some of clap's messages end with a line end.
            output::diagnostic(&format!("{}\n", error.render().ansi().to_string().trim_end()));
            return Ok(Exit::Usage);
        }
    }
    Ok(Exit::Done)
}

/// The version, and the plugins that are in this build (`+`) or could be (`-`).
fn version(registry: &Registry) -> String {
    let here = registry.plugins().map(|plugin| (plugin.name().to_owned(), '+'));
    let mut plugins: Vec<_> = here.chain(available(registry).into_iter().map(|plugin| (plugin.name, '-'))).collect();
    plugins.sort();
    plugins.dedup();
    let plugins: String = match &plugins[..] {
        [] => " none".to_owned(),
        plugins => plugins.iter().map(|(name, sign)| format!(" {sign}{name}")).collect(),
    };
    let outside = outside(registry).map(|(plugin, source)| {
        let package = package_of(plugin).unwrap_or_default();
        format!("from outside: {}, {package}, {source}\n", plugin.name())
    });
    format!("app {}\nplugins:{plugins}\n{}", env!("CARGO_PKG_VERSION"), outside.collect::<String>())
}

/// A text.
/// Clap's own parser does not name the argument that is not UTF-8.
fn text() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().try_map(|value: OsString| value.into_string().map_err(|_| "it is not UTF-8"))
}

/// A time above zero.
/// One that is too long for a `Duration` is the longest.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0);
    let duration = seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    duration.filter(|duration| !duration.is_zero()).ok_or("it is no number of seconds above 0, such as `2.5`")
}

fn seconds_or_zero(text: &str) -> Result<Duration, &'static str> {
    if text.parse() == Ok(0.0) {
        return Ok(Duration::ZERO);
    }
    seconds(text).map_err(|_| "it is no number of seconds, such as `2.5`")
}

/// The variable that replaces `--plugin`.
const PLUGIN: &str = "APP_PLUGIN";

/// The variable, unless it is empty: `X= app` in a shell means that it is not set.
fn unless_empty(variable: &'static str) -> Resettable<OsStr> {
    let is_empty = std::env::var_os(variable).is_some_and(|value| value.is_empty());
    if is_empty { Resettable::Reset } else { Resettable::Value(variable.into()) }
}

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
