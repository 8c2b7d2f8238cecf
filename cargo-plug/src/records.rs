//! Reads the plugins in a file, from the section with their records, and runs none of it.
//!
//! The file may be hostile: what is read is bounded, checked, and safe to print.
//! `plug/core/src/portable/record.rs` describes the records.
//! Programs and libraries of other systems, and of other versions of `plug`, are read too.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectKind, ObjectSection, ReadCache, ReadRef};

use crate::failure::{At, Failure};

const MAGIC: &[u8] = b"\x7fplug\r\n";
/// The magic bytes, the kind and the length of the text.
const HEAD: usize = MAGIC.len() + 1 + 4;
const FIELD: char = '\u{1f}';
const METHOD: char = '\u{1e}';
/// The longest section that is read, and the most records.
const MAX_SECTION: u64 = 16 << 20;
const MAX_RECORDS: usize = 1 << 14;

/// The records of a file.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub kind: FileKind,
    pub plugins: Vec<Plugin>,
    pub interfaces: Vec<Interface>,
    /// The texts of `link!`.
    catalogues: Vec<String>,
    pub build: Option<Build>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    #[default]
    Program,
    Library,
}

/// How a file was built.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    pub abi: u32,
    pub plug: String,
    pub compiler: String,
    pub aborts_on_panic: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Plugin {
    /// The number and the path of the interface.
    pub number: String,
    pub interface: String,
    pub takes_settings: bool,
    fields: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Interface {
    pub number: String,
    pub path: String,
    pub methods: Vec<Method>,
}

#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub name: String,
    pub has_default: bool,
    pub signature: String,
    pub fingerprint: String,
}

/// A feature of a package that calls `link!`, which brings plugins.
#[derive(Debug, Clone)]
pub(crate) struct Feature {
    pub name: String,
    pub plugins: Vec<String>,
    pub is_on: bool,
}

impl Plugin {
    // The fields of an entry, in the order of `plug/core/src/plugin/fields.rs`.
    fn field(&self, at: usize) -> &str {
        self.fields.get(at).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.field(0)
    }

    pub(crate) fn aliases(&self) -> impl Iterator<Item = &str> {
        self.field(1).split(',').filter(|alias| !alias.is_empty())
    }

    pub(crate) fn deprecated(&self) -> &str {
        self.field(2)
    }

    pub(crate) fn package(&self) -> &str {
        self.field(4)
    }

    pub(crate) fn version(&self) -> &str {
        self.field(5)
    }

    pub(crate) fn license(&self) -> &str {
        self.field(6)
    }

    pub(crate) fn repository(&self) -> &str {
        self.field(7)
    }

    pub(crate) fn file(&self) -> &str {
        self.field(8)
    }

    pub(crate) fn line(&self) -> u32 {
        self.field(9).parse().unwrap_or_default()
    }

    /// The docs, or the description of the package.
    pub(crate) fn docs(&self) -> String {
        let docs = self.field(11);
        let docs = if docs.trim().is_empty() { self.field(10) } else { docs };
        docs.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    pub(crate) fn summary(&self) -> String {
        self.docs().split("\n\n").next().unwrap_or_default().replace('\n', " ")
    }
}

impl Records {
    /// Reads a program or a library.
    pub(crate) fn of_file(path: &Path) -> Result<Self, Failure> {
        let bad = |what: String| Failure::new(format!("cannot list `{}`: {what}", path.display()));
        let file = File::open(path).at("read", path)?;
        if file.metadata().at("read", path)?.is_dir() {
            return Err(bad("it is a folder".to_owned()));
        }
        // It reads the headers and the section alone, and not the rest of a large program.
        let cache = ReadCache::new(&file);
        let object = parse(&cache).map_err(bad)?;
        let kind = match object.kind() {
            ObjectKind::Dynamic if !has_interpreter(&object) => FileKind::Library,
            _ => FileKind::Program,
        };
        let Some(bytes) = section(&object).map_err(bad)? else {
            return Err(bad("it has no plugins of `plug`".to_owned()));
        };
        let mut records = Self { kind, ..Self::default() };
        records.read(bytes).map_err(bad)?;
        records.sort();
        Ok(records)
    }

