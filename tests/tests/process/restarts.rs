//! Restarts of processes: for which calls, how often, and after which pause.

use std::time::{Duration, Instant};

use plug::link::{ProcessOptions, Restart};
use process_interface::Work;

use crate::dying::kill;
use crate::{in_time, open, work, worker_message};

fn restarted(restart: Restart) -> Box<dyn Work> {
    work(&open(ProcessOptions::new().restart(restart)))
}

const KILLED: &str = "was killed by signal 9 (SIGKILL)";
const HINT: &str = "hint: if nobody else killed it, the system did, because it was short of memory";

#[test]
fn a_call_that_may_be_repeated_is() {
    let work = restarted(Restart::at_most(10).pause(Duration::ZERO));
    let id = work.obey("pid").unwrap();
    kill(&id);
    assert_eq!(work.echo(b"x").unwrap(), b"x");
    assert_ne!(work.obey("pid").unwrap(), id);
}

#[test]
fn a_call_that_may_not_be_repeated_fails_and_the_next_does_not() {
    let work = restarted(Restart::at_most(10).pause(Duration::ZERO));
    assert_eq!(work.obey("count").unwrap(), "1");
    let error = work.die("last words").unwrap_err();
    assert_eq!(
        worker_message(&error),
        "plugin `PATH` exited with status 8 while it was being called\nstderr: this is the end"
    );
    // The state of the old process is lost.
    assert_eq!(work.obey("count").unwrap(), "1");
}

#[test]
fn never_is_what_holds_where_nothing_else_is_said() {
    let work = work(&open(ProcessOptions::new()));
    kill(&work.obey("pid").unwrap());
    let error = in_time(move || work.echo(b"x").and_then(|_| work.echo(b"x")).unwrap_err());
    assert!(worker_message(&error).starts_with(&format!("plugin `PATH` {KILLED} ")), "{error}");
}

#[test]
fn there_is_an_end_to_it() {
    let work = restarted(Restart::at_most(2).pause(Duration::ZERO));
    for _ in 0..2 {
        kill(&work.obey("pid").unwrap());
        work.echo(b"x").unwrap();
    }
    let id = work.obey("pid").unwrap();
    kill(&id);
    plug_tests::until(crate::LONG, "it is gone", || !plug_tests::is_running(id.parse().unwrap()));
    let error = in_time(move || {
        work.echo(b"x").unwrap_err();
        work.obey("count").unwrap_err()
    });
    assert_eq!(worker_message(&error), format!("plugin `PATH` {KILLED} before it was called\n{HINT}"));
}

#[test]
fn old_restarts_do_not_count() {
    let within = Duration::from_millis(200);
    let work = restarted(Restart::at_most(1).within(within).pause(Duration::ZERO));
    for _ in 0..3 {
        kill(&work.obey("pid").unwrap());
        work.echo(b"x").unwrap();
        std::thread::sleep(within);
    }
}

#[test]
fn each_time_it_waits_longer() {
    let work = restarted(Restart::at_most(10).pause(Duration::from_millis(100)));
    for at_least in [100, 200, 400].map(Duration::from_millis) {
        kill(&work.obey("pid").unwrap());
        let start = Instant::now();
        work.echo(b"x").unwrap();
        let took = start.elapsed();
        assert!(took >= at_least && took < at_least + Duration::from_secs(2), "{took:?}");
    }
}

/// The threads of a restart, of this test and of those beside it.
fn restarting() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.filter(|name| name == "plug-restart\n").count()
}

#[test]
fn many_calls_wait_for_one_restart() {
    let work = restarted(Restart::at_most(1).pause(Duration::from_millis(500)));
    let id = work.obey("pid").unwrap();
    kill(&id);
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..40).map(|_| scope.spawn(|| work.echo(b"x").unwrap())).collect();
        plug_tests::until(crate::LONG, "it is restarted", || restarting() > 0);
        std::thread::sleep(Duration::from_millis(200));
        assert!(restarting() < 20, "{} threads", restarting());
        assert!(calls.into_iter().all(|call| call.join().unwrap() == b"x"));
    });
    assert_ne!(work.obey("pid").unwrap(), id);
}

#[test]
fn it_is_no_longer_waited_for_than_the_deadline_says() {
    let work = restarted(Restart::at_most(10).pause(Duration::from_secs(5)));
    kill(&work.obey("pid").unwrap());
    let start = Instant::now();
    let error = plug::with_deadline(Duration::from_millis(200), || work.echo(b"x").unwrap_err());
    assert_eq!(error.to_string(), "plugin `worker` did not answer `echo` in time, and the call was cancelled");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn it_cannot_be_started_again() {
    let folder = plug_tests::scratch("process-once");
    let path = folder.join("worker");
    std::fs::copy(plug_tests::program("worker"), &path).unwrap();
    let options = ProcessOptions::new().restart(Restart::at_most(10).pause(Duration::ZERO));
    let work = work(&options.open(&path).unwrap());
    std::fs::remove_file(&path).unwrap();
    kill(&work.obey("pid").unwrap());
    let error = in_time(move || work.echo(b"x").unwrap_err());
    assert_eq!(
        crate::message_of(&error, &path),
        format!(
            "plugin `worker` in `process:PATH` is not there for `echo`: it {KILLED}, and cannot be started again: \
             cannot start plugin `PATH`: there is no such file: No such file or directory (os error 2)"
        )
    );
}
