//! What the links do not show of a session: its messages, one by one.

use super::*;
use crate::error::Error;
use crate::rpc::back::fuzzed::Parks;
use crate::task::Task;
use crate::wire::callee::shared;
use crate::wire::stream_object::Stream;

/// Has no items.
struct Nothing;

impl Stream for Nothing {
    fn next(&self, _: u64) -> Task<'_, Result<Vec<Vec<u8>>, Error>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

const DESCRIPTION: &Description = &Description::of::<dyn Stream>();

fn object() -> Arc<Box<dyn Stream>> {
    Arc::new(Box::new(Nothing))
}

fn given(object: &Arc<Box<dyn Stream>>) -> Offered {
    Offered::Given(shared(Arc::clone(object)))
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A session whose first message was read.
async fn session() -> (Arc<Session>, mpsc::UnboundedReceiver<Bytes>) {
    let (session, mut messages) = Session::new(1, Box::new(Parks), 1000);
    assert_eq!(next(&mut messages).await, Some(BackMessage::new(0, Content::Limit(1000))));
    (session, messages)
}

/// The next message, and `None` at the end.
async fn next(messages: &mut mpsc::UnboundedReceiver<Bytes>) -> Option<BackMessage> {
    messages.recv().await.map(|message| BackMessage::decode(message).unwrap())
}

fn take(session: &Arc<Session>, call: u64, content: Content) {
    session.take(BackMessage::new(call, content).encode_to_vec().into()).unwrap();
}

fn begin(object: u32) -> Content {
    Content::Begin(Begin { object, method: "Next".to_owned(), request: Bytes::new(), timeout: 0 })
}

/// Whether the message fails the call with this text.
fn is_failure(message: Option<BackMessage>, of: u64, text: &str) -> bool {
    let Some(BackMessage { call, content: Some(Content::Failure(failure)) }) = message else { return false };
    call == of && failure.message == text
}

#[test]
fn an_object_that_is_taken_back_is_here_at_once() {
    run(async {
        let (session, mut messages) = session().await;
        let object = object();
        let number = session.offer(given(&object), DESCRIPTION).unwrap();
        session.take_back(number);
        assert!(Arc::into_inner(object).is_some());
        take(&session, 7, begin(number));
        assert!(is_failure(next(&mut messages).await, 7, "the call that lent this object is over"));
    });
}

#[test]
fn a_lent_object_learns_of_a_caller_that_gives_up() {
    run(async {
        let (session, mut messages) = session().await;
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (noted, dropped) = (Arc::clone(&calls), Arc::clone(&calls));
        let lent = Offered::Lent(Box::new(move |callback| noted.lock().unwrap().push(callback)));
        let number = session.offer(lent, DESCRIPTION).unwrap();
        take(&session, 7, begin(number));
        take(&session, 8, begin(number));
        take(&session, 7, Content::Cancel(()));
        let mut calls = std::mem::take(&mut *calls.lock().unwrap());
        assert_eq!([0, 1].map(|at: usize| calls[at].given_up.is_ready()), [true, false]);
        // Nobody reads the answer to the first.
        calls.into_iter().for_each(|callback| (callback.reply)(Ok(Bytes::new())));
        assert_eq!(next(&mut messages).await, Some(BackMessage::new(8, Content::Reply(Bytes::new()))));
        assert!(messages.try_recv().is_err());
        // One that is dropped is answered too.
        take(&session, 9, begin(number));
        drop(std::mem::take(&mut *dropped.lock().unwrap()));
        assert!(is_failure(next(&mut messages).await, 9, "the call that lent this object is over"));
    });
}

#[test]
fn objects_of_a_reply_that_is_not_read_are_withdrawn() {
    run(async {
        let (session, _messages) = session().await;
        let objects = [object(), object()];
        let numbers = objects.each_ref().map(|object| session.offer(given(object), DESCRIPTION).unwrap());
        session.state().brought.extend([(numbers[0], 7), (numbers[1], 8)]);
        take(&session, 7, Content::Cancel(()));
        let state = session.state();
        assert_eq!(state.offered.keys().collect::<Vec<_>>(), [&numbers[1]]);
        assert_eq!(state.brought.len(), 1);
    });
}

#[test]
fn a_call_whose_reply_is_not_read_is_cancelled() {
    run(async {
        let (session, mut messages) = session().await;
        let reached = Arc::clone(&session).reach(3, DESCRIPTION, true);
        let call = || reached.call(&DESCRIPTION.methods[0], Bytes::new(), None);
        for is_replied in [false, true] {
            let reply = call();
            let begun = next(&mut messages).await.unwrap();
            if is_replied {
                take(&session, begun.call, Content::Reply(Bytes::new()));
            }
            drop(reply);
            assert_eq!(next(&mut messages).await, Some(BackMessage::new(begun.call, Content::Cancel(()))));
        }
        let reply = call();
        let begun = next(&mut messages).await.unwrap();
        take(&session, begun.call, Content::Reply(Bytes::from_static(b"x")));
        assert_eq!(reply.await.unwrap(), "x");
        drop(reached);
        assert_eq!(next(&mut messages).await, Some(BackMessage::new(0, Content::Dropped(3))));
    });
}

#[test]
fn a_message_beyond_the_limit_fails_its_own_call() {
    run(async {
        let (session, mut messages) = session().await;
        take(&session, 0, Content::Limit(20));
        let reached = Arc::clone(&session).reach(3, DESCRIPTION, false);
        let fault = reached.call(&DESCRIPTION.methods[0], Bytes::from_static(&[0; 20]), None).await.unwrap_err();
        assert_eq!(fault.text(), "the request has 34 bytes, and the limit of the other side is 20");
        assert!(session.state().waiting.is_empty());
        let answered = session.send_answer(7, Ok(Bytes::from_static(&[0; 20])));
        let text = "the reply has 24 bytes, and the limit of the other side is 20";
        assert_eq!(answered.unwrap_err().text(), text);
        assert!(is_failure(next(&mut messages).await, 7, text));
    });
}

#[test]
fn an_end_reaches_all_though_objects_are_kept() {
    run(async {
        let (session, mut messages) = session().await;
        let object = object();
        session.offer(given(&object), DESCRIPTION).unwrap();
        let reached = Arc::clone(&session).reach(3, DESCRIPTION, true);
        let reply = reached.call(&DESCRIPTION.methods[0], Bytes::new(), None);
        next(&mut messages).await.unwrap();
        session.end(&Fault::Cancelled);
        assert!(matches!(reply.await, Err(Fault::Cancelled)));
        assert_eq!(next(&mut messages).await, None);
        assert!(session.offer(given(&object), DESCRIPTION).is_err());
        take(&session, 7, begin(1));
        drop(reached);
        while Arc::strong_count(&object) > 1 {
            tokio::task::yield_now().await;
        }
    });
}
