//! Finds out why TLS fails, and which option may mend it.
//!
//! A server of TLS 1.3 judges the client's certificate after the client's own handshake has ended.
//! It then refuses the client's first request, and tonic reports that the connection is closed.
//! So a second handshake asks for the reason, and sends no request that would hide it.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, InvalidMessage, RootCertStore};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::error::chain;

/// The longest wait for the reason, at each server.
const PATIENCE: Duration = Duration::from_secs(1);
/// The words of tonic if the server has agreed to TLS, but not to HTTP/2 in it.
const NO_HTTP2: &str = "HTTP/2 was not negotiated.";

/// The servers of a link, and the certificates for them, in PEM.
#[derive(Debug)]
pub(crate) struct Tls {
    /// `HOST:PORT` of each server.
    pub hosts: Vec<String>,
    /// The authorities that are trusted. `None` means those of the system.
    pub roots: Option<Vec<u8>>,
    /// The certificate and the key of this program.
    pub client: Option<(Vec<u8>, Vec<u8>)>,
    /// The name that the certificates of the servers must have.
    pub server_name: Option<String>,
}

impl Tls {
    /// Why TLS failed. `None` if it did not.
    pub(crate) fn reason(&self, error: &(dyn Error + 'static)) -> Option<String> {
        if chain(error).any(|error| error.to_string() == NO_HTTP2) {
            return Some("TLS failed: the server does not speak HTTP/2".to_owned());
        }
        let of_rustls = |error: &'_ (dyn Error + 'static)| {
            // The source of an `io::Error` is not the error that it wraps, but that one's source.
            let wrapped = error.downcast_ref::<io::Error>()?.get_ref()?;
            wrapped.downcast_ref::<rustls::Error>().map(|error| self.describe(error))
        };
        chain(error).find_map(of_rustls)
    }

    /// Why the servers close the connections of this client. `None` unless all of them refuse TLS.
    pub(crate) async fn refusal(&self) -> Option<String> {
        let config = Arc::new(self.config()?);
        let mut first = None;
        for host in &self.hosts {
            let reason = timeout(PATIENCE, self.refusal_of(host, Arc::clone(&config))).await.ok()??;
            first.get_or_insert(reason);
        }
        first
    }

    async fn refusal_of(&self, host: &str, config: Arc<ClientConfig>) -> Option<String> {
        let stream = TcpStream::connect(host).await.ok()?;
        let authority: http::uri::Authority = host.parse().ok()?;
        let name = self.server_name.as_deref().unwrap_or_else(|| authority.host()).trim_matches(['[', ']']);
        let name = ServerName::try_from(name).ok()?.to_owned();
        let refused = match TlsConnector::from(config).connect(name, stream).await {
            // A server of HTTP/2 sends its settings at once.
            Ok(mut stream) => stream.read(&mut [0]).await.err(),
            Err(error) => Some(error),
        };
        self.reason(&refused?)
    }

    fn config(&self) -> Option<ClientConfig> {
        let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()));
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(match &self.roots {
            Some(pem) => CertificateDer::pem_slice_iter(pem).flatten().collect(),
            None => rustls_native_certs::load_native_certs().certs,
        });
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        let config = config.with_root_certificates(roots);
        let mut config = match &self.client {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificates = CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().ok()?;
                config.with_client_auth_cert(certificates, PrivateKeyDer::from_pem_slice(key).ok()?).ok()?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Some(config)
    }

    fn describe(&self, error: &rustls::Error) -> String {
        use AlertDescription as Alert;
        let hint = match error {
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                "`GrpcOptions::roots` sets the authorities that are trusted"
            }
            rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => "`GrpcOptions::server_name` sets the name that the certificate must have",
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
                "the address of a server without TLS begins with `grpc://`"
            }
            rustls::Error::AlertReceived(
                Alert::CertificateRequired
                | Alert::HandshakeFailure
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::DecryptError,
            ) => match self.client {
                None => "`GrpcOptions::client_certificate` sets the certificate of this program",
                Some(_) => "the server does not accept the certificate of `GrpcOptions::client_certificate`",
            },
            _ => return format!("TLS failed: {error}"),
        };
        format!("TLS failed: {error}\nhint: {hint}")
    }
}
