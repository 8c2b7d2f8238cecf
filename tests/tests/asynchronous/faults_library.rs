//! Faults of tasks within one process: over the builtin link, the loopback and a library.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::thread;
use std::time::Duration;

use plug::{Error, Registry, Task};
use task_plugin::Rare;

use pollster::block_on;

use crate::poll;

macro_rules! every_link {
    ($($name:ident: $link:expr, [$($case:ident)*];)*) => {
        $(
            mod $name {
                fn registry() -> plug::Registry {
                    let mut registry = plug::Registry::new();
                    registry.add(&$link).expect("the link has plugins");
                    registry
                }

                every_link!(@ given_up_at_random);
                every_link!(@ never_woken);
                every_link!(@ woken_from_a_thread_of_another_runtime);
                every_link!(@ polled_by_two_executors_in_turn);
                every_link!(@ selected_in_a_loop);
                every_link!(@ dropped_at_the_end_of_a_thread);
                every_link!(@ woken_in_its_drop);
                every_link!(@ used_by_many_threads_during_a_poll);
                every_link!(@ woken_after_its_runtime);
                $(every_link!(@ $case);)*
            }
        )*
    };
    (@ $case:ident) => {
        #[test]
        fn $case() {
            super::$case(&registry());
        }
    };
}

// The last cases are of the links with a table between both sides.
every_link! {
    builtin: plug::link::Builtin, [];
    loopback: plug::link::Loopback, [panics_are_errors wakers_that_panic];
}

#[cfg(not(miri))]
every_link! {
    library: super::library(), [panics_are_errors wakers_that_panic];
}

#[cfg(not(miri))]
#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library() -> plug::link::Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { plug::link::Library::open(plug_tests::shared_library("task-plugin")) };
    library.expect("it can be opened")
}

fn open(registry: &Registry) -> Arc<dyn Rare> {
    Arc::from(registry.open::<dyn Rare>("rare").expect("it opens"))
}

/// A waker that counts, whose clones can panic, and so can its wake-ups.
#[derive(Default)]
struct Counts {
    woken: AtomicU32,
    clones: AtomicBool,
    wakes: AtomicBool,
}

impl Counts {
    #[allow(unsafe_code, reason = "the clone of a safe waker cannot panic")]
    fn waker(self: &Arc<Self>) -> Waker {
        static TABLE: RawWakerVTable = RawWakerVTable::new(
            |data| {
                // SAFETY: it is of `Arc::into_raw`, and not dropped.
                let counts = ManuallyDrop::new(unsafe { Arc::from_raw(data.cast::<Counts>()) });
                assert!(!counts.clones.load(Ordering::SeqCst), "in the clone");
                RawWaker::new(Arc::into_raw(Arc::clone(&counts)).cast(), &TABLE)
            },
            // SAFETY: it is of `Arc::into_raw`, and used for the last time.
            |data| unsafe { Arc::from_raw(data.cast::<Counts>()) }.wake(),
            // SAFETY: it is of `Arc::into_raw`, and not dropped.
            |data| ManuallyDrop::new(unsafe { Arc::from_raw(data.cast::<Counts>()) }).wake(),
            // SAFETY: it is of `Arc::into_raw`, and used for the last time.
            |data| drop(unsafe { Arc::from_raw(data.cast::<Counts>()) }),
        );
        // SAFETY: the functions do the same as those of a waker, from any thread.
        unsafe { Waker::new(Arc::into_raw(Arc::clone(self)).cast(), &TABLE) }
    }

    fn wake(&self) {
        self.woken.fetch_add(1, Ordering::SeqCst);
        assert!(!self.wakes.load(Ordering::SeqCst), "in the wake-up");
    }

    fn woken(&self) -> u32 {
        self.woken.load(Ordering::SeqCst)
    }
}

fn poll_by<T>(task: &mut Task<'_, T>, waker: &Waker) -> Poll<T> {
    task.as_mut().poll(&mut Context::from_waker(waker))
}

/// Random enough, and the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn given_up_at_random(registry: &Registry) {
    // One link at a time, since memory is measured.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock();
    let rare = open(registry);
    let counts = Arc::new(Counts::default());
    let waker = counts.waker();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("it is built");
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut round = |calls: u32| {
        for _ in 0..calls {
            let numbers: Vec<_> = (0..random.below(100)).collect();
            let bytes = if cfg!(miri) { 10 } else { 100_000 };
            let mut task = rare.wait(vec![1; bytes], &numbers);
            match random.below(5) {
                // Before the first poll.
                0 => {}
                // After some.
                polls @ 1..4 => (0..polls).for_each(|_| assert!(poll_by(&mut task, &waker).is_pending())),
                // Before, during or after its polls in another thread, as it happens.
                _ => {
                    let rare = Arc::clone(&rare);
                    let spawned = runtime.spawn(async move { rare.wait(vec![1; bytes], &[1]).await });
                    (0..random.below(1_000)).for_each(|_| std::hint::spin_loop());
                    spawned.abort();
                    assert!(runtime.block_on(spawned).is_err());
                }
            }
            if random.below(10) == 0 {
                rare.release().expect("it releases");
                rare.hold().expect("it holds");
            }
            drop(task);
        }
        rare.release().expect("it releases");
        rare.hold().expect("it holds");
        assert_eq!(rare.alive().expect("a number"), 0);
    };
    round(if cfg!(miri) { 20 } else { 2_000 });
    drop(waker);
    // Nothing has kept a clone.
    assert_eq!(Arc::strong_count(&counts), 1);
}

