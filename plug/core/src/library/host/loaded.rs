//! A loaded library: its tables, which its entry returned.

use std::mem::offset_of;
use std::path::Path;
use std::sync::Mutex;

use crate::abi::table::{ABI, DONE, HostTable, LibraryTable, PluginTable};
use crate::compat::record::own_record;
use crate::error::library::LibraryFault;
use crate::error::{Error, chain};
use crate::interface::Identity;
use crate::library::caller::lacking;
use crate::library::host::object::MatchedPlugin;
use crate::library::vtable::Vtable;
use crate::plugin::fields::{Fields, NAME};
use crate::portable::record::{HEAD, NUMBER};
use crate::{compat, escape};

/// The table that this program passes to libraries.
pub(super) static HOST: HostTable =
    HostTable { abi: ABI, size: size_of::<HostTable>() as u32, log: crate::library::log::HOST };

/// The function that a library exports. The number in its name is that of the ABI.
pub(super) type EntryFn = unsafe extern "C" fn(host: *const ()) -> *const ();

/// The plugins of a library that is loaded.
pub(super) struct Loaded {
    /// Sorted by text and by number of the interface, since one macro may make two plugins with one
    /// text.
    plugins: Vec<LoadedPlugin>,
}

/// The table of a plugin, and its match with this program's interface.
struct LoadedPlugin {
    table: PluginTable,
    matched: Mutex<Option<&'static MatchedPlugin>>,
}

// SAFETY: the tables are constant, and their targets may be used from every thread: the functions
// of a plugin require nothing else, and an object of it has an interface that is `Send + Sync`.
unsafe impl Send for LoadedPlugin {}
// SAFETY: the same.
unsafe impl Sync for LoadedPlugin {}

impl Loaded {
    /// Loads the library at `copy`, a copy of the one at `path`, and calls `keep` once it is
    /// loaded.
    ///
    /// # Safety
    ///
    /// Its code may be run.
    pub(super) unsafe fn load(copy: &Path, path: &Path, keep: impl FnOnce()) -> Result<Self, Error> {
        let fault = |fault, error: libloading::Error| {
            // The loader knows only the copy's name.
            let text = chain(&error).last();
            // The text repeats names from the file.
            let text = escape::all(&text.map(ToString::to_string).unwrap_or_default());
            let text = text.replace(&*copy.to_string_lossy(), &path.to_string_lossy());
            Error::library(path, fault).with_source(Error::msg(text))
        };
        // SAFETY: the caller's promise.
        let library = unsafe { open(copy) }.map_err(|error| fault(LibraryFault::Load, error))?;
        // From here on, threads of the library and pointers into it may exist, even if a later step
        // fails.
        let library = std::mem::ManuallyDrop::new(library);
        keep();
        // SAFETY: a function of this name, which has the ABI's number in it, is of this type.
        let entry = unsafe { library.get::<EntryFn>(b"plug_library_v1\0") };
        let entry = *entry.map_err(|error| fault(LibraryFault::NoAnswer, error))?;
        // SAFETY: it is a library's entry.
        unsafe { Self::from_entry(entry, path, &HOST) }
    }

    /// Gets a library's tables from its entry.
    ///
    /// # Safety
    ///
    /// It is a library's entry, and the library is never unloaded.
    pub(super) unsafe fn from_entry(entry: EntryFn, path: &Path, host: &'static HostTable) -> Result<Self, Error> {
        let fault = |fault| Error::library(path, fault);
        // SAFETY: the table lives as long as the process.
        let library = unsafe { entry(std::ptr::from_ref(host).cast()) };
        if library.is_null() {
            return Err(fault(LibraryFault::NoAnswer));
        }
        let library = library.cast::<LibraryTable>();
        // SAFETY: an entry returns a table, or null. The tables of all libraries have these two
        // fields, which tell the others.
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
        // SAFETY: a library calls `visit` with the context that it gets here.
        let status = unsafe { (library.plugins)((&raw mut tables).cast(), visit) };
        if status != DONE {
            return Err(fault(LibraryFault::NoAnswer));
        }
        tables.sort_by_key(key);
        let plugins = tables.into_iter().map(|table| LoadedPlugin { table, matched: Mutex::new(None) });
        Ok(Self { plugins: plugins.collect() })
    }

