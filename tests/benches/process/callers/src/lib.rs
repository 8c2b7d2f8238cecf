//! Measures calls, and prints the times in the format of `tests/go/measure`.

use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plug::Error;
use process_interface::Plug;

/// The command line, with the flags of `bench-host` and `bench-client` in `tests/go`.
pub struct Asked {
    /// AutoMTLS is on.
    pub tls: bool,
    /// The plugin speaks net/rpc, and not gRPC.
    pub netrpc: bool,
    /// The number of calls that are timed, one after another.
    pub calls: usize,
    /// The numbers of threads that call at once.
    pub threads: Vec<usize>,
    /// The time that they call.
    pub span: Duration,
    /// The number of starts of the plugin.
    pub starts: usize,
    /// The arguments after the flags.
    pub arguments: Vec<String>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            tls: false,
            netrpc: false,
            calls: 20_000,
            threads: vec![1, 8, 64],
            span: Duration::from_secs(1),
            starts: 50,
            arguments: Vec::new(),
        }
    }
}

impl Asked {
    /// Reads `[-tls] [-netrpc] [-calls COUNT] [-threads 1,8,64] [-span MILLISECONDS]
    /// [-starts COUNT] ARGUMENT…`.
    pub fn read(usage: &str) -> Result<Self, Error> {
        let mut asked = Self::default();
        let mut words = std::env::args().skip(1).peekable();
        while let Some(flag) = words.next_if(|word| word.starts_with('-')) {
            match &flag[..] {
                "-tls" => asked.tls = true,
                "-netrpc" => asked.netrpc = true,
                _ => asked.read_value(&flag, words.next(), usage)?,
            }
        }
        asked.arguments = words.collect();
        if asked.arguments.is_empty() { Err(Error::msg(format!("usage: {usage}"))) } else { Ok(asked) }
    }

    fn read_value(&mut self, flag: &str, value: Option<String>, usage: &str) -> Result<(), Error> {
        let value = value.ok_or_else(|| Error::msg(format!("usage: {usage}")))?;
        let number = || value.parse().map_err(|_| Error::msg(format!("`{value}` is no number")));
        match flag {
            "-calls" => self.calls = number()?,
            "-starts" => self.starts = number()?,
            "-span" => self.span = Duration::from_millis(number()? as u64),
            "-threads" => {
                let counts = value.split(',').filter(|count| !count.is_empty()).map(str::parse);
                self.threads =
                    counts.collect::<Result<_, _>>().map_err(|_| Error::msg(format!("`{value}` are no numbers")))?;
            }
            _ => return Err(Error::msg(format!("usage: {usage}"))),
        }
        Ok(())
    }
}

/// A plugin that has answered once.
pub struct Opened {
    /// The plugin.
    pub plugin: Box<dyn Plug>,
    /// The number of its process.
    pub pid: u32,
    /// Dropped with the plugin.
    pub keep: Box<dyn std::any::Any>,
}

/// Makes the requested measurements, and prints them as one line of JSON.
pub fn measure(asked: &Asked, open: impl Fn() -> Result<Opened, Error>) -> Result<(), Error> {
    let mut report = format!("{{\"tls\":{}", asked.tls);
    let cold = each(asked.starts, || {
        let start = Instant::now();
        let opened = open()?;
        let took = start.elapsed();
        drop(opened);
        Ok(took)
    })?;
    times(&mut report, "cold", cold);
    let opened = open()?;
    let plugin = &*opened.plugin;
    let fresh = resident(opened.pid);
    times(&mut report, "call", latency(asked.calls, plugin)?);
    let mut rates = Vec::new();
    for threads in &asked.threads {
        rates.push(format!("\"{threads}\":{}", throughput(*threads, asked.span, plugin)?));
    }
    write!(report, ",\"calls_per_second\":{{{}}}", rates.join(",")).map_err(Error::new)?;
    println!("{report},\"fresh_rss_kib\":{fresh},\"used_rss_kib\":{}}}", resident(opened.pid));
    let Opened { plugin, keep, .. } = opened;
    drop(plugin);
    drop(keep);
    Ok(())
}

/// One call.
pub fn hello(plugin: &dyn Plug) -> Result<(), Error> {
    match &plugin.say_hello("x")?[..] {
        "hello, x" => Ok(()),
        other => Err(Error::msg(format!("it said `{other}`"))),
    }
}

/// Makes calls one after another, after a tenth of their number as a warm-up.
fn latency(count: usize, plugin: &dyn Plug) -> Result<Vec<u64>, Error> {
    for _ in 0..count / 10 {
        hello(plugin)?;
    }
    each(count, || {
        let start = Instant::now();
        hello(plugin)?;
        Ok(start.elapsed())
    })
}

/// The times of runs in nanoseconds, sorted.
pub fn each(count: usize, run: impl Fn() -> Result<Duration, Error>) -> Result<Vec<u64>, Error> {
    let times = (0..count).map(|_| Ok(run()?.as_nanos() as u64));
    let mut times = times.collect::<Result<Vec<_>, Error>>()?;
    times.sort_unstable();
    Ok(times)
}

/// Writes the times, if there are any.
pub fn times(report: &mut String, name: &str, times: Vec<u64>) {
    let count = times.len();
    if count > 0 {
        let (min, p50, p99) = (times[0], times[count / 2], times[count * 99 / 100]);
        *report += &format!(",\"{name}\":{{\"count\":{count},\"min_ns\":{min},\"p50_ns\":{p50},\"p99_ns\":{p99}}}");
    }
}

fn throughput(threads: usize, span: Duration, plugin: &dyn Plug) -> Result<u64, Error> {
    let done = AtomicU64::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        let calling = (0..threads).map(|_| {
            scope.spawn(|| {
                while start.elapsed() < span {
                    hello(plugin)?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        });
        let calling: Vec<_> = calling.collect();
        calling.into_iter().try_for_each(|thread| thread.join().expect("a thread does not panic"))
    })
    .map(|()| (done.into_inner() as f64 / start.elapsed().as_secs_f64()) as u64)
}

/// The memory of a process in KiB, or 0 if /proc does not show it.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
