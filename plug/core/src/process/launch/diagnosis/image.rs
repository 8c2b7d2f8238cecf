//! Finds why this system does not run a file, from its first bytes and headers.

use std::fs::File;
use std::path::Path;

use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, FileKind, ReadRef, elf};

use crate::error::process::unrunnable::Unrunnable;
use crate::escape;
use crate::executable_file::{Contents, Sort, Target};

/// The longest path of a loader, in bytes.
const MAX_PATH: u64 = 4096;

/// Why the file cannot be run, if its contents show it.
pub(super) fn inspect(path: &Path) -> Option<Unrunnable> {
    let file = File::open(path).ok()?;
    let len = file.metadata().ok()?.len();
    inspect_bytes(&Contents::new(&file, len), path)
}

/// Why these bytes of a file at `path` cannot be run.
pub(super) fn inspect_bytes<'d, R: ReadRef<'d>>(data: R, path: &Path) -> Option<Unrunnable> {
    let host = Target::own();
    let what = match Sort::of(data) {
        (_, [b'#', b'!', script @ ..]) => return interpreter(script),
        (Sort::Image(FileKind::Elf32), _) => return of_elf::<elf::FileHeader32<Endianness>, _>(data, &host, path),
        (Sort::Image(FileKind::Elf64), _) => return of_elf::<elf::FileHeader64<Endianness>, _>(data, &host, path),
        (Sort::Image(_), _) => return wrong_target(&host, &Target::of(&object::File::parse(data).ok()?)),
        (Sort::Universal, _) => {
            let target = "several processors (Mach-O)".to_owned();
            return (host.format != "Mach-O").then(|| Unrunnable::WrongTarget { target, host: host.to_string() });
        }
        (Sort::Text, _) => "a text without a first line like `#!/bin/sh`",
        (Sort::Empty, _) => return Some(Unrunnable::Empty),
        (Sort::Other(what), _) => what,
    };
    Some(Unrunnable::NotAProgram { what })
}

// #!/bin/sh -e
fn interpreter(script: &[u8]) -> Option<Unrunnable> {
    let line = script.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.trim_ascii_start();
    let name = line.split(|byte| b" \t".contains(byte)).next().unwrap_or_default();
    is_missing(name).then(|| Unrunnable::NoInterpreter { interpreter: escape::cut(name, escape::MAX_CHARS) })
}

/// Reads the headers alone, since `object::File` would read the symbol tables too.
fn of_elf<'d, H, R>(data: R, host: &Target, path: &Path) -> Option<Unrunnable>
where
    H: FileHeader<Endian = Endianness>,
    R: ReadRef<'d>,
{
    let header = H::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let kind = header.e_type(endian);
    if kind == elf::ET_REL {
        return Some(Unrunnable::NotAProgram { what: "an object file" });
    }
    if let Some(wrong) = wrong_target(host, &Target::of_elf(header, endian)) {
        return Some(wrong);
    }
    let segments = header.program_headers(endian, data).ok()?;
    let Some(loader) = segments.iter().find(|segment| segment.p_type(endian) == elf::PT_INTERP) else {
        // A shared library, or a program that was linked statically and can be loaded at any
        // address.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_library = kind == elf::ET_DYN && (name.ends_with(".so") || name.contains(".so."));
        return is_library.then_some(Unrunnable::Library);
    };
    let len = loader.p_filesz(endian).into().min(MAX_PATH);
    let loader = data.read_bytes_at(loader.p_offset(endian).into(), len).ok()?;
    let loader = loader.split(|byte| *byte == 0).next().unwrap_or_default();
    is_missing(loader).then(|| Unrunnable::NoLoader { loader: escape::cut(loader, escape::MAX_CHARS) })
}

fn wrong_target(host: &Target, target: &Target) -> Option<Unrunnable> {
    (target != host).then(|| Unrunnable::WrongTarget { target: target.to_string(), host: host.to_string() })
}

fn is_missing(path: &[u8]) -> bool {
    #[cfg(unix)]
    let path = Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path));
    #[cfg(not(unix))]
    let Ok(path) = std::str::from_utf8(path).map(Path::new) else { return true };
    !path.exists()
}
