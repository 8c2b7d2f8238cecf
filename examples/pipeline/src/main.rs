//! The binary: the library's `main`.

fn main() -> std::process::ExitCode {
    pipeline::main()
}
