//! The lifetime of processes: handles, death notices, health, and reattachment.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use plug::Registry;
use plug::link::{ProcessOptions, Reattach};
use plug_tests::{is_running, program};
use rustix::process::Signal;

use crate::dying::signal;
use crate::{LONG, in_time, open, work, worker};

fn runs(id: &str) -> bool {
    is_running(id.parse().unwrap())
}

#[test]
fn it_lives_as_long_as_a_handle() {
    let process = worker();
    let (one, two) = (work(&process), work(&process));
    let id = one.obey("pid").unwrap();
    // All handles share one process.
    assert_eq!((one.obey("count").unwrap(), two.obey("count").unwrap()), ("1".to_owned(), "2".to_owned()));
    assert_eq!(two.obey("pid").unwrap(), id);
    drop(one);
    assert!(runs(&id));
    drop(two);
    assert!(!runs(&id), "the last handle is gone, and so is the process");
    // The next handle starts another process.
    let again = work(&process);
    assert_ne!(again.obey("pid").unwrap(), id);
    assert_eq!(again.obey("count").unwrap(), "1");
}

/// It ends when its host asks it to, without any other wait.
#[test]
fn it_goes_at_once() {
    for options in [ProcessOptions::new(), ProcessOptions::new().without_tls()] {
        let quickest = (0..10).map(|_| {
            let work = work(&open(options.clone()));
            assert_eq!(work.sum(1, &[2]).unwrap(), 3);
            let start = Instant::now();
            drop(work);
            start.elapsed()
        });
        let quickest = quickest.min().unwrap();
        assert!(quickest < Duration::from_millis(40), "{quickest:?}");
    }
}

#[test]
fn it_goes_where_nothing_was_opened() {
    let process = open(ProcessOptions::new().without_tls());
    let mut registry = Registry::new();
    registry.add(&process).unwrap();
    let id = process.reattachment().unwrap().pid.to_string();
    assert!(runs(&id));
    drop(registry);
    assert!(runs(&id), "the link is there");
    drop(process);
    assert!(!runs(&id));
}

#[test]
fn a_process_that_does_not_end_is_killed() {
    let kill_timeout = Duration::from_millis(200);
    let process = open(ProcessOptions::new().kill_timeout(kill_timeout));
    let work = work(&process);
    let id = work.obey("pid").unwrap();
    // It is stopped, and so does not react to the request to end.
    signal(&id, Signal::STOP);
    let start = Instant::now();
    in_time(move || drop(work));
    let took = start.elapsed();
    assert!(took >= kill_timeout && took < Duration::from_secs(2), "{took:?}");
    assert!(!runs(&id));
}

#[test]
fn a_method_that_goes_on_does_not_keep_it() {
    let process = worker();
    let work = work(&process);
    let id = work.obey("pid").unwrap();
    plug::with_deadline(Duration::from_millis(50), || work.sleep(60_000)).unwrap_err();
    let start = Instant::now();
    drop(work);
    assert!(!runs(&id));
    // Less than the time until it would be killed.
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
}

#[test]
fn its_death_is_told() {
    let (send, receive) = mpsc::channel();
    let process = open(ProcessOptions::new().on_death(move |death| send.send(death.clone()).unwrap()));
    let work = work(&process);
    work.die("last words").unwrap_err();
    let death = receive.recv_timeout(LONG).unwrap();
    assert_eq!(death.path, program("worker"));
    assert_eq!(death.status.unwrap().code(), Some(8));
    assert_eq!(death.stderr, ["this is the end"]);
    drop((work, process));
    // Its death is reported once, and a requested end is not reported.
    assert!(receive.recv().is_err());
}

#[test]
fn a_requested_end_is_not_reported_as_a_death() {
    let (send, receive) = mpsc::channel();
    let process = open(ProcessOptions::new().on_death(move |death| send.send(death.clone()).unwrap()));
    drop(work(&process));
    drop(process);
    assert!(receive.recv().is_err());
}

