//! The limits of a server. Each is an option of [`Server`], and its default depends on the kind of
//! server: anybody may connect to an address, and only its host to a process.

use std::time::Duration;

use crate::rpc::server::builder::Server;

/// The limits of one server. `usize::MAX` and `Duration::MAX` are no limit.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub max_request: usize,
    /// The bytes of requests that one connection holds, and the whole server.
    pub held: Share,
    /// From this many bytes of unread replies on, calls wait.
    pub unread: Share,
    pub body_timeout: Duration,
    pub max_connections: usize,
    pub preface_timeout: Duration,
    pub idle_timeout: Duration,
    pub keepalive_interval: Duration,
    pub keepalive_timeout: Duration,
    pub grace: Duration,
    /// The most instances at once. 0 if none is opened.
    pub instances: usize,
}

#[cfg(test)]
impl Limits {
    /// Requests of up to this many bytes, and no other limit.
    pub(crate) const fn none(max_request: usize) -> Self {
        const NO_LIMIT: Share = Share { connection: usize::MAX, server: usize::MAX };
        Self {
            max_request,
            held: NO_LIMIT,
            unread: NO_LIMIT,
            body_timeout: Duration::MAX,
            max_connections: usize::MAX,
            preface_timeout: Duration::MAX,
            idle_timeout: Duration::MAX,
            keepalive_interval: Duration::MAX,
            keepalive_timeout: Duration::MAX,
            grace: Duration::MAX,
            instances: 0,
        }
    }
}

/// A limit of bytes for one connection, and for the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub connection: usize,
    pub server: usize,
}

/// The limits that the builder of a server was given.
#[derive(Debug, Default)]
pub(crate) struct ChosenLimits {
    max_request: Option<usize>,
    max_connection_bytes: Option<usize>,
    max_server_bytes: Option<usize>,
    body_timeout: Option<Duration>,
    max_connections: Option<usize>,
    preface_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    keepalive_interval: Option<Duration>,
    keepalive_timeout: Option<Duration>,
    grace: Option<Duration>,
    instances: Option<usize>,
}

impl ChosenLimits {
    /// These limits, and the default of each that was not chosen.
    pub(crate) fn or(&self, default: Limits) -> Limits {
        let max_request = self.max_request.unwrap_or(default.max_request);
        let share = |share: Share| Share {
            connection: self.max_connection_bytes.unwrap_or(share.connection),
            server: self.max_server_bytes.unwrap_or(share.server),
        };
        let held = share(default.held);
        Limits {
            max_request,
            // A limit below the longest request would refuse it.
            held: Share { connection: held.connection.max(max_request), server: held.server.max(max_request) },
            unread: share(default.unread),
            body_timeout: self.body_timeout.unwrap_or(default.body_timeout),
            max_connections: self.max_connections.unwrap_or(default.max_connections),
            preface_timeout: self.preface_timeout.unwrap_or(default.preface_timeout),
            idle_timeout: self.idle_timeout.unwrap_or(default.idle_timeout),
            keepalive_interval: self.keepalive_interval.unwrap_or(default.keepalive_interval),
            keepalive_timeout: self.keepalive_timeout.unwrap_or(default.keepalive_timeout),
            grace: self.grace.unwrap_or(default.grace),
            instances: self.instances.unwrap_or(default.instances),
        }
    }
}

impl Server {
    /// Sets the longest request of a plugin that is accepted, in bytes.
    ///
    /// The default is 64 MiB for a server at an address, and 2 GiB for a process of a host.
    pub fn max_request(mut self, bytes: usize) -> Self {
        self.limits.max_request = Some(bytes);
        self
    }

