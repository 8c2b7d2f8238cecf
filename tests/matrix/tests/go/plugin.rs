//! A host in Rust, with a plugin in Go on HashiCorp's go-plugin.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use app_interface::Plug;
use plug::link::{Process, ProcessOptions};
use plug::{Error, ErrorKind, Registry};
use plug_tests::{Sockets, go, is_running};
use process_interface::Work;

use crate::{log, not_running_within};

/// A running plugin, and its registry.
struct Running {
    process: Process,
    registry: Registry,
}

impl Running {
    fn start(path: &Path, options: ProcessOptions) -> Self {
        log::record();
        let process = options.open(path).unwrap();
        let mut registry = Registry::new();
        registry.add(&process).unwrap();
        Self { process, registry }
    }

    fn plug(&self) -> Box<dyn Plug> {
        self.registry.open("plugin").unwrap()
    }

    fn work(&self) -> Box<dyn Work> {
        self.registry.open("plugin").unwrap()
    }

    fn pid(&self) -> u32 {
        self.process.pid().unwrap()
    }
}

/// Runs the test without AutoMTLS and with it.
fn each_way(test: impl Fn(&Path, &dyn Fn() -> ProcessOptions)) {
    let Some(plugin) = go("plugin") else { return };
    test(&plugin, &|| ProcessOptions::new().without_tls());
    test(&plugin, &ProcessOptions::new);
}

fn text(error: &Error) -> String {
    format!("{error:#}")
}

#[test]
fn is_listed_after_its_file() {
    each_way(|path, options| {
        let running = Running::start(path, options());
        let found: Vec<_> = running.registry.plugins().map(|plugin| (plugin.name(), plugin.interface())).collect();
        assert_eq!(found, [("plugin", "app_interface::Plug"), ("plugin", "process_interface::Work")]);
        assert_eq!(running.process.version().unwrap(), 1);
        running.process.check().unwrap();
    });
}

#[test]
fn answers() {
    each_way(|path, options| {
        let running = Running::start(path, options());
        let (plug, work) = (running.plug(), running.work());
        for name in ["x", "", "Zoë"] {
            assert_eq!(plug.say_hello(name).unwrap(), format!("hello, {name}"));
        }
        let large: Vec<_> = (0..8 << 20).map(|at| (at % 251) as u8).collect();
        assert!(work.echo(&large).unwrap() == large);
        assert!(work.echo(&[]).unwrap().is_empty());
        assert_eq!(work.sum(5, &[]).unwrap(), 5);
        assert_eq!(work.sum(5, &[1, 2, u64::MAX - 8]).unwrap(), u64::MAX);
        work.sleep(20).unwrap();
        // The plugin lacks this method.
        assert_eq!(work.version().unwrap(), "before versions");
        assert_eq!(work.version().unwrap(), "before versions");
    });
}

#[test]
fn answers_many_at_once() {
    each_way(|path, options| {
        let running = Running::start(path, options());
        let work = running.work();
        let start = Instant::now();
        std::thread::scope(|scope| {
            for at in 0..32 {
                let work = &work;
                scope.spawn(move || {
                    work.sleep(200).unwrap();
                    assert_eq!(work.sum(at, &[1]).unwrap(), at + 1);
                });
            }
        });
        assert!(start.elapsed() < Duration::from_secs(3), "they waited for each other");
    });
}

#[test]
fn fails_with_its_text() {
    each_way(|path, options| {
        let work = Running::start(path, options()).work();
        for said in ["no such luck", "50 % of Zoë's: luck", "two\nlines", ""] {
            let error = work.fail(said).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Plugin), "{error:?}");
            assert_eq!(text(&error), said);
        }
    });
}

#[test]
fn is_given_up_when_it_takes_too_long() {
    each_way(|path, options| {
        let work = Running::start(path, options()).work();
        let start = Instant::now();
        let error = plug::with_deadline(Duration::from_millis(100), || work.sleep(60_000)).unwrap_err();
        assert_eq!(text(&error), "plugin `plugin` did not answer `sleep` in time, and the call was cancelled");
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(work.sum(1, &[]).unwrap(), 1);
    });
}

/// The message without the last lines of stderr, some of which are go-plugin's.
fn head(error: &Error) -> String {
    text(error).split("\nstderr: ").next().unwrap().to_owned()
}

