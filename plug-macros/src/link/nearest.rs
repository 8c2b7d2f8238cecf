//! The known name that is most similar to a mistyped one.
//! A dependency for this would be built for every host.

/// The name that differs in the fewest letters: at most a third of them, or one of two or more.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let near = |known: &str| {
        let (distance, letters) = (distance(name, known), name.len().max(known.len()));
        (distance <= (letters / 3).max(1) && distance < letters).then_some(distance)
    };
    known.into_iter().filter_map(|known| Some((near(known)?, known))).min().map(|(_, known)| known)
}

/// The steps from one text to the other: a letter that is added, dropped or replaced, or two that
/// are swapped.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let (mut before, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=other.len()).collect());
    for (row, letter) in one.iter().enumerate() {
        let mut steps = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != against);
            let mut least = replaced.min(above[column + 1] + 1).min(steps[column] + 1);
            if row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *against {
                least = least.min(before[column - 1] + 1);
            }
            steps.push(least);
        }
        before = std::mem::replace(&mut above, steps);
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        let cases = [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1)];
        let more =
            [("abcd", "abd", 1), ("abd", "abcd", 1), ("abcd", "axcd", 1), ("größe", "grösse", 2), ("ab", "cd", 2)];
        for (one, other, steps) in cases.into_iter().chain(more) {
            assert_eq!(distance(one, other), steps, "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_is_not_similar_is_not_suggested() {
        assert_eq!(nearest("extar", ["else", "extra", "extras"]), Some("extra"));
        assert_eq!(nearest("a", ["b", "c"]), None);
        assert_eq!(nearest("ab", ["b", "abc"]), Some("abc"));
        assert_eq!(nearest("something", ["else"]), None);
        assert_eq!(nearest("something", []), None);
    }
}
