//! A plugin that uses tokio, over each link, in hosts with each executor.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use async_executor::Executor;
use futures_util::StreamExt;
use plug::{Error, Registry, Task};
use tokio::runtime::Runtime;
use tokio_plugins::Net;

use pollster::block_on;

use crate::poll;

/// The thread of the runtime that a build makes for its own plugins.
const OWN: &str = "plug-tokio";

fn several() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_name("host").enable_all().build().expect("it is built")
}

fn one() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it is built")
}

/// A host runs a future to its end.
type Run = fn(Task<'static, ()>);

/// The hosts, and whether each has a runtime of tokio.
const HOSTS: [(&str, bool, Run); 4] = [
    ("tokio", true, |task| {
        let runtime = several();
        runtime.block_on(runtime.spawn(task)).expect("it ends");
    }),
    ("tokio on one thread", true, |task| one().block_on(task)),
    ("smol", false, |task| {
        let executor = Executor::new();
        let task = executor.spawn(task);
        async_io::block_on(executor.run(task));
    }),
    ("twenty lines", false, |task| block_on(task)),
];

#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library() -> plug::link::Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { plug::link::Library::open(plug_tests::shared_library("tokio-plugins")) };
    library.expect("it can be opened")
}

fn open(link: &dyn plug::Link) -> Arc<dyn Net> {
    let mut registry = Registry::new();
    registry.add(link).expect("the link has plugins");
    Arc::from(registry.open::<dyn Net>("net").expect("it opens"))
}

fn builtin() -> Arc<dyn Net> {
    open(&plug::link::Builtin)
}

/// The plugin in this process.
fn in_process() -> [(&'static str, Arc<dyn Net>); 2] {
    [("builtin", builtin()), ("library", open(&library()))]
}

/// The plugin behind a server. The server's runtime is current there.
fn remote() -> [(&'static str, Arc<dyn Net>); 2] {
    let process = plug::link::Process::open(plug_tests::program("process-tokio")).expect("it can be opened");
    [("process", open(&process)), ("grpc", open(&crate::remote::grpc_link()))]
}

/// Runs the case over each link in each host.
fn everywhere(case: fn(Arc<dyn Net>) -> Task<'static, ()>) {
    for (link, net) in in_process().into_iter().chain(remote()) {
        for (host, _, run) in HOSTS {
            eprintln!("{link} in a host on {host}");
            run(case(Arc::clone(&net)));
        }
    }
}

/// Waits until the value is that one.
#[track_caller]
fn until(value: impl Fn() -> Result<u64, Error>, expected: u64) {
    crate::until(|| value().expect("a number") == expected);
}

/// The message of the panic.
fn panic_of<T>(work: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(work)) else { panic!("it does not panic") };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref().cloned()).expect("a text")
}

#[test]
fn it_sleeps() {
    everywhere(|net| {
        Box::pin(async move {
            let start = Instant::now();
            net.sleep(20).await.expect("it sleeps");
            assert!(start.elapsed() >= Duration::from_millis(20));
        })
    });
}

#[test]
fn its_streams_sleep_and_spawn_too() {
    everywhere(|net| {
        Box::pin(async move {
            let mut ticks = net.ticks(3, 5).await.expect("it ticks");
            let mut count = 0;
            while let Some(tick) = ticks.next().await {
                assert_eq!(tick.expect("it sleeps"), count);
                count += 1;
            }
            assert_eq!(count, 3);
            // Its drop spawns a task.
            let before = net.cleaned().expect("a number");
            let mut ticks = net.ticks(1000, 1).await.expect("it ticks");
            ticks.next().await.expect("a tick").expect("it sleeps");
            drop(ticks);
            // A runtime of the host may need this thread for that task.
            for _ in 0..10_000 {
                if net.cleaned().expect("a number") > before {
                    return;
                }
                net.sleep(1).await.expect("it sleeps");
            }
            panic!("the task of the drop has not run");
        })
    });
}

#[test]
fn it_opens_sockets() {
    everywhere(|net| {
        Box::pin(async move { assert_eq!(net.echo("through a socket").await.expect("a text"), "through a socket") })
    });
}

