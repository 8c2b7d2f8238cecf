//! The handshake that an interface's crate declares for plugins in processes.

use crate::interface::Identity;

/// The output of [`plug::handshake!`](../plug/macro.handshake.html) in the binary.
#[doc(hidden)]
#[derive(Debug)]
pub struct Declared {
    pub cookie: &'static str,
    pub versions: &'static [DeclaredVersion],
    /// At most one: how a person uses the plugins, with `{path}` for the executable's path.
    pub hints: &'static [&'static str],
    /// The package, and the line of its file.
    pub place: &'static str,
}

/// A version of the application's protocol: its number, its protocol and its interfaces.
#[doc(hidden)]
pub type DeclaredVersion = (u32, Protocol, &'static [&'static Identity]);

/// The protocol of a plugin's process.
///
/// `plug::handshake!` and `Handshake::protocol` declare it for each version of the application's
/// protocol.
/// A host reads it from the plugin's handshake, and needs it only for `Reattach`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// Go's net/rpc, go-plugin's first protocol: the default of a handshake line that names none.
    #[default]
    NetRpc,
}

#[cfg(feature = "process")]
impl Protocol {
    /// Its name, in a handshake line and in `handshake!`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::NetRpc => "netrpc",
        }
    }
}

impl Declared {
    /// Called in a constant, so that a malformed cookie fails the build.
    pub const fn of(
        cookie: &'static str,
        versions: &'static [DeclaredVersion],
        hints: &'static [&'static str],
        place: &'static str,
    ) -> Self {
        assert!(is_cookie(cookie), "the cookie of a handshake is `KEY=VALUE`, the name of a variable and its value");
        assert!(!versions.is_empty(), "a handshake has a version, as in `versions = {{ 1: [dyn Plug] }}`");
        let mut at = 0;
        while at < versions.len() {
            let mut other = 0;
            while other < at {
                assert!(versions[at].0 != versions[other].0, "a handshake has each version once");
                other += 1;
            }
            at += 1;
        }
        Self { cookie, versions, hints, place }
    }
}

/// Whether it is a key, an equals sign and a value, without a NUL.
const fn is_cookie(text: &str) -> bool {
    let (bytes, mut at, mut equals) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        if bytes[at] == 0 {
            return false;
        }
        if bytes[at] == b'=' && equals == 0 {
            equals = at;
        }
        at += 1;
    }
    equals > 0 && equals + 1 < bytes.len()
}

#[cfg(test)]
mod tests {
    use super::is_cookie;

    #[test]
    fn a_cookie_is_a_variable() {
        assert!(["A=b", "HASHI=hola", "A=b=c"].iter().all(|text| is_cookie(text)));
        assert!(!["", "=", "A", "A=", "=b", "A=b\0"].iter().any(|text| is_cookie(text)));
    }
}
