//! A boundary that only encodes and decodes, as under the remote links.
//! It also has a method of any type, whose bytes a test can inspect.

use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use plug::__private::testing::GobEnds;
use plug::__private::testing::{decode_reply, decode_request, encode_reply, encode_request};
use plug::__private::{
    Argument, Arguments, Boundary, Chain, ChainTexts, Crosses, Hold, Malformed, Method, ObjectOf, Outcome, Own,
    PortableInterface, Returns, VisitMethods,
};
use plug::{Error, Portable};

/// Wraps the object so that its calls are encoded as protobuf, and if `by_gob` also as gob.
pub(crate) fn behind_bytes<I: ?Sized + PortableInterface>(object: Box<I>, by_gob: bool) -> Box<I> {
    let mut encoded = Encoded { object: Arc::new(object), by_gob, methods: Vec::new() };
    I::methods(&mut encoded);
    I::remote(Bytes(encoded.methods))
}

type EncodedCall = Box<dyn Fn(&[u8]) -> Result<Vec<u8>, String> + Send + Sync>;

struct Encoded<I: ?Sized> {
    object: Arc<Box<I>>,
    by_gob: bool,
    methods: Vec<(&'static str, EncodedCall)>,
}

impl<I: ?Sized + PortableInterface> VisitMethods<I> for Encoded<I> {
    fn method<M: Method<Interface = I>>(&mut self) {
        let object = Arc::clone(&self.object);
        let call = move |request: &[u8]| {
            let arguments = decode_request::<M>(request).map_err(|error| error.to_string())?;
            let outcome = M::call(I::borrow(&**object), M::Arguments::hold_kept(arguments));
            let value = outcome.result().map_err(|error| M::texts(&error).concat())?;
            encode_reply::<M>(&M::Returns::pack(value)).map_err(|error| error.to_string())
        };
        // Each direction is a stream of gob, which describes each type once.
        let streams = self.by_gob.then(|| (Mutex::new(GobEnds::default()), Mutex::new(GobEnds::default())));
        let call = move |request: &[u8]| {
            let Some((requests, replies)) = &streams else { return call(request) };
            let request = {
                let mut requests = requests.lock().unwrap();
                let gob = requests.given_arguments::<M>(request)?;
                requests.taken_arguments::<M>(&gob)?
            };
            let reply = call(&request)?;
            let mut replies = replies.lock().unwrap();
            let gob = replies.given_output::<M>(&reply)?;
            replies.taken_output::<M>(&gob)
        };
        assert_eq!(self.methods.len(), M::INDEX);
        self.methods.push((M::NAME, Box::new(call)));
    }
}

struct Bytes(Vec<(&'static str, EncodedCall)>);

impl Boundary for Bytes {
    fn has<M: Method>(&self) -> bool {
        self.0.iter().any(|(name, _)| *name == M::NAME)
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        let (name, call) = &self.0[M::INDEX];
        assert_eq!(*name, M::NAME);
        let request = encode_request::<M>(given).map_err(Error::new);
        let reply = request.and_then(|request| call(&request).map_err(Error::msg));
        let kept = reply.and_then(|reply| decode_reply::<M>(&reply).map_err(Error::new));
        M::Outcome::of(kept.map(|kept| M::Returns::unpack(M::Returns::give_kept(kept, &mut None))))
    }
}

#[plug::interface(portable)]
trait Nothing: Send + Sync {}

/// A method that takes a value and returns one.
struct Any<T>(PhantomData<T>);

impl<T: Portable> Argument for Any<T> {
    type Form = Own<T>;
}

impl<T: Portable> Method for Any<T> {
    type Interface = dyn Nothing;
    type Arguments = (Self, ());
    type Outcome = Result<T, Error>;
    type Ok = T;
    type Returns = Own<T>;
    type Error = Error;
    const NAME: &'static str = "any";
    const WIRE_NAME: &'static str = "Any";
    const ARGUMENT_NAMES: &'static [&'static str] = &["given"];
    const DOCS: &'static str = "";
    const INDEX: usize = 0;
    const HAS_DEFAULT: bool = false;
    const IS_IDEMPOTENT: bool = false;

    fn call<H: Hold>(
        _: &ObjectOf<'_, Self>,
        (value, ()): <Self::Arguments as Arguments>::Held<'_, H>,
    ) -> Result<T, Error> {
        value.lend(Ok)
    }

    fn tell(error: &Error, text: &mut dyn FnMut(&dyn Display)) {
        Chain(error).tell(text);
    }
}

/// A message with the value as its field 1, unless the value is `()`.
pub(crate) fn encode<T: Portable>(value: &T) -> Vec<u8> {
    encode_reply::<Any<T>>(value).unwrap()
}

/// The message of the error for a value that does not cross.
#[track_caller]
pub(crate) fn refused_value<T: Portable>(value: &T) -> String {
    encode_reply::<Any<T>>(value).unwrap_err().to_string()
}

pub(crate) fn decode<T: Portable>(bytes: &[u8]) -> Result<T, Malformed> {
    decode_reply::<Any<T>>(bytes)
}

/// The message of the error for these bytes.
#[track_caller]
pub(crate) fn refused<T: Portable>(bytes: &[u8]) -> String {
    match decode_request::<Any<T>>(bytes) {
        Ok(_) => panic!("{bytes:?} is a value"),
        Err(error) => error.to_string(),
    }
}
