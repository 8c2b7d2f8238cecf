//! The library link, with libraries that Cargo builds beside it: what they do, what they do wrong, and what is wrong with them.

#![allow(unsafe_code, reason = "opening a library is unsafe")]

mod faults;
mod files;
mod in_place;
mod interfaces;
mod loading;
mod opened;
mod records;

use opened::{open, refusal, registry, told, worker};
