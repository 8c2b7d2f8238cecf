//! The stages of a file, and their run. It knows no plugin.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use etl_interface::{Host, Record, Sink, Source, Transform};
use futures_util::StreamExt;
use plug::{Error, Interface, OpenOptions, Section, Settings, Stream, plug};
use serde::Deserialize;
use toml::Spanned;

use crate::links::{Links, Word};

/// A source, transforms and a sink, which are open.
pub struct Job {
    source: Stage<dyn Source>,
    transforms: Vec<Stage<dyn Transform>>,
    sink: Stage<dyn Sink>,
}

/// A listener for the reports: the name of the stage, and the text.
pub type Reports = Arc<dyn Fn(&str, &str) + Send + Sync>;

struct Stage<I: ?Sized> {
    name: String,
    object: Box<I>,
}

/// What this host reads of a file. Each plugin reads its settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    links: Links,
    source: Keys,
    #[serde(default)]
    transforms: BTreeMap<String, Keys>,
    sink: Keys,
}

/// The host's keys in the section of a stage.
#[derive(Debug, Deserialize)]
struct Keys {
    plugin: Option<String>,
    /// The link, and its place in the text.
    link: Option<Spanned<Word>>,
}

impl Job {
    /// Opens the stages of a file of TOML.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or a stage cannot be opened. The error has the place in the file.
    pub fn open(path: &str) -> Result<Self, Error> {
        let text = fs::read_to_string(path);
        let text = text.map_err(|cause| Error::msg(format!("cannot read `{path}`")).with_source(cause))?;
        let settings = Settings::toml(path, &text)?;
        let text = Text { path, text: &text };
        let File { links, source, transforms, sink } =
            toml::from_str(text.text).map_err(|error| text.misread(&error))?;
        let sections = Section::all(&settings)?;
        let section = |name: &str| sections.iter().find(|section| section.name() == name).expect("serde has found it");
        Ok(Self {
            source: Stage::open(section("source"), &source, &links, &text)?,
            // In the order of the file.
            transforms: Section::all(&settings.at("transforms"))?
                .iter()
                .map(|section| Stage::open(section, &transforms[section.name()], &links, &text))
                .collect::<Result<_, _>>()?,
            sink: Stage::open(section("sink"), &sink, &links, &text)?,
        })
    }

    /// Moves all records, and returns their number.
    ///
    /// # Errors
    ///
    /// The first error of a stage. Then nothing is committed.
    pub async fn run(&self, reports: Reports) -> Result<u64, Error> {
        let failure = Failure::default();
        let Self { source, transforms, sink } = self;
        let records = source.object.read(Box::new(source.reporter(&reports))).await;
        let mut records = failure.watch(&source.name, records.map_err(|cause| failed(&source.name, cause))?);
        for stage in transforms {
            let changed = stage.object.apply(records).await;
            records = failure.watch(&stage.name, changed.map_err(|cause| failure.first_or(&stage.name, cause))?);
        }
        let written = sink.object.write(records).await.map_err(|cause| failure.first_or(&sink.name, cause))?;
        sink.object.commit(&sink.reporter(&reports)).await.map_err(|cause| failed(&sink.name, cause))?;
        Ok(written)
    }
}

impl<I: ?Sized + Interface> Stage<I> {
    fn open(section: &Section, keys: &Keys, links: &Links, text: &Text<'_>) -> Result<Self, Error> {
        let name = section.name();
        let (word, place) = match &keys.link {
            Some(link) => (*link.get_ref(), text.place(link.span().start)),
            None => (Word::default(), String::new()),
        };
        let registry = links.registry(word, keys.plugin.as_deref().unwrap_or(name));
        let unlinked =
            |cause| Error::msg(format!("the link of stage `{name}` cannot be opened{place}")).with_source(cause);
        // The plugin gets all keys of its section but the two of this host.
        let options = OpenOptions::new().settings(section.settings().without("link"));
        let object = section.plugin::<I>(&registry.map_err(unlinked)?)?.open_with::<I>(&options)?;
        Ok(Self { name: name.to_owned(), object })
    }
}

impl<I: ?Sized> Stage<I> {
    fn reporter(&self, reports: &Reports) -> Reporter {
        Reporter { stage: self.name.clone(), reports: Arc::clone(reports) }
    }
}

/// The host of one stage. Its plugin may be in another process.
struct Reporter {
    stage: String,
    reports: Reports,
}

#[plug(_)]
impl Host for Reporter {
    async fn report(&self, text: &str) -> Result<(), Error> {
        (self.reports)(&self.stage, text);
        Ok(())
    }
}

/// The first failure of a run. The stages behind pass an error on, and it is not theirs.
#[derive(Default)]
struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    /// The records of a stage. If they end by an error, it is kept.
    fn watch(&self, stage: &str, records: Stream<Record>) -> Stream<Record> {
        let (first, stage) = (Arc::clone(&self.0), stage.to_owned());
        Stream::new(records.map(move |record| {
            record.map_err(|cause| {
                let text = cause.to_string();
                first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| failed(&stage, cause));
                Error::msg(text)
            })
        }))
    }

    fn first_or(&self, stage: &str, cause: Error) -> Error {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| failed(stage, cause))
    }
}

fn failed(stage: &str, cause: Error) -> Error {
    Error::msg(format!("stage `{stage}` failed")).with_source(cause)
}

/// The user's file. `plug` knows the places of the plugins' keys, and this those of the host's own.
struct Text<'t> {
    path: &'t str,
    text: &'t str,
}

impl Text<'_> {
    fn misread(&self, error: &toml::de::Error) -> Error {
        let place = error.span().map_or_else(String::new, |span| self.place(span.start));
        Error::msg(format!("{}{place}", error.message()))
    }

    fn place(&self, at: usize) -> String {
        let before = &self.text[..at];
        let line = before.rsplit('\n').next().unwrap_or_default();
        format!("\n --> {}:{}:{}", self.path, before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}
