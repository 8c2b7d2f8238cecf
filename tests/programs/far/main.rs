//! The app, with plugins that take long or end badly.

mod plugins;

use std::process::ExitCode;

fn main() -> ExitCode {
    app::main()
}
