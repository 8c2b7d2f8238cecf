//! The channel of an object in a process. It restarts a process that has ended, if the options say
//! so.

use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::error::process::ended::Ended;
use crate::process::host::Shared;
use crate::process::host::way::{KeptStream, KeptWay};
use crate::process::log::emit::emit;
use crate::process::log::{Level, Record};
use crate::process::options::Restart;
use crate::process::running::Running;
use crate::rpc::client::instance::ObjectInstance;
use crate::rpc::thread::spawn;
use crate::wire::channel::{Call, Channel, WayFuture};
use crate::wire::fault::{Fault, Unavailable};
use crate::wire::message::{Got, GotFuture, Outgoing, ReplyFuture};
use crate::wire::way::Way;

/// The longest pause before a restart.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The channel of an object: keeps the process alive, and restarts it if the options say so.
pub(super) struct Handle {
    shared: Arc<Shared>,
    current: Arc<Current>,
}

/// The place of the object now.
type Current = Mutex<Place>;

/// The process that has an object, and the object's instance in it.
#[derive(Clone)]
struct Place {
    running: Arc<Running>,
    /// `None` for the object that all clients of the process share.
    instance: Option<Arc<ObjectInstance>>,
}

fn now(current: &Current) -> Place {
    current.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Place {
    fn call(&self, call: Call) -> ReplyFuture {
        match &self.instance {
            None => self.running.call(call),
            Some(instance) => self.running.call_instance(instance, call),
        }
    }

    fn stream(&self, call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        match &self.instance {
            None => self.running.stream(call, sent, returns_stream),
            Some(instance) => self.running.stream_instance(instance, call, sent, returns_stream),
        }
    }

    fn open(&self, deadline: Option<Instant>) -> ReplyFuture {
        match &self.instance {
            None => Box::pin(ready(Ok(Bytes::new()))),
            Some(instance) => self.running.open(instance, deadline),
        }
    }
}

impl Handle {
    /// The channel of an object in this process.
    pub(super) fn new(shared: Arc<Shared>, running: Arc<Running>, instance: Option<Arc<ObjectInstance>>) -> Self {
        Self { shared, current: Arc::new(Mutex::new(Place { running, instance })) }
    }

    /// The reply to an attempt, which is made again in a process that was started again.
    fn with_restarts(
        &self,
        deadline: Option<Instant>,
        is_idempotent: bool,
        attempt: impl Fn(&Place) -> ReplyFuture + Send + 'static,
    ) -> ReplyFuture {
        let (shared, current) = (Arc::clone(&self.shared), Arc::clone(&self.current));
        // A process that lost its connection, or that another program shuts down, has this long to
        // end.
        let retry_until = Instant::now() + shared.options.kill_timeout;
        Box::pin(async move {
            loop {
                // A restart replaces only a process that has ended.
                // So if this is the last handle of one, its drop has nothing to wait for.
                let (calling, life) = {
                    let place = now(&current);
                    (attempt(&place), Arc::clone(&place.running.life))
                };
                let unavailable = match calling.await {
                    Err(Fault::Unavailable(unavailable)) => unavailable,
                    done => return done,
                };
                let can_repeat = is_idempotent || unavailable.is_unsent;
                if !life.has_ended() {
                    if can_repeat && Instant::now() < retry_until {
                        continue;
                    }
                    return Err(Fault::Unavailable(unavailable));
                }
                // A launch blocks its thread, which a task must not do.
                let starting = async {
                    let _restarting = shared.restarting.lock().await;
                    if !now(&current).running.life.has_ended() {
                        return Ok(Ok(true));
                    }
                    let (shared, current) = (Arc::clone(&shared), Arc::clone(&current));
                    let (send, started) = oneshot::channel();
                    match spawn("plug-restart", move || _ = send.send(shared.restart(&current))) {
                        Ok(_) => started.await,
                        Err(error) => Ok(Err(Error::new(error))),
                    }
                };
                let started = match deadline {
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

/// The reply, whose stream keeps the process alive.
async fn kept(reply: GotFuture, running: Arc<Running>) -> Result<Got, Fault> {
    Ok(match reply.await? {
        Got::Stream(incoming) => Got::Stream(Box::new(KeptStream::new(incoming, running))),
        message => message,
    })
}

/// The way to the objects of the process, which keeps the process alive.
async fn way(running: Arc<Running>) -> Result<Arc<dyn Way>, Fault> {
    let way = running.objects().await?;
    Ok(Arc::new(KeptWay { way, running }))
}

impl Channel for Handle {
    fn sends_eagerly(&self) -> bool {
        self.shared.options.restart.limit == 0 && now(&self.current).running.sends_eagerly()
    }

    fn call(&self, call: Call) -> ReplyFuture {
        if self.shared.options.restart.limit == 0 {
            return now(&self.current).call(call);
        }
        let (deadline, is_idempotent) = (call.deadline, call.is_idempotent);
        self.with_restarts(deadline, is_idempotent, move |place| place.call(call.clone()))
    }

    fn has_streams(&self) -> bool {
        now(&self.current).running.has_streams()
    }

    /// A stream is sent once, and so the call is not made again. It begins in a process that runs.
    fn stream(&self, call: Call, sent: Option<Outgoing>, returns_stream: bool) -> GotFuture {
        if self.shared.options.restart.limit == 0 {
            let place = now(&self.current);
            let reply = place.stream(call, sent, returns_stream);
            return Box::pin(kept(reply, place.running));
        }
        let ready = self.with_restarts(call.deadline, true, |place| place.running.ready());
        let current = Arc::clone(&self.current);
        Box::pin(async move {
            ready.await?;
            let place = now(&current);
            kept(place.stream(call, sent, returns_stream), place.running).await
        })
    }

    fn way(&self) -> WayFuture {
        if self.shared.options.restart.limit == 0 {
            return Box::pin(way(now(&self.current).running));
        }
        // It is opened in a process that runs, and kept there.
        let opened = self.with_restarts(None, true, |place| {
            let way = place.running.objects();
            Box::pin(async move { way.await.map(|_| Bytes::new()) })
        });
        let current = Arc::clone(&self.current);
        Box::pin(async move {
            opened.await?;
            let running = now(&current).running;
            way(running).await
        })
    }

    fn open(&self, deadline: Option<Instant>) -> ReplyFuture {
        if self.shared.options.restart.limit == 0 {
            return now(&self.current).open(deadline);
        }
        self.with_restarts(deadline, false, move |place| place.open(deadline))
    }
}

impl Drop for Handle {
    /// Ends the instance, before the process may end.
    /// In a fork of this process it leaves the instance to the parent.
    fn drop(&mut self) {
        if self.shared.driver.check().is_err() {
            return std::mem::forget(Arc::clone(&self.current));
        }
        let Some(instance) = now(&self.current).instance else { return };
        instance.end(self.shared.driver, self.shared.options.kill_timeout);
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
        let mut place = current.lock().unwrap_or_else(PoisonError::into_inner);
        // Another call may have been first. Its instance stays.
        if !Arc::ptr_eq(&place.running, &running) {
            let instance = place.instance.as_ref().map(|instance| instance.again());
            *place = Place { running, instance };
        }
        Ok(true)
    }
}
