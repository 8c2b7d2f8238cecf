//! The suites of the process link with a worker that speaks net/rpc, and tests of net/rpc alone.

#[path = "../process/certificates.rs"]
mod certificates;
#[path = "../process/deadlines.rs"]
mod deadlines;
#[path = "../process/dying.rs"]
mod dying;
#[path = "../process/interfaces.rs"]
mod interfaces;
#[path = "../process/lives.rs"]
mod lives;
#[path = "../process/noise.rs"]
mod noise;
#[path = "../process/orphans.rs"]
mod orphans;
#[path = "../process/restarts.rs"]
mod restarts;
#[path = "../process/started.rs"]
mod started;
#[path = "../process/storm.rs"]
mod storm;
#[path = "../process/threads.rs"]
mod threads;

mod wrong;

use started::{LONG, in_time, message_of, open, refusal, refusal_of, shell, work, worker, worker_message};

/// The protocol of the worker.
const PROTOCOL: &str = "netrpc";
