//! The environment and the descriptors that a process gets of its host.

use std::os::unix::fs::PermissionsExt;

use plug::link::ProcessOptions;

use crate::{in_time, open, refusal_of, shell, work};

/// The names of the variables that a worker with these options has, without those of the handshake.
fn variables(options: ProcessOptions) -> String {
    let names = work(&open(options)).obey("variables").unwrap();
    let is_handshake = |name: &&str| *name == "HASHI" || name.starts_with("PLUG");
    let (handshake, others): (Vec<_>, Vec<_>) = names.split(' ').partition(is_handshake);
    for name in ["HASHI", "PLUGIN_CLIENT_CERT", "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_UNIX_SOCKET_DIR", "PLUG_PROTOCOLS"]
    {
        assert!(handshake.contains(&name), "{handshake:?}");
    }
    others.join(" ")
}

#[test]
fn it_inherits_the_environment_of_its_host() {
    let inherited = variables(ProcessOptions::new().env("ADDED", "1"));
    let has = |name: &str| inherited.split(' ').any(|other| other == name);
    let own = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    // `variables` leaves out those of the handshake, and all others that begin as they do.
    let missing: Vec<_> = own.filter(|name| !name.starts_with("PLUG") && !has(name)).collect();
    assert!(has("ADDED") && missing.is_empty(), "{missing:?} of {inherited}");
    let without = variables(ProcessOptions::new().env("ADDED", "1").env_remove("PATH").env_remove("ADDED"));
    assert!(!without.split(' ').any(|name| name == "PATH" || name == "ADDED"), "{without}");
    assert_eq!(without.split(' ').count() + 2, inherited.split(' ').count());
}

#[test]
fn it_gets_the_named_variables_alone() {
    assert_eq!(variables(ProcessOptions::new().env("BEFORE", "1").env_clear()), "");
    let options = ProcessOptions::new().env_clear().env_keep("PATH").env_keep("NO_SUCH_VARIABLE").env("ADDED", "a b");
    assert_eq!(variables(options.clone()), "ADDED PATH");
    let work = work(&open(options));
    assert_eq!(work.obey("variable ADDED").unwrap(), "a b");
    assert_eq!(work.obey("variable PATH").unwrap(), std::env::var("PATH").unwrap());
}

/// The handshake's own variables are not for the options to change.
#[test]
fn the_handshake_needs_no_variable_of_the_host() {
    let options = ProcessOptions::new().env("HASHI", "mundo").env_remove("PLUGIN_CLIENT_CERT").env_clear();
    let options = options.env("PLUGIN_PROTOCOL_VERSIONS", "9");
    assert_eq!(work(&open(options)).obey("variable HASHI").unwrap(), "hola");
}

#[test]
fn a_variable_that_cannot_be_is_an_error() {
    let error = ProcessOptions::new().env("A=B", "c").open("/bin/sh").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`A=B` cannot be the name of an environment variable, which is not empty and has neither `=` nor NUL"
    );
}

/// A file that was opened without `CLOEXEC`, as a library in C may do.
#[test]
#[cfg(target_os = "linux")]
fn it_inherits_no_descriptor_of_its_host() {
    let path = plug_tests::scratch("process-inherited").join("secret");
    std::fs::write(&path, "secret").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let script = "for fd in /proc/$$/fd/*; do [ -e $fd ] && echo ${fd##*/} >&2; done; exit 3";
    let refusal = in_time(move || refusal_of(shell(script)));
    assert_eq!(refusal, "plugin `PATH` exited with status 3 before its handshake\nstderr: 0\nstderr: 1\nstderr: 2");
    drop(file);
}
