//! Futures without a runtime.

use std::future::poll_fn;
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// Ready at the second poll, after another thread has woken it.
pub async fn pause() {
    let mut is_woken = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_woken, true) {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(1));
            waker.wake();
        });
        Poll::Pending
    })
    .await;
}
