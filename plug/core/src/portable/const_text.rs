//! Texts in constants: those of types and signatures, and their fingerprints.
//!
//! A function that may panic is `#[track_caller]`, so that the compiler's error about a constant does
//! not list the calls of it.

use crate::portable::circle::{Enclosing, NamedTypes, Writing};
use crate::portable::types::{Field, Form, Type, Variant};

/// A text that is built in a constant. Bytes beyond the first `N` are only counted.
pub(crate) struct ConstText<const N: usize> {
    pub(crate) bytes: [u8; N],
    pub(crate) len: usize,
}

impl<const N: usize> ConstText<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    pub(crate) const fn push(mut self, text: &str) -> Self {
        self.write(text);
        self
    }

    pub(crate) const fn push_bytes(mut self, bytes: &[u8]) -> Self {
        self.write_bytes(bytes);
        self
    }

    pub(crate) const fn push_number(mut self, number: u32) -> Self {
        self.write_number(number);
        self
    }

    /// All digits of the number, the highest first.
    pub(crate) const fn push_hexadecimal(mut self, number: u128, digits: u32) -> Self {
        let mut remaining = digits;
        while remaining > 0 {
            remaining -= 1;
            let digit = (number >> (4 * remaining)) & 0xf;
            self = self.push(DIGITS.split_at(digit as usize).1.split_at(1).0);
        }
        self
    }

    /// The type as a person reads it, with all types in it written out.
    #[track_caller]
    pub(crate) const fn push_type(mut self, ty: &Type, named: &mut NamedTypes) -> Self {
        self.write_type(ty, named, None);
        self
    }

    /// A number that differs from the position of the field or argument.
    pub(crate) const fn push_tag(mut self, tag: u32, at: usize) -> Self {
        self.write_tag(tag, at);
        self
    }

    /// The text, or nothing if it does not fit.
    pub(crate) const fn as_str(&self) -> &str {
        if self.len <= N
            && let Ok(text) = str::from_utf8(self.bytes.split_at(self.len).0)
        {
            text
        } else {
            ""
        }
    }

    const fn write(&mut self, text: &str) {
        self.write_bytes(text.as_bytes());
    }

    const fn write_bytes(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if self.len < N {
                self.bytes[self.len] = bytes[at];
            }
            self.len += 1;
            at += 1;
        }
    }

    const fn write_number(&mut self, number: u32) {
        if number >= 10 {
            self.write_number(number / 10);
        }
        self.write(DIGITS.split_at((number % 10) as usize).1.split_at(1).0);
    }

    #[track_caller]
    const fn write_type(&mut self, ty: &Type, named: &mut NamedTypes, enclosing: Option<&Enclosing<'_>>) {
        match ty {
            Type::Unit => self.write("()"),
            Type::Bool => self.write("bool"),
            Type::I8 => self.write("i8"),
            Type::I16 => self.write("i16"),
            Type::I32 => self.write("i32"),
            Type::I64 => self.write("i64"),
            Type::U8 => self.write("u8"),
            Type::U16 => self.write("u16"),
            Type::U32 => self.write("u32"),
            Type::U64 => self.write("u64"),
            Type::F32 => self.write("f32"),
            Type::F64 => self.write("f64"),
            Type::Char => self.write("char"),
            Type::String => self.write("String"),
            Type::Bytes => self.write("Vec<u8>"),
            Type::Path => self.write("PathBuf"),
            Type::Stream(of) => {
                self.write("stream ");
                self.write_type(of.get(), named, enclosing);
            }
            Type::Object { interface, is_lent } => {
                self.write(if *is_lent { "&dyn " } else { "Box<dyn " });
                self.write(interface);
                self.write(if *is_lent { "" } else { ">" });
            }
            Type::Duration => self.write("Duration"),
            Type::Time => self.write("SystemTime"),
            Type::Box(of) => self.write_of("Box<", of.get(), named, enclosing),
            Type::Option(of) => self.write_of("Option<", of.get(), named, enclosing),
            Type::List(of) => self.write_of("Vec<", of.get(), named, enclosing),
            Type::Set(of) => self.write_of("Set<", of.get(), named, enclosing),
            Type::Array(of, len) => {
                self.write("[");
                self.write_type(of.get(), named, enclosing);
                self.write("; ");
                assert!(*len <= u32::MAX as usize, "an array that crosses has fewer than 2^32 values");
                self.write_number(*len as u32);
                self.write("]");
            }
            Type::Map(key, value) => {
                self.write("Map<");
                self.write_type(key.get(), named, enclosing);
                self.write(", ");
                self.write_type(value.get(), named, enclosing);
                self.write(">");
            }
            Type::Tuple(fields) => {
                self.write_fields(fields, &Form::Tuple, named, enclosing);
                // As in Rust: a tuple of one, and no type in parentheses.
                if fields.len() == 1 {
                    self.len -= 1;
                    self.write(",)");
                }
            }
            Type::Struct { name, id, fields, .. } => {
                self.write(name);
                match named.writing(ty, *id, name, enclosing) {
                    Writing::ByName(ordinal) => self.write_name(ordinal),
                    Writing::InFull => {
                        self.write_fields(fields, &Form::Named, named, Some(&Enclosing::new(*id, enclosing)));
                    }
                }
            }
            Type::Enum { name, id, variants, .. } => {
                self.write(name);
                match named.writing(ty, *id, name, enclosing) {
                    Writing::ByName(ordinal) => self.write_name(ordinal),
                    Writing::InFull => self.write_variants(variants, named, Some(&Enclosing::new(*id, enclosing))),
                }
            }
        }
    }

    #[track_caller]
    const fn write_of(&mut self, open: &str, of: &Type, named: &mut NamedTypes, enclosing: Option<&Enclosing<'_>>) {
        self.write(open);
        self.write_type(of, named, enclosing);
        self.write(">");
    }

    /// The rest of a type whose fields or variants are written elsewhere in the text.
    const fn write_name(&mut self, ordinal: u32) {
        if ordinal > 1 {
            self.write("#");
            self.write_number(ordinal);
        }
        self.write(" { .. }");
    }

    #[track_caller]
    const fn write_variants(
        &mut self,
        variants: &[Variant],
        named: &mut NamedTypes,
        enclosing: Option<&Enclosing<'_>>,
    ) {
        self.write(" {");
        let mut at = 0;
        while at < variants.len() {
            let Variant { name, tag, form, fields, .. } = &variants[at];
            self.write(if at == 0 { " " } else { " | " });
            self.write(name);
            self.write_tag(*tag, at);
            self.write_fields(fields, form, named, enclosing);
            at += 1;
        }
        self.write(" }");
    }

    #[track_caller]
    const fn write_fields(
        &mut self,
        fields: &[Field],
        form: &Form,
        named: &mut NamedTypes,
        enclosing: Option<&Enclosing<'_>>,
    ) {
        let (open, close) = match form {
            Form::Unit => return,
            Form::Tuple => ("(", ")"),
            Form::Named => (" { ", " }"),
        };
        self.write(open);
        let mut at = 0;
        while at < fields.len() {
            let Field { name, go_name, tag, ty, .. } = &fields[at];
            if at > 0 {
                self.write(", ");
            }
            if matches!(form, Form::Named) {
                self.write(name);
                self.write_tag(*tag, at);
                self.write_go_name(go_name);
                self.write(": ");
                self.write_type(ty.get(), named, enclosing);
            } else {
                self.write_tag(*tag, at);
                self.write_type(ty.get(), named, enclosing);
                self.write_go_name(go_name);
            }
            at += 1;
        }
        self.write(close);
    }

    /// A name in Go that the author has given.
    const fn write_go_name(&mut self, name: &str) {
        if !name.is_empty() {
            self.write(" as ");
            self.write(name);
        }
    }

    const fn write_tag(&mut self, tag: u32, at: usize) {
        if tag as usize != at + 1 {
            self.write("#");
            self.write_number(tag);
        }
    }

    /// The fingerprint of the text from a position on.
    pub(crate) const fn fingerprint(&self, from: usize) -> u128 {
        fingerprint(&self.bytes, from, if self.len < N { self.len } else { N })
    }
}

