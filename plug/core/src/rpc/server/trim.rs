//! Returns memory to the system after many bytes were held.
//!
//! The allocator of glibc keeps the pages of freed blocks, in an arena for each of many threads.
//! After 150 requests of 8 MB and as many unread replies, a server without a client had 0.4 MB in
//! use and 880 MB resident (`malloc_stats`, on 2026-11-29).

use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use crate::rpc::thread::spawn;

/// From this number of bytes on, it is worth a look at all free blocks.
const MANY: usize = 32 << 20;
/// The next request may need the memory at once. So it is returned only after this time.
const QUIET: Duration = Duration::from_secs(1);

/// Few bytes were held since the memory was returned.
const FEW: u8 = 0;
/// Many bytes are held, or were.
const BURST: u8 = 1;
/// A thread waits to return the memory.
const WAITING: u8 = 2;

/// Whether many bytes were held. Clones share one state.
#[derive(Debug, Clone, Default)]
pub(super) struct Trim(Arc<AtomicU8>);

impl Trim {
    /// Notes that this many bytes are held, which are more than before.
    pub(super) fn grown(&self, bytes: usize) {
        if IS_NEEDED && bytes >= MANY && self.0.load(SeqCst) == FEW {
            let _ = self.0.compare_exchange(FEW, BURST, SeqCst, SeqCst);
        }
    }

    /// Whether memory is to be returned, if this many bytes are still held.
    pub(super) fn is_due(&self, bytes: usize) -> bool {
        self.0.load(SeqCst) == BURST && bytes < MANY
    }

    /// Returns memory later. `bytes` counts the bytes that are then held.
    pub(super) fn later(&self, bytes: impl Fn() -> usize + Send + 'static) {
        if self.0.compare_exchange(BURST, WAITING, SeqCst, SeqCst).is_err() {
            return;
        }
        let trim = self.clone();
        let wait = move || {
            thread::sleep(QUIET);
            let is_over = bytes() < MANY;
            trim.0.store(if is_over { FEW } else { BURST }, SeqCst);
            if is_over {
                system::trim();
            }
        };
        if spawn("plug-trim", wait).is_err() {
            self.0.store(BURST, SeqCst);
        }
    }
}

const IS_NEEDED: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "it is a function of C")]
mod system {
    // SAFETY: this is the signature of malloc_trim(3).
    // Any thread may call it at any time, with any number: it changes no block that is in use.
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }

    /// Returns the pages of all free blocks.
    pub(super) fn trim() {
        let _ = malloc_trim(0);
    }
}

/// Other allocators return what they do not need.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod system {
    pub(super) fn trim() {}
}
