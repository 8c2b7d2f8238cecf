//! The file `plug.toml`, which says what to build, and `plug.lock`, which has the versions.
//! Comments and the order of `plug.toml` survive a change.
//!
//! ```toml
//! program = "app@0.1"
//! plugins = ["plugin-loud@0.3", "../my-plugin"]
//! features = ["process", "plugin-loud/fast"]
//! default-features = false
//! output = "app-mine"
//! ```

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Value, value};

use crate::cache;
use crate::cli::Selection;
use crate::failure::{At, Failure};

const FILE: &str = "plug.toml";
const LOCK: &str = "plug.lock";
const KEYS: [&str; 5] = ["program", "plugins", "features", "default-features", "output"];

/// The project of a folder.
#[derive(Debug)]
pub(crate) struct Project {
    pub folder: PathBuf,
    document: DocumentMut,
}

impl Project {
    /// The project of this folder, if it has one.
    pub(crate) fn find(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).at("read", &path)?;
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
            Failure::new(format!("{FILE}:{line}: {}", error.message()))
        })?;
        let project = Self { folder: folder.to_owned(), document };
        if let Some((key, _)) = project.document.iter().find(|(key, _)| !KEYS.contains(key)) {
            let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
            return Err(Failure::new(format!("{FILE}: unknown key `{key}`")).hint(format!("the keys are {keys}")));
        }
        project.selection()?;
        Ok(Some(project))
    }

    /// A new project.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), document: DocumentMut::new() }
    }

    pub(crate) fn selection(&self) -> Result<Selection, Failure> {
        let wrong = |key: &str, form: &str| Failure::new(format!("{FILE}: `{key}` must be {form}"));
        let text = |key: &str| match self.document.get(key) {
            None => Ok(None),
            Some(item) => item.as_str().map(|text| Some(text.to_owned())).ok_or_else(|| wrong(key, "a text")),
        };
        let texts = |key: &str| {
            let form = || wrong(key, "a list of texts");
            let Some(item) = self.document.get(key) else { return Ok(Vec::new()) };
            let texts = item.as_array().ok_or_else(form)?.iter().map(|text| Some(text.as_str()?.to_owned()));
            texts.collect::<Option<Vec<_>>>().ok_or_else(form)
        };
        let default = match self.document.get("default-features") {
            None => true,
            Some(item) => item.as_bool().ok_or_else(|| wrong("default-features", "`true` or `false`"))?,
        };
        text("output")?;
        Ok(Selection {
            program: text("program")?,
            with: texts("plugins")?,
            features: texts("features")?,
            no_default_features: !default,
        })
    }

    /// The file to write, if the project names one.
    pub(crate) fn output(&self) -> Option<PathBuf> {
        Some(self.folder.join(self.document.get("output")?.as_str()?))
    }

    /// The path of the lock file.
    pub(crate) fn lock(&self) -> PathBuf {
        self.folder.join(LOCK)
    }

    /// Takes these choices over, beside those that are there.
    pub(crate) fn save(&mut self, selection: &Selection, output: Option<&str>) -> Result<(), Failure> {
        if let Some(program) = &selection.program {
            self.set("program", program);
        }
        self.extend("plugins", &selection.with);
        self.extend("features", &selection.features);
        if selection.no_default_features {
            self.document["default-features"] = value(false);
        }
        if let Some(output) = output {
            self.set("output", output);
        }
        cache::write(&self.folder.join(FILE), &self.document.to_string())
    }

    fn set(&mut self, key: &str, text: &str) {
        match self.document.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) if old.as_str() == Some(text) => {}
            // The comment behind the value stays.
            Some(old) => {
                let decor = old.decor().clone();
                *old = Value::from(text);
                *old.decor_mut() = decor;
            }
            None => self.document[key] = value(text),
        }
    }

    fn extend(&mut self, key: &str, texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        let item = self.document.entry(key).or_insert_with(|| value(Array::new()));
        let Some(array) = item.as_array_mut() else { return };
        for text in texts {
            if !array.iter().any(|old| old.as_str() == Some(text)) {
                push(array, text);
            }
        }
    }
}

/// Adds a text to a list, in the form of the list: in one line, or each on its own.
fn push(array: &mut Array, text: &str) {
    let last = array.iter().last().and_then(|last| last.decor().prefix()?.as_str().map(str::to_owned));
    let prefix = last.filter(|prefix| prefix.contains('\n'));
    match prefix {
        Some(prefix) => {
            let indent = prefix.rsplit('\n').next().unwrap_or_default();
            let trailing = array.trailing().as_str().unwrap_or_default().to_owned();
            // A comment behind the last text stays there.
            let (comment, end) = trailing.rsplit_once('\n').unwrap_or(("", ""));
            let value = Value::from(text).decorated(format!("{comment}\n{indent}"), "");
            let end = format!("\n{end}");
            array.push_formatted(value);
            array.set_trailing(end);
            array.set_trailing_comma(true);
        }
        None => array.push(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(before: &str, selection: &Selection, output: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), before).unwrap();
        let mut project = Project::find(folder.path()).unwrap().unwrap();
        project.save(selection, output).unwrap();
        std::fs::read_to_string(folder.path().join(FILE)).unwrap()
    }

    #[test]
    fn comments_survive() {
        let before = "# mine\nprogram = \"app@0.1\" # the stable one\n\nplugins = [\n    \"plugin-a\", # good\n    \"plugin-b\", # better\n]\n# the end\n";
        let selection = Selection {
            program: Some("app@0.2".to_owned()),
            with: vec!["plugin-a".to_owned(), "../c".to_owned()],
            features: vec!["fast".to_owned()],
            no_default_features: true,
        };
        let after = "# mine\nprogram = \"app@0.2\" # the stable one\n\nplugins = [\n    \"plugin-a\", # good\n    \"plugin-b\", # better\n    \"../c\",\n]\nfeatures = [\"fast\"]\ndefault-features = false\noutput = \"mine\"\n# the end\n";
        assert_eq!(saved(before, &selection, Some("mine")), after);
        assert_eq!(
            saved("plugins = [\"x\"]\n", &selection, None).lines().next(),
            Some("plugins = [\"x\", \"plugin-a\", \"../c\"]")
        );
    }

    #[test]
    fn a_mistake_has_its_place() {
        let message = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(FILE), text).unwrap();
            Project::find(folder.path()).unwrap_err().to_string()
        };
        assert_eq!(message("\nprogram = x\n"), "plug.toml:2: string values must be quoted, expected literal string");
        assert_eq!(
            message("plugin = []\n"),
            "plug.toml: unknown key `plugin`\nhint: the keys are `program`, `plugins`, `features`, `default-features`, `output`"
        );
        assert_eq!(message("program = 7\n"), "plug.toml: `program` must be a text");
        assert_eq!(message("plugins = [7]\n"), "plug.toml: `plugins` must be a list of texts");
        assert_eq!(message("features = \"a\"\n"), "plug.toml: `features` must be a list of texts");
        assert_eq!(message("default-features = 1\n"), "plug.toml: `default-features` must be `true` or `false`");
    }
}
