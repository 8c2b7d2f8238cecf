//! `app proto`: prints the interface for whoever writes a plugin in another language. It knows no plugin.

use crate::failure::{Exit, Failure};
use crate::{output, proto};

pub(crate) fn run() -> Result<Exit, Failure> {
    output::data(&proto::text()?)?;
    Ok(Exit::Done)
}
