//! The command line: its commands, and the texts of failures.
//! It knows no plugin, and takes any registry.

use std::fmt;
use std::io::{self, BufRead, Write};

use pipeline_interface::{Filter, Store};
use plug::{Error, ErrorKind, Interface, Plugin, Registry};

use crate::block_on::block_on;
use crate::{Chain, script};

const USAGE: &str = "\
usage: pipeline list               the plugins there are
       pipeline filter NAME...     lines from standard input, through these filters, to standard output
       pipeline store NAME         `get KEY`, `set KEY VALUE` and `keys`, line by line from standard input";

/// The reason why the program failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The command line is wrong.
    Usage,
    /// The input or the output failed.
    Io(io::Error),
    /// The registry or a plugin failed.
    Plug(Error),
}

/// Runs the command in the arguments.
///
/// # Errors
///
/// Each [`Failure`].
pub fn run(
    registry: &Registry,
    arguments: &[String],
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), Failure> {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match &arguments[..] {
        ["list"] => list(registry, output),
        ["filter", names @ ..] if !names.is_empty() => {
            let mut chain = Chain::default();
            for name in names {
                chain.push(name, chosen::<dyn Filter>(registry, name)?.open()?);
            }
            filter(&mut chain, input, output)
        }
        ["store", name] => {
            let store = chosen::<dyn Store>(registry, name)?.open::<dyn Store>()?;
            for line in input.lines() {
                for answer in block_on(script::obey(&*store, &line?))? {
                    writeln!(output, "{answer}")?;
                }
            }
            Ok(())
        }
        _ => Err(Failure::Usage),
    }
}

/// The plugin of this name, with a warning if it is deprecated.
fn chosen<'r, I: ?Sized + Interface>(registry: &'r Registry, name: &str) -> Result<&'r Plugin, Failure> {
    let plugin = registry.plugin::<I>(name)?;
    if let Some(instead) = plugin.deprecated() {
        eprintln!("pipeline: `{}` is deprecated: {instead}", plugin.name());
    }
    Ok(plugin)
}

fn list(registry: &Registry, output: &mut dyn Write) -> Result<(), Failure> {
    let filters = registry.plugins_of::<dyn Filter>().map(|plugin| ("filter", plugin));
    let stores = registry.plugins_of::<dyn Store>().map(|plugin| ("store", plugin));
    for (kind, plugin) in filters.chain(stores) {
        writeln!(output, "{kind} {}: {}", plugin.name(), plugin.summary())?;
    }
    registry.check()?;
    Ok(())
}

fn filter(chain: &mut Chain, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    for line in input.lines() {
        if let Some(line) = chain.line(&line?)? {
            writeln!(output, "{line}")?;
        }
    }
    for line in chain.finish()? {
        writeln!(output, "{line}")?;
    }
    Ok(())
}

impl Failure {
    /// Whether the command line is wrong, or names an unknown plugin.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Usage => true,
            Self::Io(_) => false,
            Self::Plug(error) => matches!(
                error.kind(),
                ErrorKind::BadName { .. } | ErrorKind::Unknown { .. } | ErrorKind::NotInBuild { .. }
            ),
        }
    }

    /// Whether the reader of the output has closed the pipe, as `head` does.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Plug(error)
    }
}

/// The text with all causes, since the program ends with it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => f.write_str(USAGE),
            Self::Io(error) => error.fmt(f),
            Self::Plug(error) => write!(f, "{error:?}"),
        }
    }
}

impl std::error::Error for Failure {}