    /// Reads the objects of a Rust library. What is not understood has no plugins.
    pub(crate) fn of_archive(path: &Path) -> Self {
        let mut records = Self::default();
        let Ok(bytes) = std::fs::read(path) else { return records };
        let Ok(archive) = ArchiveFile::parse(&*bytes) else { return records };
        for member in archive.members().flatten() {
            let object = member.data(&*bytes).ok().and_then(|data| object::File::parse(data).ok());
            for section in object.iter().flat_map(|object| object.sections()) {
                if let (Ok(name), Ok(data)) = (section.name(), section.data())
                    && is_of_plug(name)
                {
                    let _ = records.read(data);
                }
            }
        }
        records
    }

    /// The features that bring plugins.
    pub(crate) fn features(&self) -> Vec<Feature> {
        let lines = self.catalogues.iter().flat_map(|text| text.lines().skip(1));
        let features = lines.filter(|line| !line.starts_with(' ') && line.ends_with(" true")).map(|line| {
            let mut fields = line.split(' ');
            let (name, _) = (fields.next().unwrap_or_default().to_owned(), fields.next());
            let plugins = fields.next().unwrap_or_default();
            let plugins = plugins.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            Feature { name, plugins, is_on: fields.next() == Some("true") }
        });
        features.collect()
    }

    /// The source of a plugin's package, if `cargo plug` added it.
    pub(crate) fn source(&self, plugin: &Plugin) -> Option<&str> {
        let lines = self.catalogues.iter().flat_map(|text| text.lines()).filter_map(|line| line.strip_prefix(' '));
        lines
            .filter_map(|line| line.split_once(' '))
            .find(|(name, _)| *name == plugin.package())
            .map(|(_, source)| source)
    }

    pub(crate) fn interface_of(&self, plugin: &Plugin) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.number == plugin.number)
    }

    fn sort(&mut self) {
        self.plugins.sort_by(|one, other| (&one.interface, one.name()).cmp(&(&other.interface, other.name())));
        self.interfaces.sort_by(|one, other| one.path.cmp(&other.path));
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), String> {
        let records = split(bytes)?;
        for (at, (kind, text)) in records.iter().enumerate() {
            match kind {
                b'P' => {
                    let takes_settings = records.get(at + 1).is_some_and(|(kind, _)| *kind == b'S');
                    self.plugins.push(Plugin::read(text, takes_settings)?);
                }
                b'I' => self.interfaces.push(Interface::read(text)?),
                b'L' => self.build = Some(Build::read(&mut text.split(FIELD))?),
                b'C' => {
                    let mut fields = text.split(FIELD);
                    let catalogue = fields.next().unwrap_or_default();
                    check_prose(catalogue)?;
                    self.catalogues.push(catalogue.to_owned());
                    let build = Build::read(&mut fields)?;
                    self.build.get_or_insert(build);
                }
                // A later version may have others.
                _ => {}
            }
        }
        Ok(())
    }
}

/// The kind and the text of each record. The linker may put zeros between them.
fn split(mut bytes: &[u8]) -> Result<Vec<(u8, &str)>, String> {
    let mut records = Vec::new();
    loop {
        bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        if bytes.is_empty() {
            return Ok(records);
        }
        let (Some(head), true) = (bytes.first_chunk::<HEAD>(), bytes.starts_with(MAGIC)) else {
            return Err("its section `.plug` holds something that is no record".to_owned());
        };
        let [.., kind, a, b, c, d] = *head;
        let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let Some((text, rest)) = bytes[HEAD..].split_at_checked(len) else {
            return Err("a record ends beyond its section".to_owned());
        };
        let text = std::str::from_utf8(text).map_err(|_| "a record is not UTF-8".to_owned())?;
        if records.len() == MAX_RECORDS {
            return Err(format!("it has more than {MAX_RECORDS} records"));
        }
        records.push((kind, text));
        bytes = rest;
    }
}

