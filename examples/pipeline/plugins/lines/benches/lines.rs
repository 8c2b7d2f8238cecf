//! The time that each filter of this package takes for a line, in nanoseconds.
//! It is an example of a bench: a clock around a loop.

use std::hint::black_box;
use std::time::Instant;

use pipeline_interface::Filter;

plug::link!();

fn main() -> Result<(), plug::Error> {
    const LINES: u32 = 100_000;
    let lines: Vec<_> = (0..LINES).map(|number| format!("line {}", number % 1000)).collect();
    for plugin in plug::Registry::builtin().plugins_of::<dyn Filter>() {
        let mut filter = plugin.open::<dyn Filter>()?;
        let start = Instant::now();
        for line in &lines {
            black_box(filter.line(line)?);
        }
        black_box(filter.finish()?);
        println!("{}: {} ns per line", plugin.name(), start.elapsed().as_nanos() / u128::from(LINES));
    }
    Ok(())
}
