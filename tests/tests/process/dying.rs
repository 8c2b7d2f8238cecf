//! Processes that end or panic during a call, or before it: the errors of the caller and of others.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use plug::ErrorKind;
use plug::link::{ProcessFault, ProcessOptions};
use plug_tests::until;

use crate::{LONG, in_time, message_of, open, work, worker, worker_message};

/// The error of a call that makes the worker die in this way.
fn death(how: &'static str) -> String {
    in_time(move || worker_message(&work(&worker()).die(how).unwrap_err()))
}

#[test]
fn it_ends_while_it_is_called() {
    assert_eq!(death("exit"), "plugin `PATH` exited with status 7 while it was being called");
    assert_eq!(
        death("last words"),
        "plugin `PATH` exited with status 8 while it was being called\nstderr: this is the end"
    );
    assert_eq!(
        death("kill"),
        "plugin `PATH` was killed by signal 9 (SIGKILL) while it was being called\n\
         hint: if nobody else killed it, the system did, because it was short of memory"
    );
    assert_eq!(death("abort"), "plugin `PATH` was killed by signal 6 (SIGABRT) while it was being called");
    assert_eq!(death("segfault"), "plugin `PATH` was killed by signal 11 (SIGSEGV) while it was being called");
    let overflow = death("overflow");
    let (first, rest) = overflow.split_once('\n').unwrap();
    assert_eq!(first, "plugin `PATH` was killed by signal 6 (SIGABRT) while it was being called");
    assert!(
        rest.contains("stderr: thread '")
            && rest.contains(" has overflowed its stack\nstderr: fatal runtime error: stack overflow"),
        "{rest}"
    );
}

#[test]
fn a_panic_is_an_error_and_the_process_goes_on() {
    let process = worker();
    let work = work(&process);
    let error = work.die("panic").unwrap_err();
    let ErrorKind::Panicked { plugin, method, place, message } = error.kind() else { panic!("{error:?}") };
    assert_eq!((&plugin[..], &method[..], message.as_deref()), ("worker", "die", Some("told to panic")));
    let place = place.as_deref().unwrap();
    let (file, numbers) = place.split_once(':').unwrap();
    assert!(
        file.ends_with("programs/worker/orders.rs") && numbers.split(':').all(|number| number.parse::<u32>().is_ok()),
        "{place}"
    );
    assert_eq!(error.to_string(), format!("plugin `worker` panicked in `die` at {place}: told to panic"));
    assert_eq!(work.sum(1, &[2]).unwrap(), 3);
}

#[test]
fn an_error_comes_with_its_causes() {
    let error = work(&worker()).fail("é\0 so").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Plugin));
    assert_eq!(format!("{error:?}"), "é\0 so\ncaused by: because it was told to");
}

/// Sends a signal to a process. After SIGSTOP, none of its threads runs.
pub(crate) fn signal(id: &str, signal: rustix::process::Signal) {
    let number = rustix::process::Pid::from_raw(id.parse().unwrap()).unwrap();
    rustix::process::kill_process(number, signal).unwrap();
    if signal == rustix::process::Signal::STOP {
        let state = || std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        until(LONG, "it is stopped", || state().rsplit(") ").next().is_some_and(|state| state.starts_with('T')));
    }
}

pub(crate) fn kill(id: &str) {
    signal(id, rustix::process::Signal::KILL);
}

#[test]
fn it_was_killed_before_the_call() {
    let (send, receive) = mpsc::channel();
    let process = open(ProcessOptions::new().on_death(move |death| _ = send.send(death.clone())));
    let work = work(&process);
    kill(&work.obey("pid").unwrap());
    let death = receive.recv_timeout(LONG).unwrap();
    assert_eq!(death.status.unwrap().to_string(), "signal: 9 (SIGKILL)");
    let error = in_time(move || work.echo(b"x").unwrap_err());
    assert_eq!(
        worker_message(&error),
        "plugin `PATH` was killed by signal 9 (SIGKILL) before it was called\n\
         hint: if nobody else killed it, the system did, because it was short of memory"
    );
    let ErrorKind::Process { fault: ProcessFault::Died { was_called: false, .. }, .. } = error.kind() else {
        panic!("{error:?}")
    };
}

