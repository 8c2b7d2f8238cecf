//! Opens a plugin with ten settings, and reads them through `serde_json` alone.
//!
//! With `plug N` or `serde N` it does one of both N times, for a profiler.
//! Without arguments it times both in turns, and prints the median nanoseconds of each.

use std::hint::black_box;
use std::time::Instant;

use library_interface::Work;
use plug::{OpenOptions, Registry, Settings};
use settings_plugin::A;

const BATCH: usize = 1_000;
const ROUNDS: usize = 501;

const TEXT: &str = r#"{
  "times": 3,
  "name": "a greeting at the door",
  "path": "/var/lib/greetings",
  "languages": ["en", "de", "fr"],
  "share": 0.25,
  "is-loud": true,
  "limit": 12,
  "mode": { "fast": 3 },
  "places": { "door": 1, "window": 2 },
  "pause-in-ms": 1500
}"#;

fn main() {
    let registry = Registry::builtin();
    let options = OpenOptions::new().settings(Settings::json("settings.json", TEXT).expect("it is JSON"));
    let through_plug = || {
        let work = registry.open_with::<dyn Work>(black_box("a"), black_box(&options));
        black_box(work.expect("it takes its settings"));
    };
    let through_serde = || {
        let settings = serde_json::from_str(black_box(TEXT)).expect("it takes its settings");
        black_box(Box::new(A::open(settings)) as Box<dyn Work>);
    };
    // The first one builds the index.
    through_plug();

    let mut arguments = std::env::args().skip(1);
    if let Some(sort) = arguments.next() {
        let count: usize = arguments.next().and_then(|count| count.parse().ok()).expect("how often");
        return if sort == "plug" {
            (0..count).for_each(|_| through_plug())
        } else {
            (0..count).for_each(|_| through_serde())
        };
    }
    let mut rounds: [Vec<f64>; 2] = Default::default();
    for _ in 0..ROUNDS {
        rounds[0].push(nanoseconds(through_plug));
        rounds[1].push(nanoseconds(through_serde));
    }
    for mut times in rounds {
        times.sort_by(f64::total_cmp);
        println!("{}", times[ROUNDS / 2] / BATCH as f64);
    }
}

fn nanoseconds(run: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..BATCH).for_each(|_| run());
    start.elapsed().as_nanos() as f64
}
