//! The suite that runs over every link.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use std::sync::Arc;

use callback_plugins::{Host, Job, Sink};
use plug::{Error, Registry, plug};
use plug_tests::pause;
use pollster::block_on;

fn open(registry: &Registry) -> Box<dyn Job> {
    registry.open::<dyn Job>("caller").expect("it opens")
}

/// Borrows what it notes, and the job that it calls.
struct Notes<'n> {
    lines: &'n Mutex<Vec<String>>,
    job: Option<&'n dyn Job>,
}

#[plug(_)]
impl Host for Notes<'_> {
    fn log(&self, line: &str) -> Result<(), Error> {
        self.lines.lock().unwrap().push(line.to_owned());
        Ok(())
    }

    fn ask(&self, question: &str) -> Result<String, Error> {
        match question {
            "fail" => Err(std::io::Error::other("the disk is full").into()),
            "panic" => panic!("no answer"),
            question => Ok(format!("{question}!")),
        }
    }

    fn nothing(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn answer(&self, question: &str) -> Result<String, Error> {
        pause().await;
        self.ask(question)
    }

    fn deeper(&self, depth: u32) -> Result<u32, Error> {
        match (depth, self.job) {
            (0, _) | (_, None) => Ok(0),
            (depth, Some(job)) => Ok(job.deeper(self, depth - 1)? + 1),
        }
    }
}

fn with_notes<R>(call: impl FnOnce(&Notes<'_>) -> R) -> R {
    call(&Notes { lines: &Mutex::default(), job: None })
}

pub fn an_object_is_called_back(registry: &Registry) {
    let (job, lines) = (open(registry), Mutex::default());
    let host = Notes { lines: &lines, job: None };
    assert_eq!(job.run(&host, "one\nzwei\n三").unwrap(), 3);
    assert_eq!(job.ask("why", &host).unwrap(), "why!");
    assert_eq!(*lines.lock().unwrap(), ["one", "zwei", "三"]);
}

/// The object is of no thread but this one, so to say: it holds a reference to a local.
pub fn an_object_borrows(registry: &Registry) {
    let (job, count) = (open(registry), AtomicU32::new(0));
    struct Counts<'c>(&'c AtomicU32);
    #[plug(_)]
    impl Host for Counts<'_> {
        fn log(&self, _: &str) -> Result<(), Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn ask(&self, _: &str) -> Result<String, Error> {
            Ok(self.0.load(Ordering::Relaxed).to_string())
        }

        fn nothing(&self) -> Result<(), Error> {
            Ok(())
        }

        async fn answer(&self, question: &str) -> Result<String, Error> {
            self.ask(question)
        }

        fn deeper(&self, _: u32) -> Result<u32, Error> {
            Ok(0)
        }

        fn name(&self) -> Result<String, Error> {
            Ok("counts".to_owned())
        }
    }
    job.run(&Counts(&count), "1\n2").unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 2);
    assert_eq!(job.name(&Counts(&count)).unwrap(), "counts");
    assert_eq!(job.twice(&Counts(&count)).unwrap(), "counts counts");
}

pub fn several_threads_call_back(registry: &Registry) {
    let job = open(registry);
    with_notes(|host| assert_eq!(job.ask_in_threads(host, 4, 50).unwrap(), 200));
}

pub fn a_callback_calls_the_plugin_again(registry: &Registry) {
    let (job, lines) = (open(registry), Mutex::default());
    let host = Notes { lines: &lines, job: Some(&*job) };
    assert_eq!(job.deeper(&host, 200).unwrap(), 200);
}

pub fn two_objects_differ(registry: &Registry) {
    let (job, first, second) = (open(registry), Mutex::default(), Mutex::default());
    let answer = job.both(&Notes { lines: &first, job: None }, &Notes { lines: &second, job: None }).unwrap();
    assert_eq!(
        (&*answer, &first.lock().unwrap()[..], &second.lock().unwrap()[..]),
        ("1!2!", &["first".to_owned()][..], &["second".to_owned()][..])
    );
}

pub fn an_error_keeps_its_causes(registry: &Registry) {
    let job = open(registry);
    let error = with_notes(|host| job.ask("fail", host)).unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
}

/// In this program it is the plugin's panic, and so the host's.
pub fn a_panic_is_an_error_of_the_callback(registry: &Registry) {
    let job = open(registry);
    let is_unwinding = Cell::new(true);
    let answer = catch_unwind(AssertUnwindSafe(|| {
        let answer = with_notes(|host| job.ask("panic", host));
        is_unwinding.set(false);
        answer
    }));
    if let Ok(answer) = answer {
        let text = answer.unwrap_err().to_string();
        assert!(text.starts_with("the owner of the `callback_plugins::Host` panicked in `ask` at "), "{text}");
        assert!(text.ends_with(": no answer"), "{text}");
    }
    assert_eq!(with_notes(|host| job.ask("again", host)).unwrap(), "again!");
}

pub fn a_default_body_calls_back(registry: &Registry) {
    let job = open(registry);
    assert_eq!(with_notes(|host| job.name(host)).unwrap(), "name!, by default");
    assert_eq!(with_notes(|host| job.twice(host)).unwrap(), "name!, by default name!, by default");
}

pub fn an_asynchronous_method_calls_back(registry: &Registry) {
    let job = open(registry);
    with_notes(|host| assert_eq!(block_on(job.answer(host, "why")).unwrap(), "why!again!"));
    let error = with_notes(|host| block_on(job.answer(host, "fail"))).unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
}

/// Counts its lines, and its drop.
struct Counter {
    lines: AtomicU32,
    dropped: Arc<AtomicU32>,
}

impl Counter {
    fn new(dropped: &Arc<AtomicU32>) -> Box<Self> {
        Box::new(Self { lines: AtomicU32::new(0), dropped: Arc::clone(dropped) })
    }
}

impl Sink for Counter {
    fn line(&self, line: &str) -> Result<u64, Error> {
        if line == "fail" {
            return Err(Error::msg("it is full"));
        }
        Ok(u64::from(self.lines.fetch_add(1, Ordering::SeqCst)) + 1)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

pub fn a_given_object_lives_until_it_is_dropped(registry: &Registry) {
    let (job, dropped) = (open(registry), Arc::default());
    job.watch(Counter::new(&dropped)).unwrap();
    job.watch(Counter::new(&dropped)).unwrap();
    assert_eq!((job.tell("one").unwrap(), job.tell("two").unwrap()), (2, 4));
    assert_eq!(job.tell("fail").unwrap_err().to_string(), "it is full");
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    assert_eq!(job.forget().unwrap(), 2);
    crate::until(|| dropped.load(Ordering::SeqCst) == 2);
}

pub fn an_object_is_a_result(registry: &Registry) {
    let (job, dropped) = (open(registry), Arc::default());
    for text in [job.open("one\ntwo\nthree").unwrap(), block_on(job.open_later("one\ntwo\nthree")).unwrap()] {
        assert_eq!(text.lines(1).unwrap(), ["two", "three"]);
        // It is given there, and comes back.
        let sink = text.send(Counter::new(&dropped)).unwrap();
        assert_eq!(sink.line("last").unwrap(), 4);
        drop(text);
        assert_eq!(sink.line("after").unwrap(), 5);
        let before = dropped.load(Ordering::SeqCst);
        drop(sink);
        crate::until(|| dropped.load(Ordering::SeqCst) == before + 1);
    }
    for error in [job.open("").err(), block_on(job.open_later("")).err()] {
        assert_eq!(error.unwrap().to_string(), "it is empty");
    }
}
