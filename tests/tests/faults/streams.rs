//! Streams that break, block, or are used up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use fault_plugins::Faulty;
use plug::{Error, Items, with_deadline};

use crate::{Gate, Peer, beside, each, each_remote, grpc, in_time, library, process, until};

fn numbers(number: u64) -> Items<u64> {
    Items::new((0..number).map(Ok))
}

#[test]
fn an_iterator_of_the_host_that_panics_fails_its_call() {
    each_remote(|peer| {
        let faulty = peer.open();
        beside(peer, || {
            let items = (0..).inspect(|number| assert!(*number < 3, "the third item")).map(Ok);
            let error = faulty.read(Items::new(items)).unwrap_err().to_string();
            assert!(error.contains("the stream panicked at") && error.contains("the third item"), "{error}");
            assert_eq!(faulty.read(numbers(3)).unwrap(), 3);
        });
    });
}

#[test]
fn a_stream_ends_at_its_deadline() {
    each_remote(|peer| {
        let (faulty, link) = (peer.open(), peer.link);
        beside(peer, || {
            let items = with_deadline(Duration::from_millis(300), || faulty.slow(10)).unwrap();
            let (sent, received) = mpsc::channel();
            thread::spawn(move || sent.send(items.filter_map(Result::err).last()).unwrap());
            let error = received.recv_timeout(crate::LONG).unwrap().unwrap().to_string();
            assert!(error.contains("in time"), "{link}: {error}");
            until(|| faulty.open_streams().unwrap() == 0);
        });
    });
}

#[test]
fn a_stream_that_is_dropped_while_its_writer_blocks_ends() {
    each_remote(|peer| {
        let faulty = peer.open();
        beside(peer, || {
            let mut items = faulty.slow(200).unwrap();
            assert_eq!(items.next().unwrap().unwrap(), 0);
            drop(items);
            until(|| faulty.open_streams().unwrap() == 0);
        });
    });
}

#[test]
fn a_writer_of_the_host_that_blocks_delays_nobody_else() {
    each_remote(|peer| {
        let (faulty, gate) = (peer.open(), Arc::new(Gate::default()));
        thread::scope(|scope| {
            let door = Arc::clone(&gate);
            let reading = scope.spawn(|| faulty.read(Items::new((0..3).inspect(move |_| door.pass()).map(Ok))));
            until(|| gate.waiting() == 1);
            beside(peer, || assert_eq!(faulty.read(numbers(3)).unwrap(), 3));
            gate.open();
            assert_eq!(reading.join().unwrap().unwrap(), 3);
        });
    });
}

/// The call is late, though the writer of the host blocks for ever.
#[test]
fn a_call_ends_at_its_deadline_while_its_writer_blocks() {
    each_remote(|peer| {
        let (faulty, gate) = (peer.open(), Arc::new(Gate::default()));
        let (door, is_dropped) = (Arc::clone(&gate), Arc::new(AtomicBool::new(false)));
        let noted = Noted(Arc::clone(&is_dropped));
        beside(peer, || {
            let items = Items::new((0..).map(move |number| {
                let _noted = &noted;
                door.pass();
                Ok(number)
            }));
            let error = with_deadline(Duration::from_millis(200), || faulty.read(items)).unwrap_err();
            assert!(error.to_string().contains("in time"), "{error}");
        });
        gate.open();
        until(|| is_dropped.load(Ordering::SeqCst));
    });
}

struct Noted(Arc<AtomicBool>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_stream_that_a_method_keeps_ends_with_its_call() {
    each_remote(|peer| {
        let (faulty, is_dropped) = (peer.open(), Arc::new(AtomicBool::new(false)));
        let noted = Noted(Arc::clone(&is_dropped));
        let endless = Items::new((0..).map(move |number| {
            let _noted = &noted;
            Ok(number)
        }));
        faulty.keep_items(endless).unwrap();
        until(|| is_dropped.load(Ordering::SeqCst));
        // What has come before the end may be read, and then there is an error.
        in_time(move || _ = faulty.kept_item());
        beside(peer, || assert_eq!(peer.open().read(numbers(3)).unwrap(), 3));
    });
    // A library has the stream itself.
    let faulty = Peer::new(&library(), "library").open();
    faulty.keep_items(numbers(3)).unwrap();
    assert_eq!(faulty.kept_item().unwrap(), Some(0));
}

#[test]
fn a_stream_goes_on_to_another_plugin() {
    let peers = [Peer::new(&library(), ""), Peer::new(&process(), ""), Peer::new(&grpc(), "")];
    for from in &peers {
        for to in &peers {
            let chunks = from.open().chunks(500, 1000).unwrap();
            assert_eq!(to.open().measure(chunks).unwrap(), 500_000);
        }
    }
}

#[test]
fn the_rest_of_a_stream_is_an_argument() {
    each(|peer| {
        let faulty = peer.open();
        let mut chunks = faulty.chunks(500, 1000).unwrap();
        for _ in 0..200 {
            chunks.next().unwrap().unwrap();
        }
        assert_eq!(faulty.measure(chunks).unwrap(), 300_000, "{}", peer.link);
    });
}

#[test]
fn a_stream_that_is_used_up_is_empty() {
    each(|peer| {
        let (faulty, mut items) = (peer.open(), numbers(3));
        assert_eq!((items.by_ref().count(), faulty.read(items).unwrap()), (3, 0), "{}", peer.link);
        let mut broken = Items::<u64>::new([Err(Error::msg("torn"))].into_iter());
        assert!(broken.next().unwrap().is_err());
        assert_eq!(faulty.read(broken).unwrap(), 0);
    });
}

#[test]
fn items_of_nothing_are_counted() {
    each(|peer| {
        let faulty = peer.open();
        for number in [0, 1, 3000] {
            assert_eq!(faulty.units(number).unwrap().map(Result::unwrap).count() as u64, number);
            assert_eq!(faulty.count_units(Items::new((0..number).map(|_| Ok(())))).unwrap(), number);
            assert_eq!(
                faulty.chunks(number, 0).unwrap().map(Result::unwrap).filter(Vec::is_empty).count() as u64,
                number
            );
            assert_eq!(faulty.measure(Items::new((0..number).map(|_| Ok(Vec::new())))).unwrap(), 0);
        }
    });
}

#[test]
fn thousands_of_streams_are_opened_and_dropped() {
    each(|peer| {
        let faulty = peer.open();
        for round in 0..3000 {
            let mut items = faulty.slow(0).unwrap();
            for number in 0..round % 3 {
                assert_eq!(items.next().unwrap().unwrap(), number);
            }
        }
        // Many at once, which write slowly, since the others fill a window each.
        let all: Vec<_> = (0..300).map(|_| faulty.slow(1).unwrap()).collect();
        beside(peer, || drop(all));
        until(|| faulty.open_streams().unwrap() == 0);
    });
}

/// Its reader has the first item, and reads no further.
#[test]
fn a_reader_that_stops_delays_nobody_else() {
    each_remote(|peer| {
        let faulty = peer.open();
        let mut unread: Vec<_> = (0..20).map(|_| faulty.chunks(u64::MAX, 64 << 10).unwrap()).collect();
        for chunks in &mut unread {
            chunks.next().unwrap().unwrap();
        }
        thread::sleep(Duration::from_millis(100));
        beside(peer, || {
            assert_eq!(read(&*faulty), 500_000, "{}", peer.link);
            drop(unread);
        });
    });
}

fn read(faulty: &dyn Faulty) -> usize {
    faulty.chunks(500, 1000).unwrap().map(|chunk| chunk.unwrap().len()).sum()
}
