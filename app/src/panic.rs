//! Surrounds the code of a plugin: a panic becomes a message and an exit status.
//! It knows a plugin by name.

use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use crate::output;

thread_local! {
    /// The plugin whose code this thread runs.
    static RUNNING: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs the plugin's code.
/// It is `None` after a panic, whose message has then been printed.
///
/// The panic hook prints the message, so that it also appears if the panic aborts, or is the second
/// one.
pub(crate) fn guard<T>(plugin: &str, work: impl FnOnce() -> T) -> Option<T> {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| match RUNNING.try_with(|running| running.borrow().clone()).ok().flatten() {
        Some(plugin) => say(&plugin, info),
        None => others(info),
    }));
    RUNNING.set(Some(plugin.to_owned()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    RUNNING.set(None);
    // The payload is the plugin's too, and dropping it could panic again.
    result.map_err(std::mem::forget).ok()
}

fn say(plugin: &str, info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("(no message: the payload is not a text)");
    let mut text = format!("plugin `{plugin}` panicked{place}: {message}");
    match std::env::var("RUST_BACKTRACE").as_deref() {
        Err(_) | Ok("0") => text.push_str("\nhint: with `RUST_BACKTRACE=1` set, the backtrace is shown too"),
        Ok("full") => text.push_str(&format!("\n{:#}", Backtrace::force_capture())),
        Ok(_) => text.push_str(&format!("\n{}", Backtrace::force_capture())),
    }
    output::aside("error", text.trim_end());
}
