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
        // Two swapped letters count as one step.
        let distance = strsim::osa_distance(name, known);
        (distance <= limit && distance < letters).then_some(distance)
    };
    known.into_iter().filter_map(|known| Some((near(known)?, known))).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

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
