//! Plugins with settings, beside the same settings through serde and `serde_json` alone.

use crate::BUILDS;
use crate::measure::{in_turns, instructions, median, numbers, seconds_of_a_clean_build};
use crate::programs::{library_build, settings_host};
use crate::table::Table;

/// Processes that time both, each with other addresses.
const OPENERS: usize = 31;

/// Opening a plugin that is linked, with ten keys.
pub fn open(table: &mut Table, has_valgrind: bool) {
    let host = settings_host();
    if has_valgrind {
        let of = |side: &str| {
            let count = |times| instructions(&host, &[side, times]);
            (count("4000") - count("2000")) / 2_000.0
        };
        let what = "instructions of opening with ten settings, against `serde_json::from_str` of them";
        table.row(what, of("plug"), of("serde"), Some(1.5));
    }
    let runs: Vec<_> = (0..OPENERS).map(|_| numbers(&host, &[])).collect();
    let [plug, serde] = [0, 1].map(|at| median(runs.iter().map(|run| run[at]).collect()));
    table.row_guarded("ns of opening with ten settings, against the same", plug, serde, 1.5, 1.8);
}

/// The library of a plugin with settings, as it would be shipped.
pub fn clean_build(table: &mut Table) {
    let seconds = |package| seconds_of_a_clean_build(|target| library_build(package, target));
    let [ours, by_hand, serde, without] = in_turns(
        BUILDS,
        [&|| seconds("settings-plugin"), &|| seconds("settings-by-hand"), &|| seconds("settings-serde"), &|| {
            seconds("library-plugin")
        }],
    );
    let what = "seconds of a clean build of a library with settings";
    let by_serde = format!("{what}, against one that reads them by serde and `serde_json`");
    table.row(&by_serde, ours, by_hand, Some(1.1));
    table.row("seconds of the same, against serde and `serde_json` without plug", ours, serde, None);
    table.row("seconds of the same, against a plugin without settings", ours, without, None);
}
