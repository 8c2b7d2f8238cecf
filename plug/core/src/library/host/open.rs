//! The link to the plugins of a shared library. A file is read once, looked at, and copied; it is loaded when the first of its plugins is opened,
//! and never unloaded.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::sync::OnceCell;

use crate::compat::Match;
use crate::error::Error;
use crate::error::library::LibraryFault;
use crate::library::host::copy::Loadable;
use crate::library::host::file;
use crate::library::host::file::{Demands, Way};
use crate::library::host::inspection::Inspection;
use crate::library::host::loaded::Loaded;
use crate::library::host::reader::{ParsedPlugin, Records, Unread};
use crate::library::vtable::Vtable;
use crate::plugin::Plugin;
use crate::plugin::fields::{Fields, NAME};
use crate::registry::link::Link;

/// The plugins of a shared library.
///
/// Any plugin crate can be built as one, as it is, and by another compiler than the host:
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
/// # What is checked, and when
///
/// `open` runs nothing of the file. It reads the file once, refuses what is no whole library for this system, is longer than a gibibyte or has no
/// plugins of an ABI that this program speaks, reads what it says of its plugins, their interfaces and methods, and makes a private copy. A plugin whose interface differs from this
/// program's says so when it is opened, and in [`Registry::problems`](crate::Registry::problems).
///
/// Opening the first plugin loads the copy. So a file that is overwritten, cut or removed after `open` changes nothing; and opening a file
/// that was built anew gives the new code, while objects of the old one go on. Nothing is ever unloaded, since an object may have handed out
/// what stays behind, such as a thread or a `&'static str`.
///
/// A panic prints what panics print. In a plugin's `new` or method it then is an [`ErrorKind::Panicked`](crate::ErrorKind::Panicked); in the destructor of an object it ends there.
///
/// # What is not
///
/// A library is a part of the process with all its rights. `abort`, `exit`, a segmentation fault and an overflow of the stack end the process, whoever's
/// they are; so does a panic of a library that was built with `panic = "abort"`, which [`aborts_on_panic`](Library::aborts_on_panic)
/// tells. To survive that, or not to trust a plugin, join it by a process.
///
/// A library has a std of its own, and everything static in it: its own global allocator, panic hook, `thread_local!`s, standard streams' buffers,
/// logger. What it logs reaches the host's logger where both are built with the features `log` or `tracing` of `plug`. What it prints is the
/// process's output.
///
/// A copy is in no folder, so that `$ORIGIN` in its search path for other libraries does not mean that of its file. Where descriptors are
/// closed wholesale, as in becoming a daemon, [`load`](Library::load) it before. Where the system has no files in memory, the copy is a
/// temporary file until it is loaded, and backtraces do not name what is in it.
#[derive(Clone)]
pub struct Library(Arc<Opened>);

struct Opened {
    path: PathBuf,
    loadable: Loadable,
    plugins: Vec<ListedPlugin>,
    aborts: bool,
    loaded: OnceCell<Loaded>,
}

/// What the file says of a plugin, and how that is joined to this program's interfaces.
struct ListedPlugin {
    fields: Arc<Fields>,
    /// The number of its interface there.
    number: String,
    matched: Match,
}

/// How a library is opened: which files are refused beside those that cannot work.
///
/// ```no_run
/// use plug::link::LibraryOptions;
///
/// let digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
/// let options = LibraryOptions::new().allow_only([digest])?.refuse_writable_by_others();
/// // SAFETY: what has this digest was built by us.
/// let library = unsafe { options.open("/usr/lib/app/libplugin_a.so") }?;
/// # Ok::<(), plug::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct LibraryOptions(Demands);

