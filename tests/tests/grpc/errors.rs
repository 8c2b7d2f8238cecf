//! Errors of any length: whole for a client of plug, and cut for others, which limit their headers.

use plug::link::Grpc;
use plug::{Error, ErrorKind, Server};
use tonic::Code;
use tonic::client::Grpc as Client;
use tonic::codegen::http::uri::PathAndQuery;
use tonic_prost::ProstCodec;

use crate::{Answer, open, serve};

/// The text of an error and those of its causes.
fn texts(error: &Error) -> Vec<String> {
    let texts = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    texts.map(ToString::to_string).collect()
}

fn answers() -> Box<dyn Answer> {
    open(&Grpc::open(&serve(Server::new())).unwrap()).unwrap()
}

#[test]
fn a_long_error_arrives_whole() {
    let answers = answers();
    for (text, lens) in [
        ("x", &[17_000][..]),
        ("x", &[10, 12_500]),
        ("x", &[65_536]),
        ("x", &[20_000; 3]),
        ("é", &[30_000]),
        (" ", &[60_000]),
    ] {
        let sent: Vec<_> = lens.iter().map(|len| text.repeat(*len)).collect();
        let error = answers.fail(&sent).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Plugin), "{error:?}");
        assert!(texts(&error) == sent, "{text:?} {lens:?}");
    }
    let error = answers.panic(&"x".repeat(50_000)).unwrap_err();
    let ErrorKind::Panicked { message: Some(message), .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!(message.len(), 50_000);
}

#[test]
fn a_longer_error_is_cut_and_says_so() {
    let answers = answers();
    let sent = ["a".repeat(100_000), "b".to_owned(), "c".repeat(1_000_000)];
    let back = texts(&answers.fail(&sent).unwrap_err());
    assert_eq!(back[1], "b");
    assert!(back[0].ends_with("aa… (cut, of 100000 bytes)") && back[2].ends_with("cc… (cut, of 1000000 bytes)"));
    let len = back.iter().map(String::len).sum::<usize>();
    assert!((65_000..=65_536).contains(&len), "{len}");
    // A chain of causes without end.
    let back = texts(&answers.fail(&vec!["x".to_owned(); 5000]).unwrap_err());
    assert_eq!((back.len(), &back[64][..]), (65, "… (cut, of 4999 texts)"));
}

/// The status that a client of another library gets.
fn status_elsewhere(sent: &str) -> tonic::Status {
    let link = Grpc::open(&serve(Server::new())).unwrap();
    let channel = link.channel();
    // Field 1 of the request has the texts.
    #[derive(Clone, PartialEq, prost::Message)]
    struct FailRequest {
        #[prost(string, repeated, tag = "1")]
        texts: Vec<String>,
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut client = Client::new(channel);
        client.ready().await.unwrap();
        let request = tonic::Request::new(FailRequest { texts: vec![sent.to_owned(), "a cause".to_owned()] });
        let path = PathAndQuery::from_static("/Answer/Fail");
        client.unary(request, path, ProstCodec::<FailRequest, ()>::default()).await.unwrap_err()
    })
}

#[test]
fn a_client_of_another_library_gets_what_its_headers_hold() {
    for text in ["x", "é", " "] {
        for len in [0, 1000, 4 << 10, 8 << 10, 100 << 10] {
            let sent = text.repeat(len);
            let status = status_elsewhere(&sent);
            assert_eq!(status.code(), Code::Unknown);
            let message = status.message();
            if message != sent {
                let (start, _) = message.split_once('…').expect("it is marked");
                assert!(sent.starts_with(start) && message == format!("{start}… (cut, of {} bytes)", sent.len()));
            }
            let head = status.into_http::<()>();
            let len = head.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum::<usize>();
            assert!(len <= 8 << 10, "{text:?} {len}");
        }
    }
}
