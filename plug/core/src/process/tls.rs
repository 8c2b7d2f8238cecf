//! AutoMTLS: each side makes a certificate, sends it in the handshake, and accepts only the peer's.
//!
//! Go's go-plugin signs by ECDSA with P-521 and SHA-512, which `ring` lacks; `p521` verifies it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use p521::ecdsa::signature::Verifier;
use p521::ecdsa::{Signature, VerifyingKey};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName,
    SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName as Subject, Error, OtherError,
    ServerConfig, SignatureScheme, SupportedProtocolVersion,
};

#[cfg(test)]
mod tests;

/// The name in go-plugin's certificates, and the server name that its clients request.
const NAME: &str = "localhost";

/// The longest that a peer may take to authenticate.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Both versions: with either, the pinned certificate identifies the peer.
const VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// A certificate of this process, and its key.
///
/// One takes 45 µs to make.
/// A handshake between two of them takes 0.36 ms, both sides together.
/// A signature of Go's, with P-521, takes 0.67 ms to verify.
/// These are medians of 200, by `how_long_it_takes` in the tests (rustc 1.95, release, x86-64).
#[derive(Clone)]
pub(super) struct Credentials {
    certificate: CertificateDer<'static>,
    key: Arc<PrivatePkcs8KeyDer<'static>>,
    pem: String,
}

impl Credentials {
    /// Makes a certificate and its key, with the fields of go-plugin's, but P-256 as the curve.
    pub(super) fn new() -> Result<Self, Error> {
        let failed = |error: rcgen::Error| Error::General(format!("no certificate could be made: {error}"));
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        // rcgen derives the serial number from the key, so it is as random as the key.
        let mut parameters = CertificateParams::new([NAME.to_owned()]).map_err(failed)?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, NAME);
        parameters.distinguished_name.push(DnType::OrganizationName, "plug");
        // Go uses the peer's certificate as the authority that signed it, so it must be one.
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        // 30 seconds back, since clocks differ and may be set back.
        // 262,980 hours are thirty years, as in go-plugin.
        parameters.not_before = epoch + now.saturating_sub(Duration::from_secs(30));
        parameters.not_after = epoch + now + Duration::from_secs(262_980 * 60 * 60);
        let certificate = parameters.self_signed(&key).map_err(failed)?;
        Ok(Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: Arc::new(PrivatePkcs8KeyDer::from(key.serialize_der())),
        })
    }

    /// The certificate in the form of a plugin's handshake line.
    pub(super) fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificate in the form of a host's `PLUGIN_CLIENT_CERT`.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// The configuration of a client that accepts the certificate `peer` alone.
    ///
    /// # Errors
    ///
    /// If `peer` is not a certificate.
    pub(super) fn client(&self, peer: CertificateDer<'static>) -> Result<ClientConfig, Error> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(VERSIONS)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned::new(peer)?))
            .with_client_auth_cert(vec![self.certificate.clone()], self.key())?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Resumption does not pay for the few connections of a process.
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// The configuration of a server that accepts the certificate `peer` alone.
    ///
    /// # Errors
    ///
    /// If `peer` is not a certificate.
    pub(super) fn server(&self, peer: CertificateDer<'static>) -> Result<ServerConfig, Error> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(VERSIONS)?
            .with_client_cert_verifier(Arc::new(Pinned::new(peer)?))
            .with_single_cert(vec![self.certificate.clone()], self.key())?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }
}

/// The certificates of both sides of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    own: Credentials,
    peer: CertificateDer<'static>,
}

impl Certificates {
    pub(super) fn new(own: Credentials, peer: CertificateDer<'static>) -> Self {
        Self { own, peer }
    }

    /// The configuration of this side as a client. It accepts the peer alone.
    ///
    /// # Errors
    ///
    /// If the peer's certificate is none.
    pub(crate) fn client(&self) -> Result<ClientConfig, Error> {
        self.own.client(self.peer.clone())
    }

    /// The configuration of this side as a server. It accepts the peer alone.
    ///
    /// # Errors
    ///
    /// If the peer's certificate is none.
    pub(crate) fn server(&self) -> Result<ServerConfig, Error> {
        self.own.server(self.peer.clone())
    }
}

/// Omits the key.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// The server name that a client requests.
pub(super) fn server_name() -> ServerName<'static> {
    ServerName::try_from(NAME).expect("it is a valid name")
}

/// Reads the certificate in a host's `PLUGIN_CLIENT_CERT`.
///
/// # Errors
///
/// If the text is not the PEM of a certificate.
pub(super) fn certificate_of_pem(pem: &str) -> Result<CertificateDer<'static>, Error> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
    let certificate = certificate.map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    ParsedCertificate::try_from(&certificate)?;
    Ok(certificate)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Accepts exactly one certificate, byte for byte, from a peer that has its key.
/// The other contents of the certificate do not matter: it came through the trusted handshake.
#[derive(Debug)]
struct Pinned {
    peer: CertificateDer<'static>,
}

/// The peer presented a certificate other than the pinned one.
#[derive(Debug)]
struct PinMismatch;

impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the peer shows another certificate than the one that was exchanged in the handshake")
    }
}

impl std::error::Error for PinMismatch {}

impl Pinned {
    fn new(peer: CertificateDer<'static>) -> Result<Self, Error> {
        ParsedCertificate::try_from(&peer)?;
        Ok(Self { peer })
    }

    fn check(&self, presented: &CertificateDer<'_>) -> Result<(), Error> {
        if *presented == self.peer { Ok(()) } else { Err(Error::Other(OtherError(Arc::new(PinMismatch)))) }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        presented: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(presented).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &algorithms(signature.scheme))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &algorithms(signature.scheme))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        schemes()
    }
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[Subject] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn verify_client_cert(
        &self,
        presented: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(presented).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &algorithms(signature.scheme))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &algorithms(signature.scheme))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        schemes()
    }
}

/// The algorithm that `ring` lacks, in the form that rustls takes.
static P521_ALONE: WebPkiSupportedAlgorithms =
    WebPkiSupportedAlgorithms { all: &[&P521], mapping: &[(SignatureScheme::ECDSA_NISTP521_SHA512, &[&P521])] };

/// The algorithms that can verify the scheme.
fn algorithms(scheme: SignatureScheme) -> WebPkiSupportedAlgorithms {
    match scheme {
        SignatureScheme::ECDSA_NISTP521_SHA512 => P521_ALONE,
        _ => ring::default_provider().signature_verification_algorithms,
    }
}

/// The schemes that this side offers.
/// P-521 is first: in TLS 1.2 a peer signs with the first hash of this list that it supports.
/// It does so whatever its curve is, and Go supports all of them.
fn schemes() -> Vec<SignatureScheme> {
    let mut schemes = P521_ALONE.supported_schemes();
    schemes.extend(ring::default_provider().signature_verification_algorithms.supported_schemes());
    schemes
}

/// ECDSA over P-521 with SHA-512.
#[derive(Debug)]
struct P521;

impl SignatureVerificationAlgorithm for P521 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}
