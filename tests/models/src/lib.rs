//! The scheduling of plug's driver and workers, run by a model checker.
//!
//! The files that decide are those of `plug/core/src`, compiled once more with shuttle's threads,
//! locks and atomics in place of the standard library's.
//! shuttle runs each test some ten thousand times and picks the thread that goes on at each step.
//! It reports a deadlock, and a schedule that does not end.
//! tokio's `Notify` and once_cell's `OnceCell` are what they are in plug: they never block.

#![cfg(test)]

mod driver;
mod runtime;
mod sync;
mod workers;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, MaxSteps, Runner};

/// Checks a scenario under random schedules, and under those that change threads seldom.
fn check(scenario: impl Fn() + Send + Sync + Clone + 'static) {
    let mut config = Config::new();
    config.max_steps = MaxSteps::FailAfter(100_000);
    config.stack_size = 0x20000;
    let count = |name, count| std::env::var(name).map_or(count, |count| count.parse().expect("a number"));
    let schedules = count("PLUG_SCHEDULES", 10_000);
    Runner::new(RandomScheduler::new(schedules), config.clone()).run(scenario.clone());
    Runner::new(PctScheduler::new(3, schedules), config).run(scenario);
}
