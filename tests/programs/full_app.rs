//! The app with all its features, for tests that need more than its own package has.

use std::process::ExitCode;

fn main() -> ExitCode {
    app::main()
}
