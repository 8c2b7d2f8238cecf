//! The library link, with libraries that Cargo builds: working, misbehaving and unusable ones.

#![allow(unsafe_code, reason = "opening a library is unsafe")]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod damage;
mod faults;
mod files;
mod in_place;
mod interfaces;
mod loading;
mod opened;
mod records;

use opened::{message_of, open, refusal, registry, worker};
