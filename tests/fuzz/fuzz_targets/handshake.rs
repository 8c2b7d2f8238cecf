//! The handshake of a plugin that is a process, and how it comes: whatever the bytes, an answer, and what was read is written the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = plug::__private::testing::read_handshake(bytes);
});
