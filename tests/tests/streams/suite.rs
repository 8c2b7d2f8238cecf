//! The suite that runs over every link.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use plug::{Error, Items, Stream};
use pollster::block_on;
use stream_plugins::{Line, Refused, Streams};

fn line(number: u64, text: &str) -> Line {
    Line { number, text: text.to_owned() }
}

fn lines(texts: &[&str]) -> Items<Line> {
    let lines: Vec<_> = texts.iter().zip(1..).map(|(text, number)| Ok(line(number, text))).collect();
    Items::new(lines.into_iter())
}

fn all<T>(items: Items<T>) -> Vec<T> {
    items.map(|item| item.expect("an item")).collect()
}

pub fn items_come_in_order(streams: &dyn Streams) {
    assert_eq!(all(streams.lines("one\nzwei\n三").unwrap()), [line(1, "one"), line(2, "zwei"), line(3, "三")]);
    assert!(all(streams.count(Some(0), 0).unwrap()).is_empty());
    assert_eq!(all(streams.count(Some(10_000), 0).unwrap()), (0..10_000).collect::<Vec<_>>());
    let error = streams.lines("").unwrap_err();
    assert_eq!(error.to_string(), "it is empty");
    // Two at once, read in turns.
    let (mut one, mut other) = (streams.count(Some(100), 0).unwrap(), streams.count(Some(100), 0).unwrap());
    for number in 0..100 {
        assert_eq!((one.next().unwrap().unwrap(), other.next().unwrap().unwrap()), (number, number));
    }
    assert!(one.next().is_none() && one.next().is_none());
}

pub fn a_stream_is_an_argument(streams: &dyn Streams) {
    assert_eq!(streams.measure(lines(&["one", "zwei", "三"])).unwrap(), (3, 8));
    assert_eq!(streams.measure(lines(&[])).unwrap(), (0, 0));
    let many = Items::new((0..10_000).map(|number| Ok(line(number, "12345"))));
    assert_eq!(streams.measure(many).unwrap(), (10_000, 50_000));
}

pub fn both_directions_at_once(streams: &dyn Streams) {
    assert_eq!(all(streams.shout(lines(&["one", "two"])).unwrap()), [line(1, "ONE"), line(2, "TWO")]);
    // Each line is only sent after the one before has come back.
    let (send, sent) = std::sync::mpsc::channel();
    let mut shouted = streams.shout(Items::new(sent.into_iter().map(Ok))).unwrap();
    for number in 0..100 {
        send.send(line(number, "x")).unwrap();
        assert_eq!(shouted.next().unwrap().unwrap(), line(number, "X"));
    }
    drop(send);
    assert!(shouted.next().is_none());
    block_on(async {
        let (send, sent) = std::sync::mpsc::channel();
        let mut echoed = streams.echo(Stream::new(stream::iter(sent.into_iter().map(Ok)))).await.unwrap();
        for number in 0..100 {
            send.send(line(number, "x")).unwrap();
            assert_eq!(echoed.next().await.unwrap().unwrap(), line(number, "X"));
        }
        drop(send);
        assert!(echoed.next().await.is_none());
    });
}

pub fn items_are_awaited(streams: &dyn Streams) {
    block_on(async {
        let ticks: Vec<_> = streams.tick(100).await.unwrap().map(Result::unwrap).collect().await;
        assert_eq!(ticks, (0..100).collect::<Vec<_>>());
        let sum = streams.sum(Stream::new(stream::iter((0..1000).map(Ok)))).await;
        assert_eq!(sum.unwrap(), 499_500);
        let sent = stream::iter(["a", "b"]).map(|text| Ok(line(0, text)));
        let echoed: Vec<_> = streams.echo(Stream::new(sent)).await.unwrap().map(Result::unwrap).collect().await;
        assert_eq!(echoed, [line(0, "A"), line(0, "B")]);
    });
}

pub fn an_error_ends_a_stream(streams: &dyn Streams) {
    let mut items = streams.fail(3, "it is torn").unwrap();
    for number in 0..3 {
        assert_eq!(items.next().unwrap().unwrap(), number);
    }
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(format!("{error:#}"), "it is torn: the disk is full");
    assert!(items.next().is_none());
    crate::until(|| streams.drawn().unwrap().0 == 0);
    // All items before it come.
    let mut items = streams.fail(5000, "it is torn").unwrap();
    assert_eq!(items.by_ref().map_while(Result::ok).collect::<Vec<_>>(), (0..5000).collect::<Vec<_>>());
    assert!(items.next().is_none());
}

pub fn an_error_of_the_caller_ends_a_stream(streams: &dyn Streams) {
    let torn = || [Ok(line(1, "one")), Err(Error::msg("the file is torn")), Ok(line(2, "two"))].into_iter();
    let error = streams.measure(Items::new(torn())).unwrap_err();
    assert_eq!(error.to_string(), "the file is torn");
    let error =
        block_on(streams.sum(Stream::new(stream::iter([Ok(1), Err(Error::msg("the sum is wrong"))])))).unwrap_err();
    assert_eq!(error.to_string(), "the sum is wrong");
    assert_eq!(streams.measure(lines(&["after"])).unwrap(), (1, 5));
}

