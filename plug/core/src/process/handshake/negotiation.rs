//! Chooses the version of the application's protocol that a plugin serves, and so its protocol.

use crate::entry::handshake::Protocol;
use crate::error::Error;
use crate::process::handshake::environment::HostEnvironment;

/// The versions that a plugin serves, each with its protocol: the declared one.
/// Services are in each version.
/// A version with nothing else is served over gRPC, whatever is declared.
/// A version with nothing at all is left out, unless there is no other.
pub(crate) fn served(
    versions: &[u32],
    has_plugins: impl Fn(u32) -> bool,
    has_services: bool,
    declared: impl Fn(u32) -> Protocol,
) -> Vec<(u32, Protocol)> {
    let is_empty = !has_services && !versions.iter().any(|version| has_plugins(*version));
    let served = versions.iter().filter(|version| is_empty || has_services || has_plugins(**version));
    let protocol = |version| if has_plugins(version) { declared(version) } else { Protocol::Grpc };
    served.map(|version| (*version, protocol(*version))).collect()
}

/// Chooses one of the versions that the plugin serves, each with its protocol.
///
/// It is the highest one that the host offers, else the lowest one that is served.
/// From the latter the host can report the mismatch.
/// `PLUG_PROTOCOL` narrows the choice to versions of one protocol, and without it `PLUG_PROTOCOLS`
/// to those of the host's protocols, unless no version would be left.
///
/// # Errors
///
/// If none of the versions has a protocol of this build.
pub(crate) fn negotiate(
    served: &[(u32, Protocol)],
    built: &[Protocol],
    host: &HostEnvironment,
) -> Result<(u32, Protocol), Error> {
    let common: Vec<_> = served.iter().copied().filter(|(version, _)| host.versions.contains(version)).collect();
    let is_common = !common.is_empty();
    let mut choice = if is_common { common } else { served.to_vec() };
    let versions: Vec<_> = choice.iter().map(|(version, _)| *version).collect();
    choice.retain(|(_, protocol)| built.contains(protocol));
    // A version of the user's protocol is kept, even if the host does not name that protocol.
    for requested in [host.protocol.as_slice(), &host.protocols] {
        if choice.iter().any(|(_, protocol)| requested.contains(protocol)) {
            choice.retain(|(_, protocol)| requested.contains(protocol));
        }
    }
    choice.sort_unstable_by_key(|(version, _)| *version);
    let chosen = if is_common { choice.last() } else { choice.first() };
    chosen.copied().ok_or_else(|| not_built(&versions))
}