#[test]
fn its_health_can_be_asked_for() {
    let process = worker();
    process.check().unwrap();
    let work = work(&process);
    let id = work.obey("pid").unwrap();
    signal(&id, Signal::STOP);
    let error = plug::with_deadline(Duration::from_millis(100), || process.check().unwrap_err());
    assert_eq!(error.to_string(), "plugin `worker` did not answer `check` in time, and the call was cancelled");
    signal(&id, Signal::CONT);
    process.check().unwrap();
}

#[test]
fn it_outlives_a_host_that_came_later() {
    let first = open(ProcessOptions::new().without_tls());
    let one = work(&first);
    let id = one.obey("pid").unwrap();
    assert_eq!(one.obey("count").unwrap(), "1");
    let reattachment = first.reattachment().unwrap();
    let version = if crate::PROTOCOL == "grpc" { 2 } else { 1 };
    assert_eq!((reattachment.pid.to_string(), reattachment.version), (id.clone(), version));
    assert_eq!(reattachment.address, format!("unix:{}", one.obey("socket").unwrap()));

    let second = ProcessOptions::new().reattach(reattachment.clone()).unwrap();
    let other = work(&second);
    assert_eq!(other.obey("count").unwrap(), "2");
    assert_eq!(other.obey("pid").unwrap(), id);
    drop((other, second));
    assert!(runs(&id));
    assert_eq!(one.obey("count").unwrap(), "3");

    let second = ProcessOptions::new().reattach(reattachment.clone()).unwrap();
    let other = work(&second);
    drop((one, first));
    assert!(!runs(&id));
    let error = in_time(move || other.obey("count").unwrap_err());
    let Reattach { address, .. } = reattachment;
    let text = error.to_string();
    assert_eq!(
        text,
        format!(
            "plugin `worker` in `process:{address}` is not there for `obey`: it does not answer at `{address}`: No such file or directory (os error 2)"
        )
    );
}

#[test]
fn failed_reattachments_are_errors() {
    let error = worker().reattachment().unwrap_err();
    assert_eq!(
        crate::worker_message(&error),
        "`process:PATH` takes calls only from the program that has started it\n\
         hint: turn TLS off: `ProcessOptions::without_tls`"
    );
    let reattach = |address: &str| {
        let protocol = plug::link::Protocol::Grpc;
        ProcessOptions::new().reattach(Reattach::new(1, address).protocol(protocol))
    };
    assert_eq!(
        reattach("nowhere").err().unwrap().to_string(),
        "`nowhere` is no address of a process: that is `unix:PATH` or `tcp:IP:PORT`"
    );
    let gone = reattach("unix:/no/such/socket").unwrap();
    assert_eq!(
        crate::refusal(&gone, Path::new("/no/such/plugin")),
        "plugin `unix:/no/such/socket` does not answer at `unix:/no/such/socket`\ncaused by: No such file or directory (os error 2)"
    );
}

#[test]
fn messages_can_be_large() {
    let options = [ProcessOptions::new(), ProcessOptions::new().without_tls()];
    for (options, mib) in options.into_iter().zip([8, 64]) {
        let work = work(&open(options));
        let data: Vec<u8> = (0..mib << 20).map(|at: u32| (at % 251) as u8).collect();
        assert!(work.echo(&data).unwrap() == data, "{mib} MiB come back as they were");
    }
    let work = work(&open(ProcessOptions::new().max_reply(1 << 20)));
    let error = work.echo(&vec![0; 2 << 20]).unwrap_err();
    assert_eq!(
        crate::worker_message(&error),
        format!(
            "plugin `worker` in `process:PATH` refused `echo` with OUT_OF_RANGE: the reply has {} bytes, and the limit is 1048576\nhint: `ProcessOptions::max_reply` sets the limit",
            (2 << 20) + if crate::PROTOCOL == "grpc" { 5 } else { 6 }
        )
    );
    assert_eq!(work.echo(b"x").unwrap(), b"x");
}

#[test]
fn a_long_error_arrives_whole() {
    let work = work(&worker());
    for len in [17_000, 60_000] {
        let text = "é ".repeat(len / 3);
        let error = work.fail(&text).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert!(error.to_string() == text, "{len}");
        assert_eq!(cause.as_deref(), Some("because it was told to"));
    }
}
