//! Callbacks with programs in Go: objects that are lent and given over each of go-plugin's protocols, and
//! go-plugin's own example `bidirectional`, unchanged, in each place, if it is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use counter_plugins::{AddHelper, Adds, Counter, Keeper};
use plug::link::{Handshake, Process, ProcessOptions};
use plug::{Error, Registry, plug};
use plug_tests::{Sockets, built_program, entries, go, go_example, is_running, run, scratch, succeed, texts, until};

use crate::{first_line, kill, not_running_within};

fn example_host() -> Option<PathBuf> {
    go_example("bidirectional")
}

fn example_plugin() -> Option<PathBuf> {
    go_example("bidirectional-plugin-go-grpc")
}

/// Counts with the example's host, which starts a plugin for each command.
fn counts(host: &Path, plugin: &Path, folder: &Path) {
    let sockets = Sockets::new();
    let counter = |arguments: &[&str]| {
        let mut host = Command::new(host);
        host.env("COUNTER_PLUGIN", plugin).env("TMPDIR", &*sockets).current_dir(folder);
        succeed(host.args(arguments))
    };
    for sum in ["2", "4", "6"] {
        assert_eq!(counter(&["put", "hello", "2"]), "");
        assert_eq!(counter(&["get", "hello"]), format!("{sum}\n"));
    }
    assert_eq!(counter(&["put", "hello", "-7"]), "");
    assert_eq!(counter(&["get", "hello"]), "-1\n");
    let left = entries(&sockets);
    assert!(left.is_empty(), "{left:?} is left");
}

fn empty(name: &str) -> PathBuf {
    let folder = scratch(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// go-plugin's own pair is the yardstick of the other ones.
#[test]
fn the_host_of_the_example_lends_to_its_own_plugin() {
    let (Some(host), Some(plugin)) = (example_host(), example_plugin()) else { return };
    counts(&host, &plugin, &empty("go-callbacks-go"));
}

#[test]
fn the_host_of_the_example_lends_to_our_plugin() {
    let Some(host) = example_host() else { return };
    counts(&host, &built_program("counter"), &empty("go-callbacks-host"));
}

fn options() -> ProcessOptions {
    let handshake = Handshake::new("BASIC_PLUGIN", "hello").interface::<dyn Counter>(1);
    ProcessOptions::new().handshake(handshake).dispense("counter")
}

fn open(process: &Process) -> Box<dyn Counter> {
    let mut registry = Registry::new();
    registry.add(process).unwrap();
    registry.open::<dyn Counter>("bidirectional-plugin-go-grpc").unwrap()
}

/// Adds a borrowed number.
struct Borrows<'b>(&'b i64);

#[plug(_)]
impl AddHelper for Borrows<'_> {
    fn sum(&self, a: i64, b: i64) -> Result<i64, Error> {
        Adds.sum(a, b)?.checked_add(*self.0).ok_or_else(|| Error::msg("the sum is too large"))
    }
}

/// Debian's go-plugin does not multiplex, and its plugins cannot dial with AutoMTLS.
#[test]
fn the_plugin_of_the_example_calls_our_host_back() {
    let Some(plugin) = example_plugin() else { return };
    for options in [options().without_tls(), options().without_tls().multiplex()] {
        let key = format!("plug-{}-{:?}", std::process::id(), Instant::now());
        let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        let counter = open(&options.open(&plugin).unwrap());
        for sum in 1..=50 {
            counter.put(&Adds, &key, 1).unwrap();
            assert_eq!(counter.get(&key).unwrap(), sum);
        }
        counter.put(&Borrows(&100), &key, 1).unwrap();
        assert_eq!(counter.get(&key).unwrap(), 151);
        let error = counter.put(&Adds, &key, i64::MAX).unwrap_err();
        assert!(error.to_string().contains("the sum is too large"), "{error}");
        counter.put(&Adds, &key, -1).unwrap();
        fs::remove_file(format!("kv_{key}")).unwrap();
    }
}

/// A host in Go, and the arguments of our plugin for it.
struct GoHost {
    program: &'static str,
    flags: &'static [&'static str],
    /// The arguments of the plugin, behind its path.
    plugin: &'static [&'static str],
}