#[test]
fn it_spawns_in_the_runtime_that_is_current_and_otherwise_in_its_own() {
    for (link, net) in in_process() {
        for (host, has_tokio, run) in HOSTS {
            let net = Arc::clone(&net);
            let main = thread::current().name().unwrap_or_default().to_owned();
            run(Box::pin(async move {
                let name = net.spawn().await.expect("it spawns");
                let expected = match (link, has_tokio, host) {
                    // The host's tokio is not that of the library.
                    ("library", ..) | (_, false, _) => OWN,
                    (.., "tokio") => "host",
                    _ => &main,
                };
                assert_eq!(name, expected, "{link} in a host on {host}");
            }));
        }
    }
}

#[test]
fn a_spawned_task_outlives_the_call() {
    let net = open(&library());
    for (calls, (host, _, run)) in (1..).zip(HOSTS) {
        let of_call = Arc::clone(&net);
        run(Box::pin(async move { of_call.leave(20).await.expect("it spawns") }));
        eprintln!("in a host on {host}, whose runtime has ended");
        until(|| net.left(), calls);
    }
    // Without a runtime of the host, that of the build stays too.
    let net = builtin();
    block_on(net.leave(20)).expect("it spawns");
    until(|| net.left(), 1);
}

#[test]
fn a_panic_in_a_spawned_task_ends_that_task_alone() {
    everywhere(|net| {
        Box::pin(async move {
            let text = net.panic_in_task().await.expect("a text");
            assert!(text.contains("panicked with message \"it panicked in its task\""), "{text}");
            net.sleep(1).await.expect("the runtime goes on");
        })
    });
}

#[test]
fn a_library_does_not_notice_the_end_of_the_host_s_runtime() {
    let net = open(&library());
    let (runtime, of_task) = (several(), Arc::clone(&net));
    let mut sleep = net.sleep(50);
    runtime.block_on(async { assert!(poll(&mut sleep).is_pending()) });
    let mut forever: Task<'static, _> = Box::pin(async move { of_task.forever().await });
    runtime.block_on(async { assert!(poll(&mut forever).is_pending()) });
    let forever = runtime.spawn(forever);
    // This drops the task.
    drop(runtime);
    drop(forever);
    until(|| net.dropped(), 1);
    until(|| net.cleaned(), 1);
    block_on(sleep).expect("it sleeps");
}

#[test]
fn a_timer_of_the_host_s_runtime_ends_with_that() {
    let net = builtin();
    let runtime = one();
    let mut sleep = net.sleep(20);
    runtime.block_on(async { assert!(poll(&mut sleep).is_pending()) });
    drop(runtime);
    let text = panic_of(|| block_on(sleep));
    assert!(text.contains("shutdown"), "{text}");
}

#[test]
fn a_task_is_polled_by_executors_in_turn() {
    for (_, net) in in_process() {
        // Its timer is one of the build's own runtime, which never ends.
        let mut sleep = net.sleep(200);
        assert!(poll(&mut sleep).is_pending());
        several().block_on(async { assert!(poll(&mut sleep).is_pending()) });
        assert!(poll(&mut sleep).is_pending());
        one().block_on(sleep).expect("it sleeps");
    }
}

#[test]
fn a_task_is_dropped_within_a_runtime() {
    for (link, net) in in_process() {
        for (at, (host, _, run)) in (0..).zip(HOSTS) {
            eprintln!("{link} in a host on {host}");
            // Dropped in the host.
            let of_host = Arc::clone(&net);
            run(Box::pin(async move { assert!(poll(&mut of_host.forever()).is_pending()) }));
            until(|| net.dropped(), 2 * at + 1);
            // Dropped in a thread without a runtime.
            let (send, receive) = std::sync::mpsc::channel();
            let of_host = Arc::clone(&net);
            run(Box::pin(async move {
                // The object is in the future, which is not polled again.
                let mut forever: Task<'static, _> = Box::pin(async move { of_host.forever().await });
                assert!(poll(&mut forever).is_pending());
                send.send(forever).expect("the test goes on");
            }));
            let forever = receive.recv().expect("it was sent");
            thread::spawn(move || drop(forever)).join().expect("the drop does not panic");
            until(|| net.dropped(), 2 * at + 2);
        }
    }
    // Without a current runtime, a task that the drop spawns runs in that of the build.
    for (_, net) in in_process() {
        let runtime = several();
        let mut forever = net.forever();
        runtime.block_on(async { assert!(poll(&mut forever).is_pending()) });
        drop(forever);
        until(|| net.cleaned(), 1);
    }
}

