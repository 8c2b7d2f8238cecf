//! The plugins of `far` as a process. It records each start in the file that `FAR_STARTS` names.

mod plugins;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(starts) = std::env::var_os("FAR_STARTS") {
        let mut starts =
            std::fs::OpenOptions::new().create(true).append(true).open(starts).expect("the file can be opened");
        // One write, since several processes start at once.
        starts.write_all(format!("{}\n", std::process::id()).as_bytes()).expect("the file can be written");
    }
    plug::serve()
}
