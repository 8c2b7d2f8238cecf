//! The variables that a host sets for a plugin, and the plugin's reader of them.
//! Without the right cookie, a plugin prints a text for the person who started it by hand.

use std::ffi::OsString;
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::entry::handshake::Protocol;
use crate::escape;
use crate::process::handshake::line::parse_bool;

const VERSIONS: &str = "PLUGIN_PROTOCOL_VERSIONS";
const MIN_PORT: &str = "PLUGIN_MIN_PORT";
const MAX_PORT: &str = "PLUGIN_MAX_PORT";
const CERTIFICATE: &str = "PLUGIN_CLIENT_CERT";
const SOCKET_DIR: &str = "PLUGIN_UNIX_SOCKET_DIR";
const SOCKET_GROUP: &str = "PLUGIN_UNIX_SOCKET_GROUP";
const MULTIPLEX: &str = "PLUGIN_MULTIPLEX_GRPC";
/// An addition of `plug`: the protocols of the host, between commas.
const PROTOCOLS: &str = "PLUG_PROTOCOLS";
/// An addition of `plug`, for the user: the protocol of the plugin. It overrides the host.
pub(crate) const PROTOCOL: &str = "PLUG_PROTOCOL";

/// A host's offer to a plugin.
#[derive(Debug, Clone)]
pub(crate) struct Offer<'a> {
    /// The name of the variable, and its value.
    pub cookie: (&'a str, &'a str),
    /// The versions of the application's protocol that the host speaks.
    pub versions: &'a [u32],
    /// The ports for a plugin without Unix sockets.
    pub ports: RangeInclusive<u16>,
    /// The host's certificate, in PEM; none without TLS.
    pub certificate: Option<&'a str>,
    /// The folder for the socket.
    pub socket_dir: Option<&'a Path>,
    /// The name or number of the group that may use the socket.
    pub socket_group: Option<&'a str>,
    /// The protocols of the host.
    pub protocols: &'a [Protocol],
    /// Whether one connection is to carry all others.
    pub multiplex: bool,
}

/// The ports that go-plugin's hosts offer by default.
pub(crate) const PORTS: RangeInclusive<u16> = 10000..=25000;

impl Offer<'_> {
    /// The variables of the protocol. One without a value must be removed.
    /// A host may itself be a plugin, and the offer that it got is not for its own plugins.
    pub(crate) fn variables(&self) -> Vec<(&str, Option<OsString>)> {
        let mut versions = self.versions.to_vec();
        versions.sort_unstable();
        let versions: Vec<_> = versions.iter().map(u32::to_string).collect();
        let protocols: Vec<_> = self.protocols.iter().map(|protocol| protocol.name()).collect();
        vec![
            (self.cookie.0, Some(self.cookie.1.into())),
            (VERSIONS, Some(versions.join(",").into())),
            (MIN_PORT, Some(self.ports.start().to_string().into())),
            (MAX_PORT, Some(self.ports.end().to_string().into())),
            (CERTIFICATE, self.certificate.map(OsString::from)),
            (SOCKET_DIR, self.socket_dir.map(OsString::from)),
            (SOCKET_GROUP, self.socket_group.map(OsString::from)),
            (PROTOCOLS, Some(protocols.join(",").into())),
            (MULTIPLEX, self.multiplex.then(|| "true".into())),
        ]
    }
}

/// A host's offer, as a plugin reads it from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostEnvironment {
    /// The versions of the application's protocol that the host speaks; empty if it names none.
    pub versions: Vec<u32>,
    /// The ports to listen on without Unix sockets; 0, which is any port, if the host names none.
    pub ports: RangeInclusive<u16>,
    /// The host's certificate, in PEM; none without TLS.
    /// An empty text is a malformed certificate: the host wants TLS.
    pub certificate: Option<String>,
    pub socket_dir: Option<PathBuf>,
    pub socket_group: Option<String>,
    /// Whether one connection is to carry all others.
    /// None if the host does not read the seventh field of the handshake.
    pub multiplex: Option<bool>,
    /// The protocol that the user chooses by `PLUG_PROTOCOL`.
    pub protocol: Option<Protocol>,
    /// The protocols of a host with `plug`; empty if it names none.
    pub protocols: Vec<Protocol>,
    /// A sentence for the log about each value that was ignored.
    pub ignored: Vec<String>,
}

