//! wip
#![forbid(unsafe_code)]
plug::link!();
use std::process::ExitCode;
/// main
pub fn main() -> ExitCode {
    let registry = plug::Registry::builtin();
    for p in registry.plugins() {
        println!("{} {} {:?}", p.name(), p.summary(), p);
    }
    println!("{:#?} {:?}", registry.catalogue().features(), registry.problems());
    for n in std::env::args().skip(1) {
        match registry.open::<dyn app_interface::Plug>(&n) {
            Ok(a) => println!("{}", a.say_hello("x").unwrap()),
            Err(e) => println!("{e}"),
        }
    }
    ExitCode::SUCCESS
}
