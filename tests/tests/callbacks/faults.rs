//! The ends of processes, and many objects, over each protocol of a process.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use callback_plugins::{Host, Job, Sink};
use plug::link::{Process, ProcessOptions};
use plug::{Error, Registry, plug};

/// The process of version 2, which is over gRPC, and that of version 1, which is over net/rpc.
fn each_version(test: impl Fn(&Process, &dyn Job)) {
    for (version, process) in [(2, crate::links::process()), (1, crate::links::process_by_netrpc())] {
        assert_eq!(process.version().unwrap(), version);
        let mut registry = Registry::new();
        registry.add(&process).unwrap();
        test(&process, &*registry.open::<dyn Job>("caller").unwrap());
    }
}

/// Kills the plugin that asks.
struct Kills(u32);

#[plug(_)]
impl Host for Kills {
    fn nothing(&self) -> Result<(), Error> {
        Ok(())
    }

    fn log(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    fn ask(&self, _: &str) -> Result<String, Error> {
        let killed = Command::new("kill").args(["-9", &self.0.to_string()]).status()?;
        assert!(killed.success());
        Ok("killed".to_owned())
    }

    async fn answer(&self, question: &str) -> Result<String, Error> {
        self.ask(question)
    }

    fn deeper(&self, _: u32) -> Result<u32, Error> {
        Ok(0)
    }
}

#[test]
fn a_plugin_that_is_killed_within_a_callback_is_an_error_of_the_call() {
    each_version(|process, job| {
        let host = Kills(process.pid().unwrap());
        let start = Instant::now();
        let error = job.ask("why", &host).unwrap_err().to_string();
        assert!(error.contains("was killed by signal 9 (SIGKILL) while it was being called"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn a_plugin_that_is_killed_within_an_asynchronous_callback_is_an_error_of_the_call() {
    each_version(|process, job| {
        let host = Kills(process.pid().unwrap());
        let error = pollster::block_on(job.answer(&host, "why")).unwrap_err().to_string();
        assert!(error.contains("was killed by signal 9 (SIGKILL) while it was being called"), "{error}");
    });
}

/// Answers, and counts its drop.
struct Counts(Arc<AtomicU32>);

#[plug(_)]
impl Sink for Counts {
    fn line(&self, _: &str) -> Result<u64, Error> {
        Ok(1)
    }
}

#[plug(_)]
impl Host for Counts {
    fn nothing(&self) -> Result<(), Error> {
        Ok(())
    }

    fn log(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    fn ask(&self, question: &str) -> Result<String, Error> {
        Ok(question.to_owned())
    }

    async fn answer(&self, question: &str) -> Result<String, Error> {
        self.ask(question)
    }

    fn deeper(&self, _: u32) -> Result<u32, Error> {
        Ok(0)
    }
}

impl Drop for Counts {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
#[ignore = "slow"]
fn a_thousand_objects_leave_no_object_behind() {
    each_version(|_, job| {
        let (dropped, host) = (Arc::default(), Counts(Arc::default()));
        for _ in 0..500 {
            assert_eq!(job.both(&host, &host).unwrap(), "12");
        }
        for round in 1..=2 {
            for _ in 0..250 {
                job.watch(Box::new(Counts(Arc::clone(&dropped)))).unwrap();
            }
            assert_eq!(job.tell("x").unwrap(), 250);
            assert_eq!(job.forget().unwrap(), 250);
            crate::until(|| dropped.load(Ordering::SeqCst) == round * 250);
        }
        for _ in 0..250 {
            assert_eq!(job.open("one\ntwo").unwrap().lines(1).unwrap(), ["two"]);
        }
    });
}

/// A connection has 4,096 streams at most, and each object takes one.
#[test]
#[ignore = "slow"]
fn streams_to_objects_that_are_over_leave_room_for_others() {
    let mut registry = Registry::new();
    registry.add(&crate::links::process_by_netrpc()).unwrap();
    let (job, host) = (registry.open::<dyn Job>("caller").unwrap(), Counts(Arc::default()));
    for _ in 0..2_100 {
        assert_eq!(job.both(&host, &host).unwrap(), "12");
    }
}

#[test]
fn a_given_object_is_dropped_with_the_process() {
    for (argument, value) in [("PLUG_PROTOCOL", "grpc"), ("PLUG_PROTOCOL", "netrpc")] {
        let dropped = Arc::default();
        let process = crate::links::open(ProcessOptions::new().env(argument, value));
        let mut registry = Registry::new();
        registry.add(&process).unwrap();
        let job = registry.open::<dyn Job>("caller").unwrap();
        job.watch(Box::new(Counts(Arc::clone(&dropped)))).unwrap();
        assert_eq!(job.tell("x").unwrap(), 1);
        drop((job, registry, process));
        crate::until(|| dropped.load(Ordering::SeqCst) == 1);
    }
}
