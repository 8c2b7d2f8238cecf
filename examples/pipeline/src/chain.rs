//! Filters, one behind the other, which together are a filter again.
//! It knows no registry: it gets filters that are open.

use pipeline_interface::Filter;
use plug::{Error, Instances, Opened};

/// Filters that each line goes through, in the order of their sections.
/// The last one is dropped first.
pub struct Chain(Instances<dyn Filter>);

impl Chain {
    /// Errors of a filter have the name of its section.
    pub fn new(stages: Instances<dyn Filter>) -> Self {
        Self(stages)
    }
}

impl Filter for Chain {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        through(&mut self.0, line.to_owned())
    }

    fn finish(&mut self) -> Result<Vec<String>, Error> {
        let mut finished = Vec::new();
        for at in 0..self.0.len() {
            let stage = &mut self.0[at];
            let kept = stage.finish().map_err(|cause| failed(stage, cause))?;
            for line in kept {
                finished.extend(through(&mut self.0[at + 1..], line)?);
            }
        }
        Ok(finished)
    }
}

type Stage = Opened<dyn Filter>;

fn through(stages: &mut [Stage], line: String) -> Result<Option<String>, Error> {
    let mut line = Some(line);
    for stage in stages {
        let Some(passed) = line else { break };
        line = stage.line(&passed).map_err(|cause| failed(stage, cause))?;
    }
    Ok(line)
}

fn failed(stage: &Stage, cause: Error) -> Error {
    Error::msg(format!("stage `{}` failed", stage.name())).with_source(cause)
}

#[cfg(test)]
mod tests {
    use plug::{Plugin, Registry, Settings};

    use super::*;

    /// Keeps all lines to the end, and puts its letter behind each.
    struct Keep(char, Vec<String>);

    impl Filter for Keep {
        fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
            self.1.push(format!("{line}{}", self.0));
            Ok(None)
        }

        fn finish(&mut self) -> Result<Vec<String>, Error> {
            Ok(std::mem::take(&mut self.1))
        }
    }

    fn chain(stages: &str) -> Chain {
        let keep = |letter| move || Ok(Box::new(Keep(letter, Vec::new())) as _);
        let plugins = [Plugin::new::<dyn Filter>("a", keep('a')), Plugin::new::<dyn Filter>("b", keep('b'))];
        let mut registry = Registry::new();
        registry.add(&plugins.map(Result::unwrap).to_vec()).unwrap();
        Chain::new(registry.open_all(&Settings::toml("test.toml", stages).unwrap()).unwrap())
    }

    #[test]
    fn kept_lines_go_through_the_filters_behind() {
        let mut chain = chain("[a]\n[b]\n");
        assert_eq!(chain.line("1").unwrap(), None);
        assert_eq!(chain.line("2").unwrap(), None);
        assert_eq!(chain.finish().unwrap(), ["1ab", "2ab"]);
    }

    #[test]
    fn an_empty_chain_passes_lines_on() {
        assert_eq!(chain("").line("x").unwrap().as_deref(), Some("x"));
    }
}
