//! The measured calls of an opened plugin, with arguments and results of std's types on every side.
//! A failure panics, since it makes the times void.

pub mod async_ffi;
pub mod plug;
pub mod stabby;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A function for each method, which makes that many calls.
pub type Calls = [Box<dyn Fn(usize)>; 3];

/// The least executor. A pending task has been woken.
#[inline]
fn block_on<T>(mut task: Pin<&mut impl Future<Output = T>>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = task.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// The calls of an opened plugin. The object lives as long as the process, as most plugins do.
macro_rules! calls {
    ($work:expr, $value:expr, $text:expr) => {{
        let work: &'static _ = Box::leak(Box::new($work));
        let add = move || ($value)(block_on(pin!(work.add(black_box(2), black_box(3)))));
        let say_hello = move || ($text)(block_on(pin!(work.say_hello(black_box("x").into()))));
        let pause = move || ($value)(block_on(pin!(work.pause())));
        assert_eq!((add(), say_hello(), pause()), (5, "hello, x".to_owned(), 2));
        [
            Box::new(move |count| (0..count).for_each(|_| _ = black_box(add()))),
            Box::new(move |count| (0..count).for_each(|_| _ = black_box(say_hello()))),
            Box::new(move |count| (0..count).for_each(|_| _ = black_box(pause()))),
        ]
    }};
}
use calls;