/// Over a link, the error is made of the text of the other one, and so has its prefix again.
pub fn items_fail_with_an_error_of_their_own(streams: &dyn Streams) {
    let numbers = |lines: Vec<Result<&'static str, &'static str>>| -> Vec<_> {
        let lines = lines.into_iter().map(|line| line.map(str::to_owned).map_err(|text| Refused(text.to_owned())));
        let text = |Refused(text): Refused| text.trim_start_matches("refused: ").to_owned();
        let numbers = streams.numbers(Items::new(lines)).unwrap_or_else(|error| Items::new([Err(error)].into_iter()));
        numbers.map(|number| number.map_err(text)).collect()
    };
    assert_eq!(numbers(vec![Ok("1"), Ok("two"), Ok("3")]), [Ok(1), Err("`two`".to_owned())]);
    // The caller's own may be the error of the call, or overtake items that come back.
    let last = numbers(vec![Ok("1"), Err("it is torn"), Ok("3")]).pop();
    assert_eq!(last, Some(Err("it is torn".to_owned())));
}

pub fn a_panic_is_the_error_of_an_item(streams: &dyn Streams) {
    let mut items = streams.fail(2, "panic").unwrap();
    assert_eq!((items.next().unwrap().unwrap(), items.next().unwrap().unwrap()), (0, 1));
    let error = items.next().unwrap().unwrap_err().to_string();
    assert!(error.contains("panicked") && error.contains("item 2"), "{error}");
    assert!(items.next().is_none());
    assert_eq!(all(streams.count(Some(2), 0).unwrap()), [0, 1]);
}

pub fn dropping_a_stream_ends_it(streams: &dyn Streams) {
    let mut items = streams.count(None, 1).unwrap();
    assert_eq!(items.next().unwrap().unwrap(), 0);
    assert_eq!(streams.drawn().unwrap().0, 1);
    drop(items);
    crate::until(|| streams.drawn().unwrap().0 == 0);
    // One that waits, and gives nothing.
    let silent = block_on(streams.silent()).unwrap();
    assert_eq!(streams.drawn().unwrap().0, 1);
    drop(silent);
    crate::until(|| streams.drawn().unwrap().0 == 0);
    // The caller's own.
    let dropped = Arc::new(AtomicU64::new(0));
    struct Counts(Arc<AtomicU64>);
    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let counts = Counts(Arc::clone(&dropped));
    let mut shouted = streams.shout(Items::new((0..).map(move |number| {
        let _ = &counts;
        Ok(line(number, "x"))
    })));
    assert_eq!(shouted.as_mut().unwrap().next().unwrap().unwrap(), line(0, "X"));
    drop(shouted);
    crate::until(|| dropped.load(Ordering::SeqCst) == 1);
}

pub fn a_reader_that_stops_reading_stops_the_writer(streams: &dyn Streams) {
    let mut items = streams.chunks(u64::MAX, 64 << 10).unwrap();
    let mut numbers = streams.count(None, 0).unwrap();
    assert_eq!(items.next().unwrap().unwrap().len(), 64 << 10);
    assert_eq!(numbers.next().unwrap().unwrap(), 0);
    // It gets no further than there is room.
    let mut before = u64::MAX;
    crate::until(|| {
        thread::sleep(Duration::from_millis(100));
        let drawn = streams.drawn().unwrap().1;
        std::mem::replace(&mut before, drawn) == drawn
    });
    // Others go on meanwhile.
    assert_eq!(all(streams.count(Some(3), 0).unwrap()), [0, 1, 2]);
    // And it goes on where it was.
    for number in 1..20_000 {
        assert_eq!(numbers.next().unwrap().unwrap(), number);
    }
}

pub fn a_method_may_stop_reading(streams: &dyn Streams) {
    let endless = Items::new((0..).map(|number| Ok(line(number, if number == 1000 { "stop" } else { "x" }))));
    assert_eq!(streams.measure(endless).unwrap(), (1000, 1000));
    assert_eq!(streams.measure(lines(&["after"])).unwrap(), (1, 5));
}

pub fn large_items_cross(streams: &dyn Streams) {
    let chunks = streams.chunks(20, 3 << 20).unwrap();
    for (chunk, at) in chunks.zip(0u8..) {
        let chunk = chunk.unwrap();
        assert!(chunk.len() == 3 << 20 && chunk.iter().all(|byte| *byte == at));
    }
    let long = "x".repeat(1 << 20);
    let many = Items::new((0..20).map(move |number| Ok(line(number, &long))));
    assert_eq!(streams.measure(many).unwrap(), (20, 20 << 20));
}
