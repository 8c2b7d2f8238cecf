//! The process link, with real processes: working, misbehaving and unusable ones.

mod broker;
mod certificates;
mod deadlines;
mod dying;
mod files;
mod folders;
mod forks;
mod handshakes;
mod inherited;
mod interfaces;
mod limits;
mod lives;
mod noise;
mod orphans;
mod printing;
mod restarts;
mod services;
mod started;
mod storm;
mod threads;

use started::{LONG, in_time, message_of, open, refusal, refusal_of, shell, work, worker, worker_message};

/// The protocol of the worker.
const PROTOCOL: &str = "grpc";
