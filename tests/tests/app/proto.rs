//! `app proto`: its text, which a compiler reads as the service of the reference document.

use crate::remote::check_remote;

#[test]
fn the_text() {
    check_remote(
        &["proto"],
        "\
syntax = \"proto3\";

// A greeter.
service Plug {
  // Greets `name`.
  //
  // # Errors
  //
  // Those of the plugin: a greeter may refuse a name.
  rpc SayHello(SayHelloRequest) returns (SayHelloReply);
}

message SayHelloRequest {
  string name = 1;
}

message SayHelloReply {
  string value = 1;
}
---- exit status: 0
",
    );
}

#[cfg(feature = "protox")]
mod read {
    use std::fs;

    use plug_tests::app;
    use prost_types::FileDescriptorProto;

    use crate::remote::FULL;

    /// The same service as in `plugins-in-go.md`.
    const REFERENCE: &str = r#"
    syntax = "proto3";

    service Plug {
      rpc SayHello(HelloReq) returns (HelloRes) {}
    }
    message HelloReq {
      string n = 1;
    }
    message HelloRes {
      string msg = 1;
    }
    "#;

    /// The parts of a file that matter on the wire.
    /// They are the paths of the methods, and the numbers and types of the fields of both messages.
    #[derive(Debug, PartialEq)]
    struct Wire(Vec<(String, Vec<Fields>)>);

    type Fields = Vec<(i32, i32, i32)>;

    impl Wire {
        fn of(file: &FileDescriptorProto) -> Self {
            assert_eq!(file.package(), "");
            let fields = |name: &str| {
                let message = file.message_type.iter().find(|message| name == format!(".{}", message.name()));
                let message = message.unwrap_or_else(|| panic!("there is no message {name}"));
                let field = |field: &prost_types::FieldDescriptorProto| {
                    (field.number(), field.r#type().into(), field.label().into())
                };
                message.field.iter().map(field).collect::<Fields>()
            };
            let methods = file.service.iter().flat_map(|service| {
                service.method.iter().map(move |method| {
                    assert!(!method.client_streaming() && !method.server_streaming());
                    let path = format!("/{}/{}", service.name(), method.name());
                    (path, vec![fields(method.input_type()), fields(method.output_type())])
                })
            });
            Self(methods.collect())
        }
    }

    #[test]
    fn it_is_the_service_of_the_reference_document() {
        let folder = plug_tests::scratch("app proto");
        fs::write(folder.join("plug.proto"), plug_tests::succeed(app(&FULL).arg("proto")))
            .expect("a file can be written");
        fs::write(folder.join("reference.proto"), REFERENCE).expect("a file can be written");
        let read = |file: &str| {
            let set = protox::compile([file], [&folder]).expect("protox accepts it");
            Wire::of(set.file.first().expect("there is the file"))
        };
        let ours = read("plug.proto");
        assert_eq!(ours.0.len(), 1);
        assert_eq!(ours.0[0].0, "/Plug/SayHello");
        assert_eq!(ours, read("reference.proto"));
    }
}
