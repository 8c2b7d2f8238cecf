//! Faults of calls over the remote links: given up, killed, never woken, blocked.
//! Nothing is left on either side, and no other call notices.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use asynchronous_plugins::Waits;
use plug::link::{ProcessOptions, Restart};
use plug::{ErrorKind, OpenOptions, Task};
use tokio::runtime::Builder;

use crate::remote::{self, Remote};
use pollster::block_on;

use crate::{poll, until};

macro_rules! every_remote_link {
    ($($case:ident)*) => {
        every_remote_link! { @ process [$($case)*] }
        every_remote_link! { @ netrpc [$($case)*] }
        every_remote_link! { @ grpc [$($case)*] }
    };
    (@ $link:ident [$($case:ident)*]) => {
        mod $link {
            use super::*;

            $(
                #[test]
                fn $case() {
                    super::$case(&remote::$link());
                }
            )*
        }
    };
}

every_remote_link! {
    given_up_at_random
    never_woken
    polled_by_two_executors
    selected_in_a_loop
    a_runtime_that_is_shut_down
    the_end_of_a_thread
    a_blocking_future_among_prompt_ones
    within_a_callback_of_a_runtime
    many_pending
}

/// All that has begun is dropped, and the object answers.
fn nothing_is_left(waiter: &dyn Waits) {
    until(|| waiter.begun().expect("a number") == waiter.dropped().expect("a number"));
    assert_eq!(block_on(waiter.repeat("x", 2)).expect("a text"), "xx");
}

/// Before, while and after the request is sent, and the reply comes.
fn given_up_at_random(remote: &Remote) {
    let waiter = remote.open();
    // A linear congruential generator.
    let mut state = 15_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut kept: Vec<Task<'_, _>> = Vec::new();
    for round in 0..1000 {
        let mut task = if random(2) == 0 { waiter.held(round) } else { Box::pin(pause(&*waiter, random(4) as u32)) };
        for _ in 0..random(4) {
            if poll(&mut task).is_ready() {
                task = waiter.held(round);
            }
            thread::sleep(Duration::from_micros(random(200)));
        }
        kept.push(task);
        if kept.len() > random(30) as usize {
            kept.truncate(random(10) as usize);
        }
    }
    drop(kept);
    if !remote.cancels {
        // The reply is passed over when it comes.
        waiter.release().expect("a number");
    }
    nothing_is_left(&*waiter);
}

/// A connection allows 10,100 calls at once, so leaked streams would block the later ones.
#[test]
fn more_calls_are_given_up_than_a_connection_has_room_for() {
    let remote = remote::grpc();
    let waiter = remote.open();
    for round in 1..=11 {
        let mut pending: Vec<_> = (0..1000).map(|number| waiter.held(number)).collect();
        for task in &mut pending {
            assert!(poll(task).is_pending());
        }
        until(|| waiter.begun().expect("a number") == 1000 * round);
        drop(pending);
    }
    nothing_is_left(&*waiter);
}

async fn pause(waiter: &dyn Waits, times: u32) -> Result<u64, plug::Error> {
    waiter.pause(times).await.map(u64::from)
}

fn never_woken(remote: &Remote) {
    let waiter = remote.open_with(&OpenOptions::new().deadline(Duration::from_secs(2)));
    let start = Instant::now();
    let error = block_on(waiter.forever("x".to_owned())).expect_err("it does not end");
    assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(20));
    // The other side has the deadline too.
    nothing_is_left(&*waiter);
}

fn polled_by_two_executors(remote: &Remote) {
    let waiter = remote.open();
    let (one, other) = (Builder::new_current_thread().build().expect("it is built"), Waker::noop());
    for _ in 0..20 {
        let mut task = waiter.pause(5);
        assert!(poll(&mut task).is_pending());
        for _ in 0..5 {
            let polled = one.block_on(async {
                std::future::poll_fn(|context| Poll::Ready(task.as_mut().poll(context).is_ready())).await
            });
            if polled || task.as_mut().poll(&mut Context::from_waker(other)).is_ready() {
                task = waiter.pause(5);
            }
            thread::sleep(Duration::from_micros(50));
        }
        assert_eq!(futures_executor::block_on(task).expect("a number"), 6);
    }
    nothing_is_left(&*waiter);
}

fn selected_in_a_loop(remote: &Remote) {
    let waiter = remote.open();
    let runtime = Builder::new_current_thread().enable_time().build().expect("it is built");
    runtime.block_on(async {
        let mut counted = 0;
        let mut long = waiter.held(7);
        for round in 0..100_u32 {
            tokio::select! {
                biased;
                _ = &mut long => panic!("it is not released"),
                paused = waiter.pause(round % 3) => counted += paused.expect("a number"),
                _ = waiter.held(1), if round % 2 == 0 => panic!("it is not released"),
            }
        }
        // 1, 2 and 3 polls, in turns.
        assert_eq!(counted, 199);
        waiter.release().expect("a number");
        assert_eq!(long.await.expect("a number"), 7);
    });
    nothing_is_left(&*waiter);
}

fn a_runtime_that_is_shut_down(remote: &Remote) {
    let waiter: Arc<dyn Waits> = Arc::from(remote.open());
    let runtime = Builder::new_multi_thread().worker_threads(2).build().expect("it is built");
    for number in 0..100 {
        let waiter = Arc::clone(&waiter);
        runtime.spawn(async move { waiter.held(number).await });
    }
    until(|| waiter.begun().expect("a number") == 100);
    drop(runtime);
    if !remote.cancels {
        waiter.release().expect("a number");
    }
    nothing_is_left(&*waiter);
}

