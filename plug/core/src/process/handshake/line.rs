//! Reads and writes the handshake line `1|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE|MULTIPLEX`.

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::entry::handshake::Protocol;
use crate::error::handshake::{CORE, HandshakeFault};
use crate::escape::{self, MAX_CHARS};

/// A certificate field of at most this length is ignored.
/// Old versions of go-plugin wrote something else there.
const NO_CERTIFICATE: usize = 50;

/// The encoding of Go's `RawStdEncoding`.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A handshake line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The version of the application's protocol.
    pub app: u32,
    pub address: Address,
    pub protocol: Protocol,
    /// The DER of the plugin's certificate; none without TLS.
    pub certificate: Option<Vec<u8>>,
    /// Whether one connection carries all others.
    /// A plugin writes it only if the host has set `PLUGIN_MULTIPLEX_GRPC`, since older hosts fail
    /// on it.
    pub multiplexed: Option<bool>,
}

/// The address that a plugin listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Unix(PathBuf),
    /// Host and port, with a colon between.
    Tcp(String),
}

impl Line {
    /// Reads a line, with or without its end.
    /// The host offers the versions `offered` of the application's protocol.
    // 1|1|unix|/tmp/plugin123|grpc|MIIB…
    pub(crate) fn parse(line: &[u8], offered: &[u32]) -> Result<Self, HandshakeFault> {
        let line = line.trim_ascii();
        let printed = || escape::cut(line, MAX_CHARS);
        let fields: Vec<&[u8]> = line.splitn(8, |byte| *byte == b'|').collect();
        let is_number = |field: &[u8]| !field.is_empty() && field.iter().all(u8::is_ascii_digit);
        let (app, network, address) = match fields[..] {
            [core, ..] if fields.len() == 1 || !is_number(core) => {
                return Err(HandshakeFault::NotAHandshake { printed: printed() });
            }
            [core, ..] if number(core) != Some(1) => return Err(HandshakeFault::Core { found: escape::cut(core, 20) }),
            [_, app, network, address, ..] => (app, network, address),
            _ => return Err(HandshakeFault::TooFewFields { printed: printed(), found: fields.len() }),
        };
        let app = number(app).ok_or_else(|| HandshakeFault::BadVersion { found: escape::cut(app, MAX_CHARS) })?;
        if !offered.contains(&app) {
            let mut offered = offered.to_vec();
            offered.sort_unstable();
            return Err(HandshakeFault::Version { found: app, offered });
        }
        let address = Address::parse(network, address)?;
        let protocol = match fields.get(4).copied() {
            None => Protocol::NetRpc,
            Some(name) => {
                Protocol::named(name).ok_or_else(|| HandshakeFault::Protocol { found: escape::cut(name, MAX_CHARS) })?
            }
        };
        let certificate = fields.get(5).filter(|text| text.len() > NO_CERTIFICATE);
        let certificate = certificate.map(|text| certificate_of(text)).transpose()?;
        let multiplexed = fields.get(6).map(|text| parse_bool(text).unwrap_or(false));
        Ok(Self { app, address, protocol, certificate, multiplexed })
    }

    /// The bytes of the line, with its end.
    ///
    /// # Errors
    ///
    /// If the address contains `|` or a newline, which a host could not read.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, HandshakeFault> {
        let (network, address) = match &self.address {
            Address::Unix(path) => ("unix", path.as_os_str().as_encoded_bytes()),
            Address::Tcp(address) => ("tcp", address.as_bytes()),
        };
        if address.iter().any(|byte| b"|\n".contains(byte)) {
            return Err(HandshakeFault::Address { network, found: escape::cut(address, MAX_CHARS) });
        }
        let mut line = format!("{CORE}|{}|{network}|", self.app).into_bytes();
        line.extend_from_slice(address);
        let certificate = self.certificate.as_ref().map(|der| BASE64.encode(der)).unwrap_or_default();
        line.extend_from_slice(format!("|{}|{certificate}", self.protocol).as_bytes());
        if let Some(multiplexed) = self.multiplexed {
            line.extend_from_slice(format!("|{multiplexed}").as_bytes());
        }
        line.push(b'\n');
        Ok(line)
    }
}

impl Address {
    pub(crate) fn parse(network: &[u8], found: &[u8]) -> Result<Self, HandshakeFault> {
        let bad = |network| HandshakeFault::Address { network, found: escape::cut(found, MAX_CHARS) };
        match network {
            b"unix" => {
                let path = path(found).filter(|path| !path.as_os_str().is_empty() && !found.contains(&0));
                path.map(Self::Unix).ok_or_else(|| bad("unix"))
            }
            b"tcp" => {
                let text = std::str::from_utf8(found).map_err(|_| bad("tcp"))?;
                let (host, port) = text.rsplit_once(':').ok_or_else(|| bad("tcp"))?;
                let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
                    Some(host) => host.bytes().all(|byte| byte.is_ascii_graphic()),
                    None => host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
                };
                if !is_host || number(port.as_bytes()).is_none_or(|port| port == 0 || port > u16::MAX.into()) {
                    return Err(bad("tcp"));
                }
                // An empty host is this machine.
                Ok(Self::Tcp(if host.is_empty() { format!("127.0.0.1:{port}") } else { text.to_owned() }))
            }
            _ => Err(HandshakeFault::Network { found: escape::cut(network, MAX_CHARS) }),
        }
    }
}

impl Protocol {
    /// The protocols of this build, in the order of preference.
    pub(crate) const BUILT: &'static [Self] =
        if cfg!(feature = "netrpc") { &[Self::Grpc, Self::NetRpc] } else { &[Self::Grpc] };

    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"grpc" => Some(Self::Grpc),
            b"netrpc" => Some(Self::NetRpc),
            _ => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads the texts of Go's `ParseBool`.
pub(crate) fn parse_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Some(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Some(false),
        _ => None,
    }
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A path from its bytes. Outside of Unix these must be UTF-8.
fn path(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes);
    #[cfg(not(unix))]
    let path = std::str::from_utf8(bytes).ok()?;
    Some(path.into())
}

/// Decodes a certificate, and checks that it is one DER sequence of its declared length.
/// Nothing within the sequence is read.
fn certificate_of(text: &[u8]) -> Result<Vec<u8>, HandshakeFault> {
    let der = BASE64.decode(text).map_err(|_| HandshakeFault::NotBase64)?;
    let (start, len) = match der[..] {
        [0x30, len @ ..=0x7f, ..] => (2, usize::from(len)),
        [0x30, 0x81, len, ..] => (3, usize::from(len)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(high) << 8 | usize::from(low)),
        // A longer one does not fit into the line.
        _ => return Err(HandshakeFault::NotACertificate),
    };
    if start + len == der.len() { Ok(der) } else { Err(HandshakeFault::NotACertificate) }
}
