//! The stderr of a process. Any bytes give the same records and last lines, in any chunks.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = plug::__private::testing::read_stderr(bytes);
});
