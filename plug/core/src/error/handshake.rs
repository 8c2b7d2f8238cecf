//! The faults of a plugin's handshake, the first line that it prints.

use std::fmt;

/// The version of go-plugin's core protocol.
pub(crate) const CORE: &str = "1";

/// The maximum length of a handshake, in bytes.
/// That of Go has some 1,000, and an RSA certificate would make it 3,000.
pub(crate) const LONGEST: usize = 64 << 10;

/// A fault of the line that a plugin printed as its handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeFault {
    /// The line is no handshake.
    NotAHandshake {
        /// The line, escaped, and cut if it is long.
        printed: String,
    },
    /// It is longer than any handshake.
    TooLong {
        /// Its beginning, escaped.
        printed: String,
    },
    /// It has fewer fields than a handshake.
    TooFewFields {
        /// The line, escaped, and cut if it is long.
        printed: String,
        /// The number of its fields.
        found: usize,
    },
    /// It has another version of go-plugin's core protocol.
    Core {
        /// That version.
        found: String,
    },
    /// The version of the application's protocol is no number.
    BadVersion {
        /// The field, escaped, and cut if it is long.
        found: String,
    },
    /// Plugin and host share no version of the application's protocol.
    Version {
        /// The lowest version of the plugin.
        found: u32,
        /// The versions of the host, in order.
        offered: Vec<u32>,
    },
    /// It names an unknown network.
    Network {
        /// The network, escaped, and cut if it is long.
        found: String,
    },
    /// The address does not belong to its network.
    Address {
        /// The network: `unix` or `tcp`.
        network: &'static str,
        /// The address, escaped, and cut if it is long.
        found: String,
    },
    /// It names an unknown protocol.
    Protocol {
        /// The protocol, escaped, and cut if it is long.
        found: String,
    },
    /// This program was built without its protocol.
    NotBuilt {
        /// The protocol.
        protocol: &'static str,
    },
    /// The field of the certificate is no base64.
    NotBase64,
    /// The field of the certificate is no certificate.
    NotACertificate,
}

impl HandshakeFault {
    /// The fault as a predicate, such as "printed `x` instead of its handshake".
    /// The subject before it is the plugin.
    pub(crate) fn predicate(&self) -> impl fmt::Display + '_ {
        Predicate(self)
    }
}

/// The fault as a sentence about "the plugin".
/// [`ErrorKind::Process`](crate::ErrorKind::Process) has the path.
impl fmt::Display for HandshakeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plugin {}", self.predicate())
    }
}

impl std::error::Error for HandshakeFault {}

struct Predicate<'a>(&'a HandshakeFault);

impl fmt::Display for Predicate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_predicate(f)
    }
}

impl HandshakeFault {
    fn write_predicate(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
                write!(f, "printed a handshake of {found} field{s}, and needs at least 4: `{printed}`")?;
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
            Self::NotBuilt { protocol } => {
                write!(f, "speaks `{protocol}`, which this program was built without")?;
                write!(f, "\nhint: turn on the feature `{protocol}` of plug")
            }
            Self::NotBase64 => f.write_str(
                "printed a handshake with a certificate that is not base64\n\
                 hint: the field has the certificate's DER in standard base64 without padding, or nothing",
            ),
            Self::NotACertificate => f.write_str(
                "printed a handshake with a certificate that is not DER\n\
                 hint: the field has the certificate's DER in standard base64 without padding, or nothing",
            ),
        }
    }
}
