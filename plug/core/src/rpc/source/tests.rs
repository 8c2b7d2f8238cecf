//! How far a source is drawn, what it gives at once, and when it is dropped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::{ENOUGH, FRAME, Source, Spawn};
use crate::error::Error;
use crate::portable::flow::Flow;
use crate::rpc::frames::PREFIX;

type Message = Result<Vec<u8>, Error>;
type Jobs = Arc<Mutex<VecDeque<Box<dyn FnOnce() + Send>>>>;

/// Messages of a closure, which counts how many were drawn and whether it was dropped.
struct Counted<F> {
    next: F,
    drawn: Arc<AtomicU64>,
    is_dropped: Arc<AtomicU64>,
}

impl<F: FnMut(u64, &mut Context<'_>) -> Poll<Option<Message>> + Send> Flow<Vec<u8>> for Counted<F> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Message>> {
        let next = (self.next)(self.drawn.load(Ordering::SeqCst), context);
        if next.is_ready() {
            self.drawn.fetch_add(1, Ordering::SeqCst);
        }
        next
    }
}

impl<F> Drop for Counted<F> {
    fn drop(&mut self) {
        self.is_dropped.fetch_add(1, Ordering::SeqCst);
    }
}

/// A source whose jobs wait until the test runs them.
struct Scene {
    source: Option<Source>,
    jobs: Jobs,
    drawn: Arc<AtomicU64>,
    is_dropped: Arc<AtomicU64>,
}

impl Scene {
    fn new(next: impl FnMut(u64, &mut Context<'_>) -> Poll<Option<Message>> + Send + 'static) -> Self {
        let (jobs, drawn, is_dropped): (Jobs, Arc<AtomicU64>, Arc<AtomicU64>) = Default::default();
        let flow = Counted { next, drawn: Arc::clone(&drawn), is_dropped: Arc::clone(&is_dropped) };
        let queue = Arc::clone(&jobs);
        let spawn: Spawn = Arc::new(move |job| {
            queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
        });
        Self { source: Some(Source::new(Box::new(flow), spawn)), jobs, drawn, is_dropped }
    }

    /// Runs what waits, and says how many jobs that were.
    fn run(&self) -> usize {
        let jobs: Vec<_> = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        let number = jobs.len();
        jobs.into_iter().for_each(|job| job());
        number
    }

    fn poll(&self) -> Poll<Option<Result<Bytes, Error>>> {
        let source = self.source.as_ref().expect("it is not dropped");
        source.poll_frame(&mut Context::from_waker(Waker::noop()))
    }

    /// The next frame, for which jobs run.
    fn frame(&self) -> Option<Result<Bytes, Error>> {
        for _ in 0..100 {
            match self.poll() {
                Poll::Ready(frame) => return frame,
                Poll::Pending => _ = self.run(),
            }
        }
        panic!("there is no frame");
    }

    /// The next messages of up to `room` bytes, for which jobs run.
    fn batch(&self, room: usize) -> Result<Vec<Vec<u8>>, Error> {
        let source = self.source.as_ref().expect("it is not dropped");
        for _ in 0..100 {
            match source.poll_batch(room, &mut Context::from_waker(Waker::noop())) {
                Poll::Ready(batch) => return batch,
                Poll::Pending => _ = self.run(),
            }
        }
        panic!("there is no batch");
    }

    fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::SeqCst)
    }

    fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::SeqCst) == 1
    }
}

/// Messages of this length, for ever.
fn endless(len: usize) -> Scene {
    Scene::new(move |number, _| Poll::Ready(Some(Ok(vec![number as u8; len]))))
}

#[test]
fn nothing_is_drawn_before_it_is_wanted_and_no_more_than_there_is_room_for() {
    let scene = endless(1000);
    assert_eq!((scene.run(), scene.drawn()), (0, 0));
    assert!(scene.poll().is_pending());
    while scene.run() > 0 {}
    // A slow machine draws less in the turn of a job.
    let most = (ENOUGH / 1000 + 1) as u64;
    assert!((1..=most).contains(&scene.drawn()), "{}", scene.drawn());
    // Over and over, nothing runs ahead of the taker further than that.
    let mut taken = 0;
    for _ in 0..100 {
        taken += scene.frame().unwrap().unwrap().len().div_ceil(1000 + PREFIX) as u64;
        scene.run();
        assert!(scene.drawn() <= taken + most, "{} after {taken}", scene.drawn());
    }
}

#[test]
fn short_messages_share_a_frame_and_a_long_one_has_its_own() {
    let lens = [10, 20, FRAME, 30];
    let scene = Scene::new(move |number, _| Poll::Ready(lens.get(number as usize).map(|len| Ok(vec![7; *len]))));
    let mut bytes = Vec::new();
    while let Some(frame) = scene.frame() {
        let frame = frame.unwrap();
        assert!(frame.len() <= FRAME);
        bytes.extend_from_slice(&frame);
    }
    for len in lens {
        let rest = bytes.split_off(PREFIX + len);
        assert_eq!(bytes[..PREFIX], [&[0][..], &(len as u32).to_be_bytes()].concat());
        assert!(bytes[PREFIX..].iter().all(|byte| *byte == 7));
        bytes = rest;
    }
    assert!(bytes.is_empty() && scene.is_dropped());
    // The end stays.
    assert!(scene.frame().is_none());
}

