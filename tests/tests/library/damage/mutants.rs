//! Libraries with random damage, each in a host of its own.

use std::fs;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use plug_tests::{is_full, program, scratch};

use super::Original;
use crate::open;

/// The fates of hosts.
#[derive(Debug, Default)]
struct Fates {
    /// The library was refused before it was loaded.
    refused: AtomicUsize,
    /// The host ended itself.
    survived: AtomicUsize,
    /// A signal or the loader ended the host.
    ended: AtomicUsize,
}

/// Damage in the parts that the loader trusts, in each part alike.
#[test]
#[ignore = "slow"]
fn damage_that_the_loader_trusts_ends_hardly_any_host() {
    let library = Original::read();
    let sections =
        [".dynsym", ".gnu.version", ".gnu.version_r", ".gnu.hash", ".dynstr", ".rela.dyn", ".rela.plt", ".dynamic"];
    let range = |start: usize, size: usize| start..start + size;
    let mut parts: Vec<_> = sections.iter().map(|name| library.section(name)).map(|at| range(at.0, at.1)).collect();
    let (start, size) = library.segments();
    parts.extend([range(0, 64), range(start, size)]);
    let count = if is_full() { 3000 } else { 500 };
    let fates = fates("trusted", &library, &parts, count);
    println!("{count} mutants: {fates:?}");
    let ended = fates.ended.into_inner();
    assert!(ended * 100 < count, "{ended} of {count} hosts ended");
    let refused = fates.refused.into_inner();
    assert!(refused * 2 > count, "{refused} of {count} libraries were refused");
}

/// Damage anywhere: also in code and data, which no check finds.
#[test]
#[ignore = "slow"]
fn damage_anywhere_ends_few_hosts() {
    let library = Original::read();
    let count = if is_full() { 3000 } else { 200 };
    let whole = 0..library.0.len();
    let fates = fates("anywhere", &library, std::slice::from_ref(&whole), count);
    println!("{count} mutants: {fates:?}");
    let ended = fates.ended.into_inner();
    assert!(ended * 100 < count * 3, "{ended} of {count} hosts ended");
}

/// Changes one byte in one of the parts, `count` times, and opens the results.
fn fates(name: &str, library: &Original, parts: &[Range<usize>], count: usize) -> Fates {
    let (fates, next) = (Fates::default(), AtomicUsize::new(0));
    let folder = scratch(&format!("library-mutants-{name}"));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let path = folder.join(format!("lib{thread}.so"));
            let (fates, next) = (&fates, &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let mut random = Random(number as u64);
                    let part = &parts[random.below(parts.len())];
                    let (at, bits) = (part.start + random.below(part.len()), 1 + random.below(255) as u8);
                    let mut damaged = library.0.clone();
                    damaged[at] ^= bits;
                    fs::write(&path, damaged).unwrap();
                    let fate = if open(&path).is_err() {
                        &fates.refused
                    } else if survives(&path) {
                        &fates.survived
                    } else {
                        println!("mutant {number}, with {bits:#x} flipped at {at:#x}, ended its host");
                        &fates.ended
                    };
                    fate.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    fs::remove_dir_all(folder).unwrap();
    fates
}

/// Whether neither a signal nor the loader ends a host that loads this library and calls its plugin.
fn survives(path: &Path) -> bool {
    let mut host = Command::new(program("library-caller"));
    host.arg(path).arg("first").stdout(Stdio::null()).stderr(Stdio::null());
    let mut host = host.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(status) = host.try_wait().unwrap() {
            return status.signal().is_none() && status.code() != Some(127);
        }
        if Instant::now() > deadline {
            host.kill().unwrap();
            host.wait().unwrap();
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The generator splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
