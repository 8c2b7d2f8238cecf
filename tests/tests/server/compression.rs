//! Compressed requests and replies of a server at an address.

use std::io::{Read as _, Write as _};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use plug::Server;

use crate::peer::{Peer, field_of_bytes, received_with_head};
use crate::{Serving, run};

const ECHO: &str = "/Work/Echo";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut decompressed = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut decompressed).unwrap();
    decompressed
}

/// The body with one message of this payload, and whether it is compressed.
fn framed(payload: &[u8], is_compressed: bool) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u8(u8::from(is_compressed));
    body.put_u32(u32::try_from(payload.len()).unwrap());
    body.put_slice(payload);
    body.freeze()
}

/// The status of the response, its body, and its encoding and the accepted ones.
async fn call(peer: &mut Peer, headers: &[(&str, &str)], body: Bytes) -> (String, Vec<u8>, [String; 2]) {
    let (response, mut stream) = peer.begin(ECHO, headers);
    stream.send_data(body, true).unwrap();
    let (head, status, body) = received_with_head(response).await;
    let header = |name: &str| head.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (status, body, [header("grpc-encoding"), header("grpc-accept-encoding")])
}

#[test]
fn gzip_is_read_and_written() {
    let serving = Serving::start(Server::new());
    let plain = field_of_bytes(100_000);
    let packed = framed(&gzip(&plain[5..]), true);
    assert!(packed.len() < 1_000);
    run(async {
        let mut peer = Peer::connect(&serving).await;
        // Only a client that accepts it gets a compressed reply.
        let reply = call(&mut peer, &[("grpc-encoding", "gzip")], packed.clone()).await;
        assert!(reply.1 == plain[..]);
        assert_eq!((&reply.0[..], reply.2), ("Ok: ", [String::new(), "identity,gzip".to_owned()]));
        for (headers, body) in [
            (&[("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")][..], packed),
            (&[("grpc-accept-encoding", "identity, deflate, gzip")], plain.clone()),
        ] {
            let (status, body, encodings) = call(&mut peer, headers, body).await;
            assert_eq!((&status[..], encodings), ("Ok: ", ["gzip", "identity,gzip"].map(str::to_owned)));
            assert!(body.len() < 1_000 && body[0] == 1);
            assert!(gunzip(&body[5..]) == plain[5..]);
        }
        // A short reply is not worth it.
        let reply = call(&mut peer, &[("grpc-accept-encoding", "gzip")], field_of_bytes(100)).await;
        assert_eq!((reply.1[0], &reply.2[0][..]), (0, ""));
    });
}

#[test]
fn a_server_can_leave_replies_uncompressed() {
    let serving = Serving::start(Server::new().compress_replies(false));
    let plain = field_of_bytes(100_000);
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let reply = call(&mut peer, &[("grpc-accept-encoding", "gzip")], plain.clone()).await;
        assert!(reply.1 == plain[..] && reply.2 == [String::new(), "identity,gzip".to_owned()]);
    });
}

#[test]
fn an_unknown_encoding_is_refused_with_the_known_ones() {
    let serving = Serving::start(Server::new());
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let (status, body, encodings) = call(&mut peer, &[("grpc-encoding", "zstd")], framed(b"xx", true)).await;
        assert_eq!(status, "Unimplemented: this server does not read the encoding `zstd`, but `identity`, `gzip`");
        assert_eq!((body.len(), &encodings[1][..]), (0, "identity,gzip"));
        let (status, ..) = call(&mut peer, &[], framed(b"xx", true)).await;
        assert_eq!(status, "Internal: the message is compressed, and the request has no `grpc-encoding`");
        let (status, ..) = call(&mut peer, &[("grpc-encoding", "gzip")], framed(b"nothing of it", true)).await;
        assert_eq!(status, "Internal: the request is no gzip: invalid gzip header");
    });
}

/// A thousand times as many bytes as were sent.
#[test]
fn a_bomb_is_refused() {
    let serving = Serving::start(Server::new().max_request(1 << 20));
    let bomb = framed(&gzip(&vec![0; 100 << 20]), true);
    assert!(bomb.len() < 200 << 10);
    run(async {
        let mut peer = Peer::connect(&serving).await;
        let (status, ..) = call(&mut peer, &[("grpc-encoding", "gzip")], bomb).await;
        assert_eq!(
            status,
            "ResourceExhausted: the request has more than 1048576 bytes when it is decompressed, which is the server's \
             limit (`Server::max_request`)"
        );
    });
}