#[test]
fn an_error_ends_it_after_the_messages_before() {
    for panics in [false, true] {
        let scene = Scene::new(move |number, _| match number {
            0 | 1 => Poll::Ready(Some(Ok(vec![1; FRAME]))),
            _ if panics => panic!("no paper"),
            _ => Poll::Ready(Some(Err(Error::msg("no paper")))),
        });
        let mut len = 0;
        let error = loop {
            match scene.frame().unwrap() {
                Ok(frame) => len += frame.len(),
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(len, 2 * (PREFIX + FRAME));
        let start = if panics { "the stream panicked" } else { "no paper" };
        assert!(error.starts_with(start) && error.ends_with("no paper"), "{error}");
        assert!(scene.frame().is_none() && scene.is_dropped());
    }
}

/// A stream that waits is polled again when it was woken, and not before.
#[test]
fn a_stream_that_waits_has_no_thread() {
    let place: Arc<Mutex<Option<Waker>>> = Arc::default();
    let waker = Arc::clone(&place);
    let polls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&polls);
    let scene = Scene::new(move |number, context| {
        counted.fetch_add(1, Ordering::SeqCst);
        let waiting = waker.lock().unwrap().replace(context.waker().clone());
        if number == 0 && waiting.is_none() { Poll::Pending } else { Poll::Ready(None) }
    });
    assert!(scene.poll().is_pending());
    assert_eq!((scene.run(), polls.load(Ordering::SeqCst)), (1, 1));
    assert!(scene.poll().is_pending());
    assert_eq!((scene.run(), polls.load(Ordering::SeqCst)), (0, 1));
    place.lock().unwrap().clone().unwrap().wake();
    assert!(scene.frame().is_none());
    assert_eq!(polls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_stream_is_dropped_in_a_job() {
    // Before it was drawn from, and between two jobs.
    for begins in [false, true] {
        let mut scene = endless(1000);
        if begins {
            assert!(scene.frame().unwrap().is_ok());
            scene.run();
        }
        scene.source = None;
        assert!(!scene.is_dropped());
        assert_eq!(scene.run(), 1);
        assert!(scene.is_dropped());
    }
    // While a job waits that would draw, or draws.
    let mut scene = endless(1000);
    assert!(scene.poll().is_pending());
    scene.source = None;
    while scene.run() > 0 {}
    assert!(scene.is_dropped());
    assert_eq!(scene.drawn(), 0);
    let place: Arc<Mutex<Option<Source>>> = Arc::default();
    let own = Arc::clone(&place);
    let mut scene = Scene::new(move |_, _| {
        drop(own.lock().unwrap().take());
        Poll::Ready(Some(Ok(vec![1])))
    });
    assert!(scene.poll().is_pending());
    *place.lock().unwrap() = scene.source.take();
    while scene.run() > 0 {}
    assert_eq!((scene.drawn(), scene.is_dropped()), (1, true));
}

#[test]
fn a_batch_has_as_many_messages_as_there_is_room_for() {
    let (scene, framed) = (endless(1000), 1000 + PREFIX);
    let mut taken = 0;
    while scene.drawn() < taken + 30 {
        assert_eq!(scene.batch(0).unwrap().len(), 1);
        taken += 1;
        // The next ones are drawn meanwhile.
        scene.run();
    }
    for (room, number) in [(10 * framed, 10), (10 * framed - 1, 9), (0, 1)] {
        let batch = scene.batch(room).unwrap();
        assert_eq!(batch.len(), number);
        for message in batch {
            assert!(message.iter().all(|byte| *byte == taken as u8));
            taken += 1;
        }
    }
}

#[test]
fn empty_messages_are_not_drawn_without_end() {
    let scene = endless(0);
    let rounds = 500;
    for _ in 0..rounds {
        assert_eq!(scene.batch(0).unwrap().len(), 1);
        scene.run();
    }
    let waiting = scene.drawn() - rounds;
    assert!(waiting <= (ENOUGH / PREFIX + 2) as u64, "{waiting}");
}

#[test]
fn an_error_follows_all_batches_before_it() {
    let scene = Scene::new(move |number, _| {
        Poll::Ready(Some(if number < 100 { Ok(vec![0; 10]) } else { Err(Error::msg("torn")) }))
    });
    let mut taken = 0;
    while taken < 100 {
        taken += scene.batch(200).unwrap().len();
    }
    assert_eq!(taken, 100);
    assert_eq!(scene.batch(200).unwrap_err().to_string(), "torn");
    assert!(scene.batch(200).unwrap().is_empty() && scene.is_dropped());
}
