//! Any executor polls the futures, and a task can be spawned.

use std::sync::Arc;

use plug::{Error, plug};

use plug_tests::pause;
use pollster::block_on;

use crate::open;

#[plug::interface]
trait Fetch: Send + Sync {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, Error>;
    fn agent(&self) -> Result<String, Error>;
}

#[derive(Default)]
struct Http;

#[plug("http")]
impl Fetch for Http {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, Error> {
        pause().await;
        if url.is_empty() {
            return Err(Error::msg("no address"));
        }
        Ok(format!("page of {url}").into_bytes())
    }

    fn agent(&self) -> Result<String, Error> {
        Ok("plug".to_owned())
    }
}

async fn both(fetch: &dyn Fetch) -> String {
    let url = String::from("here");
    let page = fetch.fetch(&url).await.expect("it has an address");
    let error = fetch.fetch("").await.expect_err("it has none");
    format!("{}, {error}, {}", String::from_utf8_lossy(&page), fetch.agent().expect("it has one"))
}

const BOTH: &str = "page of here, no address, plug";

#[test]
fn an_executor_of_twenty_lines() {
    assert_eq!(block_on(both(&*open::<dyn Fetch>("http"))), BOTH);
}

#[test]
fn tokio_with_one_thread_and_with_several() {
    let one = tokio::runtime::Builder::new_current_thread().build().expect("it is built");
    assert_eq!(one.block_on(both(&*open::<dyn Fetch>("http"))), BOTH);
    let several = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("it is built");
    let fetch: Arc<dyn Fetch> = Arc::from(open::<dyn Fetch>("http"));
    let spawned: Vec<_> = (0..8)
        .map(|_| {
            let fetch = Arc::clone(&fetch);
            several.spawn(async move { both(&*fetch).await })
        })
        .collect();
    for task in spawned {
        assert_eq!(several.block_on(task).expect("it ends"), BOTH);
    }
}

#[test]
fn the_executor_of_the_futures_crate() {
    assert_eq!(futures_executor::block_on(both(&*open::<dyn Fetch>("http"))), BOTH);
    let mut pool = futures_executor::LocalPool::new();
    assert_eq!(pool.run_until(both(&*open::<dyn Fetch>("http"))), BOTH);
}

/// A future that owns its object is `'static`, and moves between threads.
#[test]
fn a_task_moves_to_another_thread() {
    let fetch = open::<dyn Fetch>("http");
    let mut task = fetch.fetch("here");
    assert!(crate::poll(&mut task).is_pending());
    let page = std::thread::scope(|scope| scope.spawn(|| block_on(task)).join().expect("it ends"));
    assert_eq!(page.expect("it has an address"), b"page of here");
}
