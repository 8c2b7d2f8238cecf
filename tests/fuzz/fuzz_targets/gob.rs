//! Values as gob.
//!
//! Any bytes become a value or an error, and a value of protobuf survives the way through gob.
//! The first byte chooses the method.

#![no_main]

mod shapes;

use plug::__private::testing::GobEnds;
use plug::__private::testing::{decode_reply, decode_request, encode_reply};
use plug::__private::{Method, PortableInterface, Returns, VisitMethods};
use shapes::{Echo, text, unpacked};

/// Checks one method.
struct Check<'b> {
    method: usize,
    bytes: &'b [u8],
}

impl VisitMethods<dyn Echo> for Check<'_> {
    fn method<M: Method<Interface = dyn Echo>>(&mut self) {
        if M::INDEX != self.method {
            return;
        }
        // The bytes as gob.
        let mut ends = GobEnds::default();
        match ends.taken_arguments::<M>(self.bytes) {
            Ok(message) => drop(decode_request::<M>(&message)),
            Err(error) => assert!(!error.is_empty()),
        }
        let mut ends = GobEnds::default();
        match ends.taken_output::<M>(self.bytes) {
            Ok(message) => {
                assert!(
                    message.len() <= 64 * (self.bytes.len() + 1),
                    "{} of {} bytes",
                    message.len(),
                    self.bytes.len()
                );
                if let Ok(value) = decode_reply::<M>(&message) {
                    same::<M>(unpacked::<M>(value));
                }
            }
            Err(error) => assert!(!error.is_empty()),
        }
        // The bytes as protobuf.
        if let Ok(value) = decode_reply::<M>(self.bytes) {
            same::<M>(unpacked::<M>(value));
        }
    }
}

fn same<M: Method<Interface = dyn Echo>>(value: M::Ok) {
    let before = text(&value);
    let written = encode_reply::<M>(&M::Returns::pack(value)).expect("it was read");
    let (mut sender, mut receiver) = (GobEnds::default(), GobEnds::default());
    for _ in 0..2 {
        let gob = sender.given_output::<M>(&written).expect("it was written as a reply");
        let message = receiver.taken_output::<M>(&gob).expect("it was sent as a reply");
        let read = unpacked::<M>(decode_reply::<M>(&message).expect("it was received as a reply"));
        assert_eq!(before, text(&read), "a reply of `{}`", M::NAME);
        let again = encode_reply::<M>(&M::Returns::pack(read)).expect("it was read");
        assert_eq!(written, again, "a reply of `{}`", M::NAME);
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((method, bytes)) = bytes.split_first() else { return };
    let method = usize::from(*method) % <dyn Echo>::SIGNATURES.len();
    <dyn Echo>::methods(&mut Check { method, bytes });
});
