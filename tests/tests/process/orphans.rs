//! Hosts that are killed or interrupted: their plugins end, and leave no files.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use plug::link::ProcessOptions;
use plug_tests::{Started, is_running, program, start, until};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{LONG, in_time, open, work};

/// The time within which a plugin must end.
const SOON: Duration = Duration::from_secs(1);

fn host(arguments: &[&str]) -> Started {
    start(Command::new(program("host")).args(arguments))
}

fn worker() -> String {
    program("worker").display().to_string()
}

/// Kills the host, and waits until the plugin has ended and its socket is removed.
#[track_caller]
fn assert_leaves(mut host: Started, plugin: &str, socket: &str) {
    let id = plugin.parse().unwrap();
    assert!(is_running(id) && Path::new(socket).exists(), "{plugin} at {socket}");
    let killed = Instant::now();
    host.kill();
    until(SOON, "the plugin is gone, and its socket", || !is_running(id) && !Path::new(socket).exists());
    assert!(killed.elapsed() < SOON, "{:?}", killed.elapsed());
}

#[test]
fn a_plugin_leaves_when_its_host_is_killed() {
    for options in [&[][..], &["--plain"]] {
        let mut host = host(&[options, &[&worker(), "pid", "socket"]].concat());
        let (id, socket) = (host.line(), host.line());
        assert_leaves(host, &id, &socket);
    }
}

#[test]
fn a_plugin_leaves_though_a_method_blocks() {
    let mut host = host(&[&worker(), "pid", "socket", "sleep 60000"]);
    let (id, socket) = (host.line(), host.line());
    assert_eq!(host.line(), "sleeping");
    assert_leaves(host, &id, &socket);
}

/// A script that runs between the host and the plugin.
fn between(name: &str, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = plug_tests::scratch(name).join("between");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_plugin_leaves_that_was_started_by_a_shell() {
    for (name, script) in [
        ("process-between", format!("'{}'; exit 1", worker())),
        // A shell that does not end on its own.
        ("process-stubborn", format!("trap '' TERM HUP; '{}'; exit 1", worker())),
    ] {
        let between = between(name, &script);
        let mut host = host(&[&between.display().to_string(), "pid", "socket"]);
        let (id, socket) = (host.line(), host.line());
        assert_leaves(host, &id, &socket);
    }
}

/// Neither the shell nor the plugin ends on its own.
#[test]
fn a_plugin_that_was_started_by_a_shell_is_killed_with_it() {
    let options = crate::shell(&format!("'{}' hearing; true", worker())).without_tls();
    let process = options.kill_timeout(Duration::from_millis(200)).open("/bin/sh").unwrap();
    let shell = process.pid().unwrap();
    let plugin = child_of(shell);
    in_time(move || drop(process));
    until(SOON, "both are gone", || !is_running(shell) && !is_running(plugin));
}

#[test]
fn a_failed_start_leaves_no_process() {
    let options = crate::shell("sleep 1000 & echo $! >&2; wait").start_timeout(Duration::from_millis(300));
    let refusal = in_time(move || crate::refusal_of(options));
    let sleeper = refusal.strip_prefix("plugin `PATH` printed no handshake within 300ms\nstderr: ");
    let sleeper = sleeper.unwrap_or_else(|| panic!("{refusal}")).parse().unwrap();
    until(SOON, "the sleeper is gone", || !is_running(sleeper));
}

/// The ID of the only child of the process.
pub(crate) fn child_of(id: u32) -> u32 {
    let children = || {
        let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap().flatten();
        let children = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        children.collect::<String>().split_whitespace().next().and_then(|id| id.parse().ok())
    };
    until(LONG, "it has a child", || children().is_some());
    children().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_plugin_leaves_that_never_looks() {
    // It hangs before its handshake.
    let sleeper = between("process-sleeper", "exec sleep 1000");
    let mut sleeping = host(&[&sleeper.display().to_string(), "start"]);
    let id = child_of(sleeping.id());
    until(LONG, "it sleeps", || {
        std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name == "sleep\n")
    });
    sleeping.kill();
    until(SOON, "the sleeper is gone", || !is_running(id));

    // It hangs after its handshake, and never responds.
    let foreign = between("process-foreign", &format!("exec '{}' hearing", worker()));
    let mut hearing = host(&["--plain", &foreign.display().to_string(), "start"]);
    assert_eq!(hearing.line(), "started 1");
    let id = child_of(hearing.id());
    hearing.kill();
    until(SOON, "the foreign plugin is gone", || !is_running(id));
}

#[test]
fn an_interrupt_at_the_terminal_is_for_the_host() {
    let mut command = Command::new(program("host"));
    command.args([&worker(), "pid", "interrupted", "pid"]).process_group(0);
    let mut host = start(&mut command);
    let id = host.line();
    kill_process_group(Pid::from_raw(host.id() as i32).unwrap(), Signal::INT).unwrap();
    assert_eq!(host.line(), "interrupted");
    assert_eq!(host.line(), id);
    assert!(host.end().success());
    assert!(!is_running(id.parse().unwrap()));
}

#[test]
fn a_plugin_can_be_told_to_end_by_the_system() {
    let process = open(ProcessOptions::new());
    let work = work(&process);
    let (id, socket) = (work.obey("pid").unwrap(), work.obey("socket").unwrap());
    crate::dying::signal(&id, Signal::TERM);
    until(LONG, "it is gone", || !is_running(id.parse().unwrap()));
    assert!(!Path::new(&socket).exists());
    let error = in_time(move || work.sum(1, &[2]).unwrap_err());
    // On a busy machine the call may begin before the host has noted the end.
    let text = crate::worker_message(&error);
    let whens = ["before it was called", "while it was being called"];
    assert!(whens.iter().any(|when| text == format!("plugin `PATH` exited with status 0 {when}")), "{text}");
}

/// A child of the host's own executable is a plugin only if its host requests that.
#[test]
fn an_isolated_plugin_is_in_the_hosts_own_executable() {
    let mut host = host(&["isolated", "pid"]);
    let plugin = host.line();
    assert_ne!(plugin, host.id().to_string());
    let id: u32 = plugin.parse().unwrap();
    assert_eq!(
        std::fs::read_link(format!("/proc/{id}/exe")).unwrap(),
        std::fs::read_link(format!("/proc/{}/exe", host.id())).unwrap()
    );
    assert!(host.end().success());
    until(SOON, "it is gone", || !is_running(id));
}

#[test]
fn the_mark_of_another_process_starts_no_plugin() {
    let status = |marked: &str| {
        let mut command = Command::new(program("worker"));
        command.arg("isolated").env("HASHI", "hola").env("PLUG_ISOLATED", marked);
        command.status().unwrap().code()
    };
    // The mark of another process, such as a grandparent, and no mark.
    assert_eq!(status("1"), Some(9));
    assert_eq!(status(""), Some(9));
    let unmarked = Command::new(program("worker")).arg("isolated").env("HASHI", "hola").status().unwrap();
    assert_eq!(unmarked.code(), Some(9));
    // The mark is not inherited by the plugins of a plugin.
    let work = work(&open(ProcessOptions::new().env("PLUG_ISOLATED", std::process::id().to_string())));
    assert_eq!(work.obey("variable PLUG_ISOLATED").unwrap(), std::process::id().to_string());
}