impl LibraryOptions {
    /// Nothing is refused but what cannot work.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses every file but those with one of these SHA-256 digests, in hexadecimal digits. The bytes that were digested are the bytes that are loaded.
    ///
    /// # Errors
    ///
    /// Where one of them is not 64 hexadecimal digits.
    pub fn allow_only<'d>(mut self, digests: impl IntoIterator<Item = &'d str>) -> Result<Self, Error> {
        self.0.allowed = Some(digests.into_iter().map(str::parse).collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// Refuses a file that, by its mode and those of the folders above it, somebody else than this user and root may change or replace. (Where modes are not
    /// what says so, as on Windows, it refuses every file.) The folders are those of the path as it is given and of where it leads; those of
    /// links in between, and other libraries that the file needs, are not looked at.
    #[must_use]
    pub fn refuse_writable_by_others(mut self) -> Self {
        self.0.refuse_writable = true;
        self
    }

    /// Loads the file itself and no copy of it, which saves about a tenth of a millisecond.
    ///
    /// Linux and Android load the opened file through its descriptor: if another file has come in its place since, the opened one is loaded.
    /// `$ORIGIN` in its search path for other libraries then does not mean the file's folder.
    ///
    /// Other systems load what is at the path, as `dlopen` does: if another file has come in its place, that one is loaded, and refused if its
    /// plugins or methods differ; and a path that was loaded before gives what it gave then.
    ///
    /// Use it only for files that are replaced and never written to, as package managers and Cargo do: a loaded file that is overwritten or cut
    /// takes this process down, or changes under it.
    #[must_use]
    pub fn in_place(mut self) -> Self {
        self.0.way = Way::InPlace;
        self
    }

    /// Refuses a file of more bytes than this. Without it that is a gibibyte, since the copy is held in memory, and what is looked at is
    /// digested.
    #[must_use]
    pub fn refuse_longer_than(mut self, bytes: u64) -> Self {
        self.0.longest = bytes;
        self
    }

    /// The plugins of the library at this absolute path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Library`](crate::ErrorKind::Library), with what is wrong with the file.
    ///
    /// # Safety
    ///
    /// As for [`Library::open`]; and [`in_place`](Self::in_place), that nobody writes to the file from now on.
    pub unsafe fn open(&self, path: impl AsRef<Path>) -> Result<Library, Error> {
        Opened::read(path.as_ref(), &self.0).map(|opened| Library(Arc::new(opened)))
    }

    /// What the library at this absolute path says of itself, if it is not refused. As [`Library::inspect`].
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn inspect(&self, path: impl AsRef<Path>) -> Result<Inspection, Error> {
        let path = path.as_ref();
        // It is not loaded, so that no copy is wanted.
        let (loadable, section) = file::take(path, &Demands { way: Way::InPlace, ..self.0.clone() })?;
        let records = records(&section).map_err(|fault| Error::library(path, fault))?;
        let sha256 = file::sha256(&loadable)
            .map_err(|error| Error::library(path, LibraryFault::Unreadable).with_source(error))?;
        let mut plugins = Vec::new();
        for (record, matched) in records.plugins.iter().zip(matches(&records)) {
            let name = record.fields.get(NAME).to_owned();
            plugins.push(plugin(&matched, &record.fields, path, None, move |_| {
                Err(Error::msg(format!(
                    "plugin `{name}` was looked at, and its library not opened: `Library::open` does that"
                )))
            }));
        }
        Ok(Inspection::new(&records, plugins, sha256.to_string()))
    }
}

impl Library {
    /// The plugins of the library at this absolute path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Library`](crate::ErrorKind::Library), with what is wrong with the file.
    ///
    /// # Safety
    ///
    /// Opening a plugin of it loads it and calls it, which runs the file's code with all the rights of this process. That the file is a
    /// library that a Rust compiler made with `plug`, does no harm, and was not made to deceive the checks, is for the caller to know.
    pub unsafe fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        unsafe { LibraryOptions::new().open(path) }
    }

    /// What the library at this absolute path says of itself. Nothing of it is loaded or run, now or later.
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

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether a panic in it ends the process, since it was built with `panic = "abort"`.
    pub fn aborts_on_panic(&self) -> bool {
        self.0.aborts
    }

    /// Loads it now, and not when the first of its plugins is opened.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Library`](crate::ErrorKind::Library), where the system cannot load it, or where it does not answer.
    pub fn load(&self) -> Result<(), Error> {
        self.0.load().map(|_| ())
    }
}

