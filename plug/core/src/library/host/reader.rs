//! Reads the records of a library (see `record`) from bytes that may be hostile.
//!
//! The result is safe to print: single lines hold no control characters, and prose only line ends
//! and tabs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::abi::table::ABI;
use crate::compat::record::{MAX_PATH, ParsedInterface, check_fields, check_lines};
use crate::entry::{FIELDS, SEPARATOR};
use crate::escape;
use crate::plugin::fields::Fields;
use crate::portable::record::{HEAD, INTERFACE_KIND, KNOWS_SETTINGS, LIBRARY_KIND, MAGIC, PLUGIN_KIND, SETTINGS_KIND};

/// The maximum number of records.
/// It bounds the memory for a small file, since each plugin takes memory in this program.
const MAX_RECORDS: usize = 1 << 14;

/// The records of a library.
#[derive(Debug)]
pub(crate) struct Records<'t> {
    pub library: LibraryRecord<'t>,
    pub interfaces: Vec<ParsedInterface<'t>>,
    pub plugins: Vec<ParsedPlugin<'t>>,
}

#[derive(Debug)]
pub(crate) struct LibraryRecord<'t> {
    pub abi: u32,
    pub plug: &'t str,
    pub compiler: &'t str,
    pub aborts: bool,
    /// Whether its plug knows settings at all.
    pub knows_settings: bool,
}

#[derive(Debug)]
pub(crate) struct ParsedPlugin<'t> {
    /// The number of its interface, which finds the interface in this file, and its path.
    pub interface: &'t str,
    pub path: &'t str,
    pub fields: Arc<Fields>,
    pub takes_settings: bool,
}

/// The reason why there are no records.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The section has no record of a library.
    None,
    /// The ABI and the version of plug, if the ABI is not this program's.
    /// The other records are not read, since their meaning may differ.
    Abi(u32, String),
    /// The reason why the records are invalid.
    Damaged(String),
}

impl<'t> Records<'t> {
    /// Reads the bytes of the section.
    pub(crate) fn read(bytes: &'t [u8]) -> Result<Self, Unread> {
        let records = split(bytes).map_err(Unread::Damaged)?;
        let of = |kind| records.iter().filter(move |record| record.0 == kind).map(|record| record.1);
        let library = match of(LIBRARY_KIND).collect::<Vec<_>>()[..] {
            [] => return Err(Unread::None),
            // The linker may have kept an unreferenced copy, which is equal.
            [first, ref others @ ..] if others.iter().all(|other| *other == first) => LibraryRecord::read(first)?,
            _ => return Err(Unread::Damaged("it has the records of several libraries".into())),
        };
        let interfaces = of(INTERFACE_KIND).map(ParsedInterface::read).collect::<Result<_, _>>();
        let is_marked = |at: usize| records.get(at + 1).is_some_and(|next| next.0 == SETTINGS_KIND);
        let plugins = records.iter().enumerate().filter(|(_, record)| record.0 == PLUGIN_KIND);
        let plugins = plugins.map(|(at, record)| ParsedPlugin::read(record.1, is_marked(at)));
        let plugins = plugins.collect::<Result<_, _>>();
        Ok(Self {
            library,
            interfaces: interfaces.map_err(Unread::Damaged)?,
            plugins: plugins.map_err(Unread::Damaged)?,
        })
    }

    /// The portable interfaces by number, the first of each.
    pub(crate) fn by_number(&self) -> BTreeMap<&str, &ParsedInterface<'t>> {
        self.interfaces.iter().rev().map(|interface| (interface.number, interface)).collect()
    }
}

/// The kind and the text of each record.
fn split(mut bytes: &[u8]) -> Result<Vec<(u8, &str)>, String> {
    let mut records = Vec::new();
    loop {
        // The linker may put zeros between records.
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        bytes = &bytes[zeros..];
        if bytes.is_empty() {
            return Ok(records);
        }
        let (Some(head), true) = (bytes.first_chunk::<HEAD>(), bytes.starts_with(&MAGIC)) else {
            return Err("its section `.plug` holds something that is no record".to_owned());
        };
        let [.., kind, a, b, c, d] = *head;
        let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        bytes = &bytes[HEAD..];
        let Some((text, rest)) = bytes.split_at_checked(len) else {
            return Err(format!("a record of {len} bytes ends beyond its section, of which {} are left", bytes.len()));
        };
        let text = std::str::from_utf8(text).map_err(|_| "a record is not UTF-8".to_owned())?;
        if records.len() == MAX_RECORDS {
            return Err(format!("its section `.plug` holds more than {MAX_RECORDS} records"));
        }
        // A later version may have unknown kinds.
        records.push((kind, text));
        bytes = rest;
    }
}

