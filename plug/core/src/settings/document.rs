//! Settings in a host: a JSON text, and its place in a file.

mod json;
mod source;
#[cfg(feature = "toml")]
mod toml;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::error::position::Position;
use crate::error::refusal;
use crate::settings::document::source::Source;
use crate::settings::{EMPTY, key};

/// The settings of a plugin, or a file with those of several.
///
/// It is a JSON text, which is what a plugin reads over every link.
/// It also has the file, so that an error about a key names its line and column.
/// Two are equal if the file, the path in it and the JSON text are.
/// `Debug` shows no value, which may be a secret.
///
/// With the feature `config` of plug they can be of a JSON text. A TOML text needs `toml`, and
/// any value that serde can serialize `serde_json`.
///
/// ```
/// # #[cfg(feature = "toml")] {
/// let text = "
/// [plugins.thrice]
/// plugin = 'a'
/// times = 3
/// ";
/// let settings = plug::Settings::toml("app.toml", text)?;
/// let thrice = settings.at("plugins.thrice").without("plugin");
/// let options = plug::OpenOptions::new().settings(thrice);
/// # }
/// # Ok::<(), plug::Error>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    json: Arc<str>,
    /// The part of the text that these settings are.
    part: Range<usize>,
    /// The keys that lead here from the top of the source.
    path: Vec<String>,
    source: Arc<Source>,
}

impl Settings {
    /// The settings of a JSON text. `file` is its name in errors.
    ///
    /// Only the syntax is checked, and that no key stands twice in a table.
    /// Tables and lists may be nested 127 levels deep.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), with the place of the mistake. It quotes no value.
    ///
    /// ```
    /// let settings = plug::Settings::json("app.json", r#"{ "plugins": { "a": { "times": 2 } } }"#)?;
    /// assert!(!settings.at("plugins.a").is_empty());
    ///
    /// let error = plug::Settings::json("app.json", "{\n  \"times\": 2,\n}").unwrap_err();
    /// let text = "the settings of `app.json` cannot be read: expected a key\n --> app.json:3:1";
    /// assert_eq!(error.to_string(), text);
    /// # Ok::<(), plug::Error>(())
    /// ```
    pub fn json(file: &str, text: &str) -> Result<Self, Error> {
        let check = |text: &Arc<str>| json::check(text).map(|()| text.clone());
        Source::file(file, text, check, json::find).map(Self::new)
    }

    /// The settings of a TOML text. `file` is its name in errors.
    ///
    /// For the plugin they become JSON: dates and times are texts.
    /// Integers have 64 bits, and `inf` and `nan` are refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), with the place of the mistake. It quotes no value.
    ///
    /// ```
    /// let settings = plug::Settings::toml("app.toml", "[plugins.a]\ntimes = 2")?;
    /// assert!(!settings.at("plugins.a").is_empty());
    ///
    /// let error = plug::Settings::toml("app.toml", "times = 1\ntimes = 2").unwrap_err();
    /// let text = "the settings of `app.toml` cannot be read: duplicate key\n --> app.toml:2:1";
    /// assert_eq!(error.to_string(), text);
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[cfg(feature = "toml")]
    pub fn toml(file: &str, text: &str) -> Result<Self, Error> {
        let convert = |text: &Arc<str>| toml::to_json(text).map(Arc::from);
        Source::file(file, text, convert, toml::find).map(Self::new)
    }

