//! A request and a reply as protobuf.
//!
//! Any bytes become a value or an error, and a written value is read as the same value.
//! The first byte chooses the method.

#![no_main]

mod shapes;

use std::any::Any;

use plug::__private::testing::{decode_reply, decode_request, encode_reply, encode_request};
use plug::__private::{Arguments, Boundary, Method, Outcome, PortableInterface, Returns, VisitMethods};
use shapes::{Echo, Here, text, unpacked};

/// A boundary that turns a call into bytes and back.
struct Bytes;

impl Boundary for Bytes {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        let kept = decode_request::<M>(&encode_request::<M>(given).expect("it was read"))
            .expect("it was written as a request");
        // `Echo` is the only interface.
        let here: &dyn Any = &(Box::new(Here) as Box<dyn Echo>);
        let here = here.downcast_ref::<Box<M::Interface>>().expect("it is the interface");
        M::call(<M::Interface as PortableInterface>::borrow(here), M::Arguments::hold_kept(kept))
    }
}

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
        match (decode_request::<M>(self.bytes), decode_request::<M>(self.bytes)) {
            (Ok(kept), Ok(same)) => {
                let remote = <dyn Echo>::remote(Bytes);
                assert_eq!(called::<M>(&Here, kept), called::<M>(&*remote, same), "a request of `{}`", M::NAME);
            }
            (Err(error), Err(_)) => assert!(!error.to_string().is_empty()),
            _ => panic!("the same bytes are a request of `{}` and are none", M::NAME),
        }
        match decode_reply::<M>(self.bytes) {
            Ok(value) => {
                let value = unpacked::<M>(value);
                let before = text(&value);
                let written = encode_reply::<M>(&M::Returns::pack(value)).expect("it was read");
                let read = unpacked::<M>(decode_reply::<M>(&written).expect("it was written as a reply"));
                assert_eq!(before, text(&read), "a reply of `{}`", M::NAME);
                // Each bit of a float is the same.
                let again = encode_reply::<M>(&M::Returns::pack(read)).expect("it was read");
                assert_eq!(written, again, "a reply of `{}`", M::NAME);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn called<M: Method<Interface = dyn Echo>>(
    object: &(dyn Echo + 'static),
    kept: <M::Arguments as Arguments>::Kept,
) -> String {
    match M::call(object, M::Arguments::hold_kept(kept)).result() {
        Ok(value) => text(&value),
        Err(_) => unreachable!("no method fails"),
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((method, bytes)) = bytes.split_first() else { return };
    let method = usize::from(*method) % <dyn Echo>::SIGNATURES.len();
    <dyn Echo>::methods(&mut Check { method, bytes });
});
