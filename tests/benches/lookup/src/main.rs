//! Lookups by name among the plugins of `ours`, through plug and through std's map.
//!
//! With `plug N` or `map N` it makes N lookups of one sort, for a profiler.
//! Without arguments it times both in turns. It prints the median nanoseconds of a lookup through
//! plug and through the map, and the allocations of plug.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use ours::Plug;
use plug::{Plugin, Registry};

const BATCH: usize = 1_000;
const ROUNDS: usize = 1_001;

fn main() {
    let registry = Registry::builtin();
    let map: HashMap<&str, &Plugin> = registry.plugins().map(|plugin| (plugin.name(), plugin)).collect();
    let names = shuffled(registry.plugins().map(|plugin| plugin.name().to_owned()).collect());

    let through_plug = |name: &str| {
        black_box(registry.plugin::<dyn Plug>(black_box(name)).expect("the plugin is linked"));
    };
    let through_map = |name: &str| {
        black_box(*map.get(black_box(name)).expect("the plugin is linked"));
    };
    let mut names = names.iter().map(String::as_str).cycle();
    // The first one builds the index.
    names.by_ref().take(BATCH).for_each(through_plug);

    let mut arguments = std::env::args().skip(1);
    if let Some(sort) = arguments.next() {
        let count = arguments.next().and_then(|count| count.parse().ok()).expect("how many lookups");
        let names = names.take(count);
        return if sort == "plug" { names.for_each(through_plug) } else { names.for_each(through_map) };
    }

    let mut rounds: [Vec<f64>; 2] = Default::default();
    for _ in 0..ROUNDS {
        let batch: Vec<_> = names.by_ref().take(BATCH).collect();
        rounds[0].push(nanoseconds(|| batch.iter().copied().for_each(through_plug)));
        rounds[1].push(nanoseconds(|| batch.iter().copied().for_each(through_map)));
    }
    let [plug, map] = rounds.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2] / BATCH as f64
    });
    let batch: Vec<_> = names.take(BATCH).collect();
    let allocations = allocation_counter::measure(|| batch.iter().copied().for_each(through_plug)).count_total;
    println!("{plug} {map} {allocations}");
}

fn nanoseconds(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_nanos() as f64
}

/// Fisher and Yates's shuffle, by a xorshift generator with a fixed seed.
fn shuffled(mut names: Vec<String>) -> Vec<String> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..names.len()).rev() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        names.swap(at, (random % (at as u64 + 1)) as usize);
    }
    names
}
