//! The folders of sockets, for hosts that share a temporary folder, or have no usable one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plug_tests::{Sockets, Started, fail, is_running, program, start, until};

use crate::LONG;

fn host(temporary: &Path, orders: &[&str]) -> Started {
    let mut command = Command::new(program("host"));
    start(command.arg(program("worker")).args(orders).env("TMPDIR", temporary))
}

/// The folders for sockets in this folder.
fn folders(of: &Path) -> Vec<PathBuf> {
    plug_tests::entries(of)
}

#[test]
fn hosts_share_a_folder_and_what_a_killed_one_left_is_swept() {
    let temporary = Sockets::new();
    let hosts = || host(&temporary, &["pid", "socket"]);
    let (mut first, mut second) = (hosts(), hosts());
    let ((one, _), (two, socket)) = ((first.line(), first.line()), (second.line(), second.line()));
    assert_ne!(one, two);
    let both = folders(&temporary);
    assert_eq!(both.len(), 2, "{both:?}");
    first.kill();
    until(LONG, "the first plugin is gone", || !is_running(one.parse().unwrap()));
    // The killed host left its folder. The next host removes it.
    assert_eq!(folders(&temporary), both);
    let mut third = hosts();
    let (three, _) = (third.line(), third.line());
    let left = folders(&temporary);
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().any(|folder| Path::new(&socket).starts_with(folder)) && left != both);
    assert!(is_running(two.parse().unwrap()) && is_running(three.parse().unwrap()));
    assert!(second.end().success() && third.end().success());
    assert_eq!(folders(&temporary), Vec::<PathBuf>::new());
}

#[test]
fn a_folder_that_cannot_be_used_is_not() {
    let sockets = Sockets::new();
    let long = sockets.join("x".repeat(100));
    fs::create_dir(&long).unwrap();
    fs::write(sockets.join("file"), "").unwrap();
    for unusable in [&long, &sockets.join("file"), Path::new("/proc"), &sockets.join("none")] {
        let mut host = host(unusable, &["socket", "pid"]);
        let socket = host.line();
        assert!(socket.starts_with("/tmp/plug-"), "{}: {socket}", unusable.display());
        assert!(host.end().success());
        assert!(!Path::new(&socket).parent().unwrap().exists());
    }
    assert_eq!(fs::read_dir(&long).unwrap().count(), 0);
}

/// A host of another library names no folder, or an unusable one.
#[test]
fn a_plugin_says_what_is_wrong_with_its_folder() {
    let refusal = |variable: &str, folder: &Path| {
        let mut command = Command::new(program("worker"));
        command.env_remove("PLUGIN_UNIX_SOCKET_DIR").env("HASHI", "hola").env(variable, folder);
        fail(&mut command).replace(&*folder.to_string_lossy(), "FOLDER")
    };
    let none = "no socket can be made in `FOLDER`: No such file or directory (os error 2)\n";
    assert_eq!(refusal("TMPDIR", Path::new("/no/such/folder")), none);
    assert_eq!(refusal("PLUGIN_UNIX_SOCKET_DIR", Path::new("/no/such/folder")), none);
    let long = std::env::temp_dir().join("x".repeat(120));
    assert_eq!(
        refusal("TMPDIR", &long),
        format!(
            "no socket can be made in `FOLDER`: path must be shorter than SUN_LEN\n\
             hint: the path of a socket has about 100 bytes, and this folder's has {}: set `TMPDIR` to a shorter one\n",
            long.as_os_str().len()
        )
    );
}

/// A process that ended on request, or could not be started, leaves no files.
#[test]
fn nothing_is_left() {
    let temporary = Sockets::new();
    let mut ended = host(&temporary, &["pid", "socket"]);
    let (id, socket) = (ended.line(), ended.line());
    assert!(Path::new(&socket).starts_with(&*temporary));
    assert!(ended.end().success());
    assert!(!is_running(id.parse().unwrap()));
    let mut command = Command::new(program("host"));
    let refused = fail(command.args(["/no/such/plugin", "start"]).env("TMPDIR", &*temporary));
    assert_eq!(
        refused,
        "cannot start plugin `/no/such/plugin`: there is no such file, and no folder `/no`\n\
         caused by: No such file or directory (os error 2)\n"
    );
    assert_eq!(folders(&temporary), Vec::<PathBuf>::new());
}

/// Two hosts start at once, many times: one sweeps while the other makes its folder.
#[test]
fn hosts_that_start_at_once_do_not_sweep_each_other() {
    let temporary = Sockets::new();
    for _ in 0..5 {
        let mut hosts: Vec<_> = (0..4).map(|_| host(&temporary, &["count"])).collect();
        for host in &mut hosts {
            assert_eq!(host.line(), "1");
            assert!(host.end().success());
        }
    }
    assert_eq!(folders(&temporary), Vec::<PathBuf>::new());
}