impl Build {
    fn read<'t>(fields: &mut impl Iterator<Item = &'t str>) -> Result<Self, String> {
        let (abi, plug, compiler, panic) = (fields.next(), fields.next(), fields.next(), fields.next());
        let abi = abi.and_then(|abi| abi.parse().ok()).ok_or("a record has no number of an ABI")?;
        let line = |text: Option<&str>| {
            let text = text.unwrap_or_default();
            check_line(text).map(|()| text.to_owned())
        };
        Ok(Self { abi, plug: line(plug)?, compiler: line(compiler)?, aborts_on_panic: panic == Some("abort") })
    }
}

impl Plugin {
    fn read(text: &str, takes_settings: bool) -> Result<Self, String> {
        let mut parts = text.splitn(3, FIELD);
        let (Some(number), Some(interface), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("the record of a plugin lacks fields".to_owned());
        };
        check_line(interface)?;
        let fields: Vec<_> = rest.split(FIELD).map(str::to_owned).collect();
        for (at, field) in fields.iter().enumerate() {
            // Prose has several lines: the deprecation, the type, the description and the docs.
            if [2, 3, 10, 11].contains(&at) { check_prose(field)? } else { check_line(field)? }
        }
        Ok(Self { number: number.to_owned(), interface: interface.to_owned(), takes_settings, fields })
    }
}

impl Interface {
    fn read(text: &str) -> Result<Self, String> {
        let mut parts = text.split(METHOD);
        let mut fields = parts.next().unwrap_or_default().split(FIELD);
        let (Some(number), Some(path), Some(version)) = (fields.next(), fields.next(), fields.next()) else {
            return Err("the record of an interface lacks fields".to_owned());
        };
        check_line(path)?;
        check_line(version)?;
        let methods = parts.map(|part| {
            check_line(&part.replace(FIELD, ""))?;
            let mut fields = part.split(FIELD);
            let mut next = || fields.next().map(str::to_owned);
            let (Some(name), Some(default), Some(signature), Some(fingerprint)) = (next(), next(), next(), next())
            else {
                return Err(format!("a method of `{path}` lacks fields"));
            };
            Ok(Method { name, has_default: default == "default", signature, fingerprint })
        });
        let methods = methods.collect::<Result<_, String>>()?;
        Ok(Self { number: number.to_owned(), path: path.to_owned(), methods })
    }
}

fn check_line(text: &str) -> Result<(), String> {
    if text.contains(char::is_control) { Err("a record has a control character".to_owned()) } else { Ok(()) }
}

fn check_prose(text: &str) -> Result<(), String> {
    let is_unfit = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if text.contains(is_unfit) { Err("a record has a control character".to_owned()) } else { Ok(()) }
}

fn parse<'d, R: ReadRef<'d>>(data: R) -> Result<object::File<'d, R>, String> {
    object::File::parse(data).map_err(|error| match data.len() {
        Ok(0) => "it is empty".to_owned(),
        _ => format!("it is no program and no library ({error})"),
    })
}

fn is_of_plug(name: &str) -> bool {
    matches!(name, ".plug" | "__plug")
}

