//! The known name that is most similar to an unknown one.

/// The name that differs in the fewest letters.
/// It may differ in at most a third of the letters, or in one of two or more.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let length = name.chars().count();
    let near = |known: &str| {
        let known_length = known.chars().count();
        let letters = length.max(known_length);
        let limit = (letters / 3).max(1);
        // The comparison takes time by both lengths, and an unknown name can be of any length.
        if length.abs_diff(known_length) > limit {
            return None;
        }
        let distance = distance(name, known);
        (distance <= limit && distance < letters).then_some(distance)
    };
    known.into_iter().filter_map(|known| Some((near(known)?, known))).min().map(|(_, known)| known)
}

/// The number of letters to insert, remove, replace or swap with their neighbour.
/// It is the distance of optimal string alignment.
// strsim would take as long to compile as half of a plugin's settings.
fn distance(name: &str, known: &str) -> usize {
    let [name, known] = [name, known].map(|text| text.chars().collect::<Vec<_>>());
    let mut rows = vec![(0..=known.len()).collect::<Vec<_>>()];
    for at in 1..=name.len() {
        let mut row = vec![at];
        for to in 1..=known.len() {
            let replaced = rows[at - 1][to - 1] + usize::from(name[at - 1] != known[to - 1]);
            let mut least = replaced.min(rows[at - 1][to] + 1).min(row[to - 1] + 1);
            if at > 1 && to > 1 && name[at - 1] == known[to - 2] && name[at - 2] == known[to - 1] {
                least = least.min(rows[at - 2][to - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[name.len()][known.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_inserted_removed_replaced_and_swapped() {
        for (one, other, steps) in [
            ("", "", 0),
            ("times", "times", 0),
            ("", "abc", 3),
            ("tmes", "times", 1),
            ("timess", "times", 1),
            ("tines", "times", 1),
            ("tiems", "times", 1),
            ("kitten", "sitting", 3),
            // No letter is swapped twice.
            ("ca", "abc", 3),
            ("größe", "grösse", 2),
        ] {
            assert_eq!(distance(one, other), steps, "{one} {other}");
            assert_eq!(distance(other, one), steps, "{other} {one}");
        }
    }

    #[test]
    fn a_third_of_the_letters_may_differ() {
        let known = ["times", "token", "a"];
        assert_eq!(nearest("tmes", known), Some("times"));
        assert_eq!(nearest("itmes", known), Some("times"));
        assert_eq!(nearest("ten", known), None);
        assert_eq!(nearest("b", known), None);
        assert_eq!(nearest("ab", known), Some("a"));
        assert_eq!(nearest("größe", ["grosse", "grÖße"]), Some("grÖße"));
        assert_eq!(nearest(&"t".repeat(10 << 20), known), None);
    }
}
