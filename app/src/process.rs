//! The way to a plugin that is an executable which somebody has named, and to this program's own plugins in a process of their
//! own. Where the feature `process` is off, `process/left_out.rs` stands in for it.

use std::path::Path;

use plug::ErrorKind;
use plug::link::{Process, ProcessFault, ProcessOptions, Unrunnable};
pub(crate) use plug::serve_isolated;

use crate::failure::{Exit, Failure};

/// Shows what plugins' processes say, where `APP_LOG` asks for it: on stderr, in the words of env_logger.
pub(crate) fn log() {
    let asked = env_logger::Env::new().filter_or("APP_LOG", "off");
    env_logger::Builder::from_env(asked).format_timestamp(None).init();
}

/// What to do so that this program starts processes: nothing.
pub(crate) fn way_in() -> Option<String> {
    None
}

/// The executable at this absolute path. It is started when its plugins are asked for. One in Go may have several, and has to be asked for the one that is meant.
pub(crate) fn open(path: &Path, meant: Option<&str>) -> Result<Process, Failure> {
    let options = meant.into_iter().fold(ProcessOptions::new(), ProcessOptions::dispense);
    options.open(path).map_err(unfit)
}

/// This executable, which is started once more when its plugins are asked for.
pub(crate) fn isolated() -> Result<Process, Failure> {
    ProcessOptions::new().isolated().map_err(unfit)
}

/// Nothing has been started: it is this program that cannot be a host, for want of a handshake or for having two.
fn unfit(error: plug::Error) -> Failure {
    Failure::with(&error, Exit::Problem)
}

/// What the exit status says of an error that only processes have. Another path mends the first ones, and nothing but another executable
/// the rest; one that has answered and then died is a plugin that failed.
pub(crate) fn exit_of(kind: &ErrorKind) -> Option<Exit> {
    let ErrorKind::Process { fault, .. } = kind else { return None };
    Some(match fault {
        ProcessFault::Died { .. } => Exit::Failed,
        ProcessFault::Spawn { why: Some(why) } => match why {
            Unrunnable::WrongTarget { .. } | Unrunnable::NoInterpreter { .. } | Unrunnable::NoLoader { .. } => {
                Exit::Problem
            }
            _ => Exit::Usage,
        },
        _ => Exit::Problem,
    })
}