/// The bytes of the section with the records.
fn section<'d, R: ReadRef<'d>>(object: &object::File<'d, R>) -> Result<Option<&'d [u8]>, String> {
    let Some(section) = object.sections().find(|section| section.name().is_ok_and(is_of_plug)) else { return Ok(None) };
    if section.size() > MAX_SECTION {
        return Err(format!("its section `.plug` has {} bytes, and {MAX_SECTION} are the most", section.size()));
    }
    section.data().map(Some).map_err(|error| format!("it is damaged ({error})"))
}

/// Whether a file is a program that can be loaded anywhere, which looks like a library otherwise.
fn has_interpreter<'d, R: ReadRef<'d>>(object: &object::File<'d, R>) -> bool {
    object.sections().any(|section| section.name().is_ok_and(|name| name == ".interp")) || {
        // A static program has no interpreter, but a place to start.
        matches!(object.format(), object::BinaryFormat::Elf) && object.entry() != 0
    }
}

/// The names that several packages claim: the interface, the name, and the packages.
pub(crate) fn contested<'p>(
    packages: impl Iterator<Item = (&'p str, Vec<&'p Path>)>,
) -> Vec<(String, String, Vec<&'p str>)> {
    let mut claims = BTreeMap::<_, Vec<&str>>::new();
    for (package, files) in packages {
        let archives = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rlib"));
        for plugin in archives.flat_map(|file| Records::of_archive(file).plugins) {
            let of_name = claims.entry((plugin.interface.clone(), plugin.name().to_owned())).or_default();
            if !of_name.contains(&package) {
                of_name.push(package);
            }
        }
    }
    let several = claims.into_iter().filter(|(_, packages)| packages.len() > 1);
    several.map(|((interface, name), packages)| (interface, name, packages)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, text: &str) -> Vec<u8> {
        let len = u32::try_from(text.len()).unwrap().to_le_bytes();
        [MAGIC, &[kind], &len, text.as_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Result<Records, String> {
        let mut records = Records::default();
        records.read(bytes).map(|()| records)
    }

    #[test]
    fn a_program_with_all_kinds_of_records() {
        let plugin = "01\u{1f}app::Plug\u{1f}loud\u{1f}l,x\u{1f}\u{1f}Loud\u{1f}plugin-loud\u{1f}0.3.0\u{1f}MIT\u{1f}\u{1f}src/lib.rs\u{1f}7\u{1f}Loud\u{1f} Greets\n loudly.\n\n Really.";
        let catalogue =
            "mine\na plugin-a a true true\nb plugin-b b false true\nw plugin-w w false false\n plugin-loud path /x y\n";
        let build = "1\u{1f}0.1.0\u{1f}rustc 1.95.0\u{1f}abort\u{1f}settings";
        let bytes = [
            record(b'C', &format!("{catalogue}\u{1f}{build}")),
            vec![0; 5],
            record(b'P', plugin),
            record(b'S', ""),
            record(b'?', "later"),
            record(b'I', "01\u{1f}app::Plug\u{1f}0.1.0\u{1e}say\u{1f}default\u{1f}() -> ()\u{1f}ff"),
        ];
        let records = read(&bytes.concat()).unwrap();
        let [plugin] = &records.plugins[..] else { panic!("{records:?}") };
        assert_eq!((plugin.name(), plugin.package(), plugin.version()), ("loud", "plugin-loud", "0.3.0"));
        assert_eq!((plugin.line(), plugin.takes_settings, plugin.summary()), (7, true, "Greets loudly.".to_owned()));
        assert_eq!(plugin.aliases().collect::<Vec<_>>(), ["l", "x"]);
        assert_eq!(records.source(plugin), Some("path /x y"));
        let features: Vec<_> = records.features().into_iter().map(|feature| (feature.name, feature.is_on)).collect();
        assert_eq!(features, [("a".to_owned(), true), ("b".to_owned(), false)]);
        assert!(records.interface_of(plugin).unwrap().methods[0].has_default);
        let build = records.build.unwrap();
        assert_eq!((build.abi, &*build.plug, build.aborts_on_panic), (1, "0.1.0", true));
    }

    #[test]
    fn what_is_no_record_is_an_error_and_no_panic() {
        assert_eq!(read(b"hello").unwrap_err(), "its section `.plug` holds something that is no record");
        assert_eq!(read(&record(b'P', "x")[..12]).unwrap_err(), "a record ends beyond its section");
        assert_eq!(read(&record(b'P', "x")).unwrap_err(), "the record of a plugin lacks fields");
        assert_eq!(read(&record(b'I', "x")).unwrap_err(), "the record of an interface lacks fields");
        assert_eq!(read(&record(b'I', "0\u{1f}p\u{1f}1\u{1e}m")).unwrap_err(), "a method of `p` lacks fields");
        assert_eq!(read(&record(b'L', "x")).unwrap_err(), "a record has no number of an ABI");
        assert_eq!(read(&record(b'P', "0\u{1f}p\u{1b}\u{1f}a")).unwrap_err(), "a record has a control character");
        let whole = [record(b'L', "1\u{1f}0.1.0\u{1f}rustc\u{1f}unwind"), record(b'P', "0\u{1f}p\u{1f}a")].concat();
        for end in 0..whole.len() {
            let _ = read(&whole[..end]);
            let mut changed = whole.clone();
            changed[end] ^= 0x41;
            let _ = read(&changed);
        }
        let many = record(b'?', "").repeat(MAX_RECORDS + 1);
        assert_eq!(read(&many).unwrap_err(), "it has more than 16384 records");
    }
}
