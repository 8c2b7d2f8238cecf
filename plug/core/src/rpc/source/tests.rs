//! How far a source is drawn, and what it gives at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::portable::flow::Flow;
use crate::task::park_on;

/// This number of messages of this length, and then an error.
struct Counted {
    drawn: Arc<AtomicUsize>,
    number: usize,
    len: usize,
}

impl Flow<Vec<u8>> for Counted {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        if self.drawn.load(Ordering::SeqCst) == self.number {
            return Poll::Ready(Some(Err(Error::msg("torn"))));
        }
        self.drawn.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(vec![0; self.len])))
    }
}

/// A source as an object, and the number of messages that were drawn of it.
fn drawn(number: usize, len: usize) -> (Drawn, Arc<AtomicUsize>) {
    let drawn = Arc::<AtomicUsize>::default();
    let stream = Box::new(Counted { drawn: Arc::clone(&drawn), number, len });
    let source = Source::new(stream, Arc::new(|job| drop(thread::spawn(job))));
    (Drawn { source, turn: tokio::sync::Mutex::default() }, drawn)
}

fn next(stream: &Drawn, room: usize) -> Result<usize, Error> {
    park_on(stream.next(room as u64)).map(|batch| batch.len())
}

#[test]
fn a_batch_has_as_many_messages_as_there_is_room_for() {
    let (stream, number) = drawn(usize::MAX, 1000);
    let mut taken = 0;
    while number.load(Ordering::SeqCst) < taken + 30 {
        assert_eq!(next(&stream, 0).unwrap(), 1);
        taken += 1;
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(next(&stream, 10 * (1000 + frames::PREFIX)).unwrap(), 10);
    assert_eq!(next(&stream, 10 * (1000 + frames::PREFIX) - 1).unwrap(), 9);
}

#[test]
fn empty_messages_are_not_drawn_without_end() {
    let (stream, number) = drawn(usize::MAX, 0);
    let (mut taken, until) = (0, Instant::now() + Duration::from_millis(300));
    while Instant::now() < until {
        taken += next(&stream, 0).unwrap();
        thread::sleep(Duration::from_millis(1));
    }
    let waiting = number.load(Ordering::SeqCst) - taken;
    assert!(waiting <= ENOUGH / frames::PREFIX + 2, "{waiting}");
}

#[test]
fn an_error_follows_all_messages_before_it() {
    let (stream, number) = drawn(100, 10);
    let mut taken = 0;
    while taken < 100 {
        taken += next(&stream, 200).unwrap();
    }
    assert_eq!((taken, number.load(Ordering::SeqCst)), (100, 100));
    assert_eq!(next(&stream, 200).unwrap_err().to_string(), "torn");
    assert_eq!(next(&stream, 200).unwrap(), 0);
}
