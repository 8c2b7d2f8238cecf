//! Both ends of a connection in memory: the peers that are accepted, and those that are refused.

use std::time::Instant;

use p521::ecdsa::SigningKey;
use p521::ecdsa::signature::Signer as _;
use rustls::client::ResolvesClientCert;
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, Signer, SigningKey as TlsKey, SingleCertAndKey};
use rustls::{ClientConnection, Connection, ProtocolVersion, ServerConnection, SignatureAlgorithm};

use super::*;

const ANOTHER: &str =
    "other error: the peer shows another certificate than the one that was exchanged in the handshake";

fn peer(of: &Credentials) -> CertificateDer<'static> {
    of.der().to_vec().into()
}

/// Passes bytes between the two sides until neither sends any.
fn connect(client: ClientConfig, server: ServerConfig) -> Result<(ClientConnection, ServerConnection), Error> {
    let client = ClientConnection::new(Arc::new(client), server_name())?;
    let server = ServerConnection::new(Arc::new(server))?;
    let (mut client, mut server) = (Connection::Client(client), Connection::Server(server));
    loop {
        let passed = pass(&mut client, &mut server)? + pass(&mut server, &mut client)?;
        if passed == 0 {
            break;
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    match (client, server) {
        (Connection::Client(client), Connection::Server(server)) => Ok((client, server)),
        _ => unreachable!(),
    }
}

fn pass(from: &mut Connection, to: &mut Connection) -> Result<usize, Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).expect("memory takes all");
    }
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        to.read_tls(&mut rest).expect("memory gives all");
        to.process_new_packets()?;
    }
    Ok(bytes.len())
}

#[track_caller]
fn refused(client: ClientConfig, server: ServerConfig, text: &str) {
    assert_eq!(connect(client, server).expect_err("it is refused").to_string(), text);
}

/// A client's configuration for TLS 1.2 alone.
fn client_of_tls12(own: &Credentials, peer: CertificateDer<'static>) -> ClientConfig {
    ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned::new(peer).unwrap()))
        .with_client_auth_cert(vec![own.certificate.clone()], own.key())
        .unwrap()
}

#[test]
fn each_side_accepts_the_exchanged_certificate() {
    let (host, plugin) = (Credentials::new().unwrap(), Credentials::new().unwrap());
    assert_ne!(host.der(), plugin.der());
    assert_eq!(certificate_of_pem(host.pem()).unwrap(), peer(&host));
    let (client, server) =
        connect(host.client(peer(&plugin)).unwrap(), plugin.server(peer(&host)).unwrap()).expect("they fit");
    assert_eq!(client.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!((client.alpn_protocol(), server.alpn_protocol()), (Some(&b"h2"[..]), Some(&b"h2"[..])));
    assert_eq!(server.peer_certificates().unwrap(), [peer(&host)]);
    let (client, _) =
        connect(client_of_tls12(&host, peer(&plugin)), plugin.server(peer(&host)).unwrap()).expect("they fit");
    assert_eq!(client.protocol_version(), Some(ProtocolVersion::TLSv1_2));
}

#[test]
fn another_certificate_is_refused_on_either_side() {
    let (host, plugin, stranger) =
        (Credentials::new().unwrap(), Credentials::new().unwrap(), Credentials::new().unwrap());
    refused(host.client(peer(&plugin)).unwrap(), stranger.server(peer(&host)).unwrap(), ANOTHER);
    refused(stranger.client(peer(&plugin)).unwrap(), plugin.server(peer(&host)).unwrap(), ANOTHER);
    refused(client_of_tls12(&host, peer(&plugin)), stranger.server(peer(&host)).unwrap(), ANOTHER);
    refused(client_of_tls12(&stranger, peer(&plugin)), plugin.server(peer(&host)).unwrap(), ANOTHER);
}

#[test]
fn a_client_without_certificate_is_refused() {
    let (host, plugin) = (Credentials::new().unwrap(), Credentials::new().unwrap());
    let mut none = host.client(peer(&plugin)).unwrap();
    none.client_auth_cert_resolver = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned::new(peer(&plugin)).unwrap()))
        .with_no_client_auth()
        .client_auth_cert_resolver;
    refused(none, plugin.server(peer(&host)).unwrap(), "peer sent no certificates");
}

