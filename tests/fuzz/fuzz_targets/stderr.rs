//! What a plugin that is a process prints on stderr, and how it comes: whatever the bytes, the same records and last words.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = plug::__private::testing::read_stderr(bytes);
});
