//! Types that contain themselves, tuples, arrays, sets, times, characters, paths and generic types.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::Duration;

use library_types::{Block, Either, Expression, Page, Types, Value, lists, mixed, nodes, value};
use plug::Error;

use super::each;

#[track_caller]
fn assert_all<T: Clone + PartialEq + Debug>(echo: impl Fn(T) -> Result<T, Error>, values: impl IntoIterator<Item = T>) {
    for value in values {
        assert_eq!(echo(value.clone()).unwrap(), value);
    }
}

#[test]
fn types_that_contain_themselves_cross() {
    for types in each::<dyn Types>("types") {
        assert_all(|value| types.value(value), [Value::Null, value(), lists(49)]);
        assert_all(|value| types.node(value), [nodes(1), nodes(99)]);
        let number = |number| Box::new(Expression::Number(number));
        let sum = Expression::Sum(number(1), Box::new(Expression::Sum(number(-1), number(0))));
        let names = Page { items: vec![nodes(3)], next: None };
        let block = Block { statements: vec![sum.clone()], result: number(7), names };
        assert_all(|value| types.expression(value), [sum, Expression::Block(block)]);
        let page = Page { items: vec![value(), Value::Null], next: None };
        assert_all(|value| types.page(value), [page]);
    }
}

#[test]
fn all_other_types_cross() {
    for types in each::<dyn Types>("types") {
        assert_all(|value| types.mixed(value), [mixed()]);
        assert_all(|value| types.tuple(value), [(0, String::new(), None), mixed().tuple]);
        assert_all(|value| types.one(value), [(0,), (7,)]);
        assert_all(|value| types.array(value), [[0; 3], [1, 2, 3]]);
        assert_all(|value| types.bytes(value), [[0; 32], [9; 32]]);
        assert_all(
            |value| types.set(value),
            [BTreeSet::new(), BTreeSet::from([(1, "x".to_owned()), (1, String::new())])],
        );
        assert_all(|value| types.hash_set(value), [HashSet::new(), HashSet::from(["x".to_owned()])]);
        assert_all(
            |value| types.duration(value),
            [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(9_000_000_000)],
        );
        assert_all(|value| types.time(value), mixed().times);
        assert_all(|value| types.char(value), ['\0', 'a', '\u{10ffff}']);
        assert_all(|value| types.path(value), [PathBuf::new(), PathBuf::from("/tmp/é")]);
        assert_all(|value| types.boxed(value), [Box::new(0), Box::new(7)]);
        let eithers =
            [Either::Left('x'), Either::Right { right: Duration::ZERO }, Either::All(['\0']), Either::Neither];
        assert_all(|value| types.either(value), eithers);
        let joined = types.path_of(Path::new("/tmp/é"), &Box::new(Value::Null), &[(1, Value::Bool(true))]).unwrap();
        assert_eq!(joined, Path::new("/tmp/é").join("Null [(1, Bool(true))]"));
    }
}
