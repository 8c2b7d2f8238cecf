//! What an executable file is for, by its first bytes. Three fields of each format are all that is wanted; so the crate that reads whole
//! files for the library link is not asked.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::process::Unrunnable;
use crate::escape;

/// How much of a file is read to know it.
const START: u64 = 4096;
/// The longest path of a loader or an interpreter.
const LONGEST_PATH: u64 = 4096;

/// What keeps this system from running the file, where that can be seen.
pub(crate) fn look(file: &mut (impl Read + Seek), path: &Path) -> io::Result<Option<Unrunnable>> {
    let mut start = Vec::new();
    file.by_ref().take(START).read_to_end(&mut start)?;
    if let Some(script) = start.strip_prefix(b"#!") {
        return Ok(interpreter(script));
    }
    let Some(target) = Target::of(&start) else {
        return Ok(Some(Unrunnable::NotAProgram { what: what(&start) }));
    };
    let host = Target::own();
    if target.format == "ELF" && start.get(16..18).is_some_and(|kind| target.number(kind) == 1) {
        return Ok(Some(Unrunnable::NotAProgram { what: "an object file" }));
    }
    if !target.runs_on(&host) {
        return Ok(Some(Unrunnable::WrongTarget { target: target.to_string(), host: host.to_string() }));
    }
    if target.format == "ELF" { elf(&target, &start, file, path) } else { Ok(None) }
}

// #!/bin/sh -e
fn interpreter(script: &[u8]) -> Option<Unrunnable> {
    let line = script.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.trim_ascii_start();
    let name = line.split(|byte| b" \t".contains(byte)).next().unwrap_or_default();
    is_missing(name).then(|| Unrunnable::NoInterpreter { interpreter: escape::cut(name, escape::MAX_CHARS) })
}

/// The loader of a program that wants one.
fn elf(target: &Target, start: &[u8], file: &mut (impl Read + Seek), path: &Path) -> io::Result<Option<Unrunnable>> {
    // e_type, e_phoff, e_phentsize and e_phnum; then of each entry p_type, p_offset and p_filesz.
    let word = if target.is_64 { 8 } else { 4 };
    let number = |bytes: &[u8], at: usize, len: usize| bytes.get(at..at + len).map_or(0, |field| target.number(field));
    let kind = number(start, 16, 2);
    let table = number(start, 24 + word, word);
    let (entry, entries) = match target.is_64 {
        true => (number(start, 54, 2), number(start, 56, 2)),
        false => (number(start, 42, 2), number(start, 44, 2)),
    };
    file.seek(SeekFrom::Start(table))?;
    let mut headers = Vec::new();
    file.by_ref().take(entry * entries).read_to_end(&mut headers)?;
    let mut headers = headers.chunks_exact((entry as usize).max(1));
    // PT_INTERP
    let Some(header) = headers.find(|header| number(header, 0, 4) == 3) else {
        // ET_DYN: a shared library, or a program that was linked statically, and whose code can be anywhere.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_library = kind == 3 && (name.ends_with(".so") || name.contains(".so."));
        return Ok(is_library.then_some(Unrunnable::Library));
    };
    let (offset, len) = (number(header, word, word), number(header, 4 * word, word));
    file.seek(SeekFrom::Start(offset))?;
    let mut loader = Vec::new();
    file.by_ref().take(len.min(LONGEST_PATH)).read_to_end(&mut loader)?;
    let loader = loader.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(is_missing(loader).then(|| Unrunnable::NoLoader { loader: escape::cut(loader, escape::MAX_CHARS) }))
}

fn is_missing(path: &[u8]) -> bool {
    #[cfg(unix)]
    let path = Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path));
    #[cfg(not(unix))]
    let Ok(path) = std::str::from_utf8(path).map(Path::new) else { return true };
    !path.exists()
}

/// What a file is for.
struct Target {
    format: &'static str,
    /// As std has it; none where the file has a part for each of several.
    architecture: Option<String>,
    is_little: bool,
    is_64: bool,
}

impl Target {
    fn own() -> Self {
        let format = match (cfg!(windows), cfg!(target_vendor = "apple")) {
            (true, _) => "PE",
            (_, true) => "Mach-O",
            _ => "ELF",
        };
        Self {
            format,
            architecture: Some(std::env::consts::ARCH.to_owned()),
            is_little: cfg!(target_endian = "little"),
            is_64: cfg!(target_pointer_width = "64"),
        }
    }

