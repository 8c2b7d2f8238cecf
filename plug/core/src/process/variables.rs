//! The host's changes to the environment of a plugin's process.
//! The handshake's own variables come on top: see `handshake/environment.rs`.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use crate::error::Error;
use crate::escape;

/// Changes to an inherited environment, in the order of the host's calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(Vec<Change>);

#[derive(Debug, Clone)]
enum Change {
    /// Drops the inherited variables, and the changes before.
    Clear,
    Set(OsString, OsString),
    Remove(OsString),
    /// Passes on the value that this program has.
    Keep(OsString),
}

impl Variables {
    pub(crate) fn clear(&mut self) {
        self.0 = vec![Change::Clear];
    }

    pub(crate) fn set(&mut self, name: OsString, value: OsString) {
        self.0.push(Change::Set(name, value));
    }

    pub(crate) fn remove(&mut self, name: OsString) {
        self.0.push(Change::Remove(name));
    }

    pub(crate) fn keep(&mut self, name: OsString) {
        self.0.push(Change::Keep(name));
    }

    /// # Errors
    ///
    /// If a name or a value cannot be in an environment.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.0.iter().try_for_each(Change::check)
    }

    /// Applies the changes to a command that inherits the environment of this program.
    pub(crate) fn apply(&self, command: &mut Command) {
        for change in &self.0 {
            match change {
                Change::Clear => _ = command.env_clear(),
                Change::Set(name, value) => _ = command.env(name, value),
                Change::Remove(name) => _ = command.env_remove(name),
                Change::Keep(name) => {
                    if let Some(value) = std::env::var_os(name) {
                        command.env(name, value);
                    }
                }
            }
        }
    }
}

impl Change {
    fn check(&self) -> Result<(), Error> {
        let (name, value) = match self {
            Self::Clear => return Ok(()),
            Self::Set(name, value) => (name, &value[..]),
            Self::Remove(name) | Self::Keep(name) => (name, OsStr::new("")),
        };
        let has = |text: &OsStr, byte| text.as_encoded_bytes().contains(&byte);
        let escaped = || escape::short(&name.to_string_lossy());
        if name.is_empty() || has(name, b'=') || has(name, 0) {
            let text = "cannot be the name of an environment variable, which is not empty and has neither `=` nor NUL";
            return Err(Error::msg(format!("`{}` {text}", escaped())));
        }
        // The value may be a secret, which no message shows.
        if has(value, 0) {
            return Err(Error::msg(format!("the value of the environment variable `{}` has NUL in it", escaped())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_a_value_that_no_environment_takes_is_refused() {
        let error = |change: &dyn Fn(&mut Variables)| {
            let mut variables = Variables::default();
            change(&mut variables);
            variables.check().err().map(|error| error.to_string())
        };
        let rest = "cannot be the name of an environment variable, which is not empty and has neither `=` nor NUL";
        assert_eq!(error(&|it| it.set("A=B".into(), "c".into())), Some(format!("`A=B` {rest}")));
        assert_eq!(error(&|it| it.remove("".into())), Some(format!("`` {rest}")));
        assert_eq!(error(&|it| it.keep("A\0".into())), Some(format!("`A\\0` {rest}")));
        assert_eq!(
            error(&|it| it.set("A".into(), "secret\0".into())).as_deref(),
            Some("the value of the environment variable `A` has NUL in it")
        );
        assert_eq!(error(&|it| it.set("A".into(), "b=c".into())), None);
        assert_eq!(error(&|it| it.keep("NO_SUCH_VARIABLE".into())), None);
    }

    #[cfg(unix)]
    #[test]
    fn the_changes_are_made_in_their_order() {
        // Every test has it.
        let kept = "PATH";
        let environment = |change: &dyn Fn(&mut Variables)| {
            let mut variables = Variables::default();
            change(&mut variables);
            let mut command = Command::new("/usr/bin/env");
            variables.apply(&mut command);
            let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
            let mut lines: Vec<_> = output.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let has = |lines: &[String], name: &str| lines.iter().any(|line| line.starts_with(&format!("{name}=")));
        let inherited = environment(&|_| ());
        assert!(has(&inherited, kept));
        let removed = environment(&|it| it.remove(kept.into()));
        assert!(!has(&removed, kept));
        assert_eq!(removed.len() + 1, inherited.len());
        assert_eq!(environment(&|it| it.clear()), Vec::<String>::new());
        let few = |it: &mut Variables| {
            it.set("BEFORE".into(), "1".into());
            it.clear();
            it.keep(kept.into());
            it.keep("NO_SUCH_VARIABLE".into());
            it.set("AFTER".into(), "2".into());
            it.set("GONE".into(), "3".into());
            it.remove("GONE".into());
        };
        assert_eq!(environment(&few), ["AFTER=2".to_owned(), format!("{kept}={}", std::env::var(kept).unwrap())]);
        // Without `clear` a kept variable is there anyway, and it undoes a removal.
        assert!(has(
            &environment(&|it| {
                it.remove(kept.into());
                it.keep(kept.into());
            }),
            kept
        ));
    }
}
