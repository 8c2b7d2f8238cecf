//! Jobs whose stages are on each link, by the word in their files.

mod faults;
mod job;
mod same;
mod size;
