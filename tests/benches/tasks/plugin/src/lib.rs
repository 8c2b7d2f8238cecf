//! The plugin, as for any link.

use std::future::poll_fn;
use std::task::Poll;

use task_interface::Work;

/// Does the work.
#[derive(Default)]
pub struct A;

/// Does the work.
#[plug::plug("a")]
impl Work for A {
    async fn add(&self, a: u64, b: u64) -> Result<u64, plug::Error> {
        Ok(a.wrapping_add(b))
    }

    async fn say_hello(&self, name: &str) -> Result<String, plug::Error> {
        Ok(format!("hello, {name}"))
    }

    async fn pause(&self) -> Result<u64, plug::Error> {
        let mut polls = 0;
        poll_fn(|context| {
            polls += 1;
            if polls > 1 {
                return Poll::Ready(Ok(polls));
            }
            let waker = context.waker().clone();
            waker.wake();
            Poll::Pending
        })
        .await
    }
}
