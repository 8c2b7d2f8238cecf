//! Jobs that block, jobs that panic, many jobs, and the tasks beside them.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use tokio::sync::oneshot;

use super::*;

type Running = (CallQueue, oneshot::Sender<()>, thread::JoinHandle<io::Result<()>>);

fn workers() -> Running {
    workers_of(MOST)
}

fn workers_of(limit: usize) -> Running {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let workers = Workers::with_limit(runtime, limit);
    let (end, ended) = oneshot::channel();
    let calls = workers.calls();
    let until = async {
        let _ = ended.await;
    };
    (calls, end, thread::spawn(|| workers.run(until)))
}

#[test]
fn jobs_are_done_and_a_panic_ends_no_thread() {
    let (workers, end, thread) = workers();
    let (done, is_done) = mpsc::channel();
    for number in 0..1000 {
        let done = done.clone();
        workers.work(
            move || {
                done.send(number).unwrap();
                assert!(number % 7 != 0, "on purpose");
            },
            drop,
        );
    }
    let mut numbers: Vec<_> = is_done.iter().take(1000).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
    end.send(()).unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn a_blocked_job_delays_nothing() {
    let (workers, end, thread) = workers();
    let (done, is_done) = mpsc::channel();
    let (let_go, is_let_go) = mpsc::channel::<()>();
    let is_let_go = Arc::new(Mutex::new(is_let_go));
    for _ in 0..20 {
        let is_let_go = Arc::clone(&is_let_go);
        workers.work(
            move || {
                let _ = is_let_go.lock().unwrap().recv();
            },
            drop,
        );
    }
    for round in 0..20 {
        let done = done.clone();
        workers.work(move || round, move |round| done.send(round).unwrap());
        assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(round));
    }
    // A blocked job delays no task either.
    let (tick, is_ticking) = mpsc::channel();
    workers.0.upgrade().unwrap().runtime.spawn(async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tick.send(()).unwrap();
    });
    assert_eq!(is_ticking.recv_timeout(Duration::from_secs(20)), Ok(()));
    drop(let_go);
    end.send(()).unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn between_jobs_tasks_run() {
    let (workers, end, thread) = workers();
    let ticks = Arc::new(AtomicUsize::new(0));
    let ticking = Arc::clone(&ticks);
    workers.0.upgrade().unwrap().runtime.spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            ticking.fetch_add(1, SeqCst);
        }
    });
    let (done, is_done) = mpsc::channel();
    for _ in 0..300 {
        let done = done.clone();
        let busy = || {
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(1) {
                std::hint::spin_loop();
            }
        };
        workers.work(busy, move |()| done.send(()).unwrap());
    }
    assert_eq!(is_done.iter().take(300).count(), 300);
    // The machine decides how many. Without rounds there is none.
    assert!(ticks.load(SeqCst) > 2, "{ticks:?}");
    end.send(()).unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn sleeping_jobs_do_not_wait_for_each_other() {
    let (workers, end, thread) = workers();
    let (done, is_done) = mpsc::channel();
    let start = Instant::now();
    for _ in 0..400 {
        let done = done.clone();
        workers.work(|| thread::sleep(Duration::from_millis(20)), move |()| done.send(()).unwrap());
    }
    assert_eq!(is_done.iter().take(400).count(), 400);
    // One after another it would be eight seconds.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    end.send(()).unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn one_thread_drives_while_all_others_call() {
    let (workers, end, thread) = workers_of(3);
    let inner = workers.0.upgrade().unwrap();
    let (let_go, is_let_go) = mpsc::channel::<()>();
    let is_let_go = Arc::new(Mutex::new(is_let_go));
    for _ in 0..10 {
        let is_let_go = Arc::clone(&is_let_go);
        workers.work(
            move || {
                let _ = is_let_go.lock().unwrap().recv();
            },
            drop,
        );
    }
    let full = ((3, 4), 7);
    let start = Instant::now();
    while (inner.pool.counts(), inner.pool.waiting()) != full && start.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(20));
    assert_eq!((inner.pool.counts(), inner.pool.waiting()), full);
    let (tick, is_ticking) = mpsc::channel();
    inner.runtime.spawn(async move { tick.send(()).unwrap() });
    assert_eq!(is_ticking.recv_timeout(Duration::from_secs(20)), Ok(()));
    drop(let_go);
    let (done, is_done) = mpsc::channel();
    workers.work(|| (), move |()| done.send(()).unwrap());
    assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(()));
    drop(inner);
    end.send(()).unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn the_end_waits_for_no_job() {
    let (workers, end, thread) = workers();
    let (begun, has_begun) = mpsc::channel();
    let (_let_go, is_let_go) = mpsc::channel::<()>();
    workers.work(
        move || {
            begun.send(()).unwrap();
            let _ = is_let_go.recv_timeout(Duration::from_secs(100));
        },
        drop,
    );
    has_begun.recv().unwrap();
    end.send(()).unwrap();
    thread.join().unwrap().unwrap();
}
