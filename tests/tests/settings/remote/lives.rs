//! The life of instances: from their opening to the end of their object, client, process or server.

use std::process::Command;
use std::time::{Duration, Instant};

use plug::link::{Grpc, ProcessOptions, Restart};
use plug::{Cancellation, ErrorKind, OpenOptions, with_cancellation, with_deadline};
use plug_tests::{at_once, is_running, program, start, until};
use rustix::process::{Pid, Signal, kill_process};
use settings_plugins::Counter;

use super::relay::Relay;
use super::{LONG, each, json, message, netrpc, open, process, registry, server};

fn kill(pid: u32) {
    signal(pid, Signal::KILL);
    until(LONG, "it is gone", || !is_running(pid));
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

#[test]
fn each_object_is_an_instance_and_ends_with_it() {
    each(|registry, _| {
        let first = open(registry, r#"{ "times": 1 }"#).unwrap();
        let second = open(registry, r#"{ "times": 2 }"#).unwrap();
        let default = registry.open::<dyn Counter>("all").unwrap();
        let starts = |object: &dyn Counter, start: &str| assert!(object.settings().unwrap().starts_with(start));
        starts(&*first, "Settings { times: 1, ");
        starts(&*second, "Settings { times: 2, ");
        starts(&*default, "Settings { times: 0, ");
        assert_eq!([first.count().unwrap(), first.count().unwrap(), second.count().unwrap()], [1, 2, 1]);
        assert_eq!(default.alive().unwrap(), 3);
        // When the object is dropped here, it is dropped there.
        drop(first);
        assert_eq!(default.alive().unwrap(), 2);
        drop(second);
        assert_eq!(default.alive().unwrap(), 1);
        // A refused instance leaves nothing, and the others stay.
        open(registry, r#"{ "fail": "key" }"#).err().unwrap();
        assert_eq!((default.alive().unwrap(), default.count().unwrap()), (1, 1));
    });
}

#[test]
fn a_plugin_without_settings_has_instances_too() {
    each(|registry, _| {
        let [one, other] = [0, 1].map(|_| registry.open::<dyn Counter>("plain").unwrap());
        assert_eq!([one.count().unwrap(), one.count().unwrap(), other.count().unwrap()], [1, 2, 1]);
    });
}

#[test]
#[ignore = "slow"]
fn there_may_be_a_thousand_at_once() {
    each(|registry, _| {
        let all: Vec<_> =
            (0..1000).map(|times| open(registry, &format!(r#"{{ "times": {times} }}"#)).unwrap()).collect();
        for (times, object) in all.iter().enumerate() {
            assert!(object.settings().unwrap().starts_with(&format!("Settings {{ times: {times}, ")));
            assert_eq!(object.count().unwrap(), 1);
        }
        assert_eq!(all[0].alive().unwrap(), 1000);
        let last = open(registry, "{}").unwrap();
        drop(all);
        assert_eq!(last.alive().unwrap(), 1);
    });
}

#[test]
fn many_threads_open_and_drop_at_once() {
    each(|registry, _| {
        let observer = open(registry, "{}").unwrap();
        std::thread::scope(|scope| {
            for thread in 0..16 {
                scope.spawn(move || {
                    for at in 0..20 {
                        let times = 1000 * thread + at;
                        let object = open(registry, &format!(r#"{{ "times": {times} }}"#)).unwrap();
                        assert!(object.settings().unwrap().starts_with(&format!("Settings {{ times: {times}, ")));
                    }
                });
            }
        });
        assert_eq!(observer.alive().unwrap(), 1);
    });
}

#[test]
fn the_instances_of_a_host_that_is_killed_end() {
    // Those in its process end with the process.
    for protocol in ["grpc", "netrpc"] {
        let address = format!("process:{}", program("process-settings").display());
        let mut host = start(Command::new(program("settings-peer")).args(["host", &address, "100", protocol]));
        let plugin: u32 = host.line().parse().unwrap();
        assert!(is_running(plugin));
        host.kill();
        until(LONG, "the process is gone", || !is_running(plugin));
    }
    // Those on a server are dropped.
    let (_server, address) = server(1000);
    let observer = open(&registry(&Grpc::open(&address).unwrap()), "{}").unwrap();
    let mut host = start(Command::new(program("settings-peer")).args(["host", &address, "100", "grpc"]));
    host.line().parse::<u32>().unwrap();
    assert_eq!(observer.alive().unwrap(), 101);
    host.kill();
    until(LONG, "its instances are gone", || observer.alive().unwrap() == 1);
}

#[test]
fn a_plugin_may_end_while_it_is_opened() {
    for options in [ProcessOptions::new(), netrpc()] {
        let process = process(options);
        let registry = registry(&process);
        let error = open(&registry, r#"{ "fail": "exit" }"#).err().unwrap();
        assert_eq!(
            message(&error, &program("process-settings")),
            "cannot open plugin `all` of settings-plugins\n\
             caused by: plugin `PATH` exited with status 3 while it was being called"
        );
        // The next one has a process again.
        assert_eq!(open(&registry, "{}").unwrap().alive().unwrap(), 1);
    }
}

#[test]
fn a_panic_in_new_is_an_error_of_opening() {
    each(|registry, _| {
        let error = open(registry, r#"{ "fail": "no luck" }"#).err().unwrap();
        let text = format!("{error:?}");
        let (start, rest) = text.split_once(" at ").unwrap();
        assert_eq!(start, "cannot open plugin `all` of settings-plugins\ncaused by: plugin `all` panicked in `new`");
        let (place, end) = rest.split_once(": ").unwrap();
        assert!(place.contains("fixtures/settings/src/lib.rs:"), "{place}");
        assert_eq!(end, "no luck");
    });
}

#[test]
fn a_process_that_is_started_again_gets_the_settings_again() {
    for options in [ProcessOptions::new(), netrpc()] {
        let process = process(options.restart(Restart::at_most(10).pause(Duration::ZERO)));
        let registry = registry(&process);
        let object = open(&registry, r#"{ "times": 7, "token": "hunter2" }"#).unwrap();
        let other = open(&registry, r#"{ "times": 8 }"#).unwrap();
        assert_eq!([object.count().unwrap(), object.count().unwrap()], [1, 2]);
        for _ in 0..2 {
            kill(object.process().unwrap());
            assert!(object.settings().unwrap().starts_with("Settings { times: 7, token: Some(Secret), "));
            assert_eq!(object.token().unwrap().as_deref(), Some("hunter2"));
            // The state of the old process is lost.
            assert_eq!(object.count().unwrap(), 1);
        }
        assert!(other.settings().unwrap().starts_with("Settings { times: 8, "));
        assert_eq!(other.alive().unwrap(), 2);
        // Many calls at once open it once.
        kill(object.process().unwrap());
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| object.settings().unwrap());
            }
        });
        assert_eq!(object.alive().unwrap(), 1);
    }
}

#[test]
fn a_process_that_is_not_started_again_takes_its_instances_along() {
    for options in [ProcessOptions::new(), netrpc()] {
        let process = process(options);
        let object = open(&registry(&process), "{}").unwrap();
        kill(object.process().unwrap());
        let error = object.count().unwrap_err();
        let hint = "hint: if nobody else killed it, the system did, because it was short of memory";
        let whens = ["before it was called", "while it was being called"];
        let text = message(&error, &program("process-settings"));
        let is_expected = |when| text == format!("plugin `PATH` was killed by signal 9 (SIGKILL) {when}\n{hint}");
        assert!(whens.into_iter().any(is_expected), "{text}");
        // There is nothing to wait for.
        let start = Instant::now();
        drop(object);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
}

#[test]
fn an_instance_is_opened_again_after_its_connection_was_lost() {
    let (_server, address) = server(1000);
    let observer = open(&registry(&Grpc::open(&address).unwrap()), "{}").unwrap();
    let relay = Relay::start(&address);
    let object = open(&registry(&Grpc::open(&relay.address).unwrap()), r#"{ "times": 7 }"#).unwrap();
    assert_eq!((object.count().unwrap(), observer.alive().unwrap()), (1, 2));
    relay.cut();
    // The server drops the instance of the lost connection.
    until(LONG, "it is dropped", || observer.alive().unwrap() == 1);
    let again = || object.settings().is_ok_and(|settings| settings.starts_with("Settings { times: 7, "));
    until(LONG, "it is opened again", again);
    assert_eq!((object.count().unwrap(), observer.alive().unwrap()), (1, 2));
    // Without a server, it is not waited for when it is dropped.
    relay.cut();
    relay.close();
    let start = Instant::now();
    drop(object);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn the_instances_of_several_servers_are_spread_and_stay() {
    let ((first, one), (_second, other)) = (server(10), server(10));
    let both = format!("{one},{}", other.trim_start_matches("grpc://"));
    let registry = registry(&Grpc::open(&both).unwrap());
    let objects: Vec<_> = (0..4).map(|_| open(&registry, r#"{ "times": 7 }"#).unwrap()).collect();
    let processes = || objects.iter().map(|object| object.process().unwrap()).collect::<Vec<_>>();
    let before = processes();
    assert!(before[0] != before[1] && before[..2] == before[2..], "{before:?}");
    for object in &objects {
        assert_eq!((1..=5).map(|_| object.count().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(object.alive().unwrap(), 2);
    }
    // Without one server, its instances are opened on the other.
    drop(first);
    let is_there = || objects.iter().all(|object| object.settings().is_ok());
    until(LONG, "all are open", is_there);
    let after = processes();
    assert!(after.iter().all(|process| *process == after[0]) && before.contains(&after[0]), "{after:?}");
    assert_eq!(objects[0].alive().unwrap(), 4);
}

#[test]
fn a_server_that_was_started_again_gets_the_settings_again() {
    let relay = {
        let (_server, address) = server(10);
        Relay::start(&address)
    };
    let (_server, address) = server(10);
    relay.redirect(&address);
    let object = open(&registry(&Grpc::open(&relay.address).unwrap()), r#"{ "times": 7 }"#).unwrap();
    object.count().unwrap();
    let (_other, address) = server(10);
    relay.redirect(&address);
    relay.cut();
    let again = || object.settings().is_ok_and(|settings| settings.starts_with("Settings { times: 7, "));
    until(LONG, "it is opened again", again);
    assert_eq!(object.count().unwrap(), 1);
}

#[test]
#[ignore = "slow"]
fn an_object_that_is_dropped_waits_for_the_end_of_its_instance() {
    at_once([ProcessOptions::new(), netrpc()], |options| {
        let process = process(options.kill_timeout(Duration::from_millis(1000)));
        let registry = registry(&process);
        // Another object, so that the process goes on.
        let _other = registry.open::<dyn Counter>("all").unwrap();
        let took = |millis: u64| {
            let options = OpenOptions::new().settings(json(&format!(r#"{{ "drop": {millis} }}"#)));
            let slow = registry.open_with::<dyn Counter>("slow", &options).unwrap();
            let start = Instant::now();
            drop(slow);
            start.elapsed()
        };
        let span = took(300);
        assert!(span >= Duration::from_millis(300) && span < Duration::from_millis(1000), "{span:?}");
        // No longer than a process is waited for.
        let span = took(60_000);
        assert!(span >= Duration::from_millis(1000) && span < Duration::from_secs(5), "{span:?}");
    });
}

#[test]
#[ignore = "slow"]
fn a_deadline_and_a_cancellation_apply_to_the_opening() {
    at_once([ProcessOptions::new(), netrpc()], |options| {
        let process = process(options);
        let registry = registry(&process);
        let observer = registry.open::<dyn Counter>("slow").unwrap();
        let options = OpenOptions::new().settings(json(r#"{ "new": 1000 }"#));
        let start = Instant::now();
        let open = || registry.open_with::<dyn Counter>("slow", &options).err().unwrap();
        let late = "cannot open plugin `slow` of plug-tests\n\
                    caused by: plugin `slow` did not answer `new` in time, and the call was cancelled";
        assert_eq!(format!("{:?}", with_deadline(Duration::from_millis(100), open)), late);
        let hurried = options.clone().deadline(Duration::from_millis(100));
        assert_eq!(format!("{:?}", registry.open_with::<dyn Counter>("slow", &hurried).err().unwrap()), late);
        let cancellation = Cancellation::new();
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(100));
                cancellation.cancel();
            });
            with_cancellation(&cancellation, open)
        });
        assert!(matches!(error.kind(), ErrorKind::Open { .. }));
        assert_eq!(
            format!("{error:?}"),
            "cannot open plugin `slow` of plug-tests\ncaused by: the call of `new` of plugin `slow` was cancelled"
        );
        assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
        // Each is made, and dropped since nobody waits for it.
        std::thread::sleep(Duration::from_millis(1000));
        until(LONG, "they are dropped", || observer.alive().unwrap() == 1);
    });
}

#[test]
#[ignore = "slow"]
fn the_opening_after_a_restart_is_within_the_deadline_of_its_call() {
    let process = process(ProcessOptions::new().restart(Restart::at_most(3).pause(Duration::ZERO)));
    let options = OpenOptions::new().settings(json(r#"{ "new": 1500 }"#));
    let slow = registry(&process).open_with::<dyn Counter>("slow", &options).unwrap();
    kill(slow.process().unwrap());
    let start = Instant::now();
    let error = with_deadline(Duration::from_millis(300), || slow.settings().unwrap_err());
    assert_eq!(error.to_string(), "plugin `slow` did not answer `settings` in time, and the call was cancelled");
    assert!(start.elapsed() < Duration::from_millis(1200), "{:?}", start.elapsed());
    assert_eq!(slow.count().unwrap(), 0);
}

#[test]
fn a_server_that_stops_drops_the_instances() {
    let (mut server, address) = server(10);
    let object = open(&registry(&Grpc::open(&address).unwrap()), "{}").unwrap();
    object.count().unwrap();
    let start = Instant::now();
    // It stops when its stdin is closed, and prints a line at the end.
    assert!(server.end().success());
    assert_eq!(server.line(), "served");
    // Less than the grace, which it gives calls.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let error = with_deadline(Duration::from_millis(500), || object.count().unwrap_err());
    assert!(matches!(error.kind(), ErrorKind::Unavailable { .. } | ErrorKind::Deadline { .. }), "{error:?}");
    drop(object);
}

#[test]
fn a_process_that_is_stopped_drops_the_instances() {
    for options in [ProcessOptions::new(), netrpc()] {
        let process = process(options);
        let registry = registry(&process);
        let slow = OpenOptions::new().settings(json(r#"{ "drop": 200 }"#));
        let slow = registry.open_with::<dyn Counter>("slow", &slow).unwrap();
        let pid = slow.process().unwrap();
        let start = Instant::now();
        signal(pid, Signal::TERM);
        until(LONG, "it is gone", || !is_running(pid));
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(200) && took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn instances_are_opened_over_one_multiplexed_connection() {
    let process = process(ProcessOptions::new().multiplex());
    let registry = registry(&process);
    let all: Vec<_> = (0..10).map(|_| open(&registry, "{}").unwrap()).collect();
    assert_eq!(all[0].alive().unwrap(), 10);
    let last = open(&registry, "{}").unwrap();
    drop(all);
    assert_eq!(last.alive().unwrap(), 1);
}

#[test]
fn a_process_that_runs_already_opens_instances_for_each_of_its_hosts() {
    let process = process(ProcessOptions::new().without_tls());
    let object = open(&registry(&process), r#"{ "times": 1 }"#).unwrap();
    let attached = ProcessOptions::new().reattach(process.reattachment().unwrap()).unwrap();
    let other = open(&registry(&attached), r#"{ "times": 2 }"#).unwrap();
    assert_eq!((other.process().unwrap(), other.alive().unwrap()), (object.process().unwrap(), 2));
    assert!(other.settings().unwrap().starts_with("Settings { times: 2, "));
    drop((other, attached));
    assert_eq!(object.alive().unwrap(), 1);
}

#[test]
fn an_instance_stays_on_its_server_among_several() {
    let ((mut one, first), (mut other, second)) = (server(10), server(10));
    let addresses = format!("{first},{}", second.trim_start_matches("grpc://"));
    let object = open(&registry(&Grpc::open(&addresses).unwrap()), r#"{ "times": 7 }"#).unwrap();
    let process = object.process().unwrap();
    for at in 1..=50 {
        assert_eq!((object.count().unwrap(), object.process().unwrap()), (at, process));
    }
    // Without this server, it is opened on the other one.
    if process == one.id() {
        one.kill()
    } else {
        other.kill()
    }
    let again = || object.settings().is_ok_and(|settings| settings.starts_with("Settings { times: 7, "));
    until(LONG, "it is opened again", again);
    assert_eq!(object.count().unwrap(), 1);
    assert_ne!(object.process().unwrap(), process);
}
