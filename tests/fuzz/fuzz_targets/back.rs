//! The messages of `plug.v1.Back` to a session with some lent and given objects.
//!
//! Any bytes get an answer, or end the session, and then nothing of it is left.
//! A byte before each message has its length.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    plug::__private::testing::take_back_messages(bytes);
});