#[test]
fn the_right_certificate_without_its_key_is_refused() {
    let (host, plugin, stranger) =
        (Credentials::new().unwrap(), Credentials::new().unwrap(), Credentials::new().unwrap());
    let signs = |key: &Credentials| provider().key_provider.load_private_key(key.key()).unwrap();
    let stolen = |of: &Credentials| -> Arc<SingleCertAndKey> {
        Arc::new(CertifiedKey::new(vec![of.certificate.clone()], signs(&stranger)).into())
    };
    const BAD: &str = "invalid peer certificate: BadSignature";
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let mut client = host.client(peer(&plugin)).unwrap();
        if *version == rustls::version::TLS12 {
            client = client_of_tls12(&host, peer(&plugin));
        }
        let mut server = plugin.server(peer(&host)).unwrap();
        server.cert_resolver = stolen(&plugin);
        refused(client.clone(), server, BAD);
        client.client_auth_cert_resolver = stolen(&host);
        refused(client, plugin.server(peer(&host)).unwrap(), BAD);
    }
}

#[test]
fn a_peer_without_a_valid_certificate_is_refused() {
    let own = Credentials::new().unwrap();
    for bad in [&b""[..], b"x", &[0x30, 0], &own.der()[1..]] {
        let bad = CertificateDer::from(bad.to_vec());
        assert_eq!(own.client(bad.clone()).unwrap_err().to_string(), "invalid peer certificate: BadEncoding");
        assert_eq!(own.server(bad).unwrap_err().to_string(), "invalid peer certificate: BadEncoding");
    }
    for bad in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(certificate_of_pem(bad).is_err());
    }
    assert!(format!("{own:?}").starts_with("Credentials { certificate: "));
    assert!(!format!("{own:?}").contains("key"));
}

/// A certificate like those of Go's go-plugin.
/// Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -sha512`.
const GO: &str = "-----BEGIN CERTIFICATE-----
MIICZTCCAcegAwIBAgIUZRS0OrWH/tf/xexwjQAgminQO4kwCgYIKoZIzj0EAwQw
KDESMBAGA1UECgwJSGFzaGlDb3JwMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcNMjYx
MTIzMDExNzE4WhgPMjA1NjExMTUwMTE3MThaMCgxEjAQBgNVBAoMCUhhc2hpQ29y
cDESMBAGA1UEAwwJbG9jYWxob3N0MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQB
wcsEOXKF/41QX1dBHvz4qznSLWBE/yFiW3rBY5VUUB1LEYptvL7iPMKkkr/ii3Gw
AJzApxFS+5cfoQnoN+SCTYYAwrTSzOPJ1sHdoHoczjBgnW7Fa7mtRj/JgaNQkRrm
KJwWpm1pdnHWoeT8JCrubpBYyOsviPaA7mvhd8r3Fya+JbWjgYkwgYYwHQYDVR0O
BBYEFKmfo1LIJxyah3V3XbnZJ1ikomCuMB8GA1UdIwQYMBaAFKmfo1LIJxyah3V3
XbnZJ1ikomCuMA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0
MB0GA1UdJQQWMBQGCCsGAQUFBwMCBggrBgEFBQcDATAKBggqhkjOPQQDBAOBiwAw
gYcCQgHoeuhTIYBn7Z1xYyRS7RYUqwYOOIlqhd+idimWMyroe5dTcFDE0ohNGOHJ
viUjIlTt6dzZD2pAOefpYoSlZaK3/wJBDMHK+VKT1LARvkjx8qarNjJ8f+7+w+tp
sc6UfTjTc6KBj1pJlRnaPw6jl8GgUhFTK96kTEiyZrkHRnfEwTHf7sE=
-----END CERTIFICATE-----
";

