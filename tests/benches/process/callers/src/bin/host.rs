//! Measures calls of a plugin in a process, as `bench-host` in `tests/go` does.
//!
//! ```text
//! host [-tls] [-netrpc] [-calls COUNT] [-threads 1,8,64] [-span MILLISECONDS] [-starts COUNT]
//!     PLUGIN
//! ```
//!
//! A value that is 0 or empty leaves its measurement out.

use plug::link::ProcessOptions;
use plug::{Error, Registry};
use process_callers::{Asked, Opened, hello, measure};
use process_interface::Plug;

fn main() -> Result<(), Error> {
    let asked = Asked::read("host [-tls] [-netrpc] [-calls N] [-threads N,N] [-span MILLISECONDS] [-starts N] PLUGIN")?;
    measure(&asked, || {
        let options = ProcessOptions::new();
        let options = if asked.netrpc { options.env("PLUG_PROTOCOL", "netrpc") } else { options };
        let options = if asked.tls { options } else { options.without_tls() };
        let process = options.open(&asked.arguments[0])?;
        let mut registry = Registry::new();
        registry.add(&process)?;
        let name = registry.plugins().next().map(|plugin| plugin.name().to_owned()).unwrap_or_default();
        let plugin = registry.open::<dyn Plug>(&name)?;
        hello(&*plugin)?;
        let pid = process.pid()?;
        Ok(Opened { plugin, pid, keep: Box::new((process, registry)) })
    })
}