const GO_HOSTS: [GoHost; 6] = [
    GoHost { program: "counter", flags: &[], plugin: &[] },
    GoHost { program: "counter", flags: &["-tls"], plugin: &[] },
    GoHost { program: "mux", flags: &[], plugin: &["second"] },
    GoHost { program: "mux", flags: &["-tls"], plugin: &["second"] },
    GoHost { program: "counter", flags: &["-plugin-arguments", "netrpc"], plugin: &[] },
    GoHost { program: "counter", flags: &["-tls", "-plugin-arguments", "netrpc"], plugin: &[] },
];

impl GoHost {
    fn is_netrpc(&self) -> bool {
        self.flags.contains(&"netrpc")
    }

    /// `None` without Go.
    fn command(&self, command: &str, folder: &Path) -> Option<Command> {
        let plugin = built_program("counter");
        let mut host = Command::new(go(self.program)?);
        host.args(self.flags).current_dir(folder);
        match self.program {
            "mux" => host.args(["-counting", command]).arg(plugin).args(self.plugin),
            _ => host.arg(plugin).args(command.split(' ')),
        };
        Some(host)
    }

    /// What it prints, or its error.
    fn run(&self, command: &str, folder: &Path) -> Option<Result<String, String>> {
        let sockets = Sockets::new();
        let output = run(self.command(command, folder)?.env("TMPDIR", &*sockets));
        let (stdout, stderr) = texts(&output);
        let left = entries(&sockets);
        assert!(left.is_empty(), "{command}: {left:?} is left");
        Some(match output.status.success() {
            true => Ok(stdout.trim_end().to_owned()),
            false => {
                let error = stderr.lines().last().unwrap_or_default();
                let status = ["rpc error: code = Unknown desc = ", "Unknown: "];
                Err(status.iter().find_map(|status| error.strip_prefix(status)).unwrap_or(error).to_owned())
            }
        })
    }
}

#[test]
fn hosts_in_go_lend_and_give_to_our_plugin() {
    for (at, host) in GO_HOSTS.iter().enumerate() {
        let folder = empty(&format!("go-callbacks-lends-{at}"));
        let Some(sum) = host.run("put key 100", &folder) else { return };
        assert_eq!(sum.unwrap(), "100");
        assert_eq!(host.run("keep", &folder).unwrap().unwrap(), "12, 0 closed; 12, 0 closed; 0, 3 closed");
        assert_eq!(host.run("open", &folder).unwrap().unwrap(), "42 0");
        assert_eq!(host.run("fail key", &folder).unwrap().unwrap_err(), "no such luck");
    }
}

/// Go announces an object when it has a listener, which may be after the request.
/// A plugin in Go dials at once, and ours at the first call: which may be late, unlike the listener.
#[test]
fn a_number_without_an_object_is_an_error_that_names_it() {
    let unannounced = "the other side has not announced brokered connection 1 within 5 seconds";
    let unaccepted = "brokered connection 1 cannot be made: the other side has not accepted it within 5 seconds";
    let unknown = "the other side has no object of number 1, or not any more";
    thread::scope(|scope| {
        for (at, host) in GO_HOSTS.iter().enumerate() {
            let expected = match host.program {
                "mux" => unaccepted,
                _ if host.is_netrpc() => unknown,
                _ => unannounced,
            };
            for command in ["soon", "hold 6000", "never", "late", "twice"] {
                scope.spawn(move || {
                    let folder = empty(&format!("go-callbacks-numbers-{at}-{}", &command[..4]));
                    let Some(result) = host.run(command, &folder) else { return };
                    match (command, result) {
                        ("soon" | "hold 6000", Ok(sum)) => assert_eq!(sum, "3"),
                        // A multiplexed listener takes several connections.
                        ("twice", Ok(_)) => assert_eq!(host.program, "mux"),
                        (_, Ok(sum)) => panic!("{command}: {sum}"),
                        (_, Err(error)) => {
                            let is_again = (command, expected) == ("twice", unannounced);
                            let before = if is_again { ", and it was dialled before" } else { "" };
                            let owner = "`sum` of the owner of the `counter_plugins::AddHelper`";
                            assert_eq!(error, format!("{owner} cannot be called: {expected}{before}"), "{command}");
                        }
                    }
                });
            }
        }
    });
}

