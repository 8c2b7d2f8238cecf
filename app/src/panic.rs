//! What runs of a plugin, runs here: a panic becomes a message and an exit status. It knows no plugin but by name.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use crate::output;

thread_local! {
    /// The plugin whose code this thread runs.
    static RUNNING: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does the work, which is the plugin's. None where it panicked, which has then been said.
///
/// It is said by the hook and not here, so that it is also said where a panic aborts, or a second one meets the first.
pub(crate) fn guard<T>(plugin: &str, work: impl FnOnce() -> T) -> Option<T> {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| match RUNNING.try_with(|running| running.borrow().clone()).ok().flatten() {
        Some(plugin) => say(&plugin, info),
        None => others(info),
    }));
    RUNNING.set(Some(plugin.to_owned()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    RUNNING.set(None);
    // What was thrown is the plugin's too, and its drop could panic once more.
    result.map_err(std::mem::forget).ok()
}

fn say(plugin: &str, info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("(something that is no text)");
    let mut text = format!("plugin `{plugin}` panicked{place}: {message}");
    match std::env::var("RUST_BACKTRACE").as_deref() {
        Err(_) | Ok("0") => text.push_str("\nhint: with `RUST_BACKTRACE=1` set, the way there is shown too"),
        Ok("full") => text.push_str(&format!("\n{:#}", Backtrace::force_capture())),
        Ok(_) => text.push_str(&format!("\n{}", Backtrace::force_capture())),
    }
    output::aside("error", text.trim_end());
}
