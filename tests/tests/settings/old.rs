//! Libraries and hosts of before settings, with those of now.

#![allow(unsafe_code, reason = "it opens libraries, and is a host without plug")]

#[allow(dead_code, reason = "a host needs other parts than a library")]
#[path = "../../fixtures/old/library/src/abi.rs"]
mod abi;

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use abi::{CallFn, CallStatus, DONE, FAILED, Failure, LibraryTable, Object, PluginTable, ReplySlot, ReplyVtable, Text};
use app_interface::Plug;
use object::{Object as _, ObjectSection as _};
use plug::link::Library;
use plug::{ErrorKind, Plugin, Registry};
use plug_tests::shared_library;

use crate::suite::{settings, with};

const NONE: &str = "it was built with plug 0.1.0, which knows no settings";

fn old() -> Plugin {
    // SAFETY: it is built of this workspace's sources.
    let library = unsafe { Library::open(shared_library("old-library")) }.unwrap();
    let mut registry = Registry::new();
    registry.add(&library).unwrap();
    registry.plugin::<dyn Plug>("old").unwrap().clone()
}

/// The library refuses a pointer where it got null in its time.
#[test]
fn an_old_library_is_opened_as_ever_without_settings() {
    let old = old();
    let first = old.open::<dyn Plug>().unwrap();
    let second = old.open_with::<dyn Plug>(&with("{}")).unwrap();
    assert_eq!(first.say_hello("x").unwrap(), "hello as ever, x: 2");
    drop(first);
    assert_eq!(second.say_hello("x").unwrap(), "hello as ever, x: 1");
    assert_eq!(second.say_hello("").unwrap_err().to_string(), "the name is empty");
    old.check(&settings("{}")).unwrap();
    assert_eq!((old.takes_settings(), old.schema().unwrap()), (false, None));
}