/// The error for versions over a protocol that this build lacks.
pub(crate) fn not_built(versions: &[u32]) -> Error {
    let listed: Vec<_> = versions.iter().map(u32::to_string).collect();
    let (s, are) = if versions.len() == 1 { ("", "is") } else { ("s", "are") };
    Error::msg(format!(
        "version{s} {} of the application's protocol {are} declared as net/rpc, which this plugin was built without\n\
         hint: turn on the feature `netrpc` of plug, or declare a version without `netrpc`",
        listed.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use Protocol::{Grpc, NetRpc};

    const ALL: &[Protocol] = &[Grpc, NetRpc];
    /// The declaration of an application that began with net/rpc.
    const BOTH: &[(u32, Protocol)] = &[(1, NetRpc), (2, Grpc)];

    fn host(variables: &[(&str, &str)]) -> HostEnvironment {
        HostEnvironment::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    /// The choice of a plugin with these versions, for a host that offers these and sets this.
    #[track_caller]
    fn chosen(served: &[(u32, Protocol)], versions: &str, variables: &[(&str, &str)]) -> (u32, Protocol) {
        let variables = [&[("PLUGIN_PROTOCOL_VERSIONS", versions)], variables].concat();
        negotiate(served, ALL, &host(&variables)).unwrap()
    }

    #[test]
    fn the_highest_common_version_is_chosen_else_the_lowest_served() {
        let served = |versions: &[u32]| versions.iter().map(|version| (*version, Grpc)).collect::<Vec<_>>();
        assert_eq!(chosen(&served(&[1, 3, 2]), "2,1,9", &[]), (2, Grpc));
        assert_eq!(chosen(&served(&[3, 2]), "9", &[]), (2, Grpc));
        assert_eq!(chosen(&served(&[3, 2]), "", &[]), (2, Grpc));
    }

    #[test]
    fn the_version_has_the_protocol_that_is_declared() {
        assert_eq!(chosen(BOTH, "1", &[]), (1, NetRpc));
        assert_eq!(chosen(BOTH, "2", &[]), (2, Grpc));
        assert_eq!(chosen(BOTH, "1,2", &[]), (2, Grpc));
        assert_eq!(chosen(&[(1, Grpc), (4, NetRpc)], "1", &[]), (1, Grpc));
        assert_eq!(chosen(&[(1, Grpc), (4, NetRpc)], "1,4", &[]), (4, NetRpc));
    }

    #[test]
    fn the_variables_choose_among_the_declared_versions() {
        assert_eq!(chosen(BOTH, "1,2", &[("PLUG_PROTOCOLS", "grpc,netrpc")]), (2, Grpc));
        assert_eq!(chosen(BOTH, "1,2", &[("PLUG_PROTOCOLS", "netrpc")]), (1, NetRpc));
        assert_eq!(chosen(BOTH, "1,2", &[("PLUG_PROTOCOL", "netrpc")]), (1, NetRpc));
        assert_eq!(chosen(BOTH, "1,2", &[("PLUG_PROTOCOL", "netrpc"), ("PLUG_PROTOCOLS", "grpc")]), (1, NetRpc));
        assert_eq!(chosen(BOTH, "", &[("PLUG_PROTOCOL", "grpc")]), (2, Grpc));
        // The protocol of no version that both have.
        assert_eq!(chosen(BOTH, "1", &[("PLUG_PROTOCOL", "grpc")]), (1, NetRpc));
        assert_eq!(chosen(BOTH, "1", &[("PLUG_PROTOCOLS", "grpc")]), (1, NetRpc));
        assert_eq!(chosen(&[(1, Grpc)], "1", &[("PLUG_PROTOCOL", "netrpc")]), (1, Grpc));
        assert_eq!(
            chosen(BOTH, "1,2", &[("PLUG_PROTOCOL", "quic"), ("PLUG_PROTOCOLS", "netrpc")]),
            (1, NetRpc),
            "an unknown protocol is ignored"
        );
    }

    #[test]
    fn a_version_over_a_protocol_that_is_not_built_is_not_served() {
        let chosen = |served, versions| {
            negotiate(served, &[Grpc], &host(&[("PLUGIN_PROTOCOL_VERSIONS", versions)])).map_err(|e| e.to_string())
        };
        assert_eq!(chosen(BOTH, "1,2"), Ok((2, Grpc)));
        assert_eq!(chosen(BOTH, "9"), Ok((2, Grpc)));
        let hint = "hint: turn on the feature `netrpc` of plug, or declare a version without `netrpc`";
        assert_eq!(
            chosen(BOTH, "1"),
            Err(format!(
                "version 1 of the application's protocol is declared as net/rpc, which this plugin was built without\n{hint}"
            ))
        );
        assert_eq!(
            chosen(&[(1, NetRpc), (3, NetRpc)], ""),
            Err(format!(
                "versions 1, 3 of the application's protocol are declared as net/rpc, which this plugin was built without\n{hint}"
            ))
        );
    }

    #[test]
    fn services_alone_are_served_over_grpc() {
        let has_plugins = |version| version != 3;
        assert_eq!(served(&[1, 2, 3], has_plugins, true, |_| NetRpc), [(1, NetRpc), (2, NetRpc), (3, Grpc)]);
        assert_eq!(served(&[1], |_| false, true, |_| NetRpc), [(1, Grpc)]);
    }

    #[test]
    fn a_version_without_anything_is_not_served() {
        let has_plugins = |version| version != 3;
        assert_eq!(served(&[1, 2, 3], has_plugins, false, |_| NetRpc), [(1, NetRpc), (2, NetRpc)]);
        // The error that nothing is served comes later.
        assert_eq!(served(&[1, 2], |_| false, false, |_| NetRpc), [(1, Grpc), (2, Grpc)]);
    }
}