#[test]
fn a_task_that_was_not_polled_is_dropped_without_a_runtime() {
    for (_, net) in in_process() {
        drop(net.forever());
        assert_eq!(net.dropped().expect("a number"), 0);
        assert_eq!(net.cleaned().expect("a number"), 0);
    }
}

#[test]
fn a_task_is_dropped_at_the_end_of_a_thread() {
    thread_local! {
        static LAST: RefCell<Option<Task<'static, Result<(), Error>>>> = const { RefCell::new(None) };
    }
    for (link, net) in in_process() {
        for is_first in [true, false] {
            let of_thread = Arc::clone(&net);
            let ends = thread::spawn(move || {
                // Locals are destroyed in the reverse order of their first use: with tokio's, or after.
                if is_first {
                    LAST.with(|last| last.take());
                }
                let mut forever: Task<'static, _> = Box::pin(async move { of_thread.forever().await });
                assert!(poll(&mut forever).is_pending());
                LAST.with(|last| last.replace(Some(forever)));
            });
            ends.join().expect("the drop does not panic");
            until(|| net.dropped(), if is_first { 1 } else { 2 });
            eprintln!("{link}: {:?} cleaned", net.cleaned());
        }
    }
}

#[test]
fn two_libraries_have_a_runtime_each() {
    let (one, other) = (open(&library()), open(&library()));
    let both = async { (one.echo("one").await.expect("a text"), other.echo("other").await.expect("a text")) };
    assert_eq!(block_on(both), ("one".to_owned(), "other".to_owned()));
    let (mut slow, mut quick) = (one.sleep(60), other.sleep(30));
    assert!(poll(&mut slow).is_pending() && poll(&mut quick).is_pending());
    block_on(quick).expect("it sleeps");
    block_on(slow).expect("it sleeps");
    // A build makes its runtime once.
    #[cfg(target_os = "linux")]
    {
        let own = || {
            let threads = std::fs::read_dir("/proc/self/task").expect("there are threads");
            let named = threads.filter_map(|thread| {
                let thread = thread.ok()?.path();
                let name = std::fs::read_to_string(thread.join("comm")).ok()?;
                (name.trim() == OWN).then_some(thread)
            });
            named.collect::<BTreeSet<_>>()
        };
        let before = own();
        for net in [&one, &other] {
            let threads: Vec<_> =
                (0..4).map(|_| Arc::clone(net)).map(|net| thread::spawn(move || block_on(net.sleep(1)))).collect();
            threads.into_iter().for_each(|thread| thread.join().expect("it ends").expect("it sleeps"));
        }
        // Other tests make some of other libraries.
        assert!(own().is_superset(&before) && before.len() >= 2);
    }
}

#[test]
fn without_an_async_fn_a_library_has_no_runtime_and_the_error_says_so() {
    let net = open(&library());
    let text = net.spawn_outside().expect_err("there is no runtime").to_string();
    let hint = "\nhint: only an `async fn` or a `Stream` of a plugin has the runtime of the feature `tokio` of plug: use tokio there";
    assert!(text.starts_with("plugin `net` panicked in `spawn_outside` at "), "{text}");
    assert!(text.contains(": there is no reactor running, ") && text.ends_with(hint), "{text}");
}

#[test]
fn a_plugin_that_blocks_on_a_runtime_panics_in_that_of_the_host() {
    // The library's tokio knows nothing of that one, so the plugin blocks the host's thread.
    for (_, _, run) in HOSTS {
        let net = open(&library());
        run(Box::pin(async move { net.block().await.expect("it sleeps") }));
    }
    block_on(builtin().block()).expect("it sleeps");
    let text = panic_of(|| one().block_on(builtin().block()));
    assert!(text.starts_with("Cannot start a runtime from within a runtime"), "{text}");
}
