//! The link to the plugins of a shared library.
//! A file is read once, checked and copied.
//! It is loaded when the first of its plugins is opened, and never unloaded.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::sync::OnceCell;

use crate::compat::Match;
use crate::error::Error;
use crate::error::library::LibraryFault;
use crate::escape;
use crate::library::host::copy::Loadable;
use crate::library::host::file;
use crate::library::host::file::{CopyMode, FileRules};
use crate::library::host::inspection::Inspection;
use crate::library::host::loaded::Loaded;
use crate::library::host::reader::{LibraryRecord, ParsedPlugin, Records, Unread};
use crate::library::vtable::Vtable;
use crate::plugin::fields::{Fields, NAME};
use crate::plugin::{Plugin, Takes};
use crate::registry::link::Link;

/// The plugins of a shared library.
///
/// Any plugin crate can be built as one without changes, also by another compiler than the host's:
///
/// ```text
/// cargo rustc --release -p plugin-a --crate-type cdylib
/// ```
///
/// Its interface is portable: `#[plug::interface(portable)]`.
///
/// ```no_run
/// # mod app_interface {
/// #     #[plug::interface(portable)]
/// #     pub trait Plug: Send + Sync {
/// #         fn say_hello(&self, name: &str) -> Result<String, plug::Error>;
/// #     }
/// # }
/// use app_interface::Plug;
/// use plug::link::Library;
///
/// // SAFETY: this file was built from a crate that we trust as we trust our own.
/// let library = unsafe { Library::open("/usr/lib/app/libplugin_a.so") }?;
/// let mut registry = plug::Registry::new();
/// registry.add(&library)?;
/// let a = registry.open::<dyn Plug>("a")?;
/// println!("{}", a.say_hello("x")?);
/// # Ok::<(), plug::Error>(())
/// ```
///
/// # Checks
///
/// `open` runs no code of the file.
/// It reads the file once, and refuses a file that is no whole library for this system, is longer
/// than a gibibyte, or has no plugins of an ABI that this program supports.
/// It parses the records of plugins, interfaces and methods, and makes a private copy.
/// Of an ELF file, it checks the tables that the system's loader trusts.
/// It cannot find damage in code; [`LibraryOptions::allow_only`] does.
/// A plugin with an interface that differs from this program's fails to open, and is listed in
/// [`Registry::problems`](crate::Registry::problems).
///
/// Opening the first plugin loads the copy, and so does a question about its settings.
/// So overwriting, cutting or removing the file after `open` has no effect.
/// Opening a rebuilt file gives the new code, and objects of the old code continue to work.
/// A library is never unloaded, since an object may have left a thread or a `&'static str` behind.
///
/// A panic prints its usual message.
/// In a plugin's `new` or method, or in the type of its settings, it becomes an
/// [`ErrorKind::Panicked`](crate::ErrorKind::Panicked).
/// In the destructor of an object it has no further effect.
///
/// # Limits
///
/// A library is a part of the process with all its rights.
/// `abort`, `exit`, a segmentation fault or a stack overflow in a library ends the process.
/// So does a panic of a library that was built with `panic = "abort"`; see
/// [`aborts_on_panic`](Library::aborts_on_panic).
/// To survive that, or to run a plugin that you do not trust, use a process.
///
/// A library has its own std with its own statics: global allocator, panic hook, `thread_local!`s,
/// buffers of the standard streams, and logger.
/// Its log records reach the host's logger if both have the feature `log` or `tracing` of `plug`.
/// Its standard streams are those of the process.
///
/// A copy is in no folder, so `$ORIGIN` in its search path for other libraries does not mean the
/// folder of its file.
/// Call [`load`](Library::load) before closing all descriptors, as a daemon does.
/// On systems without files in memory, the copy is a temporary file until it is loaded, and
/// backtraces have no names for its code.
#[derive(Clone)]
pub struct Library(Arc<Opened>);

struct Opened {
    path: PathBuf,
    loadable: Loadable,
    plugins: Vec<ListedPlugin>,
    aborts: bool,
    loaded: OnceCell<Loaded>,
}

/// A plugin of the file, and the match of its interface with this program's.
struct ListedPlugin {
    fields: Arc<Fields>,
    /// The number of its interface in the file.
    number: String,
    matched: Match,
    takes: Takes,
}

/// Options for opening a library: the files to refuse beside those that cannot work.
///
/// ```no_run
/// use plug::link::LibraryOptions;
///
/// let digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
/// let options = LibraryOptions::new().allow_only([digest])?.refuse_writable_by_others();
/// // SAFETY: we built the file with this digest.
/// let library = unsafe { options.open("/usr/lib/app/libplugin_a.so") }?;
/// # Ok::<(), plug::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct LibraryOptions(FileRules);

