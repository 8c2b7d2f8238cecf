//! The command line: what the words mean, and how a failure is told. It knows no plugin, and no registry but the one it is
//! given.

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

/// Why the program failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The command line is wrong.
    Usage,
    /// The input or the output.
    Io(io::Error),
    /// The registry or a plugin.
    Plug(Error),
}

/// Does what the arguments say.
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

/// The plugin of this name. Whoever chose a deprecated one is told so.
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
    /// Whether the command line is to blame, for it is wrong or names what is not there.
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

    /// Whether it is that the reader of the output has gone, as `head` does.
    pub fn is_nobody_reading(&self) -> bool {
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

/// With all causes: it is the last that is said of it.
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
