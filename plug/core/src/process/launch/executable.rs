//! The file that is run.
//! If a digest is pinned, it is a private copy, so that exactly the digested bytes run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::error::process::ProcessFault;

/// The name of the copy.
const COPY_NAME: &str = "executable";

#[derive(Debug, Clone)]
pub(crate) struct Executable {
    /// The absolute path that the host has named. The process gets it as its argument zero.
    #[cfg_attr(not(unix), allow(dead_code, reason = "argument zero can be set on Unix alone"))]
    pub path: PathBuf,
    /// The file that is run.
    pub program: PathBuf,
}

impl Executable {
    /// The file at this path, or a copy of it in `folder` that has this SHA-256.
    pub(crate) fn find(path: &Path, sha256: Option<Digest>, folder: &Path) -> Result<Self, Error> {
        let Some(expected) = sha256 else { return Ok(Self { path: path.to_owned(), program: path.to_owned() }) };
        let spawn = |error: io::Error| {
            Error::from(ErrorKind::Process {
                path: path.to_owned(),
                fault: crate::process::launch::diagnosis::of_spawn(path, &error),
            })
            .with_source(error)
        };
        let program = folder.join(COPY_NAME);
        let found = copy(path, &program).map_err(spawn)?;
        if found == expected {
            return Ok(Self { path: path.to_owned(), program });
        }
        let fault = ProcessFault::Digest { expected: expected.to_string(), found: found.to_string() };
        Err(ErrorKind::Process { path: path.to_owned(), fault }.into())
    }
}

/// Copies an executable file, and digests the copied bytes.
fn copy(from: &Path, to: &Path) -> io::Result<Digest> {
    let from = File::open(from)?;
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
        // The copy is for this user alone, and executable if the file is.
        options.mode(0o400 | (from.metadata()?.mode() & 0o100));
    }
    let _ = fs::remove_file(to);
    let mut copy = options.open(to)?;
    Digest::of(from, |piece| copy.write_all(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digested_copy_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plugin");
        fs::write(&path, "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let allowed = digest.parse().ok();
        let executable = Executable::find(&path, allowed, folder.path()).unwrap();
        fs::write(&path, "abd").unwrap();
        assert_eq!(fs::read(&executable.program).unwrap(), b"abc");
        let other = Executable::find(&path, allowed, folder.path()).unwrap_err();
        assert_eq!(
            other.to_string(),
            format!(
                "plugin `{}` is another file than the one that is allowed: its SHA-256 is \
                 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, not {digest}",
                path.display()
            )
        );
        let same = Executable::find(&path, None, folder.path()).unwrap();
        assert_eq!(same.program, path);
    }
}
