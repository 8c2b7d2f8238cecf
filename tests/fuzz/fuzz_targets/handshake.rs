//! The handshake of a process.
//!
//! Any bytes, in any chunks, become a handshake or an error. A handshake is written as it was read.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = plug::__private::testing::read_handshake(bytes);
});