impl LibraryOptions {
    /// Refuses only files that cannot work.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses every file except those with one of these SHA-256 digests, in hexadecimal digits.
    /// The bytes that are digested are the bytes that are loaded.
    ///
    /// # Errors
    ///
    /// If a digest is not 64 hexadecimal digits.
    pub fn allow_only<'d>(mut self, digests: impl IntoIterator<Item = &'d str>) -> Result<Self, Error> {
        self.0.allowed = Some(digests.into_iter().map(str::parse).collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// Refuses a file that a user other than this one and root may change or replace, by its mode
    /// and those of the folders above it.
    /// (On systems without such modes, such as Windows, it refuses every file.)
    /// It checks the folders of the given path and of the path after all links.
    /// It does not check folders of links in between, nor other libraries that the file needs.
    #[must_use]
    pub fn refuse_writable_by_others(mut self) -> Self {
        self.0.refuse_writable = true;
        self
    }

    /// Loads the file itself instead of a copy, which saves about a tenth of a millisecond.
    ///
    /// Linux and Android load the opened file through its descriptor: if the file was replaced, the
    /// original is loaded.
    /// `$ORIGIN` in its search path for other libraries then does not mean the file's folder.
    ///
    /// Other systems load the file at the path, as `dlopen` does: if it was replaced, the
    /// replacement is loaded, and refused if its plugins or methods differ.
    /// A path that was loaded before gives the library that it gave then.
    ///
    /// The tables of the file for the loader are not checked, since that takes half as long as the
    /// rest.
    ///
    /// Use it only for files that are replaced and never written to, as package managers and Cargo
    /// do.
    /// Overwriting or cutting a loaded file crashes this process, or changes the code in it.
    #[must_use]
    pub fn in_place(mut self) -> Self {
        self.0.copy_mode = CopyMode::InPlace;
        self
    }

    /// Refuses a file of more bytes than this.
    /// The default is a gibibyte, since the copy is held in memory, and checking may digest the
    /// file.
    #[must_use]
    pub fn refuse_longer_than(mut self, bytes: u64) -> Self {
        self.0.max_len = bytes;
        self
    }

    /// Opens the library at this absolute path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Library`](crate::ErrorKind::Library), with the fault of the file.
    ///
    /// # Safety
    ///
    /// As for [`Library::open`]; and with [`in_place`](Self::in_place), nothing writes to the file
    /// from now on.
    pub unsafe fn open(&self, path: impl AsRef<Path>) -> Result<Library, Error> {
        Opened::read(path.as_ref(), &self.0).map(|opened| Library(Arc::new(opened)))
    }

    /// Reads the description of the library at this absolute path, like [`Library::inspect`].
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn inspect(&self, path: impl AsRef<Path>) -> Result<Inspection, Error> {
        let path = path.as_ref();
        let (loadable, section) = file::take(path, &FileRules { copy_mode: CopyMode::Unloaded, ..self.0.clone() })?;
        let records = records(&section).map_err(|fault| Error::library(path, fault))?;
        let sha256 = file::sha256(&loadable)
            .map_err(|error| Error::library(path, LibraryFault::Unreadable).with_source(error))?;
        let mut plugins = Vec::new();
        for (record, matched, takes) in listed(&records) {
            let name = record.fields.get(NAME).to_owned();
            plugins.push(plugin(&matched, &record.fields, path, None, takes, move |_| {
                Err(Error::msg(format!(
                    "plugin `{name}` was looked at, and its library not opened: `Library::open` does that"
                )))
            }));
        }
        Ok(Inspection::new(&records, plugins, sha256.to_string()))
    }
}

impl Library {
    /// Opens the library at this absolute path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Library`](crate::ErrorKind::Library), with the fault of the file.
    ///
    /// # Safety
    ///
    /// Opening a plugin of it, or a question about its settings, loads it and calls it.
    /// That runs the file's code with all the rights of this process.
    /// The caller must know that a Rust compiler made the library with `plug`, that it does no
    /// harm, and that it was not made to deceive the checks.
    pub unsafe fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        unsafe { LibraryOptions::new().open(path) }
    }

    /// Reads the description of the library at this absolute path, without loading or running any
    /// of it, now or later.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Library::open).
    ///
    /// ```no_run
    /// let inspection = plug::link::Library::inspect("/usr/lib/app/libplugin_a.so")?;
    /// for plugin in inspection.plugins() {
    ///     println!("{} {}", plugin.name(), plugin.version().unwrap_or("?"));
    /// }
    /// # Ok::<(), plug::Error>(())
    /// ```
    pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection, Error> {
        LibraryOptions::new().inspect(path)
    }

    /// The path that it was opened with.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether a panic in it ends the process, since it was built with `panic = "abort"`.
    pub fn aborts_on_panic(&self) -> bool {
        self.0.aborts
    }

    /// Loads it now, instead of when the first of its plugins is opened.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Library`](crate::ErrorKind::Library), if the system cannot load it, or if its
    /// entry does not work.
    pub fn load(&self) -> Result<(), Error> {
        self.0.load().map(|_| ())
    }
}