    /// Sets how many bytes of requests one connection may hold, from their arrival until their
    /// methods return.
    ///
    /// A request that exceeds this is refused with `RESOURCE_EXHAUSTED`.
    /// From as many bytes of replies on that the client has not read, its further calls wait.
    /// Requests of up to 1 KiB are not counted.
    ///
    /// The default for a server at an address is 128 MiB, or [`max_request`](Self::max_request) if
    /// that is more.
    /// A process has no limit for requests, and one of 64 MiB for replies.
    pub fn max_connection_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_connection_bytes = Some(bytes);
        self
    }

    /// Sets the limit of [`max_connection_bytes`](Self::max_connection_bytes) for all connections
    /// together.
    ///
    /// While as many bytes of replies are unread, a client that has read all of its own is still
    /// served.
    ///
    /// The default for a server at an address is 512 MiB, or [`max_request`](Self::max_request) if
    /// that is more. A process has none.
    pub fn max_server_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_server_bytes = Some(bytes);
        self
    }

    /// Sets how long the request of a plugin may take to arrive in full, and how long a reply waits
    /// for a client that reads none of it.
    ///
    /// After that the request is refused with `DEADLINE_EXCEEDED`, and the reply is abandoned.
    /// It does not apply to the requests of services that were added.
    ///
    /// The default for a server at an address is 60 seconds. A process has no such limit.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.limits.body_timeout = Some(timeout);
        self
    }

    /// Sets how many connections are open at the same time, at least one.
    ///
    /// One more replaces the connection that has had no call for the longest time.
    /// If all have calls, it waits.
    ///
    /// The default for a server at an address is 1,024. A process has no such limit.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.limits.max_connections = Some(connections);
        self
    }

    /// Sets how many instances of its plugins clients may have open at the same time, all together.
    /// 0 turns them off.
    ///
    /// An instance is an object of its own, with settings of its client if the plugin takes any.
    /// It is dropped when its client drops it, or is gone.
    /// A connection with an instance counts as one with a call.
    /// Calls that name no instance use the object that all clients share.
    ///
    /// The default is 0 for a server at an address, where all clients then share one object of each
    /// plugin. A process allows its host 10,000, and over net/rpc 2,048.
    pub fn instances(mut self, instances: usize) -> Self {
        self.limits.instances = Some(instances);
        self
    }

    /// Sets how long a new connection may take for TLS, and then for the preface of HTTP/2.
    ///
    /// The default is 10 seconds for a server at an address, and 30 seconds for a process.
    pub fn preface_timeout(mut self, timeout: Duration) -> Self {
        self.limits.preface_timeout = Some(timeout);
        self
    }

    /// Sets after how long a connection without a call is closed.
    ///
    /// Clients of gRPC connect again for their next call.
    ///
    /// The default for a server at an address is 10 minutes.
    /// A process keeps the connections of its host, which may be idle for days.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.limits.idle_timeout = Some(timeout);
        self
    }

    /// Sets how often the server pings each client.
    ///
    /// The default for a server at an address is 2 minutes. A process does not ping its host.
    pub fn http2_keepalive_interval(mut self, interval: Duration) -> Self {
        self.limits.keepalive_interval = Some(interval);
        self
    }

    /// Sets how long a client may take to answer a ping. After that its connection is closed.
    ///
    /// The default is 20 seconds.
    pub fn http2_keepalive_timeout(mut self, timeout: Duration) -> Self {
        self.limits.keepalive_timeout = Some(timeout);
        self
    }

    /// Sets how long the calls under way may go on after the server is stopped.
    ///
    /// It is also the longest time that the server waits for a client that does not finish its
    /// request, or does not read its reply.
    ///
    /// The default is 30 seconds for a server at an address, and 500 ms for a process.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.limits.grace = Some(grace);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: Limits = Limits {
        held: Share { connection: 20, server: 30 },
        unread: Share { connection: 5, server: 6 },
        ..Limits::none(10)
    };

    #[test]
    fn the_longest_request_is_never_over_the_bytes_of_a_connection() {
        let of = |chosen: ChosenLimits| {
            let Limits { held, unread, .. } = chosen.or(DEFAULT);
            [held.connection, held.server, unread.connection, unread.server]
        };
        assert_eq!(of(ChosenLimits::default()), [20, 30, 5, 6]);
        assert_eq!(of(ChosenLimits { max_request: Some(25), ..Default::default() }), [25, 30, 5, 6]);
        assert_eq!(of(ChosenLimits { max_connection_bytes: Some(7), ..Default::default() }), [10, 30, 7, 6]);
        assert_eq!(of(ChosenLimits { max_server_bytes: Some(40), ..Default::default() }), [20, 40, 5, 40]);
    }
}
