//! Signals to `cargo plug` alone, as other programs send them. A terminal sends them to Cargo too.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::world::{World, same};

/// A build script that writes its process and its Cargo's, and ends after a minute.
const SLOW: &str = "fn main() {\n    let parent = std::os::unix::process::parent_id();\n    std::fs::write(\"ids\", \
                    format!(\"{} {parent} \", std::process::id())).unwrap();\n    \
                    std::thread::sleep(std::time::Duration::from_secs(60));\n}\n";

#[test]
fn an_interrupted_build_ends_cargo_too() {
    let world = World::new("signal");
    world.plugin("plugin-slow", "plugin-slow");
    world.write("plugin-slow/build.rs", SLOW);
    world.write("mine", "");
    for signal in [Signal::INT, Signal::TERM] {
        let build = ["build", "./greeter", "--with", "./plugin-slow", "--offline", "-o", "mine"];
        let mut child = world.command("", &build).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let ids = until(|| fs::read_to_string(world.path("plugin-slow/ids")).ok().filter(|ids| ids.ends_with(' ')));
        let [script, cargo] = [0, 1].map(|at| Pid::from_raw(ids.split(' ').nth(at).unwrap().parse().unwrap()).unwrap());
        kill_process(pid(&child), signal).unwrap();
        let status = until(|| child.try_wait().unwrap());
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
        assert!(test_kill_process(cargo).is_err(), "Cargo has no parent, and runs");
        let stderr = rest(&mut child);
        assert!(!stderr.contains("error"), "{stderr}");
        same(&world.read("mine"), "");
        fs::remove_file(world.path("plugin-slow/ids")).unwrap();
        // Cargo leaves it to itself.
        let _ = kill_process(script, Signal::KILL);
    }
    // Nothing temporary is left, and the next build begins.
    let names = |folder: &str| {
        let names = plug_tests::entries(&world.path(folder)).into_iter();
        let mut names: Vec<_> = names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(""), ["cache", "greeter", "mine", "plugin-slow", "rustfmt.toml"]);
    assert!(names("cache").iter().all(|name| name.starts_with("greeter-")), "{:?}", names("cache"));
    fs::remove_file(world.path("plugin-slow/build.rs")).unwrap();
    world.plug(&["build", "./greeter", "--with", "./plugin-slow", "--offline", "-o", "mine"]);
    same(&world.run("mine"), "slow greets x of 0.3.0: path <>/plugin-slow\n");
}

#[test]
fn a_build_that_waits_for_another_is_interrupted_at_once() {
    let world = World::new("waiting");
    world.plug(&["build", "./greeter", "--offline", "-o", "mine"]);
    let folder = plug_tests::entries(&world.path("cache")).into_iter().find(|folder| folder.join("lock").exists());
    let lock = fs::File::open(folder.unwrap().join("lock")).unwrap();
    lock.lock().unwrap();
    let mut command = world.command("", &["build", "./greeter", "--offline", "-o", "mine"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    same(&line, "    Blocking waiting for another build of `greeter`\n");
    let stderr = world.fail(1, &["clean"]);
    same(&stderr, "error: 1 of 1 programs in the cache could not be removed\nhint: a build may be under way\n");
    kill_process(pid(&child), Signal::INT).unwrap();
    assert_eq!(until(|| child.try_wait().unwrap()).signal(), Some(2));
}

/// A signal that was ignored from the start, as in the background of a script, stays so.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_stays_so() {
    let world = World::new("ignored");
    let build = world.command("", &["build", "./greeter", "--offline", "-o", "mine"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT; exec \"$@\"", "sh"]).arg(build.get_program()).args(build.get_args());
    command.current_dir(&world.folder).envs(build.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    kill_process(pid(&child), Signal::INT).unwrap();
    let status = until(|| child.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id() as i32).unwrap()
}

fn rest(child: &mut Child) -> String {
    let mut text = String::new();
    // The build script has no standard error of its own.
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut text).unwrap();
    text
}

#[track_caller]
fn until<T>(mut seen: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = seen() {
            return seen;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "it did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}
