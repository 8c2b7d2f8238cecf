//! The command line: its commands.
//! It knows no plugin, and takes any registry.

use std::io::{BufRead, Write};

use pipeline_interface::{Filter, Store};
use plug::Registry;

use crate::config::Config;
use crate::{Chain, Failure, script};

pub(crate) const USAGE: &str = "\
usage: pipeline list          the plugins there are
       pipeline check FILE    whether each plugin of the file takes its settings
       pipeline filter FILE   lines from standard input, through the stages of the file, to standard output
       pipeline store FILE    `get KEY`, `set KEY VALUE` and `keys`, line by line from standard input
FILE is a file of TOML, with a section `[stages.NAME]` for each filter, in order, and a section `[store]`";

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
    match arguments[..] {
        ["list"] => list(registry, output),
        ["check", file] => check(&Config::read(file)?, registry, output),
        ["filter", file] => filter(&mut Chain::new(Config::read(file)?.stages(registry)?), input, output),
        ["store", file] => store(&*Config::read(file)?.store(registry)?, input, output),
        _ => Err(Failure::Usage),
    }
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

fn check(config: &Config, registry: &Registry, output: &mut dyn Write) -> Result<(), Failure> {
    let sections = config.check(registry)?;
    for section in &sections {
        match section.result() {
            Ok(()) => writeln!(output, "{}: fine", section.name())?,
            Err(error) => writeln!(output, "{}: {error:?}", section.name())?,
        }
    }
    match sections.iter().filter(|section| section.result().is_err()).count() {
        0 => Ok(()),
        wrong => Err(Failure::Wrong(wrong)),
    }
}

fn filter(stages: &mut dyn Filter, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    for line in input.lines() {
        if let Some(line) = stages.line(&line?)? {
            writeln!(output, "{line}")?;
        }
    }
    for line in stages.finish()? {
        writeln!(output, "{line}")?;
    }
    Ok(())
}

fn store(store: &dyn Store, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<(), Failure> {
    for line in input.lines() {
        for answer in pollster::block_on(script::obey(store, &line?))? {
            writeln!(output, "{answer}")?;
        }
    }
    Ok(())
}
