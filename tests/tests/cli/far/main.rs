//! The app with the plugins of this package.

use std::process::ExitCode;

plug::link!();

fn main() -> ExitCode {
    app::main()
}
