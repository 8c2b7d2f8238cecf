//! A library that has been loaded: its tables, as they are after its entry was asked for them.

use std::path::Path;
use std::sync::Mutex;

use crate::abi::table::{ABI, DONE, HostTable, LibraryTable, PluginTable};
use crate::compat::record::own_record;
use crate::error::library::LibraryFault;
use crate::error::{Error, chain};
use crate::interface::Identity;
use crate::library::host::object::{MatchedPlugin, lacking};
use crate::library::vtable::Vtable;
use crate::plugin::fields::{Fields, NAME};
use crate::portable::record::{HEAD, NUMBER};
use crate::{compat, escape};

/// What this program hands to libraries.
pub(super) static HOST: HostTable =
    HostTable { abi: ABI, size: size_of::<HostTable>() as u32, log: crate::library::log::HOST };

/// The function that a library exports. The number is that of the ABI.
pub(super) type Entry = unsafe extern "C" fn(host: *const ()) -> *const ();

/// The plugins of a library that is loaded.
pub(super) struct Loaded {
    /// By their texts, and the numbers of their interfaces: one macro may make two of one text.
    plugins: Vec<Plugin>,
}

/// What a library says of a plugin, and what has become of it here.
struct Plugin {
    table: PluginTable,
    joined: Mutex<Option<&'static MatchedPlugin>>,
}

// SAFETY: the tables are constant, and what they point to is for every thread: the functions of a plugin ask for nothing else, and whoever holds an
// object of it knows that its interface is `Send + Sync`.
unsafe impl Send for Plugin {}
// SAFETY: the same.
unsafe impl Sync for Plugin {}

impl Loaded {
    /// Loads what is at `copy`, which is the library at `path`, and calls `keep` as soon as it is there.
    ///
    /// # Safety
    ///
    /// Its code may be run.
    pub(super) unsafe fn load(copy: &Path, path: &Path, keep: impl FnOnce()) -> Result<Self, Error> {
        let fault = |fault, error: libloading::Error| {
            // The loader knows the copy's name only.
            let text = chain(&error).last();
            // It repeats names that the file gives.
            let text = escape::all(&text.map(ToString::to_string).unwrap_or_default());
            let text = text.replace(&*copy.to_string_lossy(), &path.to_string_lossy());
            Error::library(path, fault).with_source(Error::msg(text))
        };
        // SAFETY: the caller's promise.
        let library = unsafe { open(copy) }.map_err(|error| fault(LibraryFault::Load, error))?;
        // From here on there may be threads of it and pointers into it, whatever becomes of the rest.
        let library = std::mem::ManuallyDrop::new(library);
        keep();
        // SAFETY: a function of this name, which has the ABI's number in it, is of this type.
        let entry = unsafe { library.get::<Entry>(b"plug_library_v1\0") };
        let entry = *entry.map_err(|error| fault(LibraryFault::NoAnswer, error))?;
        // SAFETY: it is a library's entry.
        unsafe { Self::ask(entry, path, &HOST) }
    }

    /// Asks a library's entry for its tables.
    ///
    /// # Safety
    ///
    /// It is a library's entry, and the library is never unloaded.
    pub(super) unsafe fn ask(entry: Entry, path: &Path, host: &'static HostTable) -> Result<Self, Error> {
        let fault = |fault| Error::library(path, fault);
        // SAFETY: the table is there as long as the process.
        let library = unsafe { entry(std::ptr::from_ref(host).cast()) };
        if library.is_null() {
            return Err(fault(LibraryFault::NoAnswer));
        }
        let library = library.cast::<LibraryTable>();
        // SAFETY: an entry returns a table, or null. These two are in the tables of all libraries, and tell which others are.
        let (abi, size) = unsafe { ((*library).abi, (*library).size as usize) };
        if abi != ABI {
            return Err(fault(LibraryFault::Abi { library: abi, host: ABI, version: "another version".to_owned() }));
        }
        if size < size_of::<LibraryTable>() {
            return Err(fault(LibraryFault::NoAnswer));
        }
        // SAFETY: a table of this size has all the fields that are known here.
        let library = unsafe { &*library };
        let mut tables = Vec::<PluginTable>::new();
        // SAFETY: `visit` is what a library calls with the context it was given.
        let status = unsafe { (library.plugins)((&raw mut tables).cast(), visit) };
        if status != DONE {
            return Err(fault(LibraryFault::NoAnswer));
        }
        tables.sort_by_key(key);
        let plugins = tables.into_iter().map(|table| Plugin { table, joined: Mutex::new(None) });
        Ok(Self { plugins: plugins.collect() })
    }

