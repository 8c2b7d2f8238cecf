//! The line that a plugin prints first, `1|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE|MULTIPLEX`: read, and written.

use std::fmt;
use std::path::PathBuf;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::reader::LONGEST;
use crate::escape::{self, MAX_CHARS};

/// The version of all that comes before the application's own protocol.
const CORE: &str = "1";

/// What is no longer than this in the field of the certificate is none, but what old versions of go-plugin had there.
const NO_CERTIFICATE: usize = 50;

/// As Go's `RawStdEncoding`.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The version of the application's protocol.
    pub app: u32,
    /// Where the plugin listens.
    pub address: Address,
    /// What it speaks there.
    pub protocol: Protocol,
    /// The DER of its certificate, where it wants TLS.
    pub certificate: Option<Vec<u8>>,
    /// Whether the broker's streams can share the one connection; a plugin says so where the host asked with
    /// `PLUGIN_MULTIPLEX_GRPC`, since older hosts stumble over the field.
    pub multiplexed: Option<bool>,
}

/// Where a plugin listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Unix(PathBuf),
    /// Host and port, with a colon between.
    Tcp(String),
}

/// What a plugin's process speaks. It says so itself; only who attaches to one that runs already has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// Go's net/rpc, go-plugin's first protocol, which is meant where none is named.
    #[default]
    NetRpc,
}

/// What is wrong with the line that a plugin printed as its handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeFault {
    /// It is none.
    NotAHandshake {
        /// What it is instead, escaped, and cut where it is long.
        printed: String,
    },
    /// It has not ended where the longest handshake does.
    TooLong {
        /// How it begins, escaped.
        printed: String,
    },
    /// It has fewer fields than a handshake.
    TooFewFields {
        /// All of it, escaped, and cut where it is long.
        printed: String,
        /// How many there are.
        found: usize,
    },
    /// It is of another version of go-plugin's own protocol.
    Core {
        /// That version.
        found: String,
    },
    /// The version of the application's protocol is no number.
    BadVersion {
        /// What stands there, escaped, and cut where it is long.
        found: String,
    },
    /// The plugin speaks none of the versions of the application's protocol that the host does.
    Version {
        /// The plugin's: the lowest that it speaks.
        found: u32,
        /// The host's, in order.
        offered: Vec<u32>,
    },
    /// It names a network that is unknown.
    Network {
        /// Which, escaped, and cut where it is long.
        found: String,
    },
    /// The address is none of its network.
    Address {
        /// The network: `unix` or `tcp`.
        network: &'static str,
        /// What stands there, escaped, and cut where it is long.
        found: String,
    },
    /// It names a protocol that is unknown.
    Protocol {
        /// Which, escaped, and cut where it is long.
        found: String,
    },
    /// What stands for the certificate is no base64.
    NotBase64,
    /// What stands for the certificate is no certificate.
    NotACertificate,
}

impl Line {
    /// Reads a line, with or without its end, for a host that speaks the `offered` versions of the application's protocol.
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
        // As Go's `ParseBool`.
        let multiplexed = fields.get(6).map(|text| matches!(*text, b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True"));
        Ok(Self { app, address, protocol, certificate, multiplexed })
    }

    /// What a plugin prints, with the line's end.
    ///
    /// # Errors
    ///
    /// Where the address has a `|` or the end of a line in it, which a host could not read.
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
    fn parse(network: &[u8], found: &[u8]) -> Result<Self, HandshakeFault> {
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
                // Without a host it is this machine.
                Ok(Self::Tcp(if host.is_empty() { format!("127.0.0.1:{port}") } else { text.to_owned() }))
            }
            _ => Err(HandshakeFault::Network { found: escape::cut(network, MAX_CHARS) }),
        }
    }
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::NetRpc => "netrpc",
        }
    }

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

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Elsewhere than on Unix, a path is a text.
fn path(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes);
    #[cfg(not(unix))]
    let path = std::str::from_utf8(bytes).ok()?;
    Some(path.into())
}

/// The DER, as far as can be seen without reading it: one sequence, of the length that it says.
fn certificate_of(text: &[u8]) -> Result<Vec<u8>, HandshakeFault> {
    let der = BASE64.decode(text).map_err(|_| HandshakeFault::NotBase64)?;
    let (start, len) = match der[..] {
        [0x30, len @ ..=0x7f, ..] => (2, usize::from(len)),
        [0x30, 0x81, len, ..] => (3, usize::from(len)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(high) << 8 | usize::from(low)),
        // Longer ones do not fit into the line.
        _ => return Err(HandshakeFault::NotACertificate),
    };
    if start + len == der.len() { Ok(der) } else { Err(HandshakeFault::NotACertificate) }
}

/// What the plugin did, to be read behind its name.
impl fmt::Display for HandshakeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LIKE: &str = "a handshake is one line like `1|1|unix|/tmp/plugin123|grpc|`";
        match self {
            Self::NotAHandshake { printed } => {
                match &printed[..] {
                    "" => f.write_str("printed an empty line instead of its handshake")?,
                    printed => write!(f, "printed `{printed}` instead of its handshake")?,
                }
                f.write_str(
                    "\nhint: a plugin prints its handshake before all else on stdout; what it has to say before that belongs on stderr",
                )
            }
            Self::TooLong { printed } => {
                write!(f, "printed {LONGEST} bytes without a line's end instead of its handshake: `{printed}`")?;
                write!(f, "\nhint: {LIKE}")
            }
            Self::TooFewFields { printed, found } => {
                let s = if *found == 1 { "" } else { "s" };
                write!(f, "printed a handshake of {found} field{s}, of which there are at least 4: `{printed}`")?;
                write!(f, "\nhint: {LIKE}")
            }
            Self::Core { found } => {
                write!(
                    f,
                    "speaks version {found} of go-plugin's core protocol, and this program speaks version {CORE}"
                )?;
                f.write_str("\nhint: build the plugin with a library that speaks that one")
            }
            Self::BadVersion { found } => {
                write!(f, "names `{found}` as its version of the application's protocol, which is no number")?;
                write!(f, "\nhint: {LIKE}")
            }
            Self::Version { found, offered } => {
                let s = if offered.len() == 1 { "" } else { "s" };
                let offered: Vec<_> = offered.iter().map(u32::to_string).collect();
                let offered = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
                write!(
                    f,
                    "speaks version {found} of the application's protocol, and this program version{s} {offered}"
                )?;
                f.write_str("\nhint: install a plugin that is made for this version of the program")
            }
            Self::Network { found } => {
                write!(f, "listens on network `{found}`, which is neither `unix` nor `tcp`\nhint: {LIKE}")
            }
            Self::Address { network, found } => {
                let wanted = match *network {
                    "unix" => "the path of a socket, without `|`",
                    _ => "a host and a port, as in `127.0.0.1:10000`",
                };
                write!(f, "names `{found}` as its address of network `{network}`\nhint: that would be {wanted}")
            }
            Self::Protocol { found } => {
                write!(f, "speaks protocol `{found}`, which is neither `grpc` nor `netrpc`\nhint: {LIKE}")
            }
            Self::NotBase64 => f.write_str(
                "has something in its handshake where the certificate belongs that is not base64\n\
                 hint: there belongs the certificate's DER, in standard base64 without padding, or nothing",
            ),
            Self::NotACertificate => f.write_str(
                "has something in its handshake where the certificate belongs that is no DER\n\
                 hint: there belongs the certificate's DER, in standard base64 without padding, or nothing",
            ),
        }
    }
}