/// The plugin in Go, started each way. Debian's version cannot dial with AutoMTLS over gRPC.
fn plugins_in_go() -> Option<Vec<(&'static str, Process)>> {
    let [counter, mux] = [go("counter")?, go("mux")?];
    let handshake = |key, value, version| {
        let handshake = Handshake::new(key, value).interface::<dyn Counter>(version);
        ProcessOptions::new().handshake(handshake.interface::<dyn Keeper>(version)).dispense("counter")
    };
    let options = || handshake("BASIC_PLUGIN", "hello", 1);
    let second = || handshake("HASHI", "hola", 1).multiplex();
    let netrpc = || options().arg("-rpc");
    let open = |options: ProcessOptions, path: &Path| options.open(path).unwrap();
    Some(vec![
        ("grpc", open(options().without_tls(), &counter)),
        ("multiplexed", open(second().without_tls(), &mux)),
        ("multiplexed", open(second(), &mux)),
        ("netrpc", open(netrpc().without_tls(), &counter)),
        ("netrpc", open(netrpc(), &counter)),
        ("netrpc keeper", open(netrpc().dispense("keeper"), &counter)),
    ])
}

fn opened<I: ?Sized + plug::Interface>(process: &Process) -> Box<I> {
    let mut registry = Registry::new();
    registry.add(process).unwrap();
    registry.plugins_of::<I>().next().unwrap().open::<I>().unwrap()
}

#[test]
fn plugins_in_go_call_our_host_back() {
    for (way, process) in plugins_in_go().into_iter().flatten().filter(|(way, _)| *way != "netrpc keeper") {
        let counter = opened::<dyn Counter>(&process);
        for sum in 1..=100 {
            counter.put(&Adds, "key", 1).unwrap();
            assert_eq!(counter.get("key").unwrap(), sum, "{way}");
        }
        counter.put(&Borrows(&100), "key", 1).unwrap();
        assert_eq!(counter.get("key").unwrap(), 201);
        let error = counter.put(&Adds, "key", i64::MAX).unwrap_err();
        assert!(error.to_string().contains("the sum is too large"), "{way}: {error}");
        let counter = &*counter;
        thread::scope(|scope| {
            for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
                scope.spawn(move || (0..20).for_each(|_| counter.put(&Adds, key, 2).unwrap()));
            }
        });
        assert_eq!((counter.get("a").unwrap(), counter.get("h").unwrap()), (40, 40));
    }
}

/// Counts its drop.
struct Counted(Arc<AtomicU32>);

