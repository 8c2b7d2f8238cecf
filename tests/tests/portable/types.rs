//! Types that contain themselves, tuples, arrays, sets, times, characters, paths and generic types.

use library_types::{Types, suite};

use super::each;

#[test]
fn values_of_every_type_cross() {
    each::<dyn Types>("types").into_iter().for_each(|types| suite::values_cross(&*types));
}
