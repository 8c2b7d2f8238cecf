//! The differences of one interface between two builds.

use std::fmt;

/// The maximum length of a text that is printed whole, in bytes.
const GLANCE: usize = 60;

/// A difference between the interface of a plugin's build and that of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The plugin's method has another signature.
    Signature {
        /// The method.
        method: String,
        /// Its signature in the plugin, with all types written out.
        plugin: String,
        /// Its signature in this program, with all types written out.
        host: String,
    },
    /// The plugin lacks the method, and it has no default body.
    Missing {
        /// The method.
        method: String,
        /// Its signature in this program.
        host: String,
    },
    /// This program lacks the method, and the plugin has no default body of it.
    /// It is one of an object that this program lends or gives to the plugin.
    Unknown {
        /// The method.
        method: String,
        /// Its signature in the plugin, with all types written out.
        plugin: String,
    },
    /// The interface of an object that crosses with a method differs.
    Object {
        /// The path of the object's interface.
        interface: String,
        /// How it differs.
        difference: Box<Difference>,
    },
    /// The plugin's interface is not portable.
    NotPortable,
}

impl std::error::Error for Difference {}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Short signatures are printed whole.
            Self::Signature { method, plugin, host } if plugin.len() + host.len() <= 80 => {
                write!(f, "method `{method}` is `{plugin}` in the plugin, and `{host}` in this program")
            }
            Self::Signature { method, plugin, host } => {
                let [plugin, host] = first_difference(plugin, host);
                write!(f, "method `{method}` first differs at:")?;
                write!(f, "\n    in the plugin:   `{plugin}`\n    in this program: `{host}`")
            }
            Self::Missing { method, host } => {
                let host = outline(host);
                write!(f, "method `{method}`, `{host}`, is not in the plugin, and has no default body")
            }
            Self::Unknown { method, plugin } => {
                let plugin = outline(plugin);
                write!(f, "method `{method}`, `{plugin}`, is not in this program, and has no default body")
            }
            Self::Object { interface, difference } => write!(f, "of `{interface}`, {difference}"),
            Self::NotPortable => f.write_str(
                "the plugin was built with an interface that is not portable: it wants `#[plug::interface(portable)]`",
            ),
        }
    }
}

