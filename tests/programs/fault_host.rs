//! A host of the crate fault-plugins: `fault-host callback|fork|exit PATH`.

#![allow(unsafe_code, reason = "a fork is unsafe")]

use std::cell::RefCell;
use std::io::Write;
use std::sync::Mutex;

use fault_plugins::{Faulty, Host, Sink};
use plug::link::Process;
use plug::{Error, Items, Registry, plug};

/// Prints the question, and never answers.
struct Blocks;

#[plug(_)]
impl Host for Blocks {
    fn ask(&self, question: &str) -> Result<String, Error> {
        say(question);
        loop {
            std::thread::park();
        }
    }

    async fn answer(&self, question: &str) -> Result<String, Error> {
        self.ask(question)
    }

    fn borrow(&self, _: &dyn Sink) -> Result<u64, Error> {
        Ok(0)
    }

    fn sink(&self) -> Result<Box<dyn Sink>, Error> {
        Err(Error::msg("there is none"))
    }
}

/// Says when it is dropped.
struct Kept;

#[plug(_)]
impl Sink for Kept {
    fn line(&self, _: &str) -> Result<u64, Error> {
        Ok(1)
    }

    async fn later(&self, _: &str) -> Result<u64, Error> {
        Ok(1)
    }
}

fn say(text: &str) {
    println!("{text}");
    std::io::stdout().flush().expect("somebody reads it");
}

fn main() -> Result<(), Error> {
    let [mode, path] = [1, 2].map(|at| std::env::args().nth(at).expect("a mode and a path"));
    let process = Process::open(path)?;
    let mut registry = Registry::new();
    registry.add(&process)?;
    let faulty = registry.open::<dyn Faulty>("faulty")?;
    match &mode[..] {
        "callback" => {
            say(&process.pid()?.to_string());
            faulty.ask(&Blocks, "in the callback").map(drop)
        }
        "exit" => {
            say(&process.pid()?.to_string());
            keep_until_exit(&*faulty)
        }
        _ => fork(&*faulty),
    }
}

/// An object and a stream of the plugin.
type Left = (Box<dyn Sink>, Items<u64>);

/// Dropped when the variables of this thread are, after `main`.
struct Last(Option<Left>);

impl Drop for Last {
    fn drop(&mut self) {
        drop(self.0.take());
        println!("after main");
    }
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last(None)) };
}

/// Dropped by a function that the C library calls at exit.
static AT_EXIT: Mutex<Option<Left>> = Mutex::new(None);

extern "C" fn drop_at_exit() {
    drop(AT_EXIT.lock().expect("nobody has panicked").take());
    println!("at exit");
}

fn keep_until_exit(faulty: &dyn Faulty) -> Result<(), Error> {
    faulty.keep(Box::new(Kept), 0, "")?;
    let left = || -> Result<Left, Error> {
        let (sink, mut items) = (faulty.open(0)?, faulty.slow(0)?);
        items.next().transpose()?;
        Ok((sink, items))
    };
    *AT_EXIT.lock().expect("nobody has panicked") = Some(left()?);
    let last = left()?;
    LAST.with_borrow_mut(|place| place.0 = Some(last));
    // SAFETY: the function does not unwind, and may be called at any time.
    assert_eq!(unsafe { libc::atexit(drop_at_exit) }, 0);
    Ok(())
}

/// Uses and drops an object, a stream and a call of the parent in a fork.
fn fork(faulty: &dyn Faulty) -> Result<(), Error> {
    faulty.keep(Box::new(Kept), 0, "")?;
    let (sink, mut items) = (faulty.open(0)?, faulty.slow(0)?);
    items.next().transpose()?;
    let parent = std::process::id();
    // SAFETY: the fork has this thread alone. The system's allocator supports that, and this program
    // tests that the objects take no lock there that another thread may have held.
    match unsafe { libc::fork() } {
        0 => {
            let processes = format!("process {parent} has opened it, and this is process {}", std::process::id());
            let tell = |error: Error| say(&error.to_string().replace(&processes, "it is the parent's"));
            tell(sink.line("x").expect_err("it is the parent's"));
            tell(items.find_map(Result::err).expect("it is the parent's"));
            tell(faulty.ask(&Blocks, "x").expect_err("it is the parent's"));
            drop((sink, items));
        }
        -1 => return Err(std::io::Error::last_os_error().into()),
        fork => {
            let mut status = 0;
            // SAFETY: the pointer is that of a local variable.
            unsafe { libc::waitpid(fork, &raw mut status, 0) };
            say(&format!("the fork ended with {status}"));
            say(&format!("{} {} {}", sink.line("abc")?, items.next().is_some(), faulty.tell("x")?));
        }
    }
    Ok(())
}