#[plug(_)]
impl AddHelper for Counted {
    fn sum(&self, a: i64, b: i64) -> Result<i64, Error> {
        Adds.sum(a, b)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn plugins_in_go_keep_what_they_are_given_until_they_close_it() {
    for (way, process) in plugins_in_go().into_iter().flatten().filter(|(way, _)| *way != "netrpc") {
        let (keeper, dropped) = (opened::<dyn Keeper>(&process), Arc::default());
        for _ in 0..3 {
            keeper.keep(Box::new(Counted(Arc::clone(&dropped)))).unwrap();
        }
        assert_eq!((keeper.tell(1, 2).unwrap(), keeper.tell(1, 3).unwrap()), (9, 12), "{way}");
        assert_eq!(dropped.load(Ordering::SeqCst), 0, "{way}");
        keeper.forget().unwrap();
        until(Duration::from_secs(20), "they are dropped", || dropped.load(Ordering::SeqCst) == 3);
        let theirs = keeper.open().unwrap();
        assert_eq!((theirs.sum(40, 2).unwrap(), theirs.sum(-1, 1).unwrap()), (42, 0), "{way}");
        assert_eq!(keeper.hold(&Adds, 10).unwrap(), 3, "{way}");
        // Ours is dropped with the process, if not before.
        keeper.keep(Box::new(Counted(Arc::clone(&dropped)))).unwrap();
        drop((theirs, keeper, process));
        until(Duration::from_secs(20), "the last one is dropped", || dropped.load(Ordering::SeqCst) == 4);
    }
}

/// Kills the plugin that calls it.
struct Kills(u32);

#[plug(_)]
impl AddHelper for Kills {
    fn sum(&self, a: i64, b: i64) -> Result<i64, Error> {
        kill(self.0);
        not_running_within(self.0, Duration::from_secs(5));
        Adds.sum(a, b)
    }
}

#[test]
fn a_plugin_that_is_killed_within_a_callback_is_an_error_of_the_call() {
    let Some(mut processes) = plugins_in_go() else { return };
    for argument in [None, Some("netrpc")] {
        let options = argument.into_iter().fold(options(), |options, argument| options.arg(argument));
        processes.push(("ours", options.open(built_program("counter")).unwrap()));
    }
    for (way, process) in processes.iter().filter(|(way, _)| *way != "netrpc keeper") {
        let counter = opened::<dyn Counter>(process);
        let pid = process.pid().unwrap();
        let start = Instant::now();
        let error = counter.put(&Kills(pid), "key", 1).unwrap_err().to_string();
        assert!(error.contains("was killed by signal 9 (SIGKILL) while it was being called"), "{way}: {error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{way}: {:?}", start.elapsed());
    }
}

#[test]
fn a_host_in_go_that_is_killed_within_a_callback_takes_our_plugin_along() {
    for (at, host) in GO_HOSTS.iter().enumerate() {
        let (folder, sockets) = (empty(&format!("go-callbacks-dies-{at}")), Sockets::new());
        let Some(mut command) = host.command("die key", &folder) else { return };
        let output = run(command.env("TMPDIR", &*sockets));
        assert_eq!(output.status.code(), None, "{output:?}");
        // Go leaves the listener of the object that it has lent.
        let of_go = usize::from(host.program == "counter" && !host.is_netrpc());
        until(Duration::from_secs(5), "the plugin has removed its socket", || entries(&sockets).len() == of_go);
    }
}

/// Our host in a process of its own, and the pid of its plugin.
fn our_host(plugin: &Path, argument: Option<&str>, arguments: &[&str], sockets: &Path) -> (std::process::Child, u32) {
    let mut host = Command::new(built_program("counter-host"));
    host.arg(plugin).arg("key").args(arguments).env("TMPDIR", sockets).current_dir(sockets).stdout(Stdio::piped());
    if let Some(argument) = argument {
        host.env("PLUGIN_ARGUMENT", argument);
    }
    let mut host = host.spawn().unwrap();
    let mut pid = String::new();
    let stdout = host.stdout.as_mut().unwrap();
    // One byte at a time, since more follows.
    while !pid.ends_with('\n') {
        let mut byte = [0];
        std::io::Read::read_exact(stdout, &mut byte).unwrap();
        pid.push(char::from(byte[0]));
    }
    let pid = pid.trim().parse().unwrap();
    (host, pid)
}

/// Each of our plugins and of Go's, with its argument.
fn all_plugins() -> Option<Vec<(PathBuf, Option<&'static str>)>> {
    let [ours, theirs] = [built_program("counter"), go("counter")?];
    Some(vec![(ours.clone(), None), (ours, Some("netrpc")), (theirs.clone(), None), (theirs, Some("-rpc"))])
}

#[test]
fn our_host_that_is_killed_within_a_callback_takes_the_plugin_along() {
    for (plugin, argument) in all_plugins().into_iter().flatten() {
        let sockets = Sockets::new();
        let (mut host, pid) = our_host(&plugin, argument, &["die"], &sockets);
        assert_eq!(host.wait().unwrap().code(), None);
        not_running_within(pid, Duration::from_secs(5));
    }
}

#[test]
fn a_thousand_lent_objects_leave_nothing_open() {
    for (plugin, argument) in all_plugins().into_iter().flatten() {
        let sockets = Sockets::new();
        let (mut host, pid) = our_host(&plugin, argument, &["put", "1000"], &sockets);
        let text = first_line(host.stdout.take().unwrap());
        assert!(host.wait().unwrap().success());
        assert_eq!(text, "1000, 0 and 0 descriptors more", "{} {argument:?}", plugin.display());
        assert!(!is_running(pid));
        let left: Vec<_> = entries(&sockets).into_iter().filter(|path| !path.ends_with("kv_key")).collect();
        assert!(left.is_empty(), "{left:?} is left");
    }
}