/// Both signatures at their first difference, with `…` for the rest.
// (Vec<Point { x: u32, y: u32 }>, bool) -> Shape { Nothing | Dot(Point { x: u32, y: u32 }) }
// (Vec<Point { …, y: u32 …
fn first_difference(plugin: &str, host: &str) -> [String; 2] {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#');
    let same = plugin.chars().zip(host.chars()).take_while(|(one, other)| one == other);
    let mut same = &host[..same.map(|(c, _)| c.len_utf8()).sum()];
    if [plugin, host].iter().any(|signature| signature[same.len()..].starts_with(is_word)) {
        same = same.trim_end_matches(is_word);
    }
    let around = around(same);
    [plugin, host].map(|signature| {
        let rest = &signature[same.len()..];
        let mut depth = 0_u32;
        let mut ends = |(at, c): (usize, char)| {
            let ends_item =
                depth == 0 && rest[..at].contains(is_word) && matches!(c, ',' | '|' | '-' | ')' | '>' | '}');
            match c {
                '(' | '<' | '{' => depth += 1,
                ')' | '>' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            ends_item || (at > GLANCE && !is_word(c))
        };
        let item = &rest[..rest.char_indices().find(|next| ends(*next)).map_or(rest.len(), |(at, _)| at)];
        format!("{around}{}{}", item.trim_end(), if item == rest { "" } else { " …" })
    })
}

/// The brackets that are open at the end of the text, each with its unfinished item.
fn around(text: &str) -> String {
    // For each bracket, the start of its items and of its last item.
    let mut open = vec![(0, 0)];
    for (at, c) in text.char_indices() {
        let last = open.len() - 1;
        match c {
            '>' if text[..at].ends_with('-') => open[last].1 = text[..at - 1].trim_end().len(),
            '(' | '<' | '{' => open.push((at + 1, at + 1)),
            ')' | '>' | '}' => open.truncate(last.max(1)),
            ',' => open[last].1 = at,
            '|' => open[last].1 = text[..at].trim_end().len(),
            _ => {}
        }
    }
    let ends = open.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let items = open.iter().zip(ends).map(|((start, item), end)| match &text[*start..*item] {
        "" => text[*item..end].to_owned(),
        before => format!("{}…{}", if before.starts_with(' ') { " " } else { "" }, &text[*item..end]),
    });
    items.collect()
}

/// The signature; if it is long, without the fields and variants of its types.
// (Vec<Point { … }>, bool) -> Shape { … }
fn outline(signature: &str) -> String {
    if signature.len() <= GLANCE {
        return signature.to_owned();
    }
    let mut depth = 0_usize;
    let mut outline = String::new();
    for c in signature.chars() {
        depth = depth.saturating_sub(usize::from(c == '}'));
        if depth == 0 {
            outline.push_str(if c == '}' { " … " } else { "" });
            outline.push(c);
        }
        depth += usize::from(c == '{');
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(plugin: &str, host: &str, expected: [&str; 2]) {
        assert_eq!(first_difference(plugin, host), expected);
        let [one, other] = first_difference(host, plugin);
        assert_eq!([&*other, &*one], expected);
    }

    #[test]
    fn the_first_difference_is_shown_with_the_types_around_it() {
        check("(u64, u32) -> ()", "(u64, u64) -> ()", ["(…, u32 …", "(…, u64 …"]);
        check("(bool, u8, u64) -> ()", "(bool, u8, u64) -> bool", ["… -> ()", "… -> bool"]);
        check("() -> ()", "(u8, u8) -> ()", ["() -> ()", "(u8 …"]);
        check(
            "(Map<u8, P { a: u8, x: u8 }>) -> ()",
            "(Map<u8, P { a: u8, x: u16 }>) -> ()",
            ["(Map<…, P { …, x: u8 …", "(Map<…, P { …, x: u16 …"],
        );
        check(
            "(Vec<P { x: u8 }>) -> ()",
            "(Option<P { x: u8 }>) -> ()",
            ["(Vec<P { x: u8 }> …", "(Option<P { x: u8 }> …"],
        );
    }

    #[test]
    fn a_field_or_a_variant_more_or_less() {
        check(
            "(P { x: u8, z: u8 }) -> ()",
            "(P { x: u8, y: u8, z: u8 }) -> ()",
            ["(P { …, z: u8 …", "(P { …, y: u8 …"],
        );
        check("(P { x: u8 }) -> ()", "(P { x: u8, y: u8 }) -> ()", ["(P { x: u8 }) -> ()", "(P { x: u8, y: u8 …"]);
        check(
            "() -> S { A | B(u8) }",
            "() -> S { A | B(u8) | C }",
            ["… -> S { … | B(u8) }", "… -> S { … | B(u8) | C …"],
        );
        check(
            "() -> S { A | B(u8) }",
            "() -> S { A | B { x: u8 } }",
            ["… -> S { … | B(u8) …", "… -> S { … | B { x: u8 } …"],
        );
        check("(P { x: u8 }) -> ()", "(P { x#2: u8 }) -> ()", ["(P { x: u8 …", "(P { x#2: u8 …"]);
        check("(P {  }) -> ()", "(P { x: u8 }) -> ()", ["(P {  }) -> ()", "(P { x: u8 …"]);
    }

    #[test]
    fn a_type_that_contains_itself() {
        check(
            "(V { A | B(Vec<V { .. }>) }) -> ()",
            "(V { A | B(Set<V { .. }>) }) -> ()",
            ["(V { … | B(Vec<V { .. }> …", "(V { … | B(Set<V { .. }> …"],
        );
        check(
            "(V { A | B([V { .. }; 2]) }) -> ()",
            "(V { A | B([V { .. }; 3]) }) -> ()",
            ["(V { … | B([V { .. }; 2] …", "(V { … | B([V { .. }; 3] …"],
        );
    }

    #[test]
    fn a_long_difference_is_cut() {
        let long = format!("(Map<u8, {}bool{}>) -> ()", "Vec<".repeat(1000), ">".repeat(1000));
        let cut = format!("(Map<…, {}Vec …", "Vec<".repeat(15));
        check(&long, "(Map<u8, bool>) -> ()", [&cut, "(Map<…, bool …"]);
    }

    #[test]
    fn any_texts_are_compared() {
        let texts = ["", "(", ">", "->", "|", ",", "é", "日本", "(u8>) -> ()", "} , | ->", "() -> ()"];
        for one in texts {
            for other in texts {
                let _ = first_difference(one, other);
                let _ = outline(&one.repeat(100));
            }
        }
        let deep = "(".repeat(60_000);
        assert!(first_difference(&deep, ")")[0].len() < 100);
    }

    #[test]
    fn a_long_signature_has_no_fields() {
        let point = "Point { x: u32, y: u32, name: Option<String>, from: Vec<u8> }";
        assert_eq!(outline("(Point { x: u8 }) -> ()"), "(Point { x: u8 }) -> ()");
        let long = format!("(Vec<{point}>, P {{ x: Q {{ y: u8 }} }}) -> Map<u8, {point}>");
        assert_eq!(outline(&long), "(Vec<Point { … }>, P { … }) -> Map<u8, Point { … }>");
    }
}
