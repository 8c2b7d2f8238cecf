//! Deadlines and cancellations: of a piece of code, of a handle, of a process, and in the plugin.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use plug::link::{Process, ProcessOptions};
use plug::{Cancellation, Error, ErrorKind, OpenOptions, Registry, with_cancellation, with_deadline};
use process_interface::Work;

use crate::{LONG, in_time, open, work, worker};

const SHORT: Duration = Duration::from_millis(100);

/// Asserts that a call fails at its deadline, and not sooner.
#[track_caller]
fn assert_deadline(call: impl FnOnce() -> Result<(), Error>) {
    let start = Instant::now();
    let error = call().unwrap_err();
    let took = start.elapsed();
    assert_eq!(error.to_string(), "plugin `worker` did not answer `sleep` in time, and the call was cancelled");
    assert!(took >= SHORT && took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn deadline_of_a_piece_of_code() {
    let work = work(&worker());
    assert_deadline(|| with_deadline(SHORT, || work.sleep(60_000)));
    // The earliest deadline holds.
    assert_deadline(|| with_deadline(LONG, || with_deadline(SHORT, || work.sleep(60_000))));
    assert_deadline(|| with_deadline(SHORT, || with_deadline(LONG, || work.sleep(60_000))));
    with_deadline(LONG, || work.sleep(1)).unwrap();
    work.sleep(1).unwrap();
}

#[test]
#[ignore = "slow"]
fn deadline_of_a_handle_and_of_a_process() {
    let handle = |process: &Process, options: &OpenOptions| {
        let mut registry = Registry::new();
        registry.add(process).unwrap();
        registry.open_with::<dyn Work>("worker", options).unwrap()
    };
    let process = worker();
    let (hurried, patient) =
        (handle(&process, &OpenOptions::new().deadline(SHORT)), handle(&process, &OpenOptions::new()));
    assert_deadline(|| hurried.sleep(60_000));
    patient.sleep(150).unwrap();

    let process = open(ProcessOptions::new().deadline(SHORT));
    assert_deadline(|| handle(&process, &OpenOptions::new()).sleep(60_000));
    handle(&process, &OpenOptions::new().deadline(LONG)).sleep(150).unwrap();
}

/// Asserts that a call fails because it was cancelled.
#[track_caller]
fn assert_cancelled(cancellation: &Cancellation, work: &dyn Work) {
    let start = Instant::now();
    let error = with_cancellation(cancellation, || work.sleep(60_000)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }));
    assert_eq!(error.to_string(), "the call of `sleep` of plugin `worker` was cancelled");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn given_up_by_another_thread() {
    let process = worker();
    let work: Arc<dyn Work> = Arc::from(work(&process));
    let after_a_while = || {
        let cancellation = Cancellation::new();
        let cancelling = cancellation.clone();
        std::thread::spawn(move || {
            std::thread::sleep(SHORT);
            cancelling.cancel();
        });
        cancellation
    };
    let start = Instant::now();
    let cancellation = after_a_while();
    assert_cancelled(&cancellation, &*work);
    assert!(start.elapsed() >= SHORT);
    // A later call is cancelled at once. A call outside of it is not affected.
    assert_cancelled(&cancellation, &*work);
    assert_eq!(work.sum(1, &[2]).unwrap(), 3);
    with_cancellation(&Cancellation::new(), || work.sleep(1)).unwrap();
    // Many calls at once, and within a runtime.
    let cancellation = after_a_while();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| assert_cancelled(&cancellation, &*work));
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { assert_cancelled(&after_a_while(), &*work) });
    // The process itself was not cancelled.
    process.check().unwrap();
}

/// A worker that was called with a deadline calls its own worker with the same one.
#[test]
#[ignore = "slow"]
fn it_is_the_plugins_too() {
    let process = worker();
    let work = work(&process);
    assert_eq!(work.obey("relay 1").unwrap(), "it slept");
    let log = crate::noise::capture(|| {
        let error = with_deadline(Duration::from_millis(1500), || work.obey("relay 60000")).unwrap_err();
        assert_eq!(error.to_string(), "plugin `worker` did not answer `obey` in time, and the call was cancelled");
    });
    let text = "relayed: given up: plugin `worker` did not answer `sleep` in time, and the call was cancelled";
    log.wait_for("worker", text);
}

#[test]
#[ignore = "slow"]
fn a_call_that_blocks_for_ever_delays_nobody() {
    let log = crate::noise::capture(|| ());
    let process = worker();
    let work: Arc<dyn Work> = Arc::from(work(&process));
    let slow = Mutex::new(Duration::ZERO);
    let timed = |what: &dyn Fn()| {
        let start = Instant::now();
        what();
        let took = start.elapsed();
        let mut slow = slow.lock().unwrap();
        *slow = took.max(*slow);
    };
    let blocked: Vec<_> = (0..20)
        .map(|_| {
            let work = Arc::clone(&work);
            std::thread::spawn(move || work.sleep(2000).unwrap())
        })
        .collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1500) {
        timed(&|| assert_eq!(work.sum(1, &[2]).unwrap(), 3));
        timed(&|| process.check().unwrap());
    }
    timed(&|| assert_eq!(work.obey("tell while others wait").unwrap(), "told"));
    log.wait_for("worker", "while others wait");
    assert!(start.elapsed() < Duration::from_millis(1900), "they wait no more");
    // Far more than a call takes, and far less than a blocked call would wait.
    let slow = *slow.lock().unwrap();
    assert!(slow < Duration::from_millis(500), "{slow:?}");
    in_time(|| blocked.into_iter().for_each(|blocked| blocked.join().unwrap()));
}
