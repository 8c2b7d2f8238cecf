//! The process link, with processes that are started for it: what they do, what they do wrong, and what is wrong with them.

mod certificates;
mod deadlines;
mod dying;
mod files;
mod folders;
mod handshakes;
mod interfaces;
mod lives;
mod noise;
mod orphans;
mod restarts;
mod services;
mod started;
mod storm;
mod threads;

use started::{LONG, in_time, open, refusal, refusal_of, shell, told, told_of_worker, work, worker};

/// What the worker speaks.
const PROTOCOL: &str = "grpc";
