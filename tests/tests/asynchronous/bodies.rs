//! A body means what it means in an `async fn`: when it runs, what it owns and drops, and how it
//! returns.

use std::fmt::{Debug, Display};
use std::sync::{Arc, Mutex};

use plug::{Error, plug};

use plug_tests::pause;
use pollster::block_on;

use crate::{open, poll};

/// Notes in the list that it was dropped.
struct Noisy(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.lock().expect("no panic").push(self.0);
    }
}

#[plug::interface]
trait Owner: Send + Sync {
    async fn own(&self, used: Noisy, unused: Noisy, _: Noisy, pair: (Noisy, Noisy), last: &Noisy);
}

#[derive(Default)]
struct Waits;

#[plug("waits")]
impl Owner for Waits {
    async fn own(&self, used: Noisy, _unused: Noisy, _: Noisy, (first, _): (Noisy, Noisy), _: &Noisy) {
        let local = Noisy("local", Arc::clone(&used.1));
        pause().await;
        drop((local, first));
    }
}

/// The same as a function that the compiler makes a future of.
async fn own(used: Noisy, _unused: Noisy, _: Noisy, (first, _): (Noisy, Noisy)) {
    let local = Noisy("local", Arc::clone(&used.1));
    pause().await;
    drop((local, first));
}

fn arguments(list: &Arc<Mutex<Vec<&'static str>>>) -> (Noisy, Noisy, Noisy, (Noisy, Noisy)) {
    let noisy = |name| Noisy(name, Arc::clone(list));
    (noisy("used"), noisy("unused"), noisy("_"), (noisy("first"), noisy("second")))
}

#[test]
fn a_future_drops_its_arguments_as_an_async_fn_does() {
    let owner = open::<dyn Owner>("waits");
    let dropped = || Arc::new(Mutex::new(Vec::new()));
    let taken = |list: &Arc<Mutex<Vec<_>>>| std::mem::take(&mut *list.lock().expect("no panic"));
    // To its end.
    let (ours, theirs, lent) = (dropped(), dropped(), Noisy("lent", dropped()));
    let (used, unused, ignored, pair) = arguments(&ours);
    block_on(owner.own(used, unused, ignored, pair, &lent));
    let (used, unused, ignored, pair) = arguments(&theirs);
    block_on(own(used, unused, ignored, pair));
    let to_its_end = taken(&ours);
    assert_eq!(to_its_end, taken(&theirs));
    assert_eq!(to_its_end, ["local", "first", "second", "_", "unused", "used"]);
    // Dropped before and after the first poll. Nothing is dropped by the call itself.
    for polls in [0, 1] {
        let (used, unused, ignored, pair) = arguments(&ours);
        let mut task = owner.own(used, unused, ignored, pair, &lent);
        let (used, unused, ignored, pair) = arguments(&theirs);
        let mut future: plug::Task<'_, ()> = Box::pin(own(used, unused, ignored, pair));
        for _ in 0..polls {
            assert!(poll(&mut task).is_pending() && poll(&mut future).is_pending());
        }
        assert!(taken(&ours).is_empty());
        drop(task);
        drop(future);
        let (ours, theirs) = (taken(&ours), taken(&theirs));
        assert_eq!(ours.len(), 5 + polls);
        if polls > 0 {
            assert_eq!(ours, theirs);
        }
    }
}

#[plug::interface]
trait Returns: Send + Sync {
    /// Nothing runs before the first poll.
    async fn count(&self, at: &Mutex<u32>) -> u32;
    async fn unsized_value(&self, of: u8) -> Box<dyn Debug + Send>;
    async fn question(&self, text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>>;
    async fn option(&self, text: Option<&str>) -> Option<usize>;
    async fn diverge(&self) -> u32;
    async fn nothing(&self, early: bool) {
        if early {
            return;
        }
        pause().await;
    }
    async fn change(&self, mut text: String, mut times: u8, mut rest: &str) -> String {
        while times > 0 && !rest.is_empty() {
            times -= 1;
            text.push_str(&rest[..1]);
            rest = &rest[1..];
        }
        text
    }
    async fn twice(&self, text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.question(text).await? * 2)
    }
    async fn show<T: Display + Send>(&self, value: T) -> String
    where
        Self: Sized,
    {
        value.to_string()
    }
    async fn length(&self, value: &str, other: &str) -> usize
    where
        Self: Sized,
    {
        value.len() + other.len()
    }
}

#[derive(Default)]
struct Plugin;

#[plug("plugin")]
impl Returns for Plugin {
    async fn count(&self, at: &Mutex<u32>) -> u32 {
        let mut at = at.lock().expect("no panic");
        *at += 1;
        *at
    }
    async fn unsized_value(&self, of: u8) -> Box<dyn Debug + Send> {
        if of == 0 {
            return Box::new("none");
        }
        Box::new(of)
    }
    async fn question(&self, text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        if text.is_empty() {
            return Err(Error::msg("empty").into());
        }
        let number: u8 = text.parse()?;
        pause().await;
        Ok(number.into())
    }
    async fn option(&self, text: Option<&str>) -> Option<usize> {
        Some(text?.len())
    }
    async fn diverge(&self) -> u32 {
        panic!("on purpose")
    }
    async fn length(&self, value: &str, _: &str) -> usize {
        value.len()
    }
}

#[test]
fn a_body_returns_as_that_of_an_async_fn() {
    let plugin = open::<dyn Returns>("plugin");
    let polls = Mutex::new(0);
    let task = plugin.count(&polls);
    assert_eq!(*polls.lock().expect("no panic"), 0);
    assert_eq!(block_on(task), 1);
    let shown = |of| block_on(async { format!("{:?}", plugin.unsized_value(of).await) });
    assert_eq!((&shown(0)[..], &shown(7)[..]), ("\"none\"", "7"));
    assert_eq!(block_on(plugin.question("7")).expect("a number"), 7);
    assert_eq!(block_on(plugin.question("")).expect_err("none").to_string(), "empty");
    assert_eq!(block_on(plugin.question("x")).expect_err("none").to_string(), "invalid digit found in string");
    assert_eq!(block_on(plugin.option(None)), None);
    assert_eq!(block_on(plugin.option(Some("text"))), Some(4));
    block_on(plugin.nothing(true));
    let panic = std::panic::catch_unwind(|| block_on(open::<dyn Returns>("plugin").diverge()));
    assert_eq!(panic.expect_err("it panics").downcast_ref(), Some(&"on purpose"));
}

#[test]
fn a_default_body_runs_on_the_plugin() {
    let plugin = open::<dyn Returns>("plugin");
    block_on(plugin.nothing(false));
    assert_eq!(block_on(plugin.twice("21")).expect("a number"), 42);
    assert_eq!(block_on(plugin.twice("x")).expect_err("none").to_string(), "invalid digit found in string");
    assert_eq!(block_on(plugin.change("x".to_owned(), 2, "abc")), "xab");
}

#[test]
fn a_method_that_objects_lack_is_asynchronous_too() {
    assert_eq!(block_on(Plugin.show(7)), "7");
    assert_eq!(block_on(Plugin.length("text", "other")), 4);
}