    /// The settings of a value that has been read already, by any reader.
    /// Errors about them name their keys, and no place.
    /// A number that is not finite becomes `null`, since JSON has none.
    /// It needs the feature `serde_json` of plug, which `toml` brings too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if the value is no table, as a struct or a map is, or if it cannot
    /// be JSON.
    ///
    /// ```
    /// let times = std::collections::BTreeMap::from([("times", 3)]);
    /// let settings = plug::Settings::of(&times)?;
    /// assert_eq!(settings, plug::Settings::of(&times)?);
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[cfg(feature = "serde_json")]
    pub fn of<T: serde::Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        let source = Source::value(std::any::type_name::<T>());
        let json = serde_json::to_string(value).map_err(|error| error.to_string());
        match json.and_then(|json| json::check(&json).map(|()| json).map_err(|mistake| mistake.what)) {
            Ok(json) => Ok(Self::new((json.into(), source))),
            Err(what) => Err(source.unreadable(None, what)),
        }
    }

    fn new((json, source): (Arc<str>, Source)) -> Self {
        Self { part: 0..json.len(), json, path: Vec::new(), source: source.into() }
    }

    /// The settings below a path of keys with dots, such as `plugins.thrice`.
    /// A key with a dot is quoted: `plugins."a.b"`.
    /// An element of a list has its index as its key, from 0.
    ///
    /// If nothing is there, they are empty.
    ///
    /// ```
    /// let settings = plug::Settings::json("app.json", r#"{ "stages": [{ "a.b": { "times": 1 } }] }"#)?;
    /// assert!(!settings.at("stages.0.\"a.b\"").is_empty());
    /// assert!(settings.at("stages.1").is_empty());
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        key::split(path).into_iter().fold(self.clone(), |settings, key| {
            let json = json::child(settings.text(), &key);
            settings.child(key, json)
        })
    }

    /// The settings without one key of theirs.
    ///
    /// ```
    /// # let settings = plug::Settings::json("app.json", r#"{ "plugin": "a" }"#)?;
    /// assert!(settings.without("plugin").is_empty());
    /// # Ok::<(), plug::Error>(())
    /// ```
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let text = self.text();
        let mut members = json::members(text).unwrap_or_default();
        let count = members.len();
        members.retain(|member| !member.is(key));
        if members.len() == count {
            return self.clone();
        }
        let members: Vec<_> = members.iter().map(|member| format!("{}:{}", member.raw_key, member.value)).collect();
        let json: Arc<str> = format!("{{{}}}", members.join(",")).into();
        Self { part: 0..json.len(), json, ..self.clone() }
    }

    /// Whether no key is set.
    pub fn is_empty(&self) -> bool {
        json::members(self.text()).is_some_and(|members| members.is_empty())
    }

    /// The entries of the table, in their order. `None` if it is none.
    pub(crate) fn sections(&self) -> Option<Vec<Self>> {
        let section = |member: json::Member<'_>| self.child(member.key().into_owned(), Some(member.value));
        Some(json::members(self.text())?.into_iter().map(section).collect())
    }

    /// The settings of a key, whose JSON is a part of this text. Empty if there is none.
    fn child(&self, key: String, json: Option<&str>) -> Self {
        let mut path = self.path.clone();
        path.push(key);
        let (json, part) = match json {
            Some(json) => {
                let start = json::offset(&self.json, json);
                (self.json.clone(), start..start + json.len())
            }
            None => (EMPTY.into(), 0..EMPTY.len()),
        };
        Self { json, part, path, source: self.source.clone() }
    }

    /// The text, if they are one and no table.
    pub(crate) fn as_str(&self) -> Option<String> {
        json::text(self.text()).map(Into::into)
    }

    /// An error about these settings: what they are not.
    pub(crate) fn unreadable(&self, what: &str) -> Error {
        let (key, place) = self.locate("");
        let subject = if key.is_empty() { String::new() } else { format!("`{key}` ") };
        self.source.unreadable(place, format!("{subject}{what}"))
    }

    /// The JSON text.
    pub(crate) fn text(&self) -> &str {
        &self.json[self.part.clone()]
    }

    /// The last key of the path, which is the name of the instance.
    pub(crate) fn instance(&self) -> Option<&str> {
        self.path.last().map(String::as_str)
    }

    /// The place of a JSON pointer: with dots from the top of the file on, and in the file.
    /// If nothing is there, it is that of the nearest key above.
    pub(crate) fn locate(&self, pointer: &str) -> (String, Option<Position>) {
        let keys: Vec<_> = self.path.iter().cloned().chain(refusal::keys(pointer)).collect();
        (key::dotted(&keys), self.source.locate(&keys))
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.path == other.path && self.source.name == other.source.name
    }
}

impl Eq for Settings {}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = key::dotted(&self.path);
        f.debug_struct("Settings").field("file", &self.source.name).field("key", &key).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "toml"))]
mod tests;
