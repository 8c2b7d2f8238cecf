//! Many calls while the process is killed again and again: each gets a reply or a definite error.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use plug::ErrorKind;
use plug::link::{ProcessFault, ProcessOptions, Restart};
use process_interface::Work;
use rustix::process::Signal;

use crate::dying::signal;
use crate::{open, work};

const CALLS: usize = 10_000;
const THREADS: usize = 8;
/// The least number of deaths.
const DEATHS: usize = 10;
/// Longer than the calls take on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

#[test]
#[ignore = "slow"]
fn no_call_is_lost_while_the_process_is_killed_again_and_again() {
    let restart = Restart::at_most(10_000).within(Duration::from_millis(20)).pause(Duration::from_millis(1));
    let other = work(&open(ProcessOptions::new()));
    let process = open(ProcessOptions::new().without_tls().restart(restart));
    let work: Arc<dyn Work> = Arc::from(work(&process));
    let (done, are_done) = mpsc::channel();
    let is_over = Arc::new(AtomicBool::new(false));
    let (failed, deaths) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let killer = {
        let (work, is_over, deaths) = (Arc::clone(&work), Arc::clone(&is_over), Arc::clone(&deaths));
        thread::spawn(move || {
            for how in [Signal::KILL, Signal::TERM, Signal::SEGV].into_iter().cycle() {
                thread::sleep(Duration::from_millis(100));
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(id) = work.obey("pid") {
                    signal(&id, how);
                    deaths.fetch_add(1, Ordering::SeqCst);
                }
            }
        })
    };
    for thread in 0..THREADS {
        let (work, done) = (Arc::clone(&work), done.clone());
        let (failed, deaths) = (Arc::clone(&failed), Arc::clone(&deaths));
        thread::spawn(move || {
            let share = CALLS / THREADS;
            for call in 0.. {
                if call >= share && deaths.load(Ordering::SeqCst) >= DEATHS {
                    break;
                }
                let mark = ((thread * share + call) as u64).to_le_bytes();
                // An idempotent call always succeeds.
                match work.echo(&mark) {
                    Ok(same) => assert_eq!(same, mark),
                    Err(error) => panic!("an idempotent call failed: {error:?}"),
                }
                // Another call may fail, with the reason.
                if call % 4 == 0 {
                    match work.sum(thread as u64, &[call as u64]) {
                        Ok(sum) => assert_eq!(sum, (thread + call) as u64),
                        Err(error) => {
                            let ErrorKind::Process { fault: ProcessFault::Died { was_called: true, .. }, .. } =
                                error.kind()
                            else {
                                panic!("it says something else: {error:?}")
                            };
                            failed.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
            }
            done.send(()).expect("somebody waits");
        });
    }
    drop(done);
    for _ in 0..THREADS {
        are_done.recv_timeout(LIMIT).expect("all calls are answered, and no thread has panicked");
    }
    is_over.store(true, Ordering::SeqCst);
    killer.join().unwrap();
    let deaths = deaths.load(Ordering::SeqCst);
    assert!(failed.load(Ordering::SeqCst) <= deaths * THREADS, "of {deaths} deaths");
    // It has another process now.
    assert_eq!(other.obey("count").unwrap(), "1");
}
