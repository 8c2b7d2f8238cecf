//! TLS that fails: the reason is named, and nothing is tried again.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use plug::Server;
use plug::link::{Grpc, GrpcOptions};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use crate::{open, serve};

/// An authority that signs certificates.
struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(parameters, key) }
    }

    fn sign(&self, name: &str) -> Identity {
        self.sign_until(name, 4000)
    }

    /// Signs a certificate that ends with the beginning of this year.
    fn sign_until(&self, name: &str, year: i32) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(year, 1, 1);
        Identity { certificate: parameters.signed_by(&key, &self.issuer).unwrap(), key }
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        Arc::new(roots)
    }
}

/// A proxy that speaks TLS, before a server that does not.
struct Proxy {
    address: String,
    /// The number of connections that it has accepted.
    accepted: Arc<AtomicUsize>,
}

/// The settings of a proxy.
struct Settings<'a> {
    identity: &'a Identity,
    /// The authority of the clients' certificates. Without one, clients need none.
    clients: Option<&'a Authority>,
    version: &'static SupportedProtocolVersion,
    alpn: &'a [&'a str],
}

impl Settings<'_> {
    fn new(identity: &Identity) -> Settings<'_> {
        Settings { identity, clients: None, version: &rustls::version::TLS13, alpn: &["h2"] }
    }

    fn start(&self) -> Proxy {
        let Identity { certificate, key } = self.identity;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_protocol_versions(&[self.version]).unwrap();
        let config = match self.clients {
            None => config.with_no_client_auth(),
            Some(authority) => config.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(authority.roots(), provider).build().unwrap(),
            ),
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let certificate: CertificateDer<'static> = certificate.der().clone();
        let mut config = config.with_single_cert(vec![certificate], key).unwrap();
        config.alpn_protocols = self.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Proxy::start(config)
    }
}

impl Proxy {
    fn start(config: ServerConfig) -> Self {
        let target = serve(Server::new()).replace("grpc://", "");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("grpcs://localhost:{}", listener.local_addr().unwrap().port());
        let accepted = Arc::new(AtomicUsize::new(0));
        let (count, acceptor) = (Arc::clone(&accepted), TlsAcceptor::from(Arc::new(config)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    count.fetch_add(1, Ordering::SeqCst);
                    let (acceptor, target) = (acceptor.clone(), target.clone());
                    tokio::spawn(async move {
                        let Ok(mut stream) = acceptor.accept(stream).await else { return };
                        let mut server = tokio::net::TcpStream::connect(target).await.unwrap();
                        _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
                    });
                }
            });
        });
        Self { address, accepted }
    }

    /// The error of a client with these options, which it gets soon, and after few connections.
    #[track_caller]
    fn refusal(&self, options: &GrpcOptions, most: usize) -> String {
        let before = self.accepted.load(Ordering::SeqCst);
        let text = refusal(&options.open(&self.address).unwrap(), &self.address);
        let connections = self.accepted.load(Ordering::SeqCst) - before;
        assert!((1..=most).contains(&connections), "{connections}: {text}");
        text
    }
}

/// The error of a link, which it gets soon.
#[track_caller]
fn refusal(link: &Grpc, address: &str) -> String {
    let start = Instant::now();
    let error = link.check().unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(3), "{error:?}");
    crate::message(&error, address).strip_prefix("`ADDRESS` is not there for `check`: ").unwrap().to_owned()
}

fn trusting(authority: &Authority) -> GrpcOptions {
    GrpcOptions::new().roots(authority.certificate.pem())
}

fn with(options: GrpcOptions, identity: &Identity) -> GrpcOptions {
    options.client_certificate(identity.certificate.pem(), identity.key.serialize_pem())
}

#[test]
fn a_server_that_wants_a_certificate() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let identity = authority.sign("localhost");
    let (client, expired) = (authority.sign("client"), authority.sign_until("client", 2020));
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let proxy = Settings { clients: Some(&authority), version, ..Settings::new(&identity) }.start();
        let options = trusting(&authority);
        // In TLS 1.3, a second connection may ask for the reason.
        let most = if version.version == rustls::ProtocolVersion::TLSv1_3 { 2 } else { 1 };
        let refused = |options: &GrpcOptions| proxy.refusal(options, most);
        assert_eq!(
            refused(&options),
            "TLS failed: received fatal alert: CertificateRequired\n\
             hint: `GrpcOptions::client_certificate` sets the certificate of this program"
        );
        let hint = "hint: the server does not accept the certificate of `GrpcOptions::client_certificate`";
        assert_eq!(
            refused(&with(options.clone(), &other.sign("client"))),
            format!("TLS failed: received fatal alert: UnknownCA\n{hint}")
        );
        assert_eq!(
            refused(&with(options.clone(), &expired)),
            format!("TLS failed: received fatal alert: CertificateExpired\n{hint}")
        );
        let answers = open(&with(options, &client).open(&proxy.address).unwrap()).unwrap();
        assert_eq!(answers.echo("x").unwrap(), "x");
    }
}

#[test]
fn several_servers_that_want_a_certificate() {
    let authority = Authority::new("one");
    let identity = authority.sign("localhost");
    let settings = Settings { clients: Some(&authority), ..Settings::new(&identity) };
    let (one, other) = (settings.start(), settings.start());
    let address = format!("{},{}", one.address, other.address.trim_start_matches("grpcs://"));
    assert_eq!(
        refusal(&trusting(&authority).open(&address).unwrap(), &address),
        "TLS failed: received fatal alert: CertificateRequired\n\
         hint: `GrpcOptions::client_certificate` sets the certificate of this program"
    );
    let accepted = [one, other].map(|proxy| proxy.accepted.load(Ordering::SeqCst));
    assert!(accepted.iter().sum::<usize>() <= 4, "{accepted:?}");
}

#[test]
fn a_server_that_is_not_trusted() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let identity = authority.sign("localhost");
    let proxy = Settings::new(&identity).start();
    assert_eq!(
        proxy.refusal(&trusting(&other), 1),
        "TLS failed: invalid peer certificate: UnknownIssuer\n\
         hint: `GrpcOptions::roots` sets the authorities that are trusted"
    );
    assert_eq!(
        proxy.refusal(&trusting(&authority).server_name("elsewhere.example"), 1),
        "TLS failed: invalid peer certificate: certificate not valid for name \"elsewhere.example\"; \
         certificate is only valid for DnsName(\"localhost\")\n\
         hint: `GrpcOptions::server_name` sets the name that the certificate must have"
    );
    let expired = authority.sign_until("localhost", 2020);
    let proxy = Settings::new(&expired).start();
    let text = proxy.refusal(&trusting(&authority), 1);
    assert!(text.starts_with("TLS failed: invalid peer certificate: certificate expired: "), "{text}");
}

#[test]
fn a_server_that_speaks_something_else() {
    let authority = Authority::new("one");
    let identity = authority.sign("localhost");
    let proxy = Settings { alpn: &[], ..Settings::new(&identity) }.start();
    assert_eq!(proxy.refusal(&trusting(&authority), 1), "TLS failed: the server does not speak HTTP/2");
    let proxy = Settings { alpn: &["http/1.1"], ..Settings::new(&identity) }.start();
    assert_eq!(proxy.refusal(&trusting(&authority), 1), "TLS failed: received fatal alert: NoApplicationProtocol");
    let plain = serve(Server::new()).replace("grpc://", "grpcs://");
    assert_eq!(
        refusal(&trusting(&authority).open(&plain).unwrap(), &plain),
        "TLS failed: received corrupt message of type InvalidContentType\n\
         hint: the address of a server without TLS begins with `grpc://`"
    );
}
