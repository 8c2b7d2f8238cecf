//! The channel of an object in a process. It restarts a process that has ended, if the options say
//! so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::error::Error;
use crate::error::process::ended::Ended;
use crate::process::host::Shared;
use crate::process::log::emit::emit;
use crate::process::log::{Level, Record};
use crate::process::options::Restart;
use crate::process::running::Running;
use crate::rpc::thread::spawn;
use crate::wire::channel::{Call, Channel, ReplyFuture};
use crate::wire::fault::{Fault, Unavailable};

/// The longest pause before a restart.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The channel of an object: keeps the process alive, and restarts it if the options say so.
pub(super) struct Handle {
    pub(super) shared: Arc<Shared>,
    pub(super) running: Arc<Current>,
}

/// The process that has the object now.
type Current = Mutex<Arc<Running>>;

fn now(current: &Current) -> Arc<Running> {
    Arc::clone(&current.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Channel for Handle {
    fn sends_eagerly(&self) -> bool {
        self.shared.options.restart.limit == 0 && now(&self.running).sends_eagerly()
    }

    fn call(&self, call: Call) -> ReplyFuture {
        if self.shared.options.restart.limit == 0 {
            return now(&self.running).call(call);
        }
        let (shared, current) = (Arc::clone(&self.shared), Arc::clone(&self.running));
        // A process that lost its connection, or that another program shuts down, has this long to
        // end.
        let retry_until = Instant::now() + shared.options.kill_timeout;
        Box::pin(async move {
            loop {
                // A restart replaces only a process that has ended.
                // So if this is the last handle of one, its drop has nothing to wait for.
                let (calling, life) = {
                    let running = now(&current);
                    (running.call(call.clone()), Arc::clone(&running.life))
                };
                let unavailable = match calling.await {
                    Err(Fault::Unavailable(unavailable)) => unavailable,
                    done => return done,
                };
                let can_repeat = call.is_idempotent || unavailable.is_unsent;
                if !life.has_ended() {
                    if can_repeat && Instant::now() < retry_until {
                        continue;
                    }
                    return Err(Fault::Unavailable(unavailable));
                }
                // A launch blocks its thread, which a task must not do.
                let starting = async {
                    let _restarting = shared.restarting.lock().await;
                    if !now(&current).life.has_ended() {
                        return Ok(Ok(true));
                    }
                    let (shared, current) = (Arc::clone(&shared), Arc::clone(&current));
                    let (send, started) = oneshot::channel();
                    match spawn("plug-restart", move || _ = send.send(shared.restart(&current))) {
                        Ok(_) => started.await,
                        Err(error) => Ok(Err(Error::new(error))),
                    }
                };
                let started = match call.deadline {
                    None => starting.await,
                    Some(deadline) => match tokio::time::timeout_at(deadline.into(), starting).await {
                        Ok(started) => started,
                        Err(_) => return Err(Fault::Deadline),
                    },
                };
                match started {
                    Ok(Ok(true)) if can_repeat => {}
                    Ok(Err(error)) if can_repeat => {
                        let ended = Ended(life.status());
                        let text = format!("it {ended}, and cannot be started again: {error:#}");
                        return Err(Fault::Unavailable(Unavailable { text, cause: None, ..unavailable }));
                    }
                    _ => return Err(Fault::Unavailable(unavailable)),
                }
            }
        })
    }
}

impl Shared {
    /// Replaces a process that has ended by a running one.
    /// False if the limit of restarts is reached.
    fn restart(self: &Arc<Self>, current: &Current) -> Result<bool, Error> {
        let mut state = self.state();
        let mut running = state.running.upgrade().filter(|running| !running.life.has_ended());
        if running.is_none() && self.attached.is_none() {
            let Restart { limit, within, pause } = self.options.restart;
            state.restarts.retain(|at| at.elapsed() < within);
            let before = u32::try_from(state.restarts.len()).unwrap_or(u32::MAX);
            if before >= limit {
                return Ok(false);
            }
            state.restarts.push(Instant::now());
            // Other calls that need the process wait for the lock.
            std::thread::sleep(pause.saturating_mul(1 << before.min(16)).min(LONGEST_PAUSE));
            let launched = Arc::new(self.launch.launch(self.driver)?);
            let record = Record::of(Level::Warn, "the process of the plugin was started again");
            emit(&self.launch.name, &record);
            self.watch(&launched);
            state.running = Arc::downgrade(&launched);
            running = Some(launched);
        }
        let Some(running) = running else { return Ok(false) };
        *current.lock().unwrap_or_else(PoisonError::into_inner) = running;
        Ok(true)
    }
}