/// The result of looking for the application's cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    Right,
    /// The variable has another value.
    Wrong,
    Missing,
}

impl Cookie {
    pub(crate) fn find(cookie: (&str, &str), variable: impl Fn(&str) -> Option<OsString>) -> Self {
        match variable(cookie.0) {
            Some(value) if value == cookie.1 => Self::Right,
            Some(_) => Self::Wrong,
            None => Self::Missing,
        }
    }
}

impl HostEnvironment {
    /// Reads the environment through `variable`. A malformed value is ignored.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let mut ignored = Vec::new();
        let mut ignore = |name: &str, value: &str, why: &str| {
            ignored.push(format!("`{}` in `{name}` is {why}, and is ignored", escape::cut(value, 40)));
        };
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
        let list = |name: &str| {
            let items = text(name).unwrap_or_default();
            items.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect::<Vec<_>>()
        };
        let mut versions = Vec::new();
        for item in list(VERSIONS) {
            match item.parse() {
                Ok(version) => versions.push(version),
                Err(_) => ignore(VERSIONS, &item, "no version"),
            }
        }
        let mut port = |name: &str| {
            let value = text(name)?;
            let port = value.trim().parse().ok();
            if port.is_none() {
                ignore(name, &value, "no port");
            }
            port
        };
        let (min, max) = (port(MIN_PORT).unwrap_or(0), port(MAX_PORT));
        let multiplex = text(MULTIPLEX).map(|value| {
            let multiplex = parse_bool(value.as_bytes());
            if multiplex.is_none() {
                ignore(MULTIPLEX, &value, "neither `true` nor `false`");
            }
            multiplex.unwrap_or(false)
        });
        let mut protocol = |name: &str, item: &str| {
            let protocol = Protocol::named(item.as_bytes());
            if protocol.is_none() {
                ignore(name, item, "no protocol that is known here");
            }
            protocol
        };
        let protocols = list(PROTOCOLS).iter().filter_map(|item| protocol(PROTOCOLS, item)).collect();
        let protocol = text(PROTOCOL).and_then(|value| protocol(PROTOCOL, &value));
        Self {
            versions,
            ports: min..=max.unwrap_or(min).max(min),
            certificate: variable(CERTIFICATE).map(|value| value.to_string_lossy().into_owned()),
            socket_dir: set(SOCKET_DIR).map(PathBuf::from),
            socket_group: text(SOCKET_GROUP),
            multiplex,
            protocol,
            protocols,
            ignored,
        }
    }
}

/// The text that a plugin's executable prints if a person starts it by hand.
#[derive(Debug, Clone)]
pub(crate) struct ByHand<'a> {
    /// The path of the executable.
    pub executable: &'a Path,
    /// The name of the cookie's variable.
    pub cookie: &'a str,
    pub found: Cookie,
    /// The name and the summary of each plugin. A summary may be empty.
    pub plugins: &'a [(&'a str, &'a str)],
    /// The names of the gRPC services beside the plugins.
    pub services: &'a [&'static str],
    /// Whether a plugin is linked into the executable, even if it is not served.
    pub is_linked: bool,
    /// The host's hints, with `{path}` for the path.
    pub hints: &'a [&'a str],
}

