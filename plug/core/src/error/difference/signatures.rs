//! Signatures as a person compares them: two without what is the same in both, and one without what is in its types. It knows how their
//! texts are written, and no types.

/// What holds items. A brace has its spaces with it, as it is written.
const BRACKETS: [(&str, &str); 3] = [("(", ")"), ("<", ">"), BRACES];
const BRACES: (&str, &str) = (" { ", " }");

/// What stands between items.
const SEPARATORS: [&str; 3] = [" -> ", ", ", VARIANTS];
const VARIANTS: &str = " | ";

/// What stands for what is the same.
const SAME: &str = "…";

/// How deep types can be in types, and how many bytes a signature can have: what a library's file says can be anything, and must neither
/// overflow the stack nor take long.
const DEEPEST: usize = 64;
const LONGEST: usize = 1 << 16;

/// As many bytes as are read at a glance.
const GLANCE: usize = 60;

/// Both signatures, with `…` for what is the same in both, and for a type that was shown before; none where they are no signatures.
pub(super) fn apart(plugin: &str, host: &str) -> Option<[String; 2]> {
    let (plugin, host) = (Item::read(plugin)?, Item::read(host)?);
    Apart::default().items(&plugin, &host)
}

/// The signature, without the fields and variants of its types where it is long.
pub(super) fn outline(signature: &str) -> String {
    let items = if signature.len() > GLANCE { Item::read(signature) } else { None };
    items.map_or_else(|| signature.to_owned(), |items| closed(&items))
}

/// An argument, a result, a field or a variant: `points: Vec<Point { x: u32 }>`.
struct Item<'t> {
    /// What stands before it; nothing before the first.
    separator: &'static str,
    whole: &'t str,
    parts: Vec<Part<'t>>,
}

enum Part<'t> {
    Text(&'t str),
    Group { whole: &'t str, brackets: (&'static str, &'static str), items: Vec<Item<'t>> },
}

impl<'t> Item<'t> {
    // (Vec<Point { x: u32, y#7: u32 }>, bool) -> Shape { Nothing | Dot(Point { x: u32, y#7: u32 }) | Line { long: bool } }
    fn read(signature: &'t str) -> Option<Vec<Self>> {
        if signature.len() > LONGEST {
            return None;
        }
        let mut rest = signature;
        let items = Self::items(&mut rest, 0)?;
        rest.is_empty().then_some(items)
    }

    fn items(rest: &mut &'t str, depth: usize) -> Option<Vec<Self>> {
        let (mut items, mut separator) = (Vec::new(), "");
        loop {
            let start = *rest;
            let parts = Part::read(rest, depth)?;
            items.push(Self { separator, whole: until(start, rest), parts });
            match SEPARATORS.into_iter().find(|separator| rest.starts_with(separator)) {
                Some(next) => separator = next,
                None => return Some(items),
            }
            *rest = &rest[separator.len()..];
        }
    }

    /// What tells it from its neighbours: the name of the field, the variant or the type.
    fn name(&self) -> &'t str {
        let end = self.whole.find([':', '#', ' ', '(', '<']).unwrap_or(self.whole.len());
        &self.whole[..end]
    }

    /// The type, where it has fields or variants. A variant is written like one.
    fn ty(&self) -> Option<&'t str> {
        let label = match self.parts.first() {
            Some(Part::Text(text)) => text.find(": ").map_or(0, |colon| colon + ": ".len()),
            _ => 0,
        };
        (self.separator != VARIANTS && self.whole.ends_with(BRACES.1)).then(|| &self.whole[label..])
    }

    fn outline(&self) -> String {
        if self.whole.len() <= GLANCE { self.whole.to_owned() } else { self.closed() }
    }

    /// Without the fields and variants of its types.
    fn closed(&self) -> String {
        self.parts.iter().map(Part::closed).collect()
    }
}

impl<'t> Part<'t> {
    fn read(rest: &mut &'t str, depth: usize) -> Option<Vec<Self>> {
        let mut parts = Vec::new();
        loop {
            let is_end = |at: usize| {
                let text = &rest[at..];
                let is_bracket = |(open, close): &(&str, &str)| text.starts_with(open) || text.starts_with(close);
                SEPARATORS.iter().any(|separator| text.starts_with(separator)) || BRACKETS.iter().any(is_bracket)
            };
            let end = rest.char_indices().map(|(at, _)| at).find(|at| is_end(*at)).unwrap_or(rest.len());
            let text;
            (text, *rest) = rest.split_at(end);
            if !text.is_empty() {
                parts.push(Self::Text(text));
            }
            let is_separator = SEPARATORS.iter().any(|separator| rest.starts_with(separator));
            let brackets = BRACKETS.into_iter().find(|(open, _)| !is_separator && rest.starts_with(open));
            let Some(brackets) = brackets else { return Some(parts) };
            if depth == DEEPEST {
                return None;
            }
            let start = *rest;
            *rest = &rest[brackets.0.len()..];
            let items = Item::items(rest, depth + 1)?;
            *rest = rest.strip_prefix(brackets.1)?;
            parts.push(Self::Group { whole: until(start, rest), brackets, items });
        }
    }

