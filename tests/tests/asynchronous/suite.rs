//! The suite that runs over every link that carries asynchronous methods.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use asynchronous_plugins::{Page, Waits};
use plug::Registry;

use pollster::block_on;

use crate::{poll, until};

/// A waker that counts.
#[derive(Default)]
struct Counts(AtomicU32);

impl Counts {
    fn new() -> (Arc<Self>, Waker) {
        let counts = Arc::new(Self::default());
        (Arc::clone(&counts), Waker::from(counts))
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn open(registry: &Registry) -> Box<dyn Waits> {
    registry.open::<dyn Waits>("waiter").expect("it opens")
}

/// Waits until as many futures as this have begun on the other side.
fn begun(waiter: &dyn Waits, count: u64) {
    until(|| waiter.begun().expect("a number") == count);
}

fn page(title: &str, lines: &[&str]) -> Page {
    Page { title: title.to_owned(), lines: lines.iter().map(|line| (*line).to_owned()).collect() }
}

pub fn values_cross(registry: &Registry) {
    let waiter = open(registry);
    block_on(async {
        for (text, times) in [("", 3), ("é", 2), ("x", 1000)] {
            assert_eq!(waiter.repeat(text, times).await.expect("a text"), text.repeat(times as usize));
        }
        let (texts, lent) = (["a".to_owned(), String::new()], page("lent", &["1", "2"]));
        for numbers in [&[][..], &[1, u64::MAX]] {
            let answer = waiter.forms(numbers, &texts, &lent, page("owned", &["line"])).await.expect("a page");
            let expected = [
                &format!("{numbers:?}")[..],
                "[\"a\", \"\"]",
                "\"lent\" [\"1\", \"2\"]",
                "line",
                &format!("{numbers:?} [\"a\", \"\"] \"lent\""),
            ];
            assert_eq!(answer, page("owned", &expected));
        }
        assert_eq!(waiter.by_hand("four").await.expect("a number"), 4);
        assert_eq!(waiter.twice("ab".to_owned()).await.expect("a text"), "abab4");
    });
}

pub fn a_pending_task_is_woken(registry: &Registry) {
    let waiter = open(registry);
    for times in [0, 1, 2, 5] {
        assert_eq!(block_on(waiter.pause(times)).expect("a number"), times + 1);
    }
    // Several at once, in one task.
    let (mut one, mut other) = (waiter.pause(3), waiter.pause(2));
    let mut ready = 0;
    let both = std::future::poll_fn(|context| {
        for task in [&mut one, &mut other] {
            if let Poll::Ready(polls) = task.as_mut().poll(context) {
                *task = Box::pin(std::future::pending());
                ready += polls.expect("a number");
            }
        }
        if ready >= 7 { Poll::Ready(()) } else { Poll::Pending }
    });
    block_on(both);
}

pub fn a_waker_stays_the_same(registry: &Registry) {
    if cfg!(miri) {
        // There, std's own wakers have tables at several addresses.
        return;
    }
    let waiter = open(registry);
    for times in [1, 4] {
        assert_eq!(block_on(waiter.wakers(times)).expect("a number"), 0);
    }
}

pub fn the_waker_of_the_latest_poll_is_woken(registry: &Registry) {
    let waiter = open(registry);
    let mut task = waiter.forever("x".to_owned());
    let (first, first_waker) = Counts::new();
    let (second, second_waker) = Counts::new();
    assert!(task.as_mut().poll(&mut Context::from_waker(&first_waker)).is_pending());
    assert_eq!(waiter.wake_kept().expect("a number"), 1);
    assert_eq!((first.get(), second.get()), (1, 0));
    for polls in 1..4 {
        assert!(task.as_mut().poll(&mut Context::from_waker(&second_waker)).is_pending());
        assert_eq!(waiter.wake_kept().expect("a number"), 1);
        assert_eq!((first.get(), second.get()), (1, polls));
    }
}

pub fn a_kept_waker_outlives_its_task(registry: &Registry) {
    let waiter = open(registry);
    // After a value.
    let (counts, waker) = Counts::new();
    let mut task = waiter.keep();
    until(|| task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    drop(task);
    assert_eq!(waiter.wake_kept().expect("a number"), 1);
    // After the task was dropped.
    let mut task = waiter.forever("x".to_owned());
    assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    begun(&*waiter, 1);
    drop(task);
    until(|| waiter.dropped().expect("a number") == 1);
    assert_eq!(waiter.wake_kept().expect("a number"), 1);
    // Nothing of the executor is left.
    drop(waker);
    until(|| Arc::strong_count(&counts) == 1);
    // Dropped without a wake-up, after the plugin.
    let mut task = waiter.forever("x".to_owned());
    assert!(poll(&mut task).is_pending());
    drop(task);
    drop(waiter);
}

pub fn dropping_a_task_drops_its_state(registry: &Registry) {
    let waiter = open(registry);
    let mut before = waiter.dropped().expect("a number");
    // It was not polled, so nothing has begun.
    drop(waiter.forever("x".to_owned()));
    assert_eq!(waiter.dropped().expect("a number"), before);
    for _ in 0..100 {
        let mut task = waiter.forever("x".repeat(100));
        assert!(poll(&mut task).is_pending());
        begun(&*waiter, before + 1);
        assert_eq!(waiter.dropped().expect("a number"), before);
        drop(task);
        before += 1;
        until(|| waiter.dropped().expect("a number") == before);
    }
    // To its end, the task that stays is empty.
    let mut task = waiter.pause(0);
    block_on(&mut task).expect("a number");
    assert_eq!(waiter.dropped().expect("a number"), before + 1);
    drop(task);
    assert_eq!(waiter.dropped().expect("a number"), before + 1);
}

pub fn an_error_keeps_its_causes(registry: &Registry) {
    let waiter = open(registry);
    for pauses in [false, true] {
        let error = block_on(waiter.fail("error", pauses)).expect_err("it fails");
        assert_eq!(format!("{error:?}"), "it failed\ncaused by: on purpose");
    }
}

pub fn a_task_moves_between_threads_and_runtimes(registry: &Registry) {
    let waiter: Arc<dyn Waits> = Arc::from(open(registry));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("it is built");
    let spawned: Vec<_> = (0..if cfg!(miri) { 3 } else { 100 })
        .map(|number: u32| {
            let waiter = Arc::clone(&waiter);
            runtime.spawn(async move {
                let (text, times) = (waiter.repeat("x", number).await, waiter.pause(number % 4).await);
                (text.expect("a text").len() as u32, times.expect("a number"))
            })
        })
        .collect();
    for (number, task) in (0..).zip(spawned) {
        assert_eq!(runtime.block_on(task).expect("it ends"), (number, number % 4 + 1));
    }
    // Polled here first, and then elsewhere.
    let mut task = waiter.pause(3);
    assert!(poll(&mut task).is_pending());
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(block_on(task).expect("a number"), 4));
    });
}

/// Only over links with a table between both sides.
pub fn panics_are_errors(registry: &Registry) {
    let waiter = open(registry);
    let message = |task: plug::Task<Result<u64, plug::Error>>| block_on(task).expect_err("it panics").to_string();
    for pauses in [false, true] {
        let text = message(waiter.fail("panic", pauses));
        assert!(text.starts_with("plugin `waiter` panicked in `fail` at "), "{text}");
        assert!(text.ends_with(": it panicked"), "{text}");
        // In the drop of the future's variables, when it has its value.
        let text = message(waiter.fail("drop", pauses));
        assert!(text.ends_with(": it panicked in its drop"), "{text}");
        // In the drop of a future that is given up. Nobody gets this one.
        let mut task = waiter.fail("drop", pauses);
        for _ in 0..=2 * u32::from(pauses) {
            assert!(poll(&mut task).is_pending());
        }
        drop(task);
    }
    // Before there is a future.
    let text = message(waiter.by_hand(""));
    assert!(text.ends_with(": the text is empty"), "{text}");
    // The object goes on.
    assert_eq!(block_on(waiter.by_hand("x")).expect("a number"), 1);
}
