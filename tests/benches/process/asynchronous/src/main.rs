//! Calls a plugin in a process, synchronously and asynchronously, in turns.
//!
//! It prints the medians of: ns of a call of one caller, sync and async; ns for each call of 64
//! threads, and of 64 calls at once from one task; and the bytes of 10,000 calls that wait.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use futures_util::stream::{FuturesUnordered, StreamExt};
use plug::link::Process;
use plug::{Error, Registry, plug};

/// A greeter of both kinds.
#[plug::interface(portable)]
pub trait Greets: Send + Sync {
    /// Greets.
    fn hello(&self, name: &str) -> Result<String, Error>;
    /// Greets.
    async fn hello_async(&self, name: &str) -> Result<String, Error>;
    /// Gives the number back once it is released.
    async fn held(&self, number: u64) -> Result<u64, Error>;
    /// Releases all that is held.
    fn release(&self) -> Result<(), Error>;
}

plug::handshake! { cookie = "BENCH=async", versions = { 1: [dyn Greets] } }

/// The wakers of the held calls. `None` once they are released.
struct Greeter(Mutex<Option<Vec<Waker>>>);

impl Default for Greeter {
    fn default() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }
}

#[plug("greeter")]
impl Greets for Greeter {
    fn hello(&self, name: &str) -> Result<String, Error> {
        Ok(format!("hello, {name}"))
    }

    async fn hello_async(&self, name: &str) -> Result<String, Error> {
        Ok(format!("hello, {name}"))
    }

    async fn held(&self, number: u64) -> Result<u64, Error> {
        std::future::poll_fn(|context| match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Poll::Ready(()),
            Some(wakers) => {
                wakers.push(context.waker().clone());
                Poll::Pending
            }
        })
        .await;
        Ok(number)
    }

    fn release(&self) -> Result<(), Error> {
        let wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        wakers.into_iter().flatten().for_each(Waker::wake);
        Ok(())
    }
}

const ROUNDS: usize = 15;
const CALLS: usize = 2000;
const AT_ONCE: usize = 64;
const SPAN: Duration = Duration::from_millis(150);
const PENDING: u64 = 10_000;

fn main() -> ExitCode {
    if std::env::var_os("BENCH").is_some() {
        return plug::serve();
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Error> {
    let mut registry = Registry::new();
    registry.add(&Process::open(std::env::current_exe()?)?)?;
    let greeter = registry.open::<dyn Greets>("greeter")?;
    let greeter = &*greeter;
    let mut found = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        found[0].push(one_caller(|| greeter.hello("x"))?);
        found[1].push(one_caller(|| block_on(greeter.hello_async("x")))?);
        found[2].push(threads(greeter)?);
        found[3].push(block_on(at_once(greeter))?);
    }
    for mut figures in found {
        figures.sort_by(f64::total_cmp);
        println!("{:.0}", figures[ROUNDS / 2]);
    }
    println!("{}", pending(greeter)?);
    Ok(())
}

/// The median of calls one after another, in ns.
fn one_caller(call: impl Fn() -> Result<String, Error>) -> Result<f64, Error> {
    for _ in 0..CALLS / 10 {
        call()?;
    }
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_nanos());
    }
    times.sort_unstable();
    Ok(times[CALLS / 2] as f64)
}

fn threads(greeter: &dyn Greets) -> Result<f64, Error> {
    let start = Instant::now();
    let count = thread::scope(|scope| {
        let work = || {
            let mut count = 0;
            while start.elapsed() < SPAN {
                greeter.hello("x")?;
                count += 1;
            }
            Ok::<_, Error>(count)
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum::<Result<u64, Error>>()
    })?;
    Ok(start.elapsed().as_nanos() as f64 / count as f64)
}

async fn at_once(greeter: &dyn Greets) -> Result<f64, Error> {
    let start = Instant::now();
    let mut calls: FuturesUnordered<_> = (0..AT_ONCE).map(|_| greeter.hello_async("x")).collect();
    let mut count = 0_u64;
    while let Some(reply) = calls.next().await {
        reply?;
        count += 1;
        if start.elapsed() < SPAN {
            calls.push(greeter.hello_async("x"));
        }
    }
    Ok(start.elapsed().as_nanos() as f64 / count as f64)
}

/// The bytes of memory that calls take while they wait. None of them is lost.
fn pending(greeter: &dyn Greets) -> Result<u64, Error> {
    let before = memory()?;
    let mut calls: Vec<_> = (0..PENDING).map(|number| greeter.held(number)).collect();
    for call in &mut calls {
        if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return Err(Error::msg("it is not held"));
        }
    }
    // It comes after the others.
    block_on(greeter.hello_async("x"))?;
    let used = memory()?.saturating_sub(before);
    greeter.release()?;
    for (number, call) in (0..).zip(calls) {
        if block_on(call)? != number {
            return Err(Error::msg("it has the reply of another call"));
        }
    }
    Ok(used)
}

/// The resident memory of this process, in bytes.
fn memory() -> Result<u64, Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| Error::msg("the memory of a process is in /proc"))
}
