//! `cargo plug check`: whether the plugins of a library fit a program, from the records of both files.

use plug::link::Difference;

use crate::cli::Check;
use crate::failure::Failure;
use crate::records::{FileKind, Interface, Plugin, Records};
use crate::shell;

pub(crate) fn run(arguments: &Check) -> Result<(), Failure> {
    let (library, program) = (Records::of_file(&arguments.library)?, Records::of_file(&arguments.program)?);
    if library.kind != FileKind::Library {
        return Err(Failure::new(format!("`{}` is no shared library", arguments.library.display()))
            .hint("`cargo plug build --as library --with SOURCE` makes one"));
    }
    if let (Some(library), Some(program)) = (&library.build, &program.build)
        && library.abi != program.abi
    {
        return Err(Failure::new(format!(
            "the library was built with plug {}, whose ABI is {}, and the program with plug {}, whose ABI is {}",
            library.plug, library.abi, program.plug, program.abi
        )));
    }
    let mut text = String::new();
    let mut unfit = 0;
    for plugin in &library.plugins {
        let differences = differences(&library, &program, plugin);
        let name = plugin.name();
        if differences.is_empty() {
            text += &format!("plugin `{name}` fits\n");
            continue;
        }
        unfit += 1;
        text += &format!("plugin `{name}` does not fit:\n");
        differences.iter().for_each(|difference| text += &format!("  {}\n", difference.replace('\n', "\n  ")));
    }
    shell::data(&shell::printable(&text))?;
    match (unfit, library.plugins.len()) {
        (0, _) => Ok(()),
        (1, 1) => Err(Failure::new(format!("the plugin does not fit `{}`", arguments.program.display()))),
        (unfit, all) => {
            let program = arguments.program.display();
            Err(Failure::new(format!("{unfit} of {all} plugins do not fit `{program}`")))
        }
    }
}

/// The reasons why a plugin does not fit.
fn differences(library: &Records, program: &Records, plugin: &Plugin) -> Vec<String> {
    let path = &plugin.interface;
    let Some(theirs) = library.interface_of(plugin) else {
        return vec![format!("its interface `{path}` is not portable: it wants `#[plug::interface(portable)]`")];
    };
    let ours: Vec<_> = program.interfaces.iter().filter(|interface| interface.path == *path).collect();
    if ours.is_empty() {
        let has = program.interfaces.iter().map(|interface| format!("`{}`", interface.path)).collect::<Vec<_>>();
        let has = if has.is_empty() { "none that is portable".to_owned() } else { has.join(", ") };
        return vec![format!("it is for the interface `{path}`, and the program has {has}")];
    }
    // A program may have two versions of an interface's crate.
    let of_each = ours.into_iter().map(|ours| compare(theirs, ours));
    of_each.min_by_key(Vec::len).unwrap_or_default()
}

/// The differences of the methods, by name and fingerprint, as a host finds them.
fn compare(theirs: &Interface, ours: &Interface) -> Vec<String> {
    let differences = ours.methods.iter().filter_map(|ours| {
        let method = ours.name.clone();
        match theirs.methods.iter().find(|theirs| theirs.name == ours.name) {
            Some(theirs) if theirs.fingerprint == ours.fingerprint => None,
            Some(theirs) => {
                let (plugin, host) = (theirs.signature.clone(), ours.signature.clone());
                Some(Difference::Signature { method, plugin, host })
            }
            // The default body answers instead.
            None if ours.has_default => None,
            None => Some(Difference::Missing { method, host: ours.signature.clone() }),
        }
    });
    differences.map(|difference| difference.to_string().replace("this program", "the program")).collect()
}