impl<'t> LibraryRecord<'t> {
    fn read(text: &'t str) -> Result<Self, Unread> {
        let mut fields = text.split(SEPARATOR);
        let abi = fields.next().unwrap_or_default();
        let abi =
            abi.parse().map_err(|_| Unread::Damaged(format!("`{}` is no number of an ABI", escape::short(abi))))?;
        let plug = fields.next().unwrap_or_default();
        if abi != ABI {
            return Err(Unread::Abi(abi, escape::short(plug)));
        }
        let (Some(compiler), Some(panic)) = (fields.next(), fields.next()) else {
            return Err(Unread::Damaged("the record of the library lacks fields".to_owned()));
        };
        check_lines([plug, compiler].into_iter()).map_err(Unread::Damaged)?;
        Ok(Self {
            abi,
            plug,
            compiler,
            aborts: panic == "abort",
            knows_settings: fields.next() == Some(KNOWS_SETTINGS),
        })
    }
}

impl<'t> ParsedPlugin<'t> {
    fn read(text: &'t str, takes_settings: bool) -> Result<Self, String> {
        let mut parts = text.splitn(3, SEPARATOR);
        let (Some(interface), Some(path), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("the record of a plugin lacks fields".to_owned());
        };
        if path.len() > MAX_PATH {
            return Err("the path of an interface is longer than any can be".to_owned());
        }
        let fields =
            Fields::read(text).map_err(|count| format!("a plugin has {count} fields, and {FIELDS} were expected"))?;
        check_lines([interface, path].into_iter())?;
        check_fields(&fields)?;
        Ok(Self { interface, path, fields: Arc::new(fields), takes_settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::record::ParsedMethod;

    fn record(kind: u8, text: &str) -> Vec<u8> {
        let len = u32::try_from(text.len()).unwrap().to_le_bytes();
        [&MAGIC[..], &[kind], &len, text.as_bytes()].concat()
    }

    const LIBRARY: &str = "1\u{1f}0.1.0\u{1f}rustc 1.95.0\u{1f}unwind";

    fn damaged(bytes: &[u8]) -> String {
        match Records::read(bytes) {
            Err(Unread::Damaged(what)) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn records_may_have_zeros_between_them_and_kinds_nobody_knows() {
        let interface = "0123\u{1f}app::Plug\u{1f}1.0.0\u{1e}hello\u{1f}default\u{1f}() -> ()\u{1f}ff";
        let plugin = format!("0123\u{1f}app::Plug\u{1f}a{}", "\u{1f}".repeat(11));
        let bytes = [
            &[0, 0][..],
            &record(b'P', &plugin),
            &[0; 7],
            &record(b'?', "new"),
            &record(b'I', interface),
            &record(b'L', LIBRARY),
            &[0],
        ]
        .concat();
        let records = Records::read(&bytes).unwrap();
        assert_eq!(records.library.compiler, "rustc 1.95.0");
        let interface = records.by_number()[records.plugins[0].interface];
        let method = ParsedMethod { name: "hello", has_default: true, signature: "() -> ()", fingerprint: 255 };
        assert_eq!(interface.methods, [method]);
    }

    #[test]
    fn what_controls_a_terminal_is_in_no_record() {
        let with = |kind, text: &str| [record(b'L', LIBRARY), record(kind, text)].concat();
        let message = "a record has a control character in `a\\u{1b}[2J`";
        let evil = "a\u{1b}[2J";
        assert_eq!(damaged(&record(b'L', &format!("1\u{1f}{evil}\u{1f}rustc\u{1f}abort"))), message);
        assert_eq!(damaged(&record(b'L', &format!("1\u{1f}0.1.0\u{1f}{evil}\u{1f}abort"))), message);
        assert_eq!(
            Records::read(&record(b'L', &format!("2\u{1f}{evil}"))).unwrap_err(),
            Unread::Abi(2, "a\\u{1b}[2J".into())
        );
        // Number, path and version; name, default and signature of a method.
        let of_interface = |at: usize, text: &str| {
            let mut fields = ["0", "app::Plug", "1.0.0", "hello", "default", "() -> ()"];
            fields[at] = text;
            let [number, path, version, name, default, signature] = fields;
            with(
                b'I',
                &format!("{number}\u{1f}{path}\u{1f}{version}\u{1e}{name}\u{1f}{default}\u{1f}{signature}\u{1f}ff"),
            )
        };
        for at in 0..6 {
            assert_eq!(damaged(&of_interface(at, evil)), message, "{at}");
        }
        for (text, escaped) in
            [("a\nb", "a\\nb"), ("a\rb", "a\\rb"), ("\u{9b}", "\\u{9b}"), ("u8\u{202e}", "u8\\u{202e}")]
        {
            assert_eq!(damaged(&of_interface(5, text)), format!("a record has a control character in `{escaped}`"));
        }
        assert!(Records::read(&of_interface(1, "größe::Été日")).is_ok());
        // Number and path of the interface, and the fields of a plugin.
        let of_plugin = |at: usize, text: &str| {
            let mut fields = ["0", "p", "a", "", "", "", "", "", "", "", "", "", "", ""];
            fields[at] = text;
            with(b'P', &fields.join("\u{1f}"))
        };
        for at in 0..14 {
            let is_name = at == 2 || at == 3;
            let message = if is_name { "`a\\u{1b}[2J` cannot be the name of a plugin" } else { message };
            assert_eq!(damaged(&of_plugin(at, evil)), message, "{at}");
            let lines = "a\n\tb\r\n\u{202b}c";
            let is_prose = [4, 5, 12, 13].contains(&at);
            assert_eq!(Records::read(&of_plugin(at, lines)).is_ok(), is_prose, "{at}");
            if is_prose {
                assert_eq!(damaged(&of_plugin(at, "a\rb")), "a record has a control character in `a\\rb`");
            }
        }
        assert!(Records::read(&of_plugin(3, "b,c")).is_ok());
        assert_eq!(damaged(&of_plugin(3, "b,")), "`` cannot be the name of a plugin");
    }

    #[test]
    fn a_mark_is_of_the_plugin_before_it() {
        let plugin = |name: &str| record(b'P', &format!("0\u{1f}p\u{1f}{name}{}", "\u{1f}".repeat(11)));
        let takes = |library: &str, records: &[Vec<u8>]| {
            let bytes = [record(b'L', library), records.concat()].concat();
            let records = Records::read(&bytes).unwrap();
            let plugins = records.plugins.iter().map(|plugin| plugin.takes_settings).collect::<Vec<_>>();
            (records.library.knows_settings, plugins)
        };
        let knows = format!("{LIBRARY}\u{1f}settings");
        let mark = || record(b'S', "");
        assert_eq!(takes(&knows, &[plugin("a"), mark(), plugin("b")]), (true, vec![true, false]));
        assert_eq!(takes(&knows, &[plugin("a"), vec![0; 9], plugin("b"), mark()]), (true, vec![false, true]));
        // Of no plugin.
        assert_eq!(takes(&knows, &[mark(), plugin("a"), record(b'?', ""), mark()]), (true, vec![false]));
        assert_eq!(takes(LIBRARY, &[plugin("a")]), (false, vec![false]));
        assert_eq!(takes(&format!("{LIBRARY}\u{1f}new\u{1f}settings"), &[plugin("a")]), (false, vec![false]));
    }

    #[test]
    fn there_are_at_most_so_many_records() {
        let of = |count| [record(b'L', LIBRARY), record(b'?', "").repeat(count - 1)].concat();
        assert!(Records::read(&of(MAX_RECORDS)).is_ok());
        assert_eq!(damaged(&of(MAX_RECORDS + 1)), "its section `.plug` holds more than 16384 records");
    }

    #[test]
    fn of_two_interfaces_of_one_number_the_first_is_meant() {
        let interface = |path| record(b'I', &format!("0\u{1f}{path}\u{1f}"));
        let bytes = [record(b'L', LIBRARY), interface("a"), interface("b")].concat();
        let records = Records::read(&bytes).unwrap();
        assert_eq!(records.by_number()["0"].path, "a");
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        assert_eq!(Records::read(&[]).unwrap_err(), Unread::None);
        assert_eq!(Records::read(&[0; 99]).unwrap_err(), Unread::None);
        assert_eq!(damaged(b"hello"), "its section `.plug` holds something that is no record");
        assert_eq!(damaged(&MAGIC), "its section `.plug` holds something that is no record");
        let record_of = |text: &str| record(b'L', text);
        assert_eq!(
            damaged(&record_of(LIBRARY)[..30]),
            "a record of 27 bytes ends beyond its section, of which 18 are left"
        );
        assert_eq!(damaged(&record_of("one")), "`one` is no number of an ABI");
        assert_eq!(damaged(&record_of("1")), "the record of the library lacks fields");
        assert_eq!(Records::read(&record_of("2\u{1f}9.0.0")).unwrap_err(), Unread::Abi(2, "9.0.0".into()));
        let with = |kind, text: &str| [record(b'L', LIBRARY), record(kind, text)].concat();
        assert_eq!(damaged(&with(b'L', "1\u{1f}0.2.0\u{1f}\u{1f}")), "it has the records of several libraries");
        assert!(Records::read(&with(b'L', LIBRARY)).is_ok());
        assert_eq!(damaged(&with(b'I', "0123")), "the record of an interface lacks fields");
        assert_eq!(
            damaged(&with(b'I', "0123\u{1f}app::Plug\u{1f}1\u{1e}hello")),
            "a method of `app::Plug` lacks fields"
        );
        assert_eq!(damaged(&with(b'P', "0123\u{1f}app::Plug")), "the record of a plugin lacks fields");
        assert_eq!(damaged(&with(b'P', "0\u{1f}p\u{1f}a\u{1f}")), "a plugin has 2 fields, and 12 were expected");
        let bad = format!("0\u{1f}p\u{1f}A\n{}", "\u{1f}".repeat(11));
        assert_eq!(damaged(&with(b'P', &bad)), "`A\\n` cannot be the name of a plugin");
        let mut no_text = record(b'P', "a");
        *no_text.last_mut().unwrap() = 0xff;
        assert_eq!(damaged(&no_text), "a record is not UTF-8");
    }
}