fn never_woken(registry: &Registry) {
    let rare = open(registry);
    let counts = Arc::new(Counts::default());
    let waker = counts.waker();
    let mut task = rare.never();
    for _ in 0..3 {
        assert!(poll_by(&mut task, &waker).is_pending());
    }
    drop((task, waker));
    assert_eq!((counts.woken(), Arc::strong_count(&counts)), (0, 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it is built");
    runtime.block_on(async {
        assert!(tokio::time::timeout(Duration::from_millis(5), rare.never()).await.is_err());
    });
    assert_eq!(rare.alive().expect("a number"), 0);
}

fn woken_from_a_thread_of_another_runtime(registry: &Registry) {
    let rare = open(registry);
    let [host, other] = [(); 2].map(|()| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("it is built")
    });
    for _ in 0..if cfg!(miri) { 2 } else { 100 } {
        rare.hold().expect("it holds");
        let waiting = host.spawn({
            let rare = Arc::clone(&rare);
            async move { rare.wait(vec![1; 3], &[1, 2]).await }
        });
        let waking = other.spawn({
            let rare = Arc::clone(&rare);
            async move { rare.release() }
        });
        assert_eq!(other.block_on(waiting).expect("no panic").expect("a number"), 6);
        host.block_on(waking).expect("no panic").expect("it releases");
    }
}

fn polled_by_two_executors_in_turn(registry: &Registry) {
    let rare = open(registry);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it is built");
    let [first, second] = [(); 2].map(|()| Arc::new(Counts::default()));
    let mut task = rare.wait(vec![1], &[1]);
    for turn in 1..4 {
        assert!(poll_by(&mut task, &first.waker()).is_pending());
        assert!(
            runtime
                .block_on(async { std::future::poll_fn(|context| Poll::Ready(task.as_mut().poll(context))).await })
                .is_pending()
        );
        assert!(poll_by(&mut task, &second.waker()).is_pending());
        // Only the latest executor's is woken. Builtin, each waker is its executor's own, and all are kept.
        assert!(rare.release().expect("it releases") >= 3);
        rare.hold().expect("it holds");
        assert!(second.woken() >= turn);
    }
    rare.release().expect("it releases");
    assert_eq!(futures_executor::block_on(task).expect("a number"), 2);
    rare.release().expect("it releases");
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 1));
}

/// The loser is polled again in each turn, and those of one turn alone are dropped in each.
fn selected_in_a_loop(registry: &Registry) {
    let rare = open(registry);
    block_on(async {
        let mut long = rare.wait(vec![1; 10], &[1]);
        let turns = if cfg!(miri) { 10 } else { 1_000 };
        for turn in 0..=turns {
            if turn == turns {
                rare.release().expect("it releases");
            }
            let (mut short, mut lost) = (rare.panics("", true), rare.never());
            let is_over = std::future::poll_fn(|context| {
                if let Poll::Ready(value) = long.as_mut().poll(context) {
                    return Poll::Ready(Some(value));
                }
                assert!(lost.as_mut().poll(context).is_pending());
                short.as_mut().poll(context).map(|value| {
                    assert_eq!(value.expect("a number"), 7);
                    None
                })
            });
            match is_over.await {
                Some(value) => {
                    assert_eq!((turn, value.expect("a number")), (turns, 11));
                    break;
                }
                None => assert_ne!(turn, turns),
            }
        }
    });
    assert_eq!(rare.alive().expect("a number"), 0);
}

