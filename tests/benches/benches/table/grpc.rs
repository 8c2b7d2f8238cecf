//! Plugins behind gRPC servers, beside plain gRPC in Go: starts and calls.

use std::net::TcpListener;

use plug_tests::go;

use crate::programs::process_program;
use crate::reports::{Measured, Reports, Wanted};
use crate::table::Table;

/// Clients of each sort.
const ROUNDS: usize = 9;
/// Servers that each client starts.
const STARTS: usize = 10;
/// Calls that each client times.
const CALLS: usize = 4_000;

pub fn measure(table: &mut Table) {
    let (Some(go_client), Some(go_server)) = (go("bench-client"), go("server")) else { return };
    let (server, client) =
        (process_program("process-server", "process-server"), process_program("process-callers", "client"));
    let [server, go_server] = [&server, &go_server].map(|path| path.to_str().expect("the path is text"));
    let [own, mixed, theirs, documents] = [(); 4].map(|()| free_address());
    let [to_own, to_mixed] = [&own, &mixed].map(|address| format!("grpc://{address}"));
    let sides = [
        Measured::ours(&client, &[&to_own, server, &own]),
        Measured::ours(&client, &[&to_mixed, go_server, &mixed]),
        Measured::go(&go_client, &["-retry", &theirs, go_server, &theirs]),
    ];

    let starts = Reports::of(ROUNDS, &sides, Wanted::Starts(STARTS)).medians("/cold/p50_ns").map(|ns| ns / 1e6);
    let [ours, mixed, go] = starts;
    table.row_guarded(
        "ms from the start of a server to its first answer, against a Go client that waits",
        ours,
        go,
        1.0,
        2.0,
    );
    table.row("ms of the same with the server in Go, against the same", mixed, go, None);
    // Go's default client waits for a second before it connects again.
    let documents = [Measured::go(&go_client, &[&documents, go_server, &documents])];
    let [document] = Reports::of(3, &documents, Wanted::Starts(1)).medians("/cold/p50_ns").map(|ns| ns / 1e6);
    table.row("ms of the same, against a Go client as of the document", ours, document, Some(0.1));
    table.row_alone("ms of the same", ours, 10.0);

    let calls = Reports::of(ROUNDS, &sides, Wanted::Calls(CALLS));
    for (place, which) in [("/call/p50_ns", ""), ("/call/p99_ns", ", the 99th of 100")] {
        let [ours, mixed, go] = calls.medians(place).map(|ns| ns / 1e3);
        table.row(&format!("µs of a call to a server{which}, against Go"), ours, go, None);
        table.row(&format!("µs of the same with the server in Go{which}, against Go"), mixed, go, None);
    }
}

/// An address that is free now. Another program may still take it.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").to_string()
}
