//! The one function that a library exports, and the table of all its plugins with portable
//! interfaces.
//! It stands here and not in a plugin's crate, so that the crate is the same in every kind of
//! build.

use std::panic::{self, AssertUnwindSafe};

use crate::abi::table::{ABI, CallFn, DONE, HostTable, LibraryTable, Object, PANICKED, PluginTable, Visit};
use crate::abi::view::{Slice, Text};
use crate::entry::{Entry, Request, submissions};
use crate::library::vtable::Vtable;
use crate::library::{log, record};
use crate::panic::{dispose, note_places};
use crate::settings::EMPTY;

/// The entry of a library.
/// Its name contains the number of the ABI, so that a host with another ABI does not find it.
///
/// # Safety
///
/// `host` points to a host's table, for as long as the process lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plug_library_v1(host: *const ()) -> *const () {
    static LIBRARY: LibraryTable = LibraryTable {
        abi: ABI,
        size: size_of::<LibraryTable>() as u32,
        record: Slice::new(&record::LIBRARY),
        plugins,
    };
    let host = host.cast::<HostTable>();
    // SAFETY: the caller's promise. A table that is shorter than this library's has no `log` field.
    let log = unsafe { if (*host).size as usize >= size_of::<HostTable>() { (*host).log } else { None } };
    let set_up = || {
        note_places();
        log::send_to(log);
    };
    match panic::catch_unwind(set_up) {
        Ok(()) => std::ptr::from_ref(&LIBRARY).cast(),
        Err(payload) => {
            dispose(payload);
            std::ptr::null()
        }
    }
}

/// The function that answers questions about the plugin's settings, if it takes some.
fn answers_of(entry: &Entry) -> Option<CallFn> {
    let mut answers = None;
    if entry.takes_settings {
        entry.ask(EMPTY, Request::Answers(&mut answers)).ok()?;
    }
    answers
}

/// # Safety
///
/// `visit` can be called with `context`.
unsafe extern "C" fn plugins(context: *mut (), visit: Visit) -> u64 {
    let work = || {
        for entry in submissions::entries() {
            let Some(vtable) = entry.interface.vtable::<Vtable>() else { continue };
            let Some(record) = entry.interface.record() else { continue };
            let table = PluginTable {
                size: size_of::<PluginTable>() as u32,
                text: Text::new(entry.text),
                interface: Slice::from(record),
                calls: Slice::from(vtable.calls),
                open: vtable.open,
                close: vtable.close,
                plugin: Object::of(entry),
                ask: answers_of(entry),
            };
            // SAFETY: the caller's promise.
            unsafe { visit(context, &raw const table) };
        }
    };
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(()) => DONE,
        Err(payload) => {
            dispose(payload);
            PANICKED
        }
    }
}
