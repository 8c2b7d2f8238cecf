//! The deadline and the cancellations of the call that opens a stream hold for all of it.

use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use plug::link::ProcessOptions;
use plug::{Cancellation, ErrorKind, Items, Link, Registry, with_cancellation, with_deadline};
use pollster::block_on;
use stream_plugins::{Line, Streams};

use crate::links;

const SOON: Duration = Duration::from_millis(200);

/// The plugin, and an object of it, over each link to another process.
fn each(test: impl Fn(&dyn Streams, &str)) {
    let links: [(&dyn Link, &str); 3] =
        [(&links::process(), "process"), (&links::netrpc(), "netrpc"), (&links::grpc(), "grpc")];
    for (link, name) in links {
        let mut registry = Registry::new();
        registry.add(link).unwrap();
        let streams = registry.open::<dyn Streams>("streams").unwrap();
        test(&*streams, name);
        test(&*streams.object().unwrap(), &format!("an object over {name}"));
        crate::until(|| streams.drawn().unwrap().0 == 0);
    }
}

/// Cancels soon, and runs `work` meanwhile.
fn cancelled<R>(work: impl FnOnce(&Cancellation) -> R) -> R {
    let cancellation = Cancellation::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(SOON);
            cancellation.cancel();
        });
        work(&cancellation)
    })
}

#[test]
fn a_deadline_ends_a_stream() {
    each(|streams, which| {
        let mut items = with_deadline(SOON, || streams.count(None, 10)).unwrap();
        let error = items.find_map(Result::err).unwrap();
        assert!(matches!(error.kind(), ErrorKind::Deadline { method, .. } if method == "count"), "{which}: {error}");
        assert!(items.next().is_none());
    });
}

#[test]
fn the_limit_of_a_link_holds_for_no_stream() {
    for protocol in ["grpc", "netrpc"] {
        let options = ProcessOptions::new().env("PLUG_PROTOCOL", protocol).deadline(SOON);
        let mut registry = Registry::new();
        registry.add(&links::open(options)).unwrap();
        let streams = registry.open::<dyn Streams>("streams").unwrap();
        let object = streams.object().unwrap();
        for streams in [&*streams, &*object] {
            assert_eq!(streams.count(Some(5), 60).unwrap().filter(Result::is_ok).count(), 5, "{protocol}");
            let slow = (0..5).map(|number| {
                thread::sleep(SOON / 3);
                Ok(Line { number, text: "x".to_owned() })
            });
            assert_eq!(streams.measure(Items::new(slow)).unwrap(), (5, 5), "{protocol}");
        }
    }
}

#[test]
fn a_cancellation_ends_a_stream() {
    each(|streams, which| {
        let error = cancelled(|cancellation| {
            let mut items = with_cancellation(cancellation, || streams.count(None, 10)).unwrap();
            items.find_map(Result::err).unwrap()
        });
        assert!(matches!(error.kind(), ErrorKind::Cancelled { method, .. } if method == "count"), "{which}: {error}");
        // It waits for an item that never comes, in this thread and in a future.
        let error = cancelled(|cancellation| {
            let mut items = with_cancellation(cancellation, || streams.count(None, 1000)).unwrap();
            items.next().unwrap().unwrap_err()
        });
        assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{which}: {error}");
        let error = cancelled(|cancellation| {
            let mut items = block_on(with_cancellation(cancellation, || streams.silent())).unwrap();
            block_on(items.next()).unwrap().unwrap_err()
        });
        assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{which}: {error}");
    });
}
