//! The memory of a server whose client leaves its bytes there.

use crate::measure::numbers;
use crate::programs::process_program;
use crate::table::Table;

/// The loads of `process/attacker`: a name, a description, rounds, and two limits in MiB: of the
/// greatest resident size, and of the size after the last round.
const LOADS: [(&str, &str, &str, f64, f64); 3] = [
    ("unfinished", "50 requests of 60 MiB that do not end", "1", 200.0, 64.0),
    ("unread", "9,000 requests of 64 KB, whose replies are not read", "1", 400.0, 64.0),
    ("long", "150 requests of 8 MiB, whose replies are not read, four times", "4", 900.0, 400.0),
];

pub fn measure(table: &mut Table) {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        println!("left out: the memory of a server, which only Linux tells");
        return;
    }
    let server = process_program("process-server", "process-server");
    let server = server.to_str().expect("the path is text");
    let attacker = process_program("process-attacker", "process-attacker");
    for (load, what, rounds, most, most_after) in LOADS {
        let found = numbers(&attacker, &[server, load, rounds]);
        table.row_alone(&format!("MiB of a server with {what}"), found[0], most);
        table.row_alone("MiB of it when the client has left", found[found.len() - 1], most_after);
    }
}
