//! Completion in the shell.
//! `app completions` prints a script for the shell, which runs this program with a variable set and
//! the line so far behind `--`.
//! The answer has the plugins of this build, and those of the libraries in the environment.
//! It runs no library's code, starts no process and calls no server.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};
use plug::link::Address;
use plug::{Plugin, Registry};

use crate::cli::{Cli, links};
use crate::failure::{Exit, Failure};
use crate::kind;
use crate::output::printable;

/// The variable that the script sets to the name of its shell.
const VARIABLE: &str = "COMPLETE";

/// Answers the shell, if the shell has started this program.
/// Returns whether it did.
pub(crate) fn answer() -> Result<bool, clap::Error> {
    let env = CompleteEnv::with_factory(Cli::command).var(VARIABLE).bin(program());
    env.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref())
}

/// The script for this shell.
/// It calls the program by the path of this call.
pub(crate) fn script(shell: &str) -> Result<String, Failure> {
    let unknown = || Failure::new(format!("unknown shell `{shell}`"), Exit::Usage);
    let shells = Shells::builtins();
    let shell = shells.completer(shell).ok_or_else(unknown)?;
    // It is a part of a function's name, which two programs that wrap this one must not share.
    let name: String = program().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, &name, &program(), &completer(), &mut script)
        .map_err(|error| Failure::new("cannot write the script", Exit::Failed).caused_by(Some(&error)))?;
    Ok(String::from_utf8_lossy(&script).trim_start().to_owned())
}

/// The shells that have a script.
pub(crate) fn shells() -> PossibleValuesParser {
    Shells::builtins().names().collect::<Vec<_>>().into()
}

/// The plugins that can say hello.
pub(crate) fn greeters() -> Vec<CompletionCandidate> {
    offered().plugins_of::<dyn app_interface::Plug>().map(candidate).collect()
}

/// All plugins.
pub(crate) fn plugins() -> Vec<CompletionCandidate> {
    offered().plugins().map(candidate).collect()
}

fn offered() -> Registry {
    let mut registry = Registry::new();
    // A link that cannot be read offers no plugins.
    // The command will say why.
    let linked = links::of_environment().into_iter().filter_map(|link| match link {
        Address::Library(path) => kind::inspect(&path).ok(),
        _ => None,
    });
    let linked: Vec<_> = linked.flat_map(|library| library.plugins).collect();
    for link in [&plug::link::Builtin as &dyn plug::Link, &linked] {
        let _ = registry.add(link);
    }
    registry
}

fn candidate(plugin: &Plugin) -> CompletionCandidate {
    let help = match plugin.deprecated() {
        Some(instead) => format!("deprecated: {instead}"),
        None => plugin.summary().to_owned(),
    };
    let help = Some(help).filter(|help| !help.is_empty());
    CompletionCandidate::new(plugin.name()).help(help.map(|help| printable(&help).into_owned().into()))
}

/// The name that this program was called by.
fn program() -> String {
    let called = called().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = called.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(&called);
    if name.is_empty() { "app".to_owned() } else { name.to_owned() }
}

/// The program that the script calls: an absolute path, or a bare name, which the shell looks up.
fn completer() -> String {
    let called = called();
    let path = if called.components().count() > 1 { std::path::absolute(&called).unwrap_or(called) } else { called };
    path.to_string_lossy().into_owned()
}

fn called() -> PathBuf {
    std::env::args_os().next().filter(|name| !name.is_empty()).unwrap_or_else(|| OsString::from("app")).into()
}
