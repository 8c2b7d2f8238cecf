//! Arguments and fields with numbers and names that the author gives, for programs in other
//! languages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use plug::__private::testing::{GobEnds, encode_request, files, text};
use plug::__private::{
    Arguments, Boundary, Description, InterfaceRecord, Method, Outcome, PortableInterface, VisitMethods,
    interface_record_len,
};
use plug::{Error, Portable, plug};

use super::{Answer, Plugin, each};

/// The plugins of crowdsec have this service: the configuration is in field 2.
#[plug::interface(portable, service = "proto.Notifier")]
trait Notifier: Send + Sync {
    fn configure(&self, #[plug(tag = 2)] config: &[u8]) -> Result<(), Error>;
    fn notify(&self, text: &str, #[plug(tag = 9)] name: Option<String>, last: u32) -> Result<String, Error>;
}

#[plug("notifier")]
impl Notifier for Plugin {
    fn configure(&self, config: &[u8]) -> Answer<()> {
        if config == b"good" { Ok(()) } else { Err(Error::msg("bad")) }
    }

    fn notify(&self, text: &str, name: Option<String>, last: u32) -> Answer<String> {
        Ok(format!("{text} {name:?} {last}"))
    }
}

#[derive(Portable, Debug, Clone, PartialEq)]
struct Entry {
    #[plug(name = "ID")]
    id: u64,
    key: String,
}

/// A method in each form over net/rpc.
#[plug::interface(portable)]
trait Kv: Send + Sync {
    #[plug(netrpc = "map", idempotent)]
    fn map(&self, key: &str, #[plug(name = "Value")] value: Option<Vec<u8>>, count: i16) -> Answer<String>;
    fn several(&self, key: &str, #[plug(name = "Value")] value: Option<Vec<u8>>, count: i16) -> Answer<String>;
    #[plug(netrpc = "map")]
    fn one(&self, ratio: f32) -> Answer<f32>;
    fn entry(&self, entry: Entry) -> Answer<Entry>;
}

#[plug("kv")]
impl Kv for Plugin {
    fn map(&self, key: &str, value: Option<Vec<u8>>, count: i16) -> Answer<String> {
        self.several(key, value, count)
    }

    fn several(&self, key: &str, value: Option<Vec<u8>>, count: i16) -> Answer<String> {
        Ok(format!("{key} {value:?} {count}"))
    }

    fn one(&self, ratio: f32) -> Answer<f32> {
        Ok(ratio)
    }

    fn entry(&self, entry: Entry) -> Answer<Entry> {
        Ok(entry)
    }
}

#[test]
fn numbered_arguments_cross() {
    for notifier in each::<dyn Notifier>("notifier") {
        notifier.configure(b"good").unwrap();
        assert_eq!(notifier.configure(b"").unwrap_err().to_string(), "bad");
        assert_eq!(notifier.notify("x", None, 0).unwrap(), "x None 0");
        assert_eq!(notifier.notify("", Some(String::new()), 7).unwrap(), " Some(\"\") 7");
    }
}

#[test]
fn named_arguments_and_fields_cross() {
    for kv in each::<dyn Kv>("kv") {
        for (key, value, count) in [("x", Some(vec![1, 2]), -3), ("", None, 0), ("y", Some(vec![]), 9)] {
            let shown = format!("{key} {value:?} {count}");
            assert_eq!(kv.map(key, value.clone(), count).unwrap(), shown);
            assert_eq!(kv.several(key, value, count).unwrap(), shown);
        }
        assert_eq!([kv.one(0.0).unwrap(), kv.one(-1.5).unwrap()], [0.0, -1.5]);
        let entry = Entry { id: 7, key: "x".to_owned() };
        assert_eq!(kv.entry(entry.clone()).unwrap(), entry);
    }
}

/// Keeps the bytes of each request, and fails its call.
struct Recorder(Arc<Mutex<Vec<u8>>>);

impl Boundary for Recorder {
    fn has<M: Method>(&self) -> bool {
        true
    }

    fn call<M: Method>(&self, given: &<M::Arguments as Arguments>::Given<'_>) -> M::Outcome {
        *self.0.lock().unwrap() = encode_request::<M>(given).unwrap();
        M::Outcome::of(Err(Error::msg("recorded")))
    }
}

/// The request of the call.
fn request<I: ?Sized + PortableInterface>(call: impl FnOnce(&I)) -> Vec<u8> {
    let recorded = Arc::default();
    call(&*I::remote(Recorder(Arc::clone(&recorded))));
    recorded.lock().unwrap().clone()
}

#[test]
fn an_argument_has_its_number_in_protobuf() {
    assert_eq!(request::<dyn Notifier>(|to| _ = to.configure(b"x")), b"\x12\x01x");
    assert_eq!(request::<dyn Notifier>(|to| _ = to.notify("a", Some("b".into()), 1)), b"\x0a\x01a\x4a\x01b\x50\x01");
    let file = files(&[&Description::of::<dyn Notifier>()]).unwrap().remove(0);
    let proto = text(&file);
    for message in [
        "message ConfigureRequest {\n  bytes config = 2;\n}\n",
        "message NotifyRequest {\n  string text = 1;\n  optional string name = 9;\n  uint32 last = 10;\n}\n",
    ] {
        assert!(proto.contains(message), "{proto}");
    }
}

/// Two builds that number an argument differently must not call each other.
#[test]
fn a_signature_has_the_numbers_and_names_that_the_author_gives() {
    let notifier = InterfaceRecord::<{ interface_record_len::<dyn Notifier>() }>::of::<dyn Notifier>();
    let signature = |record: &[u8], text: &str| {
        let record = String::from_utf8_lossy(record).into_owned();
        assert!(record.contains(&format!("\u{1f}{text}\u{1f}")), "{record}");
    };
    signature(notifier.bytes(), "(#2Vec<u8>) -> ()");
    signature(notifier.bytes(), "(String, #9Option<String>, #10u32) -> String");
    let kv = InterfaceRecord::<{ interface_record_len::<dyn Kv>() }>::of::<dyn Kv>();
    signature(kv.bytes(), "(Entry { id as ID: u64, key: String }) -> Entry { id as ID: u64, key: String }");
    signature(kv.bytes(), "(String, Option<Vec<u8>>, i16) -> String");
}

type Conversion = Box<dyn Fn(&[u8]) -> Result<Vec<u8>, String>>;

/// The conversions of each method's arguments, from a message to gob and back.
#[derive(Default)]
struct Conversions(HashMap<&'static str, (Conversion, Conversion)>);

impl VisitMethods<dyn Kv> for Conversions {
    fn method<M: Method<Interface = dyn Kv>>(&mut self) {
        let given: Conversion = Box::new(|message| GobEnds::default().given_arguments::<M>(message));
        let taken: Conversion = Box::new(|gob| GobEnds::default().taken_arguments::<M>(gob));
        self.0.insert(M::NAME, (given, taken));
    }
}

#[test]
fn arguments_are_read_from_a_struct_and_from_a_map() {
    let mut conversions = Conversions::default();
    <dyn Kv>::methods(&mut conversions);
    let given = |name: &str, message: &[u8]| conversions.0[name].0(message).unwrap();
    let taken = |name: &str, gob: &[u8]| conversions.0[name].1(gob);
    let message = request::<dyn Kv>(|kv| _ = kv.map("x", Some(b"ab".to_vec()), -3));
    let (map, several) = (given("map", &message), given("several", &message));
    // The keys are the names as they are written, or the given ones. The values have Go's types.
    for part in [
        &b"\x03key\x06string\x0c\x03\x00\x01x"[..],
        b"\x05Value\x07[]uint8\x0a\x04\x00\x02ab",
        b"\x05count\x05int16\x04\x02\x00\x05",
    ] {
        assert!(map.windows(part.len()).any(|window| window == part), "{part:?} is not in {map:?}");
    }
    for gob in [&map, &several] {
        for name in ["map", "several"] {
            assert_eq!(taken(name, gob).as_ref(), Ok(&message), "{name}");
        }
    }
    // Zeros are in a map, and an `Option` without a value is not.
    let zeros = request::<dyn Kv>(|kv| _ = kv.map("", None, 0));
    assert!(zeros.is_empty());
    let map = given("map", &zeros);
    assert!(map.windows(4).any(|window| window == b"\x03key") && !map.windows(5).any(|window| window == b"Value"));
    assert_eq!(taken("map", &map), Ok(b"\x0a\0\x18\0".to_vec()));
    // One argument in a map is not the argument itself.
    let message = request::<dyn Kv>(|kv| _ = kv.one(1.5));
    assert_eq!(taken("one", &given("one", &message)), Ok(message.clone()));
    assert_eq!(
        taken("entry", &given("one", &message)),
        Err("a `map[string]interface{}` of gob has come, and not a struct, for Entry".to_owned())
    );
    // A field has the name that the author gives.
    let message = request::<dyn Kv>(|kv| _ = kv.entry(Entry { id: 7, key: "x".to_owned() }));
    let gob = given("entry", &message);
    assert!(gob.windows(5).any(|window| window == b"\x02ID\x01\x06"), "{gob:?}");
    assert_eq!(taken("several", &gob), Ok(b"\x0a\x01x".to_vec()), "the struct has a field `Key`");
}