#[test]
fn dies_while_it_is_called() {
    each_way(|path, options| {
        let display = path.display();
        let died = |how: &str| Running::start(path, options()).work().die(how).unwrap_err();
        let exited = |status| format!("plugin `{display}` exited with status {status} while it was being called");
        assert_eq!(head(&died("exit")), exited(3));
        assert_eq!(head(&died("kill")), killed(path));
        let panicked = died("panic");
        assert_eq!(head(&panicked), exited(2));
        // The error has the message of the panic, but not the stacks of all goroutines.
        assert!(text(&panicked).contains("panic: dying as asked"), "{panicked:#}");
        assert!(text(&panicked).len() < 2_000, "{panicked:#}");
        assert_eq!(text(&died("nothing")), "no way to die is called \"nothing\"");
    });
}

fn killed(path: &Path) -> String {
    format!(
        "plugin `{}` was killed by signal 9 (SIGKILL) while it was being called\n\
         hint: if nobody else killed it, the system did, because it was short of memory",
        path.display()
    )
}

#[test]
fn is_killed_while_it_is_called() {
    each_way(|path, options| {
        let running = Running::start(path, options());
        let (work, pid) = (running.work(), running.pid());
        let start = Instant::now();
        let killing = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            crate::kill(pid);
        });
        assert_eq!(head(&work.sleep(60_000).unwrap_err()), killed(path));
        killing.join().unwrap();
        assert!(start.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn leaves_with_the_last_handle() {
    each_way(|path, options| {
        let running = Running::start(path, options());
        let (pid, work) = (running.pid(), running.work());
        drop(running);
        assert_eq!(work.sum(1, &[]).unwrap(), 1);
        drop(work);
        not_running_within(pid, Duration::from_secs(3));
    });
}

#[test]
fn is_reattached_to() {
    let Some(path) = go("plugin") else { return };
    // As in Go, a host that reattaches has no certificate.
    let running = Running::start(&path, ProcessOptions::new().without_tls());
    let work = running.work();
    let again = ProcessOptions::new().reattach(running.process.reattachment().unwrap()).unwrap();
    let mut registry = Registry::new();
    registry.add(&again).unwrap();
    let name = registry.plugins().next().unwrap().name().to_owned();
    let other: Box<dyn Work> = registry.open(&name).unwrap();
    assert_eq!(other.sum(1, &[1]).unwrap(), 2);
    drop((other, registry, again));
    // Only the host that started it ends it.
    assert_eq!(work.sum(1, &[2]).unwrap(), 3);
}

#[test]
fn logs_what_it_logs() {
    let Some((_folder, path)) = named("chatty") else { return };
    let running = Running::start(&path, ProcessOptions::new().env("PLUG_TEST_LOG", "1"));
    let plug: Box<dyn Plug> = running.registry.open("chatty").unwrap();
    plug.say_hello("x").unwrap();
    let record = log::wait_for("chatty", |record| record.contains("ready to greet"));
    assert!(
        record.starts_with("WARN plug::process message=ready to greet plugin=chatty module=greeter timestamp=2"),
        "{record}"
    );
    assert!(record.ends_with(" fields=languages=2"), "{record}");
    let record = log::wait_for("chatty", |record| record.contains("a plain line"));
    assert_eq!(record, "DEBUG plug::process message=a plain line plugin=chatty");
}

/// The plugin under another name, and its folder.
fn named(name: &str) -> Option<(Sockets, PathBuf)> {
    let (folder, path) = (Sockets::new(), go("plugin")?);
    let other = folder.join(name);
    fs::copy(path, &other).unwrap();
    Some((folder, other))
}

/// The variable that makes this test a host that is killed.
const HOST: &str = "PLUG_TEST_HOST";

/// Hosts on go-plugin leave their plugins behind, as `baseline` shows.
#[test]
fn leaves_when_the_host_is_killed() {
    let Some(path) = go("plugin") else { return };
    if std::env::var_os(HOST).is_some() {
        let running = Running::start(&path, ProcessOptions::new());
        let _work = running.work();
        println!("\npid={}", running.pid());
        std::thread::sleep(Duration::from_secs(600));
        return;
    }
    let mut host = Command::new(std::env::current_exe().unwrap());
    host.args(["--exact", "plugin::leaves_when_the_host_is_killed", "--nocapture"]).env(HOST, "1");
    let mut host = host.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap()).lines().map(Result::unwrap);
    let pid = lines.find_map(|line| line.strip_prefix("pid=")?.parse().ok()).unwrap();
    assert!(is_running(pid));
    host.kill().unwrap();
    host.wait().unwrap();
    not_running_within(pid, Duration::from_secs(1));
}
