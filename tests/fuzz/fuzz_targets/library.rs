//! The headers of a shared library, and its section `.plug`. Any bytes get an answer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = plug::__private::testing::read(bytes);
});