impl Link for Library {
    fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let plugins = self.0.plugins.iter().enumerate().map(|(at, ListedPlugin { fields, matched, .. })| {
            let opened = Arc::clone(&self.0);
            plugin(matched, fields, &self.0.path, Some(Arc::as_ptr(&self.0).addr()), move |slot| {
                let ListedPlugin { fields, number, matched } = &opened.plugins[at];
                // An interface with places has a vtable; without places, nobody calls this.
                if let (Some(vtable), Ok(places)) = (matched.identity.vtable::<Vtable>(), &matched.places) {
                    let loaded = Opened::load(&opened)?;
                    let plugin = loaded.plugin(&opened.path, fields, number, matched.identity, places)?;
                    (vtable.make)(slot, plugin.open()?);
                }
                Ok(())
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
    fn read(path: &Path, demands: &Demands) -> Result<Self, Error> {
        let (loadable, section) = file::take(path, demands)?;
        let records = records(&section).map_err(|fault| Error::library(path, fault))?;
        let listed = |(record, matched): (&ParsedPlugin<'_>, Match)| {
            let (fields, number) = (Arc::clone(&record.fields), record.interface.to_owned());
            ListedPlugin { fields, number, matched }
        };
        let plugins = records.plugins.iter().zip(matches(&records)).map(listed).collect();
        let aborts = records.library.aborts;
        Ok(Self { path: path.to_owned(), loadable, plugins, aborts, loaded: OnceCell::new() })
    }

    fn load(self: &Arc<Self>) -> Result<&Loaded, Error> {
        self.loaded.get_or_try_init(|| {
            // What is loaded stays so, and what it was loaded from with it: its path must not become another one's.
            static LOADED: Mutex<Vec<Arc<Opened>>> = Mutex::new(Vec::new());
            let keep = || {
                let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
                if !loaded.iter().any(|other| Arc::ptr_eq(other, self)) {
                    loaded.push(Arc::clone(self));
                }
                // What is never dropped would leave its place behind.
                self.loadable.clear_place();
            };
            // SAFETY: whoever opened this promised that its code may be run.
            unsafe { Loaded::load(self.loadable.path(), &self.path, keep) }
        })
    }
}

/// Opens a library as where there are no files in memory: its copy is in this folder. For the tests.
///
/// # Safety
///
/// As for [`Library::open`].
pub unsafe fn open_by_folder(path: &Path, folder: &Path) -> Result<Library, Error> {
    let demands = Demands { way: Way::CopyIn(folder.to_owned()), ..Demands::default() };
    Opened::read(path, &demands).map(|opened| Library(Arc::new(opened)))
}

/// The records of what is loaded, which are in this section of it.
fn records(section: &[u8]) -> Result<Records<'_>, LibraryFault> {
    let records = Records::read(section).map_err(|unread| match unread {
        Unread::None => LibraryFault::NoPlugins,
        Unread::Abi(library, version) => LibraryFault::Abi { library, host: crate::abi::table::ABI, version },
        Unread::Damaged(what) => LibraryFault::Damaged { what },
    })?;
    if records.plugins.is_empty() { Err(LibraryFault::NoPlugins) } else { Ok(records) }
}

/// One for each plugin. The plugins of one interface share what is worked out, and what it holds.
fn matches<'t>(records: &Records<'t>) -> Vec<Match> {
    let interfaces = records.by_number();
    let mut known = BTreeMap::new();
    let of = |plugin: &ParsedPlugin<'t>| {
        let matched = || Match::of(plugin.path, interfaces.get(plugin.interface).copied());
        known.entry((plugin.interface, plugin.path)).or_insert_with(matched).clone()
    };
    records.plugins.iter().map(of).collect()
}

/// The plugin of a record, which cannot be opened where its interface does not fit.
fn plugin(
    matched: &Match,
    fields: &Arc<Fields>,
    path: &Path,
    of: Option<usize>,
    open: impl Fn(&mut crate::entry::Slot<'_>) -> Result<(), Error> + Send + Sync + 'static,
) -> Plugin {
    let origin = match path.to_str() {
        Some(path) => ["library:", path].concat(),
        None => format!("library:{}", path.display()),
    };
    let unfit = matched.places.as_ref().err().cloned();
    Plugin::found(Arc::clone(fields), matched.identity, origin, of, unfit, Box::new(open))
}