/// Calls its function in the destructors of the thread.
struct AtEnd(Box<dyn FnOnce()>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        std::mem::replace(&mut self.0, Box::new(|| ()))();
    }
}

fn the_end_of_a_thread(remote: &Remote) {
    thread_local! {
        static AT_END: RefCell<Vec<AtEnd>> = const { RefCell::new(Vec::new()) };
    }
    let waiter: Arc<dyn Waits> = Arc::from(remote.open());
    let ending = Arc::clone(&waiter);
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        // Made before the thread-locals that a call uses, and so dropped after them.
        AT_END.with_borrow_mut(|all| {
            all.push(AtEnd(Box::new(move || {
                let own = Arc::clone(&ending);
                let mut task: Task<'static, _> = Box::pin(async move { own.held(1).await });
                assert!(poll(&mut task).is_pending());
                until(|| ending.begun().expect("a number") == 1);
                drop(task);
                sender.send(block_on(ending.pause(3)).expect("a number")).expect("the test waits");
            })));
        });
    });
    assert_eq!(receiver.recv_timeout(Duration::from_secs(20)), Ok(4));
    thread.join().expect("it does not panic");
    if !remote.cancels {
        waiter.release().expect("a number");
    }
    nothing_is_left(&*waiter);
}

fn a_blocking_future_among_prompt_ones(remote: &Remote) {
    let waiter = remote.open();
    let start = Instant::now();
    let mut blocking = waiter.block(5000);
    assert!(poll(&mut blocking).is_pending());
    let mut prompt: Vec<_> = (0..1000).map(|number| waiter.pause(number % 2)).collect();
    block_on(std::future::poll_fn(|context| {
        prompt.retain_mut(|task| task.as_mut().poll(context).is_pending());
        if prompt.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert!(start.elapsed() < Duration::from_millis(4900), "{:?}", start.elapsed());
    drop(prompt);
    assert!(poll(&mut blocking).is_pending());
}

/// The thread of a runtime makes an asynchronous call, and waits for it by an executor of its own.
fn within_a_callback_of_a_runtime(remote: &Remote) {
    let waiter = remote.open();
    let runtime = Builder::new_current_thread().build().expect("it is built");
    runtime.block_on(async {
        let callback = || block_on(waiter.pause(2)).expect("a number");
        assert_eq!(callback(), 3);
        let sync = || waiter.dropped().expect("a number");
        assert_eq!(sync(), 1);
    });
    nothing_is_left(&*waiter);
}

/// No reply of 10,000 is lost, while each waits.
fn many_pending(remote: &Remote) {
    const CALLS: u64 = 10_000;
    let waiter = remote.open();
    let mut pending: Vec<_> = (0..CALLS).map(|number| (number, waiter.held(number))).collect();
    for (_, task) in &mut pending {
        assert!(poll(task).is_pending());
    }
    until(|| waiter.begun().expect("a number") == CALLS);
    waiter.release().expect("a number");
    for (number, task) in pending {
        assert_eq!(block_on(task).expect("a number"), number);
    }
    nothing_is_left(&*waiter);
}

#[test]
fn a_process_that_is_killed_ends_each_call() {
    for remote in [remote::process(), remote::netrpc()] {
        let waiter = remote.open();
        let mut pending: Vec<_> = (0..1000).map(|number| waiter.held(number)).collect();
        for task in &mut pending {
            assert!(poll(task).is_pending());
        }
        until(|| waiter.begun().expect("a number") == 1000);
        let pid = waiter.pid().expect("a number").to_string();
        plug_tests::succeed(std::process::Command::new("kill").args(["-9", &pid]));
        for task in pending {
            let error = block_on(task).expect_err("it has ended").to_string();
            assert!(error.contains("was killed by signal 9 (SIGKILL) while it was being called"), "{error}");
        }
        let error = block_on(waiter.held(1)).expect_err("it has ended").to_string();
        assert!(error.contains("was killed by signal 9 (SIGKILL) before it was called"), "{error}");
    }
}

/// A process that has ended is started again for a call that has not begun.
#[test]
fn a_process_is_started_again_for_an_asynchronous_call() {
    let options = ProcessOptions::new().restart(Restart::at_most(2));
    let remote = Remote::new(&remote::open(options), true);
    let waiter = remote.open();
    let pid = || waiter.pid().expect("a number");
    let first = pid();
    let mut begun = waiter.held(1);
    assert!(poll(&mut begun).is_pending());
    until(|| waiter.begun().expect("a number") == 1);
    plug_tests::succeed(std::process::Command::new("kill").args(["-9", &first.to_string()]));
    let error = block_on(begun).expect_err("it has ended").to_string();
    assert!(error.contains("was killed by signal 9 (SIGKILL) while it was being called"), "{error}");
    assert_eq!(block_on(waiter.pause(2)).expect("a number"), 3);
    assert_ne!(pid(), first);
}

/// Over net/rpc, the end of an object ends its futures.
#[test]
fn a_future_that_is_given_up_over_netrpc_ends_with_its_object() {
    let remote = remote::netrpc();
    let other = remote.open();
    let waiter = remote.open();
    let mut task = waiter.forever("x".to_owned());
    assert!(poll(&mut task).is_pending());
    until(|| waiter.begun().expect("a number") == 1);
    drop(task);
    assert_eq!(waiter.dropped().expect("a number"), 0);
    // It waits until the other side has dropped the object, which its futures borrow.
    let start = Instant::now();
    drop(waiter);
    assert!(start.elapsed() < Duration::from_millis(400), "{:?}", start.elapsed());
    assert_eq!(block_on(other.repeat("x", 2)).expect("a text"), "xx");
}