#[test]
fn an_old_library_takes_no_settings() {
    let old = old();
    let text = format!("plugin `old` does not take its settings: {NONE}\n --> app.json:1:1");
    let given = settings(r#"{ "times": 2 }"#);
    for error in [old.open_with::<dyn Plug>(&with(r#"{ "times": 2 }"#)).err().unwrap(), old.check(&given).unwrap_err()]
    {
        assert_eq!(format!("{error:?}"), text);
        let ErrorKind::Settings { key, what, nearest: None, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!((&**key, &**what), ("", NONE));
    }
}

#[test]
fn an_inspection_knows_who_takes_settings() {
    let takes = |library| {
        let inspection = Library::inspect(shared_library(library)).unwrap();
        let plugins = inspection.plugins().iter().map(|plugin| (plugin.name().to_owned(), plugin.takes_settings()));
        plugins.collect::<Vec<_>>()
    };
    let all = [("all", true), ("needs", true), ("panics", true), ("plain", false)];
    let mut plugins = takes("settings-plugins");
    plugins.sort();
    assert_eq!(plugins, all.map(|(name, takes)| (name.to_owned(), takes)));
    assert_eq!(takes("old-library"), [("old".to_owned(), false)]);
    let inspection = Library::inspect(shared_library("settings-plugins")).unwrap();
    let all = inspection.plugins().iter().find(|plugin| plugin.name() == "all").unwrap();
    let text = "plugin `all` was looked at, and its library not opened: `Library::open` does that";
    assert_eq!(all.schema().unwrap_err().to_string(), text);
    assert_eq!(all.check(&settings("{}")).unwrap_err().to_string(), text);
}

/// Reads the section as a host of before: it skips records of unknown kinds, and wants twelve fields.
#[test]
fn an_old_host_can_read_the_records_of_a_new_library() {
    let file = std::fs::read(shared_library("settings-plugins")).unwrap();
    let section = object::File::parse(&*file).unwrap().section_by_name(".plug").unwrap().data().unwrap().to_vec();
    let mut rest = section.as_slice();
    let (mut libraries, mut plugins) = (Vec::new(), Vec::new());
    while let Some(start) = rest.iter().position(|byte| *byte != 0) {
        let (head, after) = rest[start..].split_at(12);
        assert_eq!(&head[..7], b"\x7fplug\r\n");
        let len = u32::from_le_bytes(head[8..].try_into().unwrap()) as usize;
        let text = std::str::from_utf8(&after[..len]).unwrap();
        let fields: Vec<_> = text.split('\u{1f}').collect();
        match head[7] {
            b'L' => libraries.push((fields[0].to_owned(), fields[1].to_owned(), fields[3].to_owned())),
            b'P' => plugins.push((fields[2].to_owned(), fields.len() - 2)),
            _ => {}
        }
        rest = &after[len..];
    }
    assert_eq!(libraries, [("1".into(), env!("CARGO_PKG_VERSION").into(), "unwind".into())]);
    plugins.sort();
    assert_eq!(plugins, ["all", "needs", "panics", "plain"].map(|name| (name.to_owned(), 12)));
}

/// A reply of a host of before, for an object or for a text.
#[repr(C)]
struct Reply {
    slot: ReplySlot<Object>,
    texts: Vec<String>,
}

impl Reply {
    fn new() -> Self {
        static VTABLE: ReplyVtable = ReplyVtable { value, failure };
        Self { slot: ReplySlot { vtable: &raw const VTABLE, value: MaybeUninit::uninit() }, texts: Vec::new() }
    }
}

unsafe extern "C" fn value(reply: *mut (), view: *const ()) {
    // SAFETY: both are those of a call that returns a text.
    unsafe { (*reply.cast::<Reply>()).texts.push((*view.cast::<Text>()).get().to_owned()) };
}

unsafe extern "C" fn failure(reply: *mut (), failure: *const Failure) {
    // SAFETY: both are those of a call that fails.
    unsafe {
        let texts = std::slice::from_raw_parts((*failure).texts.start, (*failure).texts.len);
        (*reply.cast::<Reply>()).texts.extend(texts.iter().map(|text| text.get().to_owned()));
    }
}

/// The table of a host of before, which takes no log records.
#[repr(C)]
struct HostTable {
    abi: u32,
    size: u32,
    log: Option<&'static ()>,
}

/// The plugins of the library of now, as a host of before finds them, and what follows each table.
fn tables() -> Vec<(PluginTable, CallFn)> {
    static HOST: HostTable = HostTable { abi: 1, size: size_of::<HostTable>() as u32, log: None };
    unsafe extern "C" fn visit(context: *mut (), plugin: *const PluginTable) {
        // SAFETY: the context that is passed below, and a table of this size.
        unsafe {
            assert_eq!((*plugin).size as usize, size_of::<PluginTable>() + size_of::<CallFn>());
            (*context.cast::<Vec<_>>()).push((*plugin, *plugin.add(1).cast::<CallFn>()));
        }
    }
    let path = CString::new(shared_library("settings-plugins").into_os_string().into_encoded_bytes()).unwrap();
    let mut tables = Vec::<(PluginTable, CallFn)>::new();
    // SAFETY: it is built of this workspace's sources, and this is the type of its entry.
    unsafe {
        let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        assert!(!library.is_null(), "{:?}", CStr::from_ptr(libc::dlerror()));
        let entry = libc::dlsym(library, c"plug_library_v1".as_ptr());
        let entry: unsafe extern "C" fn(*const HostTable) -> *const LibraryTable = std::mem::transmute(entry);
        let library = entry(&raw const HOST);
        assert_eq!((*library).abi, 1);
        assert_eq!(((*library).plugins)((&raw mut tables).cast(), visit), DONE);
    }
    tables
}

/// The table of a plugin, and its function for questions.
fn table(name: &str) -> (PluginTable, CallFn) {
    // SAFETY: the texts of a library live for ever.
    let is = |table: &PluginTable| unsafe { table.text.get() }.split('\u{1f}').next() == Some(name);
    tables().into_iter().find(|(table, _)| is(table)).unwrap()
}

/// Opens a plugin with these arguments, and gives its settings; or the status and the texts.
fn opened(name: &str, arguments: *const ()) -> Result<String, (u64, Vec<String>)> {
    let (table, _) = table(name);
    let mut reply = Reply::new();
    // SAFETY: all of this lives until the call returns.
    let CallStatus { status, .. } = unsafe { (table.open)(table.plugin, arguments, (&raw mut reply).cast()) };
    if status != DONE {
        return Err((status, reply.texts));
    }
    // SAFETY: it is done, and the first method is `fn settings(&self) -> Result<String, Error>`.
    unsafe {
        let object = reply.slot.value.assume_init();
        let (mut reply, mut nothing) = (Reply::new(), Reply::new());
        let returned = (*table.calls.start)(object, std::ptr::dangling(), (&raw mut reply).cast());
        assert_eq!(returned.status, DONE);
        assert_eq!((table.close)(object, std::ptr::null(), (&raw mut nothing).cast()).status, DONE);
        Ok(reply.texts.concat())
    }
}

#[test]
fn an_old_host_opens_the_plugins_of_a_new_library() {
    let open = |name| opened(name, std::ptr::null());
    assert_eq!(open("plain"), Ok(String::new()));
    assert!(open("all").unwrap().starts_with("Settings { times: 0, token: None, "), "{:?}", open("all"));
    // It gets the error as a plain failure, since it knows no other status.
    let (status, texts) = open("needs").unwrap_err();
    assert_eq!((status, texts.len()), (FAILED, 1));
    assert!(texts[0].contains("`path`"), "{texts:?}");
}

/// The arguments of a later host: they begin as those of now.
#[repr(C)]
struct Later<About> {
    size: u32,
    about: About,
    settings: Text,
    more: [usize; 4],
}

fn later<About>(about: About, settings: &str) -> Later<About> {
    Later { size: size_of::<Later<About>>() as u32, about, settings: Text::new(settings.as_bytes()), more: [0; 4] }
}

#[test]
fn a_later_host_may_pass_more_and_ask_more() {
    let opening = later((), r#"{ "times": 2 }"#);
    let settings = opened("all", (&raw const opening).cast()).unwrap();
    assert!(settings.starts_with("Settings { times: 2, token: None, "), "{settings}");
    let (table, ask) = table("all");
    let request = |about: u32, settings: &str| {
        let (question, mut reply) = (later(about, settings), Reply::new());
        // SAFETY: all of this lives until the call returns.
        let returned = unsafe { ask(table.plugin, (&raw const question).cast(), (&raw mut reply).cast()) };
        (returned.status, reply.texts)
    };
    assert_eq!(request(0, "{}"), (DONE, Vec::new()));
    assert_eq!(request(7, "{}"), (FAILED, vec!["this build cannot answer that question".to_owned()]));
    let (status, texts) = request(0, r#"{ "times": "x" }"#);
    // What is wrong, and no name that is near.
    assert_eq!((status, texts.len(), &*texts[1]), (4, 2, ""), "{texts:?}");
}
