//! Plugins in processes of their own: this program's, and the log records of all.

use plug::Link;
use plug::link::ProcessOptions;
pub(crate) use plug::serve_isolated;

use crate::failure::{Exit, Failure};

/// Shows the log records of plugins on stderr.
/// `APP_LOG` selects them, in the syntax of `env_logger`.
pub(crate) fn log() {
    let filter = env_logger::Env::new().filter_or("APP_LOG", "off");
    env_logger::Builder::from_env(filter).format_timestamp(None).init();
}

/// The plugins of this executable, which is started once more when they are first needed.
pub(crate) fn isolated() -> Result<Box<dyn Link>, Failure> {
    match ProcessOptions::new().isolated() {
        Ok(process) => Ok(Box::new(process)),
        // No process has started: this program declares no handshake, or several.
        Err(error) => Err(Failure::with(&error, Exit::Problem)),
    }
}