    /// The plugin with these fields and this interface number, matched to this interface at these
    /// places, and whether it takes settings.
    pub(super) fn plugin(
        &self,
        path: &Path,
        fields: &Fields,
        takes_settings: bool,
        number: &str,
        interface: &'static Identity,
        places: &[Option<usize>],
    ) -> Result<&'static MatchedPlugin, Error> {
        let changed = |what: &str| changed(path, fields, what);
        let LoadedPlugin { table, matched } = self.find(fields, number).ok_or_else(|| changed("is not in it"))?;
        let mut matched = matched.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Usually one interface matches its path. If another one is requested, it is matched anew.
        if let Some(matched) = matched.filter(|matched| matched.interface == interface) {
            return Ok(matched);
        }
        let (record, calls) = (table.interface.get(), table.calls.get());
        // The places come from the file. The loaded library must give the same, since calls rely on
        // them.
        let methods = interface.vtable::<Vtable>().map_or(0, |vtable| vtable.calls.len());
        let ours = interface.record().unwrap_or_default();
        let is_same = if record == ours {
            // The record equals this program's, so each method has the same index, and nothing
            // needs parsing.
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
        if takes_settings && table.ask.is_none() {
            return Err(changed("takes no settings"));
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
            ask: table.ask.filter(|_| takes_settings),
        };
        Ok(matched.insert(Box::leak(Box::new(new))))
    }

    /// A plugin that takes settings, of an interface that this program does not have.
    /// It answers questions, and has no methods.
    pub(super) fn foreign(
        &self,
        path: &Path,
        fields: &Fields,
        number: &str,
        interface: &'static Identity,
    ) -> Result<MatchedPlugin, Error> {
        let name = fields.get(NAME).to_owned();
        let Some(LoadedPlugin { table, .. }) = self.find(fields, number) else {
            let interface = interface.name();
            return Err(Error::msg(format!(
                "plugin `{name}` does not answer about settings: `{interface}` is not portable"
            )));
        };
        if table.ask.is_none() {
            return Err(changed(path, fields, "takes no settings"));
        }
        let PluginTable { open, close, plugin, ask, .. } = *table;
        let (calls, has) = (Box::default(), Box::default());
        Ok(MatchedPlugin { interface, name, calls, has, open, close, plugin, ask })
    }

    fn find(&self, fields: &Fields, number: &str) -> Option<&LoadedPlugin> {
        let of = (fields.text(), Some(number.as_bytes()));
        let at = self.plugins.binary_search_by_key(&of, |plugin| key(&plugin.table));
        Some(&self.plugins[at.ok()?])
    }
}

fn changed(path: &Path, fields: &Fields, what: &str) -> Error {
    let what = format!("plugin `{}` {what}", fields.get(NAME));
    Error::library(path, LibraryFault::Changed { what })
}

/// Identifies a plugin within its library.
fn key(table: &PluginTable) -> (&'static str, Option<&'static [u8]>) {
    // The record of an interface begins with its number.
    (table.text.get(), table.interface.get().get(HEAD..HEAD + NUMBER))
}

