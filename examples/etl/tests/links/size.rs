//! The memory of a job does not grow with its file.

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::thread;
use std::time::Duration;

use crate::job::{Running, path, status};

const RECORDS: u64 = 200_000;
/// Kilobytes for each process, all of its code included. Most have 20,000.
const LIMIT: u64 = 40_000;

#[test]
#[ignore = "slow"]
fn a_large_file_goes_through_processes() {
    let (filler, mut text) = ("x".repeat(300), "name,city,age\n".to_owned());
    for number in 0..RECORDS {
        writeln!(text, "person {number} {filler},city {},{}", number % 7, number % 90).unwrap();
    }
    assert!(text.len() as u64 > LIMIT * 1024 * 3 / 2);
    let input = path("large.csv");
    fs::write(&input, text).unwrap();
    let stages = format!(
        "[source]\nplugin = 'csv'\nlink = 'process'\npath = {input:?}\n\
         [transforms.select]\nlink = 'process'\nfield = 'age'\nmin = 0\n\
         [sink]\nplugin = 'summary'\nlink = 'process'\n"
    );
    let mut running = Running::start("large.toml", &stages);
    let (mut largest, mut most) = (0, 0);
    while running.0.try_wait().unwrap().is_none() {
        let processes = running.stages();
        let memory = processes.iter().chain([&running.0.id()]).filter_map(|process| status(*process, "VmHWM")).max();
        (largest, most) = (largest.max(memory.unwrap_or(0)), most.max(processes.len()));
        thread::sleep(Duration::from_millis(20));
    }
    let mut text = String::new();
    running.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, format!("sink: records: {RECORDS}\n{RECORDS} records\n"));
    assert!(largest > 0 && largest < LIMIT, "a process has {largest} KB");
    assert_eq!(most, 3);
    fs::remove_file(input).unwrap();
}
