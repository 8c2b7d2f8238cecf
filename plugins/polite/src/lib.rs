//! Two plugins in one crate: `polite`, which has settings, and `formal`, which it has replaced.

use app_interface::Plug;
use plug::{Error, plug};

/// How to greet.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
pub struct Settings {
    /// The title before each name, such as `Dr.`.
    title: Option<String>,
    /// The languages of the greeting, in order.
    #[serde(default = "english")]
    languages: Vec<Language>,
}

/// A language of greetings.
#[derive(Debug, Clone, Copy, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
}

/// Greets, and refuses an empty name.
#[derive(Debug)]
pub struct Polite(Settings);

/// Says good day, and refuses an empty name.
#[plug("polite", new = Self::open)]
impl Plug for Polite {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        let name = addressee(name).map_err(|cause| Error::msg("cannot greet politely").with_source(cause))?;
        let title = self.0.title.as_ref().map(|title| format!("{title} ")).unwrap_or_default();
        let greetings = self.0.languages.iter().map(|language| format!("{}, {title}{name}", language.good_day()));
        Ok(greetings.collect::<Vec<_>>().join("; "))
    }
}

impl Polite {
    fn open(settings: Settings) -> Result<Self, Error> {
        if settings.languages.is_empty() {
            return Err(Error::msg("it needs a language at least").at("languages"));
        }
        Ok(Self(settings))
    }
}

impl Language {
    fn good_day(self) -> &'static str {
        match self {
            Self::En => "good day",
            Self::De => "guten Tag",
            Self::Fr => "bonjour",
        }
    }
}

/// Greets everybody, as `polite` once did.
#[derive(Default)]
pub struct Formal;

/// Says good day to anybody.
#[plug("formal", deprecated = "use polite")]
impl Plug for Formal {
    fn say_hello(&self, name: &str) -> Result<String, Error> {
        Ok(format!("good day, {name}"))
    }
}

fn english() -> Vec<Language> {
    vec![Language::En]
}

fn addressee(name: &str) -> Result<&str, Error> {
    match name.trim() {
        "" => Err(Error::msg("the name is empty")),
        name => Ok(name),
    }
}
