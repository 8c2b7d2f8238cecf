//! Calls from many threads, and from within runtimes of every kind.

use std::cell::RefCell;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use process_interface::Work;
use tokio::runtime::{Builder, Runtime};

use crate::{LONG, in_time, work, worker};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn shared() -> Arc<dyn Work> {
    Arc::from(work(&worker()))
}

fn calls(work: &dyn Work, count: u64) {
    (0..count).for_each(|at| assert_eq!(work.sum(at, &[at]).unwrap(), 2 * at));
}

#[test]
fn from_64_threads_at_once() {
    in_time(|| {
        let (work, barrier) = (shared(), Barrier::new(64));
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    barrier.wait();
                    calls(&*work, 20);
                });
            }
        });
    });
}

#[test]
fn from_within_a_runtime_of_one_thread() {
    in_time(|| {
        current_thread().block_on(async {
            let work = shared();
            calls(&*work, 20);
            let tasks: Vec<_> = (0..8)
                .map(|_| {
                    let work = Arc::clone(&work);
                    tokio::spawn(async move { calls(&*work, 5) })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    });
}

#[test]
fn from_within_a_runtime_of_many() {
    in_time(|| {
        let runtime = multi_thread();
        runtime.block_on(async {
            let work = shared();
            // More calls than threads, so that all threads are blocked.
            let task = |work: &Arc<dyn Work>| {
                let work = Arc::clone(work);
                move || calls(&*work, 10)
            };
            let tasks: Vec<_> = (0..16)
                .map(|at| match at % 2 {
                    0 => {
                        let task = task(&work);
                        tokio::spawn(async move { task() })
                    }
                    _ => tokio::task::spawn_blocking(task(&work)),
                })
                .collect();
            calls(&*work, 10);
            for task in tasks {
                task.await.unwrap();
            }
            // `block_in_place` makes another thread drive the runtime.
            tokio::task::block_in_place(|| calls(&*work, 10));
        });
    });
}

/// Threads that exist already, and take their work from a queue.
#[test]
fn from_threads_of_a_pool() {
    in_time(|| {
        let work = shared();
        let (send, receive) = mpsc::channel::<u64>();
        let receive = Arc::new(std::sync::Mutex::new(receive));
        let pool: Vec<_> = (0..4)
            .map(|_| {
                let (work, receive) = (Arc::clone(&work), Arc::clone(&receive));
                thread::spawn(move || {
                    let next = || receive.lock().unwrap().recv();
                    while let Ok(at) = next() {
                        assert_eq!(work.sum(at, &[1]).unwrap(), at + 1);
                    }
                })
            })
            .collect();
        (0..200).for_each(|at| send.send(at).unwrap());
        drop(send);
        pool.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn from_within_and_without_at_once() {
    in_time(|| {
        let work = shared();
        thread::scope(|scope| {
            for at in 0..6 {
                let work = &work;
                scope.spawn(move || match at % 3 {
                    0 => calls(&**work, 100),
                    1 => current_thread().block_on(async { calls(&**work, 100) }),
                    _ => multi_thread().block_on(async { calls(&**work, 100) }),
                });
            }
        });
    });
}

#[test]
fn it_is_opened_and_dropped_within_runtimes() {
    for runtime in [current_thread, multi_thread] {
        in_time(move || {
            runtime().block_on(async {
                let process = worker();
                let work = work(&process);
                let id = work.obey("pid").unwrap();
                drop((work, process));
                assert!(!plug_tests::is_running(id.parse().unwrap()));
            });
            // It is dropped with the runtime, during its shutdown.
            let runtime = runtime();
            let work = work(&worker());
            let id = work.obey("pid").unwrap();
            runtime.spawn(async move {
                std::future::pending::<()>().await;
                drop(work);
            });
            drop(runtime);
            assert!(!plug_tests::is_running(id.parse().unwrap()));
        });
    }
}

/// Other thread-locals are destroyed already.
#[test]
fn it_is_dropped_at_the_end_of_a_thread() {
    thread_local! {
        static KEPT: RefCell<Option<Box<dyn Work>>> = const { RefCell::new(None) };
    }
    in_time(|| {
        for is_called_first in [true, false] {
            let work = work(&worker());
            let id = work.obey("pid").unwrap();
            let thread = thread::spawn(move || {
                KEPT.with(|kept| {
                    kept.replace(Some(work));
                    if is_called_first {
                        kept.borrow().as_deref().unwrap().sum(1, &[2]).unwrap();
                    }
                });
            });
            thread.join().unwrap();
            plug_tests::until(Duration::from_secs(5), "it is gone", || !plug_tests::is_running(id.parse().unwrap()));
        }
    });
}

/// A destructor of the thread calls it once more.
#[test]
fn it_is_called_at_the_end_of_a_thread() {
    struct Kept(Box<dyn Work>, mpsc::Sender<u64>);

    impl Drop for Kept {
        fn drop(&mut self) {
            let _ = self.1.send(self.0.sum(2, &[3]).unwrap());
        }
    }

    thread_local! {
        static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
    }
    for is_called_first in [true, false] {
        let (send, receive) = mpsc::channel();
        let work = work(&worker());
        let thread = thread::spawn(move || {
            KEPT.with(|kept| _ = kept.replace(Some(Kept(work, send))));
            if is_called_first {
                KEPT.with(|kept| _ = kept.borrow().as_ref().unwrap().0.sum(1, &[2]).unwrap());
            }
        });
        assert_eq!(receive.recv_timeout(LONG).unwrap(), 5);
        thread.join().unwrap();
    }
}