const GO_KEY: [u8; 66] = *b"\x01\x38\xa9\x5b\xa4\x29\x7d\x49\x22\xcf\x00\x1b\x29\x30\x13\x59\x5e\x0a\xc4\x01\x3f\x71\
    \x8c\x85\x7a\x98\x15\x96\xdf\xb7\xba\xb0\x6e\x08\xa5\x46\x93\x05\x25\x8f\x92\x01\xf0\x45\
    \xe5\x98\x0c\x1e\xfc\x4b\x77\xbe\x12\x23\x75\xcb\x3d\xc4\xaa\x4c\x66\xee\xfb\x88\xeb\x2a";

#[derive(Debug, Clone)]
struct GoKey;

impl TlsKey for GoKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&self.scheme()).then(|| Box::new(GoKey) as _)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for GoKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: Signature = SigningKey::from_slice(&GO_KEY).expect("it is a key").sign(message);
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}

fn go() -> (CertificateDer<'static>, Arc<SingleCertAndKey>) {
    let certificate = certificate_of_pem(GO).unwrap();
    let signs = CertifiedKey::new(vec![certificate.clone()], Arc::new(GoKey));
    (certificate, Arc::new(signs.into()))
}

#[test]
fn a_peer_with_a_key_like_gos_is_accepted_alone() {
    let (own, other) = (Credentials::new().unwrap(), Credentials::new().unwrap());
    let (certificate, signs) = go();
    let mut server = other.server(peer(&own)).unwrap();
    server.cert_resolver = signs.clone() as Arc<dyn ResolvesServerCert>;
    let mut client = other.client(peer(&own)).unwrap();
    client.client_auth_cert_resolver = signs as Arc<dyn ResolvesClientCert>;
    let mut client12 = client_of_tls12(&own, peer(&own));
    client12.client_auth_cert_resolver = client.client_auth_cert_resolver.clone();

    connect(own.client(certificate.clone()).unwrap(), server.clone()).expect("a plugin of Go's");
    connect(client_of_tls12(&own, certificate.clone()), server.clone()).expect("the same, with TLS 1.2");
    connect(client.clone(), own.server(certificate.clone()).unwrap()).expect("a host of Go's");
    connect(client12, own.server(certificate.clone()).unwrap()).expect("the same, with TLS 1.2");

    refused(own.client(peer(&other)).unwrap(), server, ANOTHER);
    refused(client, own.server(peer(&other)).unwrap(), ANOTHER);
}

#[test]
fn a_signature_of_p521_is_verified() {
    let key = SigningKey::from_slice(&GO_KEY).unwrap();
    let point = VerifyingKey::from(&key).to_sec1_point(false);
    let mut signature = GoKey.sign(b"message").unwrap();
    let check = |point: &[u8], signature: &[u8]| P521.verify_signature(point, b"message", signature).is_ok();
    assert!(check(point.as_bytes(), &signature));
    assert!(P521.verify_signature(point.as_bytes(), b"another", &signature).is_err());
    assert!(!check(&point.as_bytes()[1..], &signature));
    assert!(!check(&[], &signature));
    assert!(!check(point.as_bytes(), &[]));
    *signature.last_mut().unwrap() ^= 1;
    assert!(!check(point.as_bytes(), &signature));
}

/// `cargo test --release -p plug-core --features process --lib -- --ignored --nocapture how_long`
#[test]
#[ignore = "it measures"]
fn how_long_it_takes() {
    let time = |what: &str, work: &mut dyn FnMut()| {
        let mut all: Vec<_> = (0..200)
            .map(|_| {
                let start = Instant::now();
                work();
                start.elapsed()
            })
            .collect();
        all.sort();
        println!("{what}: {:?} (median of 200)", all[100]);
    };
    time("key and certificate", &mut || drop(Credentials::new().unwrap()));
    let key = SigningKey::from_slice(&GO_KEY).unwrap();
    let point = VerifyingKey::from(&key).to_sec1_point(false);
    let signature = GoKey.sign(b"message").unwrap();
    time("a signature of P-521", &mut || {
        P521.verify_signature(point.as_bytes(), b"message", &signature).unwrap();
    });
    let (host, plugin) = (Credentials::new().unwrap(), Credentials::new().unwrap());
    time("a handshake, both sides", &mut || {
        connect(host.client(peer(&plugin)).unwrap(), plugin.server(peer(&host)).unwrap()).unwrap();
    });
}