/// # Safety
///
/// The code of the file may be run.
#[cfg(unix)]
unsafe fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // It resolves every symbol now, so that a missing one is an error here and does not end the
    // process at its first call.
    // It hides the symbols from other libraries.
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
/// `context` is a `Vec<PluginTable>`, and `plugin` points to a table, which may be shorter or longer
/// than one of this program.
unsafe extern "C" fn visit(context: *mut (), plugin: *const PluginTable) {
    // SAFETY: the caller's promise. Every table begins with its size, which tells the fields that it
    // has, and no others are read.
    unsafe {
        let size = (*plugin).size;
        if (size as usize) < offset_of!(PluginTable, ask) {
            return;
        }
        (*context.cast::<Vec<PluginTable>>()).push(PluginTable {
            size,
            text: (*plugin).text,
            interface: (*plugin).interface,
            calls: (*plugin).calls,
            open: (*plugin).open,
            close: (*plugin).close,
            plugin: (*plugin).plugin,
            ask: if size as usize >= size_of::<PluginTable>() { (*plugin).ask } else { None },
        });
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;
    use crate::abi::table::{CallStatus, FAILED, Object, Visit};
    use crate::abi::view::{Slice, Text};
    use crate::interface::{Declaration, Interface, Vtables};

    trait Empty: Send + Sync {}

    const RECORD: &[u8] = b"\x7fplug\r\nI\x17\0\0\x000000000000000001\x1fa::B\x1f1";

    impl Interface for dyn Empty {
        const DECLARATION: Declaration = Declaration { path: "a::B", version: "1", place: "1:1", is_generic: false };
        const VTABLES: Option<&'static Vtables> =
            Some(&Vtables::new(RECORD, &[&Vtable { calls: &[], open: fails, close: fails, make: |_, _| {} }]));
    }

    /// # Safety
    ///
    /// None: it uses none of its arguments.
    unsafe extern "C" fn fails(_: Object, _: *const (), _: *mut ()) -> CallStatus {
        CallStatus::of(FAILED)
    }

    fn fields(name: &str) -> Fields {
        Fields::of(|at| if at == NAME { name } else { "" })
    }

    fn table(size: usize, name: &str) -> PluginTable {
        let text = Text::new(fields(name).text().to_owned().leak());
        let (interface, calls, plugin) = (Slice::new(RECORD), Slice::new(&[]), Object::of(&()));
        PluginTable { size: size as u32, text, interface, calls, open: fails, close: fails, plugin, ask: Some(fails) }
    }

    /// The first bytes of a table, in an allocation that ends with them.
    fn cut(table: &PluginTable, size: usize) -> Box<[MaybeUninit<usize>]> {
        let words = std::ptr::from_ref(table).cast::<MaybeUninit<usize>>();
        // SAFETY: a table consists of words, and is at least as long.
        unsafe { std::slice::from_raw_parts(words, size / size_of::<usize>()) }.into()
    }

    const OLD: usize = offset_of!(PluginTable, ask);

    /// # Safety
    ///
    /// `visit` can be called with `context`.
    unsafe extern "C" fn plugins(context: *mut (), visit: Visit) -> u64 {
        let visit = |table: *const PluginTable| {
            // SAFETY: the host's function, with the host's context.
            unsafe { visit(context, table) };
        };
        visit(&raw const *Box::new(table(size_of::<PluginTable>(), "now")));
        let later = Box::new((table(size_of::<PluginTable>() + 8, "later"), 7_u64));
        visit(&raw const later.0);
        visit(cut(&table(OLD, "old"), OLD).as_ptr().cast());
        visit(cut(&table(OLD + 1, "between"), OLD).as_ptr().cast());
        visit(cut(&table(OLD - 1, "short"), OLD - size_of::<usize>()).as_ptr().cast());
        DONE
    }

    fn loaded() -> Loaded {
        /// # Safety
        ///
        /// None: it does not use its argument.
        unsafe extern "C" fn entry(_: *const ()) -> *const () {
            static LIBRARY: LibraryTable =
                LibraryTable { abi: ABI, size: size_of::<LibraryTable>() as u32, record: Slice::new(&[]), plugins };
            std::ptr::from_ref(&LIBRARY).cast()
        }
        // SAFETY: it is an entry.
        unsafe { Loaded::from_entry(entry, Path::new("/x"), &HOST) }.unwrap()
    }

    /// Under Miri, a read beyond a table is an error too.
    #[test]
    fn a_table_has_the_fields_that_its_size_tells() {
        let loaded = loaded();
        let tables = loaded
            .plugins
            .iter()
            .map(|LoadedPlugin { table, .. }| (table.text.get().split('\u{1f}').next().unwrap(), table.ask.is_some()));
        let expected = [("between", false), ("later", true), ("now", true), ("old", false)];
        assert_eq!(tables.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_table_without_settings_is_none_of_a_plugin_that_takes_some() {
        let loaded = loaded();
        let plugin = |name: &str, takes_settings| {
            let interface = <dyn Empty as Interface>::IDENTITY;
            loaded.plugin(Path::new("/x"), &fields(name), takes_settings, "0000000000000001", interface, &[])
        };
        for (name, takes_settings) in [("old", false), ("now", false), ("later", true)] {
            assert_eq!(plugin(name, takes_settings).unwrap().ask.is_some(), takes_settings, "{name}");
        }
        assert_eq!(
            plugin("between", true).err().unwrap().to_string(),
            "library `/x` is not what its file says: plugin `between` takes no settings"
        );
        let foreign = |name: &str| {
            let interface = <dyn Empty as Interface>::IDENTITY;
            loaded.foreign(Path::new("/x"), &fields(name), "0000000000000001", interface).map(|plugin| plugin.name)
        };
        assert_eq!(foreign("now").unwrap(), "now");
        let text = "library `/x` is not what its file says: plugin `old` takes no settings";
        assert_eq!(foreign("old").unwrap_err().to_string(), text);
        let text = "plugin `local` does not answer about settings: `a::B` is not portable";
        assert_eq!(foreign("local").unwrap_err().to_string(), text);
    }
}
