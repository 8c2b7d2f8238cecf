//! Measures callbacks and streams. It prints numbers.
//!
//! ```text
//! objects-host builtin                      ns: a callback, a dyn call; an item, one of a boxed iterator
//! objects-host library FILE                 ns: a callback, a call; an item of 1 KiB, a call that returns 1 KiB
//! objects-host process FILE                 µs: a call, one with a callback, another callback; ms: 1024 items of 1 KiB
//! objects-host stream FILE MEBIBYTES        s; KiB that the host and the plugin grew by: chunks of 64 KiB
//! objects-host given FILE NUMBER            KiB that both grew by
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

use objects_plugin::{Host, Job};
use plug::link::{Library, Process};
use plug::{Error, Items, Link, Registry};

plug::handshake! {
    cookie = "OBJECTS=measured",
    versions = { 1: [dyn Job] },
}

struct Adds;

impl Host for Adds {
    fn add(&self, one: u64, other: u64) -> Result<u64, Error> {
        Ok(one.wrapping_add(other))
    }
}

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["builtin"] => builtin(),
        ["library", file] => library(file),
        ["process", file] => process(file),
        ["stream", file, _] => stream(file, number(2)),
        ["given", file, _] => given(file, number(2)),
        _ => Err(Error::msg("see the top of this file")),
    }
}

fn open(link: &dyn Link) -> Result<Box<dyn Job>, Error> {
    let mut registry = Registry::new();
    registry.add(link)?;
    registry.open("measured")
}

/// The fewest nanoseconds of one of `count`.
fn nanos(count: u64, mut run: impl FnMut(u64) -> Result<(), Error>) -> Result<f64, Error> {
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        run(count)?;
        best = best.min(start.elapsed());
    }
    Ok(best.as_nanos() as f64 / count as f64)
}

/// The median of many, in microseconds.
fn micros(mut run: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    let mut found = Vec::new();
    for _ in 0..3000 {
        let start = Instant::now();
        run()?;
        found.push(start.elapsed());
    }
    found.sort();
    Ok(found[found.len() / 2].as_nanos() as f64 / 1000.0)
}

fn builtin() -> Result<(), Error> {
    let job = open(&plug::link::Builtin)?;
    let called_back = nanos(100_000, |count| job.call_back(black_box(&Adds), count).map(drop))?;
    let host: &dyn Host = black_box(&Adds);
    let called = nanos(100_000, |count| {
        let mut sum = 0;
        for number in 0..count {
            sum = host.add(sum, number)?;
        }
        black_box(sum);
        Ok(())
    })?;
    let item = nanos(100_000, |count| {
        let mut items = job.numbers(count)?;
        drain(&mut items)
    })?;
    let boxed = nanos(100_000, |count| {
        let mut items: Box<dyn Iterator<Item = Result<u64, Error>> + Send> = black_box(Box::new((0..count).map(Ok)));
        drain(&mut items)
    })?;
    println!("{called_back} {called} {item} {boxed}");
    Ok(())
}

fn drain(items: &mut impl Iterator<Item = Result<u64, Error>>) -> Result<(), Error> {
    let mut sum = 0_u64;
    for number in items.by_ref() {
        sum = sum.wrapping_add(number?);
    }
    black_box(sum);
    Ok(())
}

fn library(file: &str) -> Result<(), Error> {
    // SAFETY: it is built of this workspace's crates.
    let job = open(&unsafe { Library::open(file) }?)?;
    let called_back = nanos(100_000, |count| job.call_back(&Adds, count).map(drop))?;
    let called = nanos(100_000, |count| {
        let mut sum = 0;
        for number in 0..count {
            sum = job.add(sum, number)?;
        }
        black_box(sum);
        Ok(())
    })?;
    let item = nanos(10_000, |count| all(job.chunks(count, 1024)?).map(drop))?;
    let chunk = nanos(10_000, |count| {
        for _ in 0..count {
            black_box(job.chunk(1024)?);
        }
        Ok(())
    })?;
    println!("{called_back} {called} {item} {chunk}");
    Ok(())
}

fn all(items: Items<Vec<u8>>) -> Result<u64, Error> {
    let mut len = 0;
    for item in items {
        len += black_box(item?).len() as u64;
    }
    Ok(len)
}

fn process(file: &str) -> Result<(), Error> {
    let job = open(&Process::open(file)?)?;
    let call = micros(|| job.add(1, 2).map(drop))?;
    let with_callback = micros(|| job.call_back(&Adds, 1).map(drop))?;
    let more = micros(|| job.call_back(&Adds, 11).map(drop))?;
    let mut found = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        assert_eq!(all(job.chunks(1024, 1024)?)?, 1 << 20);
        found.push(start.elapsed());
    }
    found.sort();
    let stream = found[found.len() / 2].as_secs_f64() * 1e3;
    println!("{call} {with_callback} {} {stream}", (more - with_callback) / 10.0);
    Ok(())
}

/// The most memory of a process that was resident so far, in KiB.
fn peak(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// The child process.
fn child() -> String {
    let children = fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id())).unwrap_or_default();
    children.split_whitespace().next().unwrap_or_default().to_owned()
}

fn stream(file: &str, mebibytes: u64) -> Result<(), Error> {
    let job = open(&Process::open(file)?)?;
    // What a stream needs is there.
    all(job.chunks(64, 64 << 10)?)?;
    let before = [peak("self"), peak(&child())];
    let start = Instant::now();
    assert_eq!(all(job.chunks(mebibytes * 16, 64 << 10)?)?, mebibytes << 20);
    let seconds = start.elapsed().as_secs_f64();
    let [host, plugin] = [peak("self") - before[0], peak(&child()) - before[1]];
    println!("{seconds} {host} {plugin}");
    Ok(())
}

fn given(file: &str, number: u64) -> Result<(), Error> {
    let job = open(&Process::open(file)?)?;
    let give = |number: u64| (0..number).try_for_each(|_| job.keep(Box::new(Adds)));
    give(10_000)?;
    let before = [peak("self"), peak(&child())];
    give(number)?;
    println!("{} {}", peak("self") - before[0], peak(&child()) - before[1]);
    Ok(())
}
