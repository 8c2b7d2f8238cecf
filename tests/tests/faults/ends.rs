//! The ends of processes, of either side.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use plug::link::{ProcessOptions, Restart};
use plug::{ErrorKind, Items};
use plug_tests::{program, start};
use pollster::block_on;

use crate::{Answers, Lines, Peer, in_time, process, until};

pub fn kill(id: u32) {
    assert!(Command::new("kill").args(["-9", &id.to_string()]).status().unwrap().success());
}

/// Kills the process once `is_due`.
fn killing(id: u32, is_due: impl Fn() -> bool + Send + 'static) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        until(is_due);
        kill(id);
    })
}

#[test]
fn a_plugin_that_is_killed_ends_the_call_that_waits_in_a_callback() {
    for is_awaited in [false, true] {
        let process = process();
        let faulty = Peer::new(&process, "process").open();
        let host = Arc::new(Answers::default());
        let asked = Arc::clone(&host);
        let killing = killing(process.pid().unwrap(), move || asked.asked.load(Ordering::SeqCst) == 1);
        in_time(move || {
            let answer = match is_awaited {
                true => block_on(faulty.answer(&*host, "never")),
                false => faulty.ask_within(&*host, 600_000, "never", "then"),
            };
            let error = answer.unwrap_err();
            assert!(error.to_string().contains("SIGKILL"), "{error}");
            assert_eq!(host.live(), 0);
        });
        killing.join().unwrap();
    }
}

#[test]
fn a_plugin_that_is_killed_ends_its_streams_and_drops_what_it_kept() {
    let process = process();
    let faulty = Peer::new(&process, "process").open();
    let live = Arc::default();
    faulty.keep(Lines::new(&live), 0, "").unwrap();
    let (sink, mut items) = (faulty.open(0).unwrap(), faulty.slow(10).unwrap());
    assert_eq!(items.next().unwrap().unwrap(), 0);
    let id = process.pid().unwrap();
    let killing = killing(id, {
        let after = std::time::Instant::now() + Duration::from_millis(100);
        move || std::time::Instant::now() > after
    });
    in_time(move || {
        let error = items.find_map(Result::err).unwrap().to_string();
        assert!(error.contains("was killed by signal 9 (SIGKILL)"), "{error}");
        assert!(items.next().is_none());
        // One that it reads, and the calls of what it has left.
        assert!(faulty.read(Items::new((0..).map(Ok))).is_err());
        assert!(sink.line("x").is_err() && faulty.open(0).is_err());
    });
    killing.join().unwrap();
    until(|| live.load(Ordering::SeqCst) == 0);
}

#[test]
fn a_plugin_that_is_killed_while_it_reads_ends_the_writer() {
    let process = process();
    let faulty = Peer::new(&process, "process").open();
    let (id, live) = (process.pid().unwrap(), Arc::default());
    let lines = Lines::new(&live);
    let read = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let killing = killing(id, {
        let read = Arc::clone(&read);
        move || read.load(Ordering::SeqCst) > 1000
    });
    in_time(move || {
        let items = (0..).map(move |number| {
            let _lines = &lines;
            read.store(number, Ordering::SeqCst);
            Ok(number)
        });
        let error = faulty.read(Items::new(items)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Process { .. } | ErrorKind::Unavailable { .. }), "{error}");
    });
    killing.join().unwrap();
    until(|| live.load(Ordering::SeqCst) == 0);
}

#[test]
fn a_process_that_is_started_again_takes_objects_and_streams() {
    let process = crate::open(ProcessOptions::new().restart(Restart::at_most(3)));
    let faulty = Peer::new(&process, "process").open();
    let (host, live) = (Answers::default(), Arc::default());
    for round in 0..2 {
        assert_eq!(faulty.ask(&host, "x").unwrap(), "x!");
        faulty.keep(Lines::new(&live), 0, "").unwrap();
        let sink = faulty.open(0).unwrap();
        let before = process.pid().unwrap();
        kill(before);
        until(|| live.load(Ordering::SeqCst) == 0);
        // Those of before are lost, and say so.
        assert!(sink.line("x").is_err(), "{round}");
        until(|| faulty.nothing().is_ok());
        assert_eq!(faulty.tell("x").unwrap_err().to_string(), "there is no sink");
        assert_eq!(faulty.read(Items::new((0..3).map(Ok))).unwrap(), 3);
    }
}

#[test]
fn a_host_that_is_killed_within_a_callback_takes_its_plugin_along() {
    let mut host = start(Command::new(program("fault-host")).arg("callback").arg(program("process-faults")));
    let plugin = host.line().parse().unwrap();
    assert_eq!(host.line(), "in the callback");
    assert!(plug_tests::is_running(plugin));
    host.kill();
    until(|| !plug_tests::is_running(plugin));
}

#[test]
fn objects_and_streams_are_dropped_at_exit() {
    let mut host = start(Command::new(program("fault-host")).arg("exit").arg(program("process-faults")));
    let plugin: u32 = host.line().parse().unwrap();
    in_time(move || {
        assert_eq!((host.line(), host.line()), ("after main".to_owned(), "at exit".to_owned()));
        assert!(host.end().success());
    });
    until(|| !plug_tests::is_running(plugin));
}

#[test]
fn a_fork_leaves_objects_and_streams_to_its_parent() {
    let path = program("process-faults");
    let mut host = start(Command::new(program("fault-host")).arg("fork").arg(&path));
    let mut lines = Vec::new();
    in_time(move || {
        for _ in 0..8 {
            lines.push(host.line().replace(&*path.to_string_lossy(), "PATH"));
        }
        let hint = "hint: open the plugin in the fork too";
        let call = |method| {
            format!("plugin `faulty` in `process:PATH` is not there for `{method}`: it is the parent's, a fork")
        };
        let expected = [
            call("line"),
            hint.to_owned(),
            call("slow"),
            hint.to_owned(),
            call("ask"),
            hint.to_owned(),
            "the fork ended with 0".to_owned(),
            "3 true 1".to_owned(),
        ];
        assert_eq!(lines, expected);
    });
}
