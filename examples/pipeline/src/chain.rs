//! Filters, one behind the other, which together are a filter again.
//! It knows no registry: it gets filters that are open.

use pipeline_interface::Filter;
use plug::Error;

/// Filters that each line goes through, in the order in which they were pushed.
#[derive(Default)]
pub struct Chain(Vec<(String, Box<dyn Filter>)>);

impl Chain {
    /// Puts a filter behind the others.
    /// Its errors have this name.
    pub fn push(&mut self, name: &str, filter: Box<dyn Filter>) {
        self.0.push((name.to_owned(), filter));
    }
}

impl Filter for Chain {
    fn line(&mut self, line: &str) -> Result<Option<String>, Error> {
        through(&mut self.0, line.to_owned())
    }

    fn finish(&mut self) -> Result<Vec<String>, Error> {
        let mut finished = Vec::new();
        for at in 0..self.0.len() {
            let (name, filter) = &mut self.0[at];
            let kept = filter.finish().map_err(|cause| failed(name, cause))?;
            for line in kept {
                finished.extend(through(&mut self.0[at + 1..], line)?);
            }
        }
        Ok(finished)
    }
}

fn through(filters: &mut [(String, Box<dyn Filter>)], line: String) -> Result<Option<String>, Error> {
    let mut line = Some(line);
    for (name, filter) in filters {
        let Some(passed) = line else { break };
        line = filter.line(&passed).map_err(|cause| failed(name, cause))?;
    }
    Ok(line)
}

fn failed(name: &str, cause: Error) -> Error {
    Error::msg(format!("filter `{name}` failed")).with_source(cause)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn kept_lines_go_through_the_filters_behind() {
        let mut chain = Chain::default();
        chain.push("a", Box::new(Keep('a', Vec::new())));
        chain.push("b", Box::new(Keep('b', Vec::new())));
        assert_eq!(chain.line("1").unwrap(), None);
        assert_eq!(chain.line("2").unwrap(), None);
        assert_eq!(chain.finish().unwrap(), ["1ab", "2ab"]);
    }

    #[test]
    fn an_empty_chain_passes_lines_on() {
        assert_eq!(Chain::default().line("x").unwrap().as_deref(), Some("x"));
    }
}