    /// The plugin of these fields and the interface of this number, joined to this interface at these places.
    pub(super) fn plugin(
        &self,
        path: &Path,
        fields: &Fields,
        number: &str,
        interface: &'static Identity,
        places: &[Option<usize>],
    ) -> Result<&'static MatchedPlugin, Error> {
        let changed = |what: &str| {
            let what = format!("plugin `{}` {what}", fields.get(NAME));
            Error::library(path, LibraryFault::Changed { what })
        };
        let of = (fields.text(), Some(number.as_bytes()));
        let at = self.plugins.binary_search_by_key(&of, |plugin| key(&plugin.table));
        let Plugin { table, joined } = &self.plugins[at.map_err(|_| changed("is not in it"))?];
        let mut joined = joined.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // There is one interface of its path that it fits; but who asks is what counts, and not who asked before.
        if let Some(joined) = joined.filter(|joined| joined.interface == interface) {
            return Ok(joined);
        }
        let (record, calls) = (table.interface.get(), table.calls.get());
        // The places were found in the file. The same must come out of what is loaded, since calls go by these.
        let methods = interface.vtable::<Vtable>().map_or(0, |vtable| vtable.calls.len());
        let ours = interface.record().unwrap_or_default();
        let is_same = if record == ours {
            // The very record that this program has: all methods are where they are here, and there is nothing to read.
            calls.len() == methods && places.iter().copied().eq((0..calls.len()).map(Some))
        } else {
            let unreadable = || changed("has an interface without a record");
            let library = own_record(record).ok_or_else(unreadable)?;
            let ours = own_record(ours).ok_or_else(unreadable)?;
            let is_whole = library.methods.len() == calls.len() && places.len() == methods;
            is_whole && compat::matching::match_methods(&ours, &library).is_ok_and(|found| found == places)
        };
        if !is_same {
            return Err(changed("has other methods"));
        }
        let calls: Vec<_> = places.iter().map(|place| place.and_then(|place| calls.get(place).copied())).collect();
        let new = MatchedPlugin {
            interface,
            name: fields.get(NAME).to_owned(),
            calls: calls.iter().map(|call| call.unwrap_or(lacking)).collect(),
            has: calls.iter().map(Option::is_some).collect(),
            open: table.open,
            close: table.close,
            plugin: table.plugin,
        };
        Ok(joined.insert(Box::leak(Box::new(new))))
    }
}

/// What tells a plugin from the others of its library.
fn key(table: &PluginTable) -> (&'static str, Option<&'static [u8]>) {
    // The number is what the record of an interface begins with.
    (table.text.get(), table.interface.get().get(HEAD..HEAD + NUMBER))
}

/// # Safety
///
/// The code of the file may be run.
#[cfg(unix)]
unsafe fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // Every symbol now, so that a missing one is an error here and does not end the process at its first call; and seen by no other library.
    // SAFETY: the caller's promise.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

/// # Safety
///
/// The code of the file may be run.
#[cfg(not(unix))]
unsafe fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: the caller's promise.
    unsafe { libloading::Library::new(path) }
}

/// # Safety
///
/// `context` is a `Vec<PluginTable>`, and `plugin` points to a table.
unsafe extern "C" fn visit(context: *mut (), plugin: *const PluginTable) {
    // SAFETY: the caller's promise; and a table of at least this size has these fields.
    unsafe {
        if (*plugin).size as usize >= size_of::<PluginTable>() {
            (*context.cast::<Vec<PluginTable>>()).push(*plugin);
        }
    }
}
