//! For fuzzers and tests: feeds messages to a session, as if the other side had sent them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::runtime::Builder;

use crate::error::Error;
use crate::portable::flow::Flow;
use crate::portable::signature::Description;
use crate::rpc::back::session::{Session, Waits};
use crate::task::park_on;
use crate::wire::callee::offer_stream;
use crate::wire::stream_object::Stream;
use crate::wire::way::{Callback, Offered, Way};

/// Blocks a thread.
pub(super) struct Parks;

impl Waits for Parks {
    fn wait(&self, future: Pin<&mut (dyn Future<Output = ()> + Send)>) {
        park_on(future);
    }
}

/// A stream of two items.
struct Two {
    drawn: u8,
    /// Tells whether it is left.
    _held: Arc<()>,
}

impl Flow<Vec<u8>> for Two {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Vec<u8>, Error>>> {
        self.drawn += 1;
        Poll::Ready((self.drawn < 3).then(|| Ok(vec![8, self.drawn])))
    }
}

/// Takes the messages, of which each follows a byte with its length, in a session with three lent and
/// three given objects. Returns the number of its own messages.
///
/// # Panics
///
/// If anything is left of the session after its end.
pub fn take(bytes: &[u8]) -> usize {
    let runtime = Builder::new_current_thread().enable_all().build().expect("the system has room for a runtime");
    let (context, left) = (runtime.enter(), Arc::new(()));
    let (session, mut sent) = Session::new(1, Box::new(Parks), 1 << 16);
    let description = const { &Description::of::<dyn Stream>() };
    for number in 0..3 {
        let held = Arc::clone(&left);
        let lent = move |callback: Callback| {
            let Callback { reply, mut given_up, .. } = callback;
            let _held = &held;
            // The second drops its calls.
            if number != 1 && !given_up.is_ready() {
                reply(Ok(Bytes::new()));
            }
        };
        let _ = session.offer(Offered::Lent(Box::new(lent)), description);
        let _ = offer_stream(&*session, Box::new(Two { drawn: 0, _held: Arc::clone(&left) }));
    }
    let way: Arc<dyn Way> = Arc::clone(&session) as _;
    let reached = [1, 2].map(|number| Arc::clone(&way).reach(number, description, number == 1));
    let replies = reached.each_ref().map(|object| object.call(&description.methods[0], Bytes::new(), None));
    let mut rest = bytes;
    while let Some((len, after)) = rest.split_first() {
        let (message, after) = after.split_at(usize::from(*len).min(after.len()));
        rest = after;
        if let Err(fault) = session.take(Bytes::copy_from_slice(message)) {
            session.end(&fault);
        }
    }
    drop((replies, reached, way));
    drop(session);
    drop(context);
    // Those that run have the session until they end.
    runtime.block_on(async {
        let mut number = 0;
        while sent.recv().await.is_some() {
            number += 1;
        }
        until_free(&left).await;
        number
    })
}

/// Waits until nothing but this is left.
async fn until_free(left: &Arc<()>) {
    let free = async {
        while Arc::strong_count(left) > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let is_free = tokio::time::timeout(std::time::Duration::from_secs(10), free).await;
    assert!(is_free.is_ok(), "{} objects are left", Arc::strong_count(left) - 1);
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::rpc::back::message::{BackMessage, Begin, Content};

    /// Messages as the fuzzer writes them.
    fn bytes(messages: &[BackMessage]) -> Vec<u8> {
        let message = |message: &BackMessage| {
            let message = message.encode_to_vec();
            [vec![u8::try_from(message.len()).unwrap()], message].concat()
        };
        messages.iter().flat_map(message).collect()
    }

    fn begin(call: u64, object: u32) -> BackMessage {
        let (method, request) = ("Next".to_owned(), Bytes::new());
        BackMessage::new(call, Content::Begin(Begin { object, method, request, timeout: 1 << 40 }))
    }

    #[test]
    fn any_messages_leave_nothing() {
        // Its own calls and its limit, the end of the given object, and the cancellations of the two calls.
        assert_eq!(take(&[]), 6);
        assert_eq!(take(&bytes(&[begin(1, 1), begin(2, 3), begin(3, 9)])), 9);
        assert_eq!(take(&bytes(&[begin(1, 2), begin(2, 2), begin(3, 4)])), 9);
        take(&[1, 0xff, 200, 8, 1]);
        let cancelled =
            [begin(1, 3), BackMessage::new(1, Content::Cancel(())), BackMessage::new(0, Content::Dropped(2))];
        take(&bytes(&cancelled));
    }
}
