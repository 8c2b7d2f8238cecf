//! The configuration file: a section for each instance of a plugin.
//! It opens none.

use std::fs;
use std::path::{Path, PathBuf};

use app_interface::Plug;
use plug::{OpenOptions, Plugin, Registry, Section, Settings};

use crate::failure::{Exit, Failure};

/// The key of the table with the sections.
const PLUGINS: &str = "plugins";

/// The sections of a file. Without a file there are none.
#[derive(Default)]
pub(crate) struct Config {
    file: PathBuf,
    sections: Vec<Section>,
}

impl Config {
    /// Reads a file of TOML, or of JSON if its name ends with `.json`.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|error| {
            Failure::new(format!("cannot read `{}`", file.display()), Exit::Usage).caused_by(Some(&error))
        })?;
        let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let read = if is_json { Settings::json } else { Settings::toml };
        let settings = read(&file.display().to_string(), &text)?;
        if let Some(other) = Section::all(&settings)?.iter().find(|table| table.name() != PLUGINS) {
            let (file, name) = (file.display(), other.name());
            let failure = Failure::new(format!("`{name}` in `{file}` is not known"), Exit::Usage);
            return Err(
                failure.hint(&format!("each section is a table below `{PLUGINS}`, such as `[{PLUGINS}.{name}]`"))
            );
        }
        Ok(Self { file: file.to_owned(), sections: Section::all(&settings.at(PLUGINS))? })
    }

    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The section with this name.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name() == name)
    }

    /// The names of all sections.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.sections.iter().map(Section::name).collect()
    }

    /// The path as the user gave it.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }
}

/// A plugin with the name of the section, which opens with the section's settings.
/// It is checked here, so that a server does not start with settings that its plugins refuse.
pub(crate) fn configured(section: &Section, registry: &Registry) -> Result<Plugin, Failure> {
    let plugin = section.plugin::<dyn Plug>(registry)?.clone();
    plugin.check(&section.settings())?;
    let (options, docs) = (section.options(&OpenOptions::new()), plugin.docs().to_owned());
    let (package, version) = (plugin.package().map(str::to_owned), plugin.version().map(str::to_owned));
    let builder = Plugin::builder::<dyn Plug>(section.name(), move || plugin.open_with(&options)).docs(&docs);
    let builder = match (package, version) {
        (Some(package), Some(version)) => builder.package(&package, &version),
        _ => builder,
    };
    Ok(builder.build()?)
}