fn dropped_at_the_end_of_a_thread(registry: &Registry) {
    thread_local! {
        static TASKS: RefCell<Vec<Task<'static, Result<u64, Error>>>> = const { RefCell::new(Vec::new()) };
    }
    // The tasks borrow them. They are kept here, since Miri counts leaks.
    static OBJECTS: Mutex<Vec<&'static dyn Rare>> = Mutex::new(Vec::new());
    let rare: &'static dyn Rare = Box::leak(registry.open::<dyn Rare>("rare").expect("it opens"));
    OBJECTS.lock().expect("no panic").push(rare);
    let is_builtin = registry.plugins().all(|plugin| plugin.origin().is_none());
    let ended = thread::spawn(move || {
        TASKS.with_borrow_mut(|tasks| {
            // A panic in this drop would end the process, builtin.
            let at = if is_builtin { "" } else { "drop" };
            *tasks = vec![
                rare.wait(vec![1; 100], &[1]),
                rare.wakes_in_drop(),
                rare.panics(at, true),
                rare.panics("", false),
            ];
            for task in &mut tasks[..3] {
                assert!(poll(task).is_pending());
            }
        });
        assert!(rare.alive().expect("a number") >= 3);
    });
    ended.join().expect("it ends");
    assert_eq!(rare.alive().expect("a number"), 0);
    rare.release().expect("it releases");
}

fn woken_in_its_drop(registry: &Registry) {
    let rare = open(registry);
    assert_eq!(block_on(rare.wakes_in_drop()).expect("a number"), 2);
    let counts = Arc::new(Counts::default());
    let waker = counts.waker();
    let mut task = rare.wakes_in_drop();
    assert!(poll_by(&mut task, &waker).is_pending());
    assert_eq!(counts.woken(), 1);
    drop(task);
    assert_eq!(counts.woken(), 2);
    drop(waker);
    assert_eq!((rare.alive().expect("a number"), Arc::strong_count(&counts)), (0, 1));
}

fn used_by_many_threads_during_a_poll(registry: &Registry) {
    let rare = open(registry);
    for _ in 0..if cfg!(miri) { 2 } else { 100 } {
        // Builtin, these are clones of the executor's own.
        assert!(block_on(rare.threads(4)).expect("it is known"));
    }
}

fn woken_after_its_runtime(registry: &Registry) {
    let rare = open(registry);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("it is built");
    let spawned = runtime.spawn({
        let rare = Arc::clone(&rare);
        async move { rare.wait(vec![1], &[]).await }
    });
    while rare.alive().expect("a number") == 0 {
        thread::yield_now();
    }
    drop(runtime);
    assert!(block_on(spawned).expect_err("it was given up").is_cancelled());
    assert_eq!(rare.alive().expect("a number"), 0);
    assert!(rare.release().expect("it releases") >= 1);
}

fn panics_are_errors(registry: &Registry) {
    let rare = open(registry);
    let text = |at, pauses| block_on(rare.panics(at, pauses)).expect_err("it panics").to_string();
    for pauses in [false, true] {
        for (at, message) in [
            ("start", "in the start"),
            ("poll", "in the poll"),
            ("drop", "in the drop"),
            ("poll and drop", "in the poll"),
        ] {
            let text = text(at, pauses);
            assert!(text.starts_with("plugin `rare` panicked in `panics` at "), "{text}");
            assert!(text.ends_with(&format!(": {message}")), "{at}: {text}");
            if at != "start" {
                // Given up, before a poll and after one.
                drop(rare.panics(at, true));
                let mut task = rare.panics(at, true);
                assert!(poll(&mut task).is_pending());
                drop(task);
            }
        }
        assert_eq!(block_on(rare.panics("", pauses)).expect("a number"), 7);
    }
    assert_eq!(rare.alive().expect("a number"), 0);
}

/// An executor's own panics do not pass through the library, and do not make a task wait for ever.
fn wakers_that_panic(registry: &Registry) {
    let rare = open(registry);
    let counts = Arc::new(Counts::default());
    let waker = counts.waker();
    let mut task = rare.wait(vec![1; 2], &[1]);
    // The library gets a clone that wakes nobody, and so the task is woken at once.
    counts.clones.store(true, Ordering::SeqCst);
    assert!(poll_by(&mut task, &waker).is_pending());
    assert_eq!(counts.woken(), 1);
    // The next poll panics, as a builtin plugin's first one does.
    assert!(catch_unwind(AssertUnwindSafe(|| poll_by(&mut task, &waker))).is_err());
    counts.clones.store(false, Ordering::SeqCst);
    assert!(poll_by(&mut task, &waker).is_pending());
    // No panic reaches a thread of the library.
    counts.wakes.store(true, Ordering::SeqCst);
    assert_eq!(rare.release().expect("no waker panics"), 2);
    assert_eq!(counts.woken(), 2);
    assert_eq!(block_on(&mut task).expect("a number"), 3);
    // Nor the library's poll, which then is pending.
    let mut task = rare.panics("", true);
    assert!(poll_by(&mut task, &waker).is_pending());
    assert_eq!(counts.woken(), 3);
    drop((task, waker));
    rare.release().expect("it releases");
    assert_eq!((rare.alive().expect("a number"), Arc::strong_count(&counts)), (0, 1));
}
