//! The form in which streams cross.

use std::marker::PhantomData;

use crate::abi::stream::StreamView;
use crate::abi::view::Scratch;
use crate::library::callee;
use crate::library::caller::stream::Foreign;
use crate::portable::Portable;
use crate::portable::arguments::Returns;
use crate::portable::arguments::{BindObjects, VisitObjects};
use crate::portable::arguments::{Crosses, Written};
use crate::portable::codec::Sink;
use crate::portable::outcome::Fails;
use crate::portable::streams::{Items, KeptStream};
use crate::portable::types::{Type, TypeRef};

/// The form of a stream.
pub struct Streamed<S>(PhantomData<S>);

impl<S: Send + 'static> Written for Streamed<S> {
    type Given<'a> = S;
}

impl<T: Portable, E: Fails + 'static> Crosses for Streamed<Items<T, E>> {
    type View<'a> = StreamView<'a>;
    type Kept = KeptStream<T>;
    type Owner<'a> = ();
    const TYPE: TypeRef = TypeRef::new(&Type::Stream(T::TYPE));
    const IS_STREAM: bool = true;

    #[inline]
    fn view<'a>(given: &'a Items<T, E>, _: &'a Scratch) -> StreamView<'a> {
        given.0.view(callee::stream::items::<T, E>())
    }

    #[inline]
    fn give<'a, 'v: 'a>(view: StreamView<'v>, (): &'a mut ()) -> Items<T, E> {
        Items::of(Box::new(Foreign::<T>::of(view)))
    }

    fn put<S: Sink>(given: &Items<T, E>, sink: S) {
        sink.u32(given.0.number());
    }

    fn give_kept(kept: KeptStream<T>, _: &mut Option<KeptStream<T>>) -> Items<T, E> {
        Items::of(kept.into_flow())
    }

    fn visit<'a, V: VisitObjects<'a>>(given: &Items<T, E>, visitor: &mut V) {
        visitor.stream(given);
    }

    fn bind<B: BindObjects>(kept: &mut KeptStream<T>, binder: &B) {
        kept.bind(binder);
    }

    fn of_stream<B: BindObjects>(binder: &B) -> Option<KeptStream<T>> {
        Some(KeptStream::of(binder))
    }
}

impl<T: Portable, E: Fails + 'static> Returns for Streamed<Items<T, E>> {
    type Ok = Items<T, E>;

    #[inline]
    fn pack(value: Items<T, E>) -> Items<T, E> {
        value
    }

    #[inline]
    fn unpack(given: Items<T, E>) -> Items<T, E> {
        given
    }
}

#[cfg(feature = "stream")]
mod polled {
    use super::*;
    use crate::portable::streams::polled::Stream;

    impl<T: Portable, E: Fails + 'static> Crosses for Streamed<Stream<T, E>> {
        type View<'a> = StreamView<'a>;
        type Kept = KeptStream<T>;
        type Owner<'a> = ();
        const TYPE: TypeRef = TypeRef::new(&Type::Stream(T::TYPE));
        const IS_STREAM: bool = true;

        #[inline]
        fn view<'a>(given: &'a Stream<T, E>, _: &'a Scratch) -> StreamView<'a> {
            given.0.view(callee::stream::polled::<T, E>())
        }

        #[inline]
        fn give<'a, 'v: 'a>(view: StreamView<'v>, (): &'a mut ()) -> Stream<T, E> {
            Stream::of(Box::new(Foreign::<T>::of(view)))
        }

        fn put<S: Sink>(given: &Stream<T, E>, sink: S) {
            sink.u32(given.0.number());
        }

        fn give_kept(kept: KeptStream<T>, _: &mut Option<KeptStream<T>>) -> Stream<T, E> {
            Stream::of(kept.into_flow())
        }

        fn visit<'a, V: VisitObjects<'a>>(given: &Stream<T, E>, visitor: &mut V) {
            visitor.stream(given);
        }

        fn bind<B: BindObjects>(kept: &mut KeptStream<T>, binder: &B) {
            kept.bind(binder);
        }

        fn of_stream<B: BindObjects>(binder: &B) -> Option<KeptStream<T>> {
            Some(KeptStream::of(binder))
        }
    }

    impl<T: Portable, E: Fails + 'static> Returns for Streamed<Stream<T, E>> {
        type Ok = Stream<T, E>;

        #[inline]
        fn pack(value: Stream<T, E>) -> Stream<T, E> {
            value
        }

        #[inline]
        fn unpack(given: Stream<T, E>) -> Stream<T, E> {
            given
        }
    }
}