impl Link for Library {
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let plugins = self.0.plugins.iter().enumerate().map(|(at, ListedPlugin { fields, matched, takes, .. })| {
            let opened = Arc::clone(&self.0);
            let found_in = Some(Arc::as_ptr(&self.0).addr());
            plugin(matched, fields, &self.0.path, found_in, takes.clone(), move |slot| {
                let ListedPlugin { fields, number, matched, takes } = &opened.plugins[at];
                let (path, interface, loaded) = (&opened.path, matched.identity, Opened::load(&opened)?);
                // Without places, this is not called. Without a vtable, it is called for a question.
                let (Some(vtable), Ok(places)) = (interface.vtable::<Vtable>(), &matched.places) else {
                    return loaded.foreign(path, fields, number, interface)?.answer_question(slot);
                };
                let takes_settings = matches!(takes, Takes::Settings);
                loaded.plugin(path, fields, takes_settings, number, interface, places)?.answer(slot, vtable.make)
            })
        });
        Ok(plugins.collect())
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Library").field(&self.0.path).finish()
    }
}

impl Opened {
    fn read(path: &Path, rules: &FileRules) -> Result<Self, Error> {
        let (loadable, section) = file::take(path, rules)?;
        let records = records(&section).map_err(|fault| Error::library(path, fault))?;
        let plugins = listed(&records).map(|(record, matched, takes)| {
            let (fields, number) = (Arc::clone(&record.fields), record.interface.to_owned());
            ListedPlugin { fields, number, matched, takes }
        });
        let plugins = plugins.collect();
        let aborts = records.library.aborts;
        Ok(Self { path: path.to_owned(), loadable, plugins, aborts, loaded: OnceCell::new() })
    }

    fn load(self: &Arc<Self>) -> Result<&Loaded, Error> {
        self.loaded.get_or_try_init(|| {
            // A loaded library and its file are kept for good, so that its path is not reused for
            // another file.
            static LOADED: Mutex<Vec<Arc<Opened>>> = Mutex::new(Vec::new());
            let keep = || {
                let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
                if !loaded.iter().any(|other| Arc::ptr_eq(other, self)) {
                    loaded.push(Arc::clone(self));
                }
                // A static is never dropped, so the copy in a folder must be removed here.
                self.loadable.clear_place();
            };
            // SAFETY: the opener of this library promised that its code may be run.
            unsafe { Loaded::load(self.loadable.path(), &self.path, keep) }
        })
    }
}

/// Opens a library as on a system without files in memory, with its copy in this folder. For the
/// tests.
///
/// # Safety
///
/// As for [`Library::open`].
pub unsafe fn open_by_folder(path: &Path, folder: &Path) -> Result<Library, Error> {
    let rules = FileRules { copy_mode: CopyMode::CopyIn(folder.to_owned()), ..FileRules::default() };
    Opened::read(path, &rules).map(|opened| Library(Arc::new(opened)))
}

/// Parses the records in this section.
fn records(section: &[u8]) -> Result<Records<'_>, LibraryFault> {
    let records = Records::read(section).map_err(|unread| match unread {
        Unread::None => LibraryFault::NoPlugins,
        Unread::Abi(library, version) => LibraryFault::Abi { library, host: crate::abi::table::ABI, version },
        Unread::Damaged(what) => LibraryFault::Damaged { what },
    })?;
    if records.plugins.is_empty() { Err(LibraryFault::NoPlugins) } else { Ok(records) }
}

/// Each plugin, its match, and whether it takes settings.
fn listed<'r, 't>(records: &'r Records<'t>) -> impl Iterator<Item = (&'r ParsedPlugin<'t>, Match, Takes)> {
    let LibraryRecord { plug, knows_settings, .. } = records.library;
    // Of an older library alone. All its plugins share it.
    let unknown = (!knows_settings).then(|| {
        let text = format!("it was built with plug {}, which knows no settings", escape::short(plug));
        Arc::<str>::from(text)
    });
    records.plugins.iter().zip(matches(records)).map(move |(plugin, matched)| {
        let takes = match &unknown {
            _ if plugin.takes_settings => Takes::Settings,
            None => Takes::Nothing,
            Some(unknown) => Takes::Unknown(Arc::clone(unknown)),
        };
        (plugin, matched, takes)
    })
}

/// One match for each plugin. The plugins of one interface share its data.
fn matches<'t>(records: &Records<'t>) -> Vec<Match> {
    let interfaces = records.by_number();
    let mut known = BTreeMap::new();
    let of = |plugin: &ParsedPlugin<'t>| {
        let others = |path: &str| records.interfaces.iter().find(|interface| interface.path == path);
        let matched = || Match::of(plugin.path, interfaces.get(plugin.interface).copied(), &others);
        known.entry((plugin.interface, plugin.path)).or_insert_with(matched).clone()
    };
    records.plugins.iter().map(of).collect()
}

/// The plugin of a record. It cannot be opened if its interface does not match.
fn plugin(
    matched: &Match,
    fields: &Arc<Fields>,
    path: &Path,
    of: Option<usize>,
    takes: Takes,
    open: impl Fn(&mut crate::entry::Slot<'_>) -> Result<(), Error> + Send + Sync + 'static,
) -> Plugin {
    let origin = match path.to_str() {
        Some(path) => ["library:", path].concat(),
        None => format!("library:{}", path.display()),
    };
    let differences = matched.places.as_ref().err().cloned();
    Plugin::found(Arc::clone(fields), matched.identity, origin, of, differences, takes, Box::new(open))
}