    fn closed(&self) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Group { brackets: BRACES, .. } => between(BRACES, SAME),
            Self::Group { brackets, items, .. } => between(*brackets, &closed(items)),
        }
    }
}

/// Compares, and knows what it has shown.
#[derive(Default)]
struct Apart<'t> {
    shown: Vec<[&'t str; 2]>,
}

impl<'t> Apart<'t> {
    /// Both lists, where there is something in them that was not shown before.
    fn items(&mut self, library: &[Item<'t>], host: &[Item<'t>]) -> Option<[String; 2]> {
        let is_pair = |(one, other): &(&Item<'_>, &Item<'_>)| one.name() == other.name();
        let is_even = library.len() == host.len();
        // Where one has more, what is new stands between those that have the same names.
        let before = library.iter().zip(host).take_while(|pair| is_even || is_pair(pair)).count();
        let after = library[before..].iter().rev().zip(host[before..].iter().rev()).take_while(is_pair).count();
        let ends = [library.len() - after, host.len() - after];

        let (mut differs, mut both) = (!is_even, [List::default(), List::default()]);
        for (one, other) in library[..before].iter().zip(host) {
            differs |= self.pair(one, other, &mut both);
        }
        both[0].all(&library[before..ends[0]]);
        both[1].all(&host[before..ends[1]]);
        for (one, other) in library[ends[0]..].iter().zip(&host[ends[1]..]) {
            differs |= self.pair(one, other, &mut both);
        }
        differs.then(|| both.map(|list| list.text))
    }

    /// Puts both into their lists. Whether they differ.
    fn pair(&mut self, library: &Item<'t>, host: &Item<'t>, both: &mut [List; 2]) -> bool {
        let texts = self.item(library, host);
        let differs = texts.is_some();
        let [one, other] = texts.map_or([None, None], |texts| texts.map(Some));
        both[0].push(library.separator, one);
        both[1].push(host.separator, other);
        differs
    }

    fn item(&mut self, library: &Item<'t>, host: &Item<'t>) -> Option<[String; 2]> {
        let types = library.ty().zip(host.ty()).map(|(one, other)| [one, other]);
        let was_shown = library.name() == host.name() && types.is_some_and(|types| self.shown.contains(&types));
        if library.whole == host.whole || was_shown {
            return None;
        }
        let is_alike = |(one, other): (&Part<'_>, &Part<'_>)| match (one, other) {
            (Part::Text(_), Part::Text(_)) => true,
            (Part::Group { brackets: one, .. }, Part::Group { brackets: other, .. }) => one == other,
            _ => false,
        };
        if library.parts.len() != host.parts.len() || !library.parts.iter().zip(&host.parts).all(is_alike) {
            return Some([library.outline(), host.outline()]);
        }
        let (mut differs, mut both) = (false, [String::new(), String::new()]);
        for parts in library.parts.iter().zip(&host.parts) {
            let texts = match parts {
                (Part::Group { whole, brackets, items }, Part::Group { whole: other, items: others, .. }) => {
                    let texts = if whole == other { None } else { self.items(items, others) };
                    differs |= texts.is_some();
                    texts.unwrap_or([SAME.to_owned(), SAME.to_owned()]).map(|text| between(*brackets, &text))
                }
                (one, other) => {
                    let texts = [one.closed(), other.closed()];
                    differs |= texts[0] != texts[1];
                    texts
                }
            };
            both.iter_mut().zip(texts).for_each(|(text, more)| text.push_str(&more));
        }
        self.shown.extend(types);
        differs.then_some(both)
    }
}

/// Items as they are shown, of which those that are the same become one.
#[derive(Default)]
struct List {
    text: String,
    count: usize,
    ends_with_same: bool,
}

impl List {
    /// Nothing stands for one that is the same.
    fn push(&mut self, separator: &str, text: Option<String>) {
        let is_same = text.is_none();
        // A result is none of the arguments.
        if is_same && self.ends_with_same && separator != SEPARATORS[0] {
            return;
        }
        if self.count > 0 {
            self.text.push_str(separator);
        }
        self.text.push_str(text.as_deref().unwrap_or(SAME));
        (self.count, self.ends_with_same) = (self.count + 1, is_same);
    }

