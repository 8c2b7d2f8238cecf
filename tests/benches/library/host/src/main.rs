//! A host that opens the same plugin through plug, abi_stable and stabby, and measures the times.
//!
//! * `calls PLUG ABI_STABLE STABBY`, with the paths of the libraries, prints the median nanoseconds
//!   of a call. Each of [`WORK`] has a line: the linked plugin, plug's library, and the peers'.
//! * `load SIDE PATH` prints the nanoseconds from the path to the first answer.
//! * `add COUNT SIDE [PATH]` adds that often, for a profiler.

mod side;

use std::array;
use std::hint::black_box;
use std::time::Instant;

use side::{Side, abi_stable, plug, stabby};

/// The kinds of calls, and the number of each in a batch.
const WORK: [(&str, usize); 4] =
    [("add", 10_000), ("length of 16 bytes", 10_000), ("length of 1 MiB", 10_000), ("say_hello", 1_000)];
const ROUNDS: usize = 201;

/// A batch of calls, and the nanoseconds of each.
type Batch = Box<dyn Fn() -> f64>;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["calls", plug, abi_stable, stabby] => calls(plug, abi_stable, stabby),
        ["load", "plug", path] => load(path, plug::open),
        ["load", "plug-in-place", path] => load(path, plug::open_in_place),
        ["load", "abi_stable", path] => load(path, abi_stable::open),
        ["load", "stabby", path] => load(path, stabby::open),
        ["add", count, "linked"] => add(count, &plug::linked()),
        ["add", count, "plug", path] => add(count, &plug::open(path)),
        ["add", count, "abi_stable", path] => add(count, &abi_stable::open(path)),
        ["add", count, "stabby", path] => add(count, &stabby::open(path)),
        _ => panic!("wrong arguments: {arguments:?}"),
    }
}

/// Times all in one process, in rounds with a batch of each, so that other load affects all alike.
fn calls(plug: &str, abi_stable: &str, stabby: &str) {
    let sides: [[Batch; WORK.len()]; 4] = [
        batches(plug::linked()),
        batches(plug::open(plug)),
        batches(abi_stable::open(abi_stable)),
        batches(stabby::open(stabby)),
    ];
    let mut times: [[Vec<f64>; 4]; WORK.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (work, times) in times.iter_mut().enumerate() {
            for (times, side) in times.iter_mut().zip(&sides) {
                times.push(side[work]());
            }
        }
    }
    for times in times {
        let [linked, plug, abi_stable, stabby] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        println!("{linked} {plug} {abi_stable} {stabby}");
    }
}

/// One function for the linked plugin and the one in plug's library.
/// Both have one type, so that only the call differs.
fn batches<S: Side + 'static>(side: S) -> [Batch; WORK.len()] {
    // It lives as long as the process, as most plugins do.
    let side: &'static S = Box::leak(Box::new(side));
    let (short, long) = (&*vec![7; 16].leak(), &*vec![7; 1 << 20].leak());
    assert_eq!(side.add(2, 3), 5);
    assert_eq!((side.length(short), side.length(long)), (16, 1 << 20));
    assert_eq!(side.say_hello("x"), "hello, x");

    let length = |bytes: &'static [u8]| move || side.length(black_box(bytes));
    let [add, of_short, of_long, say_hello] = array::from_fn(|work| WORK[work].1);
    [
        batch(add, || side.add(black_box(2), black_box(3))),
        batch(of_short, length(short)),
        batch(of_long, length(long)),
        batch(say_hello, || side.say_hello(black_box("x"))),
    ]
}

fn batch<T>(count: usize, call: impl Fn() -> T + 'static) -> Batch {
    Box::new(move || {
        let start = Instant::now();
        for _ in 0..count {
            black_box(call());
        }
        start.elapsed().as_nanos() as f64 / count as f64
    })
}

fn load<S: Side>(path: &str, open: impl FnOnce(&str) -> S) {
    let start = Instant::now();
    let side = open(path);
    let answer = side.say_hello("x");
    let took = start.elapsed();
    assert_eq!(answer, "hello, x");
    println!("{}", took.as_nanos());
}

fn add(count: &str, side: &impl Side) {
    let count: usize = count.parse().expect("how often");
    for _ in 0..count {
        black_box(side.add(black_box(2), black_box(3)));
    }
}
