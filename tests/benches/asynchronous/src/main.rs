//! Calls of asynchronous methods of linked plugins, through plug and through async-trait.
//!
//! With `plug N` or `async-trait N` it makes N calls of each method, for a profiler.
//! Without arguments it times both in turns.
//! For each method it prints the median nanoseconds of a call through plug and through async-trait,
//! and the allocations of both in a batch.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use plug::Task;

const BATCH: usize = 1_000;
const ROUNDS: usize = 1_001;

/// The same trait and impl below each of the two attributes.
macro_rules! side {
    ($side:ident, #[$of_trait:meta] #[$of_impl:meta]) => {
        mod $side {
            /// Adds, and greets.
            #[$of_trait]
            pub trait Work: Send + Sync {
                async fn add(&self, a: u64, b: u64) -> u64;
                async fn say_hello(&self, name: &str, times: usize) -> Result<String, String>;
            }

            #[derive(Default)]
            pub struct A;

            #[$of_impl]
            impl Work for A {
                async fn add(&self, a: u64, b: u64) -> u64 {
                    a.wrapping_add(b)
                }

                async fn say_hello(&self, name: &str, times: usize) -> Result<String, String> {
                    if times == 0 {
                        return Err("never".to_owned());
                    }
                    self.add(1, 2).await;
                    Ok(name.repeat(times))
                }
            }
        }
    };
}

side!(ours, #[plug::interface] #[plug::plug("a")]);
side!(theirs, #[async_trait::async_trait] #[async_trait::async_trait]);

fn ready<T>(mut task: Task<'_, T>) -> T {
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the plugins wait for nothing"),
    }
}

/// Calls each method that often.
macro_rules! calls {
    ($work:ident) => {
        [
            |count: usize| {
                let work = $work();
                (0..count).for_each(|_| {
                    black_box(ready(work.add(black_box(2), black_box(3))));
                });
            },
            |count: usize| {
                let work = $work();
                (0..count).for_each(|_| {
                    black_box(ready(work.say_hello(black_box("x"), black_box(3)))).expect("a greeting");
                });
            },
        ]
    };
}

/// Made without a registry, which would give the same object.
fn ours() -> Box<dyn ours::Work> {
    // Without this, the compiler could make direct calls, because only one type is possible.
    black_box(Box::new(ours::A))
}

fn theirs() -> Box<dyn theirs::Work> {
    black_box(Box::new(theirs::A))
}

fn main() {
    let sides: [[fn(usize); 2]; 2] = [calls!(ours), calls!(theirs)];
    let mut arguments = std::env::args().skip(1);
    if let Some(side) = arguments.next() {
        let count = arguments.next().and_then(|count| count.parse().ok()).expect("how many calls");
        return sides[usize::from(side != "plug")].iter().for_each(|call| call(count));
    }
    for method in 0..2 {
        let mut times: [Vec<f64>; 2] = Default::default();
        for _ in 0..ROUNDS {
            for (times, side) in times.iter_mut().zip(&sides) {
                let start = Instant::now();
                side[method](BATCH);
                times.push(start.elapsed().as_nanos() as f64 / BATCH as f64);
            }
        }
        let medians = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        });
        let allocations = sides.map(|side| allocation_counter::measure(|| side[method](BATCH)).count_total);
        println!("{} {} {} {}", medians[0], medians[1], allocations[0], allocations[1]);
    }
}