impl ByHand<'_> {
    /// The text for stderr. The exit status after it is 1.
    pub(crate) fn text(&self) -> String {
        let name = self.executable.file_name().unwrap_or(self.executable.as_os_str()).display();
        let held = if self.plugins.is_empty() && !self.services.is_empty() { "gRPC services" } else { "plugins" };
        let mut text = String::new();
        let written = match self.found {
            Cookie::Wrong => writeln!(
                text,
                "`{name}` holds {held} of another program than the one that started it: `{}` has another value than theirs",
                self.cookie
            ),
            Cookie::Right | Cookie::Missing => {
                writeln!(text, "`{name}` holds {held}: it is started by the program that uses them, and not by hand")
            }
        };
        written.expect("a string takes all");
        let services =
            self.services.iter().map(|name| (*name, if self.plugins.is_empty() { "" } else { "a gRPC service" }));
        let listed: Vec<_> = self.plugins.iter().copied().chain(services).collect();
        let longest = listed.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, summary) in &listed {
            let line = format!("  {name:longest$}  {summary}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if listed.is_empty() {
            text.push_str(match self.is_linked {
                true => "  none: it serves none of the plugins that are linked into it\n",
                false => "  none: its package registers nothing, or is not linked: `plug::link!()` links what its features name\n",
            });
        }
        for hint in self.hints {
            let hint = hint.replace("{path}", &self.executable.to_string_lossy());
            writeln!(text, "hint: {hint}").expect("a string takes all");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> HostEnvironment {
        HostEnvironment::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    const OFFER: Offer<'static> = Offer {
        cookie: ("HASHI", "hola"),
        versions: &[2, 1],
        ports: PORTS,
        certificate: None,
        socket_dir: None,
        socket_group: None,
        protocols: &[Protocol::Grpc],
        multiplex: false,
    };

    #[test]
    fn a_host_sets_and_removes_variables() {
        let variables = |offer: &Offer<'_>| {
            let variables = offer.variables();
            let set =
                |(name, value): &(&str, Option<OsString>)| value.as_ref().map(|v| format!("{name}={}", v.display()));
            let removed: Vec<_> =
                variables.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
            (variables.iter().filter_map(set).collect::<Vec<_>>().join(" "), removed.join(" "))
        };
        let (set, removed) = variables(&OFFER);
        assert_eq!(
            set,
            "HASHI=hola PLUGIN_PROTOCOL_VERSIONS=1,2 PLUGIN_MIN_PORT=10000 PLUGIN_MAX_PORT=25000 PLUG_PROTOCOLS=grpc"
        );
        assert_eq!(removed, "PLUGIN_CLIENT_CERT PLUGIN_UNIX_SOCKET_DIR PLUGIN_UNIX_SOCKET_GROUP PLUGIN_MULTIPLEX_GRPC");
        let offer = Offer {
            certificate: Some("PEM"),
            socket_dir: Some(Path::new("/run/x")),
            socket_group: Some("users"),
            protocols: &[Protocol::Grpc, Protocol::NetRpc],
            multiplex: true,
            ..OFFER
        };
        let (set, removed) = variables(&offer);
        assert!(set.ends_with(
            " PLUGIN_CLIENT_CERT=PEM PLUGIN_UNIX_SOCKET_DIR=/run/x PLUGIN_UNIX_SOCKET_GROUP=users PLUG_PROTOCOLS=grpc,netrpc PLUGIN_MULTIPLEX_GRPC=true"
        ));
        assert_eq!(removed, "");
    }

    #[test]
    fn a_plugin_reads_the_variables_of_a_host() {
        let offer = Offer { certificate: Some("PEM"), socket_dir: Some(Path::new("/run/x")), ..OFFER };
        let read = HostEnvironment::read(|name| offer.variables().into_iter().find(|(known, _)| *known == name)?.1);
        assert_eq!(read.versions, [1, 2]);
        assert_eq!(read.ports, 10000..=25000);
        assert_eq!(read.certificate.as_deref(), Some("PEM"));
        assert_eq!(read.socket_dir.as_deref(), Some(Path::new("/run/x")));
        assert_eq!((read.socket_group, read.multiplex, read.ignored), (None, None, vec![]));
    }

    #[test]
    fn an_environment_can_be_empty_or_malformed() {
        let empty = environment(&[]);
        assert_eq!((&empty.versions[..], &empty.ports, empty.multiplex), (&[][..], &(0..=0), None));
        assert_eq!(
            empty,
            environment(&[(VERSIONS, ""), (MIN_PORT, ""), (SOCKET_DIR, ""), (MULTIPLEX, ""), (PROTOCOLS, ",")])
        );
        // A host without TLS does not set it.
        assert_eq!((empty.certificate, environment(&[(CERTIFICATE, "")]).certificate), (None, Some(String::new())));
        let odd = environment(&[
            (VERSIONS, "7, x\n,,-1,3"),
            (MIN_PORT, "70000"),
            (MAX_PORT, "9"),
            (PROTOCOLS, "quic,grpc"),
            (PROTOCOL, "http"),
            (MULTIPLEX, "yes"),
        ]);
        assert_eq!((&odd.versions[..], &odd.ports, odd.multiplex), (&[7, 3][..], &(0..=9), Some(false)));
        assert_eq!(
            odd.ignored,
            [
                "`x` in `PLUGIN_PROTOCOL_VERSIONS` is no version, and is ignored",
                "`-1` in `PLUGIN_PROTOCOL_VERSIONS` is no version, and is ignored",
                "`70000` in `PLUGIN_MIN_PORT` is no port, and is ignored",
                "`yes` in `PLUGIN_MULTIPLEX_GRPC` is neither `true` nor `false`, and is ignored",
                "`quic` in `PLUG_PROTOCOLS` is no protocol that is known here, and is ignored",
                "`http` in `PLUG_PROTOCOL` is no protocol that is known here, and is ignored",
            ]
        );
        let multiplex = |value| environment(&[(MULTIPLEX, value)]).multiplex;
        assert_eq!(["true", "1", "false", "F"].map(multiplex), [Some(true), Some(true), Some(false), Some(false)]);
        // A reversed range is its lower end alone.
        assert_eq!(environment(&[(MIN_PORT, "9"), (MAX_PORT, "8")]).ports, 9..=9);
    }

    #[test]
    fn the_cookie() {
        let find = |value: Option<&str>| Cookie::find(("HASHI", "hola"), |_| value.map(OsString::from));
        assert_eq!(find(Some("hola")), Cookie::Right);
        assert_eq!(find(Some("adios")), Cookie::Wrong);
        assert_eq!(find(Some("")), Cookie::Wrong);
        assert_eq!(find(None), Cookie::Missing);
    }

    #[test]
    fn a_start_by_hand_prints_what_the_executable_is() {
        let mut by_hand = ByHand {
            executable: Path::new("/opt/x/plugin-a"),
            cookie: "HASHI",
            found: Cookie::Missing,
            plugins: &[("a", "Says hello in English."), ("polite", "")],
            services: &[],
            is_linked: true,
            hints: &["the app takes its path: `app --plugin {path}`"],
        };
        assert_eq!(
            by_hand.text(),
            "`plugin-a` holds plugins: it is started by the program that uses them, and not by hand\n  \
               a       Says hello in English.\n  \
               polite\n\
             hint: the app takes its path: `app --plugin /opt/x/plugin-a`\n"
        );
        by_hand.hints = &[];
        by_hand.services = &["store.Store"];
        assert_eq!(
            by_hand.text(),
            "`plugin-a` holds plugins: it is started by the program that uses them, and not by hand\n  \
               a            Says hello in English.\n  \
               polite\n  \
               store.Store  a gRPC service\n"
        );
        by_hand.plugins = &[];
        assert_eq!(
            by_hand.text(),
            "`plugin-a` holds gRPC services: it is started by the program that uses them, and not by hand\n  \
               store.Store\n"
        );
        by_hand.services = &[];
        assert_eq!(
            by_hand.text(),
            "`plugin-a` holds plugins: it is started by the program that uses them, and not by hand\n  \
               none: it serves none of the plugins that are linked into it\n"
        );
        by_hand.found = Cookie::Wrong;
        by_hand.is_linked = false;
        assert_eq!(
            by_hand.text(),
            "`plugin-a` holds plugins of another program than the one that started it: `HASHI` has another value than theirs\n  \
               none: its package registers nothing, or is not linked: `plug::link!()` links what its features name\n"
        );
    }
}
