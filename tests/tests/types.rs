//! Values of every kind of type cross every link, or are refused by each in the same words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use library_types::{Either, Types, Value, lists, mixed, nodes};
use plug::{Error, Registry};

macro_rules! every_link {
    ($($name:ident: $link:expr;)*) => {
        $(
            mod $name {
                use super::*;

                fn open() -> Box<dyn Types> {
                    let mut registry = Registry::new();
                    registry.add(&$link).expect("the link has plugins");
                    registry.open("types").expect("it opens")
                }

                #[test]
                fn values_cross() {
                    library_types::suite::values_cross(&*open());
                }

                #[test]
                fn values_that_do_not_cross_are_refused() {
                    suite::values_that_do_not_cross_are_refused(&*open(), stringify!($name));
                }
            }
        )*
    };
}

every_link! {
    builtin: plug::link::Builtin;
    loopback: plug::link::Loopback;
}

#[cfg(not(miri))]
every_link! {
    library: library();
    process: process(None);
    process_by_netrpc: process(Some("netrpc"));
    grpc: plug::link::Grpc::open(plug_tests::server()).expect("it is an address");
}

#[cfg(not(miri))]
#[allow(unsafe_code, reason = "opening a library is unsafe")]
fn library() -> plug::link::Library {
    // SAFETY: it is built of this workspace's crates.
    let library = unsafe { plug::link::Library::open(plug_tests::shared_library("library-types")) };
    library.expect("it can be opened")
}

#[cfg(not(miri))]
fn process(protocol: Option<&str>) -> plug::link::Process {
    let options = plug::link::ProcessOptions::new();
    let options = match protocol {
        Some(protocol) => options.env("PLUG_PROTOCOL", protocol),
        None => options,
    };
    options.open(plug_tests::program("process-types")).expect("it can be opened")
}

/// Reflection has the files that the description of an interface imports.
#[cfg(not(miri))]
#[test]
fn a_server_describes_the_types_of_protobuf() {
    use http::uri::PathAndQuery;
    use prost::Message;
    use prost_types::FileDescriptorProto;
    use tonic::client::Grpc;
    use tonic::transport::Endpoint;

    #[derive(Clone, PartialEq, Message)]
    struct Request {
        #[prost(string, tag = "4")]
        file_containing_symbol: String,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Response {
        #[prost(message, optional, tag = "4")]
        files: Option<Files>,
    }

    #[derive(Clone, PartialEq, Message)]
    struct Files {
        #[prost(message, repeated, tag = "1")]
        files: Vec<FileDescriptorProto>,
    }

    let address = plug_tests::server().replace("grpc://", "http://");
    let runtime = tokio::runtime::Runtime::new().expect("there is room for a runtime");
    let ask = |symbol: &str| {
        let request = Request { file_containing_symbol: symbol.to_owned() };
        runtime.block_on(async {
            let channel = Endpoint::from_shared(address.clone()).expect("it is an address").connect().await;
            let mut client = Grpc::new(channel.expect("the server is there"));
            client.ready().await.expect("the server is there");
            let path = PathAndQuery::from_static("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
            let codec = tonic_prost::ProstCodec::<Request, Response>::default();
            let requests = tonic::Request::new(tokio_stream::once(request));
            let replies = client.streaming(requests, path, codec).await.expect("it answers");
            let reply = replies.into_inner().message().await.expect("it answers").expect("it answers");
            reply.files.expect("there is such a symbol").files
        })
    };
    let [types] = &ask("Types")[..] else { panic!("it is one file") };
    let imports = ["google/protobuf/duration.proto", "google/protobuf/timestamp.proto"];
    assert_eq!(types.dependency, imports);
    for (symbol, file) in ["google.protobuf.Duration", "google.protobuf.Timestamp"].into_iter().zip(imports) {
        let [described] = &ask(symbol)[..] else { panic!("it is one file") };
        assert_eq!(described.name(), file);
        let fields: Vec<_> = described.message_type[0].field.iter().map(|field| field.name()).collect();
        assert_eq!(fields, ["seconds", "nanos"]);
    }
}

mod suite {
    use super::*;

    #[track_caller]
    fn assert_refused<T>(link: &str, result: Result<T, Error>, method: &str, flaw: &str) {
        // Nothing crosses in the builtin link.
        if link == "builtin" {
            return assert!(result.is_ok());
        }
        let text = format!("the arguments of `{method}` cannot cross to plugin `types`: {flaw}");
        assert_eq!(result.err().map(|error| error.to_string()), Some(text));
    }

    pub fn values_that_do_not_cross_are_refused(types: &dyn Types, link: &str) {
        let deep = "it nests more than 100 messages of protobuf";
        assert_refused(link, types.value(lists(50)), "value", deep);
        assert_refused(link, types.value(lists(2_000)), "value", deep);
        assert_refused(link, types.node(nodes(101)), "node", deep);
        let pairs = [(0, Value::Null), (1, Value::Map(BTreeMap::from([(String::new(), lists(50))])))];
        assert_refused(link, types.path_of(Path::new(""), &Box::new(Value::Null), &pairs), "path_of", deep);
        let long = Duration::from_secs(315_576_000_001);
        let flaw = "315576000001 s and 0 ns are no duration of at most 315576000000 s, in `value`";
        assert_refused(link, types.duration(long), "duration", flaw);
        let flaw = flaw.replace("`value`", "`value.Right.right`");
        assert_refused(link, types.either(Either::Right { right: long }), "either", &flaw);
        if let Some(late) = UNIX_EPOCH.checked_add(Duration::from_secs(253_402_300_800)) {
            let flaw = "253402300800 s and 0 ns from 1970 on are no time of the years 1 to 9999, in `value`";
            assert_refused(link, types.time(late), "time", flaw);
            let times = vec![UNIX_EPOCH, late];
            let flaw = flaw.replace("`value`", "`value.times[1]`");
            assert_refused(link, types.mixed(library_types::Mixed { times, ..mixed() }), "mixed", &flaw);
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            let path = PathBuf::from(std::ffi::OsString::from_vec(b"/tmp/\xff".to_vec()));
            let flaw = r#"the path "/tmp/\xFF" is not Unicode, in `value`"#;
            assert_refused(link, types.path(path.clone()), "path", flaw);
            let flaw = flaw.replace("`value`", "`path`");
            assert_refused(link, types.path_of(&path, &Box::new(Value::Null), &[]), "path_of", &flaw);
        }
        // A result is refused too.
        let result = types.grow(60);
        match link {
            "builtin" => assert!(result.is_ok()),
            _ => {
                let text = format!("the result of `grow` cannot cross: {deep}");
                assert_eq!(result.err().map(|error| error.to_string()), Some(text));
            }
        }
        assert_eq!(types.grow(40).ok(), Some(lists(40)));
        // The largest duration of Go.
        let years = Duration::from_secs(9_300_000_000);
        let result = types.duration(years).map_err(|error| error.to_string());
        match link {
            "process_by_netrpc" => {
                let flaw = "a duration of 9300000000 s does not fit into Go's `time.Duration`, which has 292 years";
                let refused = result.expect_err("it is too long");
                assert!(refused.contains(flaw), "{refused}");
            }
            _ => assert_eq!(result, Ok(years)),
        }
    }
}
