//! The plugins of this package as a process. Each start is noted in the file that `FAR_STARTS` names.

use std::io::Write;
use std::process::ExitCode;

plug::link!();

fn main() -> ExitCode {
    if let Some(starts) = std::env::var_os("FAR_STARTS") {
        let mut starts = std::fs::OpenOptions::new().create(true).append(true).open(starts).expect("the file can be opened");
        // In one piece, since several start at once.
        starts.write_all(format!("{}\n", std::process::id()).as_bytes()).expect("the file can be written");
    }
    plug::serve()
}
