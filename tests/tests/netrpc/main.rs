//! The suites of the process link once more, with a worker that speaks net/rpc; and what only that has.

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

use started::{LONG, in_time, open, refusal, refusal_of, shell, told, told_of_worker, work, worker};

/// What the worker speaks.
const PROTOCOL: &str = "netrpc";