#[test]
fn it_is_killed_while_many_wait() {
    let process = worker();
    let work = work(&process);
    let id = work.obey("pid").unwrap();
    let before = threads(&id);
    let errors = thread::scope(|scope| {
        let calls: Vec<_> = (0..16).map(|_| scope.spawn(|| work.sleep(60_000).unwrap_err())).collect();
        // A thread that has just replied takes the next call.
        until(LONG, "all are under way", || threads(&id) >= before + 15);
        let start = Instant::now();
        kill(&id);
        let errors: Vec<_> = calls.into_iter().map(|call| worker_message(&call.join().unwrap())).collect();
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        errors
    });
    for error in errors {
        assert!(
            error.starts_with("plugin `PATH` was killed by signal 9 (SIGKILL) while it was being called\n"),
            "{error}"
        );
    }
}

/// A process behind a wrapper ends with the wrapper.
#[test]
fn it_is_killed_and_its_child_with_it() {
    // The child does not check for its parent.
    let script = format!("'{}' hearing & wait", plug_tests::program("worker").display());
    let process = crate::shell(&script).without_tls().open("/bin/sh").unwrap();
    let shell = process.pid().unwrap();
    let child = crate::orphans::child_of(shell);
    kill(&shell.to_string());
    until(LONG, "the child is gone", || !plug_tests::is_running(child));
}

/// A child of the process is in a group of its own, keeps its socket open, and does not respond.
#[test]
fn it_is_killed_and_its_child_is_not() {
    let script = format!("setsid '{}' & wait", plug_tests::program("worker").display());
    let process = crate::shell(&script).open("/bin/sh").unwrap();
    let (work, shell) = (work(&process), process.pid().unwrap().to_string());
    let child = work.obey("pid").unwrap();
    assert_ne!(child, shell);
    signal(&child, rustix::process::Signal::STOP);
    let killed = Instant::now();
    let errors = in_time(move || {
        let first = thread::scope(|scope| {
            let call = scope.spawn(|| work.sum(1, &[2]).unwrap_err());
            thread::sleep(Duration::from_millis(100));
            kill(&shell);
            call.join().unwrap()
        });
        // A later call does not wait either.
        [first, work.sum(1, &[2]).unwrap_err()].map(|error| message_of(&error, Path::new("/bin/sh")))
    });
    let took = killed.elapsed();
    kill(&child);
    for (error, when) in errors.iter().zip(["while it was being called", "before it was called"]) {
        assert!(error.starts_with(&format!("plugin `PATH` was killed by signal 9 (SIGKILL) {when}\n")), "{error}");
    }
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// The number of threads of the process.
fn threads(id: &str) -> usize {
    std::fs::read_dir(format!("/proc/{id}/task")).map_or(0, Iterator::count)
}

#[test]
fn one_death_is_no_others() {
    let (mortal, other) = (worker(), worker());
    let (mortal, other) = (work(&mortal), work(&other));
    assert_ne!(mortal.obey("pid").unwrap(), other.obey("pid").unwrap());
    in_time(move || mortal.die("abort").unwrap_err());
    assert_eq!(other.sum(1, &[2]).unwrap(), 3);
    assert_eq!(other.obey("count").unwrap(), "1");
}

#[test]
fn a_connection_that_is_lost_is_made_again() {
    let process = worker();
    let work = work(&process);
    let id = work.obey("pid").unwrap();
    let error = in_time({
        let process = process.clone();
        move || crate::work(&process).obey("shut").unwrap_err()
    });
    let ErrorKind::Unavailable { .. } = error.kind() else { panic!("{error:?}") };
    until(LONG, "it answers", || work.obey("pid").is_ok_and(|again| again == id));
    process.check().unwrap();
}

#[test]
#[ignore = "slow"]
fn its_socket_is_removed() {
    let process = worker();
    let work = work(&process);
    let socket = work.obey("socket").unwrap();
    assert_eq!(work.obey("remove").unwrap(), "removed");
    // The process is connected now.
    assert_eq!(work.sum(1, &[2]).unwrap(), 3);
    in_time({
        let process = process.clone();
        move || _ = crate::work(&process).obey("shut").unwrap_err()
    });
    let error = in_time(move || work.sum(1, &[2]).unwrap_err());
    let worker = plug_tests::program("worker");
    assert_eq!(
        error.to_string(),
        format!(
            "plugin `worker` in `process:{}` is not there for `sum`: it does not answer at `unix:{socket}`: No such file or directory (os error 2)",
            worker.display()
        )
    );
}

#[test]
fn a_process_that_closes_connections_is_an_error() {
    let options = ProcessOptions::new().arg("closing").without_tls();
    let error = in_time(move || plug::Registry::new().add(&open(options)).map(|_| ()).unwrap_err());
    // It closes at the first message, or at the second.
    match error.kind() {
        ErrorKind::Unavailable { .. } | ErrorKind::Process { fault: ProcessFault::Connect { .. }, .. } => {}
        _ => panic!("{error:?}"),
    }
}
