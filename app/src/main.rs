//! The binary: the library's `main`, which another crate can wrap with plugins of its own.

fn main() -> std::process::ExitCode {
    app::main()
}