    fn all(&mut self, items: &[Item<'_>]) {
        items.iter().for_each(|item| self.push(item.separator, Some(item.outline())));
    }
}

fn closed(items: &[Item<'_>]) -> String {
    items.iter().map(|item| format!("{}{}", item.separator, item.closed())).collect()
}

fn between((open, close): (&str, &str), text: &str) -> String {
    format!("{open}{text}{close}")
}

/// What of a text comes before the rest that is left of it.
fn until<'t>(text: &'t str, rest: &str) -> &'t str {
    &text[..text.len() - rest.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(library: &str, host: &str, expected: [&str; 2]) {
        assert_eq!(apart(library, host).unwrap(), expected);
        let [one, other] = apart(host, library).unwrap();
        assert_eq!([&*other, &*one], expected);
    }

    #[test]
    fn what_is_the_same_is_left_out() {
        check("(u64, u32) -> ()", "(u64, u64) -> ()", ["(…, u32) -> …", "(…, u64) -> …"]);
        check("(bool, u8, u64) -> ()", "(bool, u8, u64) -> bool", ["… -> ()", "… -> bool"]);
        check("() -> ()", "(u8, u8) -> ()", ["() -> …", "(u8, u8) -> …"]);
        check("(Vec<P { x: u8 }>) -> ()", "(Option<P { x: u8 }>) -> ()", ["(Vec<…>) -> …", "(Option<…>) -> …"]);
        check(
            "(Map<u8, P { x: u8 }>) -> ()",
            "(Map<u8, bool>) -> ()",
            ["(Map<…, P { x: u8 }>) -> …", "(Map<…, bool>) -> …"],
        );
    }

    #[test]
    fn a_field_or_a_variant_more_or_less() {
        check(
            "(P { x: u8, z: u8 }) -> ()",
            "(P { x: u8, y: u8, z: u8 }) -> ()",
            ["(P { … }) -> …", "(P { …, y: u8, … }) -> …"],
        );
        check(
            "() -> S { A | B(u8) }",
            "() -> S { A | B(u16) | C }",
            ["… -> S { … | B(u8) }", "… -> S { … | B(u16) | C }"],
        );
        check(
            "() -> S { A | B(u8) }",
            "() -> S { A | B { x: u8 } }",
            ["… -> S { … | B(u8) }", "… -> S { … | B { x: u8 } }"],
        );
        check(
            "(P { x: u8, y: u8 }) -> ()",
            "(P { x#2: u8, y: u8 }) -> ()",
            ["(P { x: u8, … }) -> …", "(P { x#2: u8, … }) -> …"],
        );
        check("(P {  }) -> ()", "(P { x: u8 }) -> ()", ["(P {  }) -> …", "(P { x: u8 }) -> …"]);
    }

    #[test]
    fn a_type_is_shown_once() {
        let signature = |x: &str, w: &str| {
            let (point, size) = (format!("P {{ x: {x}, y: u8 }}"), format!("Size {{ w: {w} }}"));
            format!("({point}, bool) -> S {{ Dot({point}) | Of {{ at: {point}, size: {size} }} }}")
        };
        check(
            &signature("u8", "u8"),
            &signature("u16", "u8"),
            ["(P { x: u8, … }, …) -> …", "(P { x: u16, … }, …) -> …"],
        );
        // Another type with the same difference is not the same.
        check(
            &signature("u8", "u8"),
            &signature("u16", "u16"),
            [
                "(P { x: u8, … }, …) -> S { … | Of { …, size: Size { w: u8 } } }",
                "(P { x: u16, … }, …) -> S { … | Of { …, size: Size { w: u16 } } }",
            ],
        );
    }

    #[test]
    fn what_is_long_has_no_fields() {
        let point = "Point { x: u32, y: u32, name: Option<String>, from: Vec<u8> }";
        assert_eq!(outline("(Point { x: u8 }) -> ()"), "(Point { x: u8 }) -> ()");
        let long = format!("(Vec<{point}>, P {{ x: u8 }}) -> Map<u8, {point}>");
        assert_eq!(outline(&long), "(Vec<Point { … }>, P { … }) -> Map<u8, Point { … }>");
        check("(u8) -> ()", &format!("(u8, {point}) -> ()"), ["(…) -> …", "(…, Point { … }) -> …"]);
    }

    #[test]
    fn what_is_no_signature_stays() {
        assert_eq!(apart("(u8", "(u16"), None);
        assert_eq!(apart("(u8>) -> ()", "()"), None);
        assert_eq!(apart("() -> ()", "() -> ()"), None);
        let deep = "(".repeat(60_000);
        assert_eq!(apart(&deep, ")"), None);
        assert_eq!(outline(&deep), deep);
        let long = format!("({}u8) -> ()", "u8, ".repeat(100_000));
        assert_eq!(apart(&long, "() -> ()"), None);
    }
}
