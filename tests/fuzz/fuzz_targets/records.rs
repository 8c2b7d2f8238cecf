//! The records in a library's section. Any bytes get an answer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = plug::__private::testing::read_records(bytes);
});