/// The fingerprint of a part of a text.
/// It is FNV-1a with 128 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
/// It need not resist an adversary: an author of two signatures with one fingerprint fools only
/// themselves.
pub(crate) const fn fingerprint(text: &[u8], from: usize, to: usize) -> u128 {
    let (mut hash, mut at) = (0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, from);
    while at < to {
        hash = (hash ^ text[at] as u128).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        at += 1;
    }
    hash
}

const DIGITS: &str = "0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portable::types::{Docs, TypeRef};

    fn text(ty: &Type) -> String {
        let text = ConstText::<1000>::new().push_type(ty, &mut NamedTypes::new());
        text.as_str().to_owned()
    }

    const NO: Docs = Docs("");

    const fn field(name: &'static str, tag: u32, ty: &'static Type) -> Field {
        Field { name, go_name: "", tag, ty: TypeRef::new(ty), docs: NO }
    }

    const fn renamed(field: Field, go_name: &'static str) -> Field {
        Field { go_name, ..field }
    }

    #[test]
    fn types_are_written_with_all_that_is_in_them() {
        static POINT: Type = Type::Struct {
            name: "Point",
            id: 1,
            arguments: &[],
            fields: &[field("x", 1, &Type::U32), renamed(field("y", 12, &Type::F64), "Y2")],
            docs: Docs("A place."),
        };
        static SHAPE: Type = Type::Enum {
            name: "Shape",
            id: 2,
            arguments: &[],
            variants: &[
                Variant { name: "Nothing", tag: 1, form: Form::Unit, fields: &[], docs: Docs("No shape.") },
                Variant {
                    name: "Dot",
                    tag: 7,
                    form: Form::Tuple,
                    fields: &[field("0", 1, &POINT), renamed(field("1", 2, &Type::Bool), "Is")],
                    docs: NO,
                },
                Variant {
                    name: "Tag",
                    tag: 3,
                    form: Form::Named,
                    fields: &[field("text", 1, &Type::Option(TypeRef::new(&Type::String)))],
                    docs: NO,
                },
            ],
            docs: Docs("What is drawn."),
        };
        assert_eq!(text(&POINT), "Point { x: u32, y#12 as Y2: f64 }");
        assert_eq!(
            text(&SHAPE),
            "Shape { Nothing | Dot#7(Point { x: u32, y#12 as Y2: f64 }, bool as Is) | Tag { text: Option<String> } }"
        );
        let text_of = |ty: &str, of: fn(TypeRef) -> Type, inner: &'static Type| {
            assert_eq!(text(&of(TypeRef::new(inner))), ty);
        };
        text_of("Map<i8, Vec<u8>>", |of| Type::Map(TypeRef::new(&Type::I8), of), &Type::Bytes);
        text_of("Box<Duration>", Type::Box, &Type::Duration);
        text_of("Set<char>", Type::Set, &Type::Char);
        text_of("[SystemTime; 12]", |of| Type::Array(of, 12), &Type::Time);
        text_of("Vec<PathBuf>", Type::List, &Type::Path);
        static ONE: &[Field] = &[field("0", 1, &Type::U8)];
        static TWO: &[Field] = &[field("0", 1, &Type::U8), field("1", 2, &Type::String)];
        assert_eq!((&*text(&Type::Tuple(ONE)), &*text(&Type::Tuple(TWO))), ("(u8,)", "(u8, String)"));
    }

    /// It contains itself, and two types of one name.
    static TREE: Type = Type::Struct {
        name: "Tree",
        id: 1,
        arguments: &[],
        fields: &[
            field("left", 1, &LEAF),
            field("children", 2, &Type::List(TypeRef::new(&TREE))),
            field("right", 3, &LEAF),
            field("other", 4, &OTHER),
            field("again", 5, &OTHER),
        ],
        docs: NO,
    };
    static LEAF: Type =
        Type::Struct { name: "Leaf", id: 2, arguments: &[], fields: &[field("x", 1, &Type::U8)], docs: NO };
    static OTHER: Type =
        Type::Struct { name: "Leaf", id: 3, arguments: &[], fields: &[field("y", 1, &Type::U16)], docs: NO };

    #[test]
    fn a_type_that_contains_itself_has_a_text_with_an_end() {
        let leaf = "left: Leaf { x: u8 }, children: Vec<Tree { .. }>, right: Leaf { .. }";
        let tree = format!("Tree {{ {leaf}, other: Leaf {{ y: u16 }}, again: Leaf#2 {{ .. }} }}");
        assert_eq!(text(&TREE), tree);
        let mut named = NamedTypes::new();
        let both = ConstText::<1000>::new().push_type(&TREE, &mut named).push(" ").push_type(&TREE, &mut named);
        assert_eq!(both.as_str(), format!("{tree} Tree {{ .. }}"));
        assert_eq!(format!("{TREE:?}").matches("List(Struct(Tree))").count(), 1);
    }

    #[test]
    #[should_panic = "`Endless` contains itself without an end: put an `Option`, a list or a map between"]
    fn a_type_without_an_end_is_refused() {
        static ENDLESS: Type = Type::Struct {
            name: "Endless",
            id: 1,
            arguments: &[],
            fields: &[field("inner", 1, &Type::Box(TypeRef::new(&INNER)))],
            docs: NO,
        };
        static INNER: Type = Type::Struct {
            name: "Inner",
            id: 2,
            arguments: &[],
            fields: &[field("0", 1, &Type::Array(TypeRef::new(&ENDLESS), 1))],
            docs: NO,
        };
        text(&ENDLESS);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let text = ConstText::<3>::new().push("ab").push_number(1234);
        assert_eq!((text.len, &text.bytes), (6, b"ab1"));
        assert_eq!(ConstText::<0>::new().push_hexadecimal(0xbeef, 6).len, 6);
        assert_eq!(&ConstText::<6>::new().push_hexadecimal(0xbeef, 6).bytes, b"00beef");
    }

    #[test]
    fn fingerprints_are_those_of_the_algorithm() {
        // The values of FNV-1a's authors for "" and "a".
        assert_eq!(ConstText::<0>::new().fingerprint(0), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(ConstText::<1>::new().push("a").fingerprint(0), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
