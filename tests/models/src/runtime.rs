//! A model of tokio's current-thread runtime, as far as the threads that share one can tell.
//!
//! One thread at a time has the core and drives: it serves the events from outside, and polls its
//! own future when that was woken. The others wait for their own futures or for the core.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use shuttle::current::{TaskId, me};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::Notify;

type Event = Box<dyn FnOnce() + Send>;

pub(crate) struct Runtime {
    /// Whether no thread has the core.
    is_free: AtomicBool,
    freed: Notify,
    events: Mutex<VecDeque<Event>>,
    driver: Mutex<Option<(TaskId, Waker)>>,
}

impl Runtime {
    pub(crate) fn new() -> Self {
        Self {
            is_free: AtomicBool::new(true),
            freed: Notify::new(),
            events: Mutex::default(),
            driver: Mutex::default(),
        }
    }

    /// Something comes from outside. The thread that drives runs `event`.
    pub(crate) fn push(&self, event: impl FnOnce() + Send + 'static) {
        self.events.lock().unwrap().push_back(Box::new(event));
        let driver = self.driver.lock().unwrap().clone();
        if let Some((_, waker)) = driver {
            waker.wake();
        }
    }

    /// The thread that drives.
    pub(crate) fn driver(&self) -> Option<TaskId> {
        self.driver.lock().unwrap().as_ref().map(|(id, _)| *id)
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        shuttle::future::block_on(async {
            let mut future = pin!(future);
            loop {
                if self.is_free.swap(false, SeqCst) {
                    let mut own = None;
                    let output = poll_fn(|context| {
                        let own = own.get_or_insert_with(|| Arc::new(Own::new(context.waker().clone())));
                        *self.driver.lock().unwrap() = Some((me(), context.waker().clone()));
                        loop {
                            if own.woken.swap(false, SeqCst) {
                                let waker = Waker::from(Arc::clone(own));
                                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                                    return Poll::Ready(output);
                                }
                            }
                            let event = self.events.lock().unwrap().pop_front();
                            match event {
                                Some(event) => event(),
                                None if own.woken.load(SeqCst) => {}
                                None => return Poll::Pending,
                            }
                        }
                    });
                    let output = output.await;
                    *self.driver.lock().unwrap() = None;
                    self.is_free.store(true, SeqCst);
                    self.freed.notify_one();
                    return output;
                }
                let mut freed = pin!(self.freed.notified());
                let waited = poll_fn(|context| {
                    if freed.as_mut().poll(context).is_ready() {
                        return Poll::Ready(None);
                    }
                    future.as_mut().poll(context).map(Some)
                });
                if let Some(output) = waited.await {
                    return output;
                }
            }
        })
    }
}

/// Wakes the thread that drives because of its own future.
struct Own {
    woken: AtomicBool,
    thread: Waker,
}

impl Own {
    fn new(thread: Waker) -> Self {
        Self { woken: AtomicBool::new(true), thread }
    }
}

impl Wake for Own {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, SeqCst);
        self.thread.wake_by_ref();
    }
}
