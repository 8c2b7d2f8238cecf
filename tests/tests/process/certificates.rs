//! AutoMTLS: both sides refuse a peer without the exchanged certificate.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use plug::link::ProcessOptions;
use plug_tests::{Started, program, start};
use rcgen::{CertificateParams, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

use crate::{in_time, open, refusal_of, shell, work};

/// A peer with a key and a certificate.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self { certificate, key }
    }

    /// The certificate as a plugin writes it into its handshake.
    fn base64(&self) -> String {
        let pem = self.certificate.pem();
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        text.trim_end_matches('=').to_owned()
    }
}

/// Accepts any server, since the tests are about the server's check.
#[derive(Debug)]
struct AcceptAny;

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// A worker whose host has this identity, and the fields of its handshake.
fn started_by(identity: &Identity, folder: &Path) -> (Started, Vec<String>) {
    let mut command = Command::new(program("worker"));
    command
        .env("HASHI", "hola")
        .env("PLUGIN_PROTOCOL_VERSIONS", "1,2")
        .env("PLUG_PROTOCOL", crate::PROTOCOL)
        .env("PLUGIN_CLIENT_CERT", identity.certificate.pem());
    let mut started = start(command.env("PLUGIN_UNIX_SOCKET_DIR", folder));
    let fields = started.line().split('|').map(str::to_owned).collect();
    (started, fields)
}

/// The first bytes of a client: the preface of HTTP/2, or a ping of yamux.
fn hello() -> &'static [u8] {
    match crate::PROTOCOL {
        "grpc" => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        _ => b"\0\x02\0\x01\0\0\0\0\0\0\0\x07",
    }
}

/// The number of bytes that a plugin first sends to a client with this identity.
fn first_bytes(socket: &str, identity: Option<&Identity>) -> Result<usize, String> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AcceptAny));
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some(Identity { certificate, key }) => {
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
            config.with_client_auth_cert(vec![certificate.der().clone()], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut socket = UnixStream::connect(socket).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut stream = rustls::Stream::new(&mut client, &mut socket);
    let received = stream.write_all(hello()).and_then(|()| stream.read(&mut [0; 100]));
    let received = received.or_else(|error| match error.kind() {
        // It closed the connection before it read everything. Its alert can still be read.
        std::io::ErrorKind::BrokenPipe => {
            client.read_tls(&mut socket)?;
            client.process_new_packets().map(|_| 0).map_err(std::io::Error::other)
        }
        _ => Err(error),
    });
    received.map_err(|error| error.to_string())
}

#[test]
fn a_plugin_takes_its_host_alone() {
    let (host, other) = (Identity::new(), Identity::new());
    let folder = plug_tests::Sockets::new();
    let (_plugin, fields) = started_by(&host, &folder);
    assert_eq!((&fields[2][..], &fields[4][..]), ("unix", crate::PROTOCOL));
    let socket = &fields[3];
    assert_eq!(first_bytes(socket, None), Err("received fatal alert: CertificateRequired".to_owned()));
    assert_eq!(first_bytes(socket, Some(&other)), Err("received fatal alert: HandshakeFailure".to_owned()));
    // A client that does not use TLS.
    let mut plain = UnixStream::connect(socket).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    plain.write_all(hello()).unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer[0] == 21, "an alert of TLS at most: {answer:?}");
    assert!(matches!(first_bytes(socket, Some(&host)), Ok(1..)));
}

#[test]
fn a_host_takes_its_plugin_alone() {
    let other = Identity::new();
    let worker = program("worker").display().to_string();
    // The handshake of a worker, with the certificate of another identity in it.
    let script = format!("'{worker}' | sed -u 's~|{0}|.*~|{0}|{1}~'", crate::PROTOCOL, other.base64());
    assert_eq!(
        in_time(move || refusal_of(shell(&script))),
        "the TLS connection to plugin `PATH` failed\n\
         caused by: other error: the peer shows another certificate than the one that was exchanged in the handshake"
    );
}

#[test]
fn without_a_certificate_it_is_refused() {
    let script = "echo '1|1|unix|/tmp/x|grpc|'; exec sleep 1000";
    let text = "plugin `PATH` answered without a certificate, and this program wants TLS\n\
        hint: build the plugin with a library that has AutoMTLS, or turn TLS off: `ProcessOptions::without_tls`";
    assert_eq!(refusal_of(shell(script)), text);
    // A worker that does not see its host's demand for TLS.
    let worker = program("worker").display().to_string();
    assert_eq!(refusal_of(shell(&format!("unset PLUGIN_CLIENT_CERT; exec '{worker}'"))), text);
    let process = shell(&format!("unset PLUGIN_CLIENT_CERT; exec '{worker}'")).without_tls().open("/bin/sh").unwrap();
    assert_eq!(work(&process).sum(1, &[2]).unwrap(), 3);
}

#[test]
fn a_certificate_that_is_none_is_refused() {
    let refused =
        |certificate: &str| refusal_of(shell(&format!("echo '1|1|unix|/tmp/x|grpc|{certificate}'; exec sleep 1000")));
    let hint = "hint: the field has the certificate's DER in standard base64 without padding, or nothing";
    assert_eq!(
        refused(&"*".repeat(60)),
        format!("plugin `PATH` printed a handshake with a certificate that is not base64\n{hint}")
    );
    assert_eq!(
        refused(&"A".repeat(60)),
        format!("plugin `PATH` printed a handshake with a certificate that is not DER\n{hint}")
    );
    // A sequence of 48 bytes, all of them 0.
    assert_eq!(
        refused(&format!("MDAA{}", "A".repeat(63))),
        "the TLS connection to plugin `PATH` failed\ncaused by: invalid peer certificate: BadEncoding"
    );
}

#[test]
fn a_malformed_certificate_of_the_host_is_refused() {
    let worker = program("worker").display().to_string();
    // A host that sets the variable wants TLS, even if nothing is in it.
    for malformed in ["none", ""] {
        assert_eq!(
            refusal_of(shell(&format!("PLUGIN_CLIENT_CERT={malformed} exec '{worker}'"))),
            "plugin `PATH` exited with status 1 before its handshake\n\
             stderr: `PLUGIN_CLIENT_CERT`, which the host sets, holds no certificate: invalid peer certificate: BadEncoding"
        );
    }
}

#[test]
fn tls_is_what_is_spoken_where_nothing_else_is_said() {
    for (options, is_given) in [(ProcessOptions::new(), true), (ProcessOptions::new().without_tls(), false)] {
        let process = open(options);
        let given = work(&process).obey("variable PLUGIN_CLIENT_CERT").unwrap();
        assert_eq!(given.starts_with("-----BEGIN CERTIFICATE-----"), is_given, "{given}");
    }
}
