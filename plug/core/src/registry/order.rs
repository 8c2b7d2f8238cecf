//! Sorting, compiled once. Each type that is sorted by std's own methods brings a sort of its own, of ten kilobytes, and every build
//! of a plugin would compile those of the registry, which it does not use: they were a third of this crate.

use std::cmp::Ordering;

/// The places from 0 to `len`, in this order; equal ones stay as they were.
pub(crate) fn order(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<_> = (0..len).collect();
    order.sort_by(|one, two| compare(*one, *two));
    order
}

/// The same things, in this order.
pub(crate) fn sorted<T>(things: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let order = order(things.len(), &|one, two| compare(&things[one], &things[two]));
    let mut things: Vec<_> = things.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| things[at].take()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_sorted_and_none_is_lost() {
        let things = vec!["b2", "a1", "b1", "c", "a0"];
        assert_eq!(sorted(things, |one, two| one[..1].cmp(&two[..1])), ["a1", "a0", "b2", "b1", "c"]);
        assert!(sorted(Vec::<u8>::new(), Ord::cmp).is_empty());
    }
}