    /// Of a format that is known.
    fn of(start: &[u8]) -> Option<Self> {
        if let [0x7f, b'E', b'L', b'F', class, data, ..] = *start {
            let mut target = Self { format: "ELF", architecture: None, is_little: data == 1, is_64: class == 2 };
            let machine = target.number(start.get(18..20)?);
            target.architecture = Some(elf_architecture(machine, target.is_64));
            return Some(target);
        }
        if start.starts_with(b"MZ") {
            let at = u32::from_le_bytes(start.get(0x3c..0x40)?.try_into().ok()?) as usize;
            let header = start.get(at..)?.strip_prefix(b"PE\0\0")?;
            let (architecture, is_64) = match u16::from_le_bytes([*header.first()?, *header.get(1)?]) {
                0x8664 => ("x86_64".to_owned(), true),
                0xaa64 => ("aarch64".to_owned(), true),
                0x14c => ("x86".to_owned(), false),
                0x1c4 => ("arm".to_owned(), false),
                other => (format!("processor {other:#x}"), false),
            };
            return Some(Self { format: "PE", architecture: Some(architecture), is_little: true, is_64 });
        }
        let magic = u32::from_be_bytes(start.get(..4)?.try_into().ok()?);
        let (is_little, is_64) = match magic {
            0xfeed_face => (false, false),
            0xfeed_facf => (false, true),
            0xcefa_edfe => (true, false),
            0xcffa_edfe => (true, true),
            // Fat, which Java's classes begin with too; those have a version of 45 and more where this has the number of parts.
            0xcafe_babe if start.get(4..8).is_some_and(|parts| parts < &[0, 0, 0, 45][..]) => {
                return Some(Self { format: "Mach-O", architecture: None, is_little: true, is_64: true });
            }
            _ => return None,
        };
        let mut target = Self { format: "Mach-O", architecture: None, is_little, is_64 };
        target.architecture = Some(match target.number(start.get(4..8)?) {
            0x0100_0007 => "x86_64".to_owned(),
            0x0100_000c => "aarch64".to_owned(),
            7 => "x86".to_owned(),
            12 => "arm".to_owned(),
            other => format!("processor {other:#x}"),
        });
        Some(target)
    }

    /// An unsigned number of the file's, of at most eight bytes.
    fn number(&self, field: &[u8]) -> u64 {
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.is_little {
            true => field.iter().rev().fold(0, push),
            false => field.iter().fold(0, push),
        }
    }

    fn runs_on(&self, host: &Self) -> bool {
        let is_same = self.is_little == host.is_little && self.is_64 == host.is_64;
        self.format == host.format
            && (self.architecture.is_none() || (self.architecture == host.architecture && is_same))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, architecture, is_little, is_64 } = self;
        let (bits, end) = (if *is_64 { 64 } else { 32 }, if *is_little { "little" } else { "big" });
        match architecture {
            Some(architecture) => write!(f, "{architecture} ({format}, {bits}-bit, {end}-endian)"),
            None => write!(f, "several processors ({format})"),
        }
    }
}

fn elf_architecture(machine: u64, is_64: bool) -> String {
    let name = match (machine, is_64) {
        (62, true) => "x86_64",
        (62, false) => "x32",
        (3, _) => "x86",
        (183, _) => "aarch64",
        (40, _) => "arm",
        (243, true) => "riscv64",
        (243, false) => "riscv32",
        (258, true) => "loongarch64",
        (258, false) => "loongarch32",
        (20, _) => "powerpc",
        (21, _) => "powerpc64",
        (8, true) => "mips64",
        (8, false) => "mips",
        (22, _) => "s390x",
        (43, _) => "sparc64",
        (4, _) => "m68k",
        _ => return format!("processor {machine}"),
    };
    name.to_owned()
}

/// What begins so, and is no program of any system.
fn what(start: &[u8]) -> &'static str {
    let is_text = match std::str::from_utf8(start) {
        Ok(_) => true,
        // A character may be cut in two.
        Err(error) => error.error_len().is_none(),
    };
    match start {
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => "an archive, such as an rlib",
        [b'P', b'K', 3, 4, ..] => "an archive of zip's",
        [0x1f, 0x8b, ..] => "something packed with gzip",
        [0, b'a', b's', b'm', ..] => "WebAssembly",
        _ if is_text && !start.contains(&0) => "a text without a first line like `#!/bin/sh`",
        _ => "a file of an unknown sort",
    }
}
