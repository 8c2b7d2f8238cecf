//! The description of portable types and methods, as constants.
//! The texts and fingerprints that two builds compare, and the encodings of all links, derive from
//! it.

/// A portable type.
#[derive(Debug, PartialEq, Eq)]
pub enum Type {
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    String,
    Bytes,
    Option(&'static Type),
    List(&'static Type),
    Map(&'static Type, &'static Type),
    Struct { name: &'static str, fields: &'static [Field], docs: Docs },
    Enum { name: &'static str, variants: &'static [Variant], docs: Docs },
}

/// A field of a struct or of a variant. A field without a name has its index as its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// Its name in Go, or empty for the one that follows from its name.
    pub go_name: &'static str,
    /// Its number in protobuf, from 1.
    pub tag: u32,
    pub ty: &'static Type,
    pub docs: Docs,
}

/// A variant of an enum.
#[derive(Debug, PartialEq, Eq)]
pub struct Variant {
    pub name: &'static str,
    /// Its number in protobuf, from 1. 0 is reserved.
    pub tag: u32,
    pub form: Form,
    pub fields: &'static [Field],
    pub docs: Docs,
}

/// The syntax of a variant.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    Unit,
    Tuple,
    Named,
}

/// The docs of a type, a field or a variant.
/// Two builds may differ in them: no signature contains them, and all of them compare as equal.
#[derive(Debug, Clone, Copy, Eq)]
pub struct Docs(pub &'static str);

impl PartialEq for Docs {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell no kinds of enums apart"))]
impl Type {
    /// Whether it is an enum with only unit variants.
    pub(crate) const fn is_plain(&self) -> bool {
        let Type::Enum { variants, .. } = self else { return false };
        let mut at = 0;
        while at < variants.len() {
            if !matches!(variants[at].form, Form::Unit) {
                return false;
            }
            at += 1;
        }
        true
    }
}

#[cfg_attr(not(feature = "rpc"), allow(dead_code, reason = "libraries tell no kinds of variants apart"))]
impl Variant {
    /// Whether it is encoded as its only field.
    pub(crate) const fn is_its_field(&self) -> bool {
        matches!(self.form, Form::Tuple) && self.fields.len() == 1
    }
}

/// A text that is built in a constant. Bytes beyond the first `N` are only counted.
pub(crate) struct ConstText<const N: usize> {
    pub(crate) bytes: [u8; N],
    pub(crate) len: usize,
}

impl<const N: usize> ConstText<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    pub(crate) const fn push(self, text: &str) -> Self {
        self.push_bytes(text.as_bytes())
    }

    pub(crate) const fn push_bytes(mut self, bytes: &[u8]) -> Self {
        let mut at = 0;
        while at < bytes.len() {
            if self.len < N {
                self.bytes[self.len] = bytes[at];
            }
            self.len += 1;
            at += 1;
        }
        self
    }

    pub(crate) const fn push_number(self, number: u32) -> Self {
        let digit = DIGITS.split_at((number % 10) as usize).1.split_at(1).0;
        if number < 10 { self.push(digit) } else { self.push_number(number / 10).push(digit) }
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
    pub(crate) const fn push_type(self, ty: &Type) -> Self {
        match ty {
            Type::Unit => self.push("()"),
            Type::Bool => self.push("bool"),
            Type::I8 => self.push("i8"),
            Type::I16 => self.push("i16"),
            Type::I32 => self.push("i32"),
            Type::I64 => self.push("i64"),
            Type::U8 => self.push("u8"),
            Type::U16 => self.push("u16"),
            Type::U32 => self.push("u32"),
            Type::U64 => self.push("u64"),
            Type::F32 => self.push("f32"),
            Type::F64 => self.push("f64"),
            Type::String => self.push("String"),
            Type::Bytes => self.push("Vec<u8>"),
            Type::Option(of) => self.push("Option<").push_type(of).push(">"),
            Type::List(of) => self.push("Vec<").push_type(of).push(">"),
            Type::Map(key, value) => self.push("Map<").push_type(key).push(", ").push_type(value).push(">"),
            Type::Struct { name, fields, .. } => self.push(name).push_fields(fields, &Form::Named),
            Type::Enum { name, variants, .. } => {
                let (mut text, mut at) = (self.push(name).push(" {"), 0);
                while at < variants.len() {
                    let Variant { name, tag, form, fields, .. } = &variants[at];
                    text = text.push(if at == 0 { " " } else { " | " }).push(name).push_tag(*tag, at);
                    text = text.push_fields(fields, form);
                    at += 1;
                }
                text.push(" }")
            }
        }
    }

    const fn push_fields(self, fields: &[Field], form: &Form) -> Self {
        let (open, close) = match form {
            Form::Unit => return self,
            Form::Tuple => ("(", ")"),
            Form::Named => (" { ", " }"),
        };
        let (mut text, mut at) = (self.push(open), 0);
        while at < fields.len() {
            let Field { name, go_name, tag, ty, .. } = &fields[at];
            if at > 0 {
                text = text.push(", ");
            }
            text = match form {
                Form::Named => text.push(name).push_tag(*tag, at).push_go_name(go_name).push(": ").push_type(ty),
                _ => text.push_tag(*tag, at).push_type(ty).push_go_name(go_name),
            };
            at += 1;
        }
        text.push(close)
    }

    /// A name in Go that the author has given.
    const fn push_go_name(self, name: &str) -> Self {
        if name.is_empty() { self } else { self.push(" as ").push(name) }
    }

    /// A number that differs from the position of the field or argument.
    pub(crate) const fn push_tag(self, tag: u32, at: usize) -> Self {
        if tag as usize == at + 1 { self } else { self.push("#").push_number(tag) }
    }

    /// The fingerprint of the text from a position on.
    /// It is FNV-1a with 128 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
    /// It need not resist an adversary: an author of two signatures with one fingerprint fools only
    /// themselves.
    pub(crate) const fn fingerprint(&self, from: usize) -> u128 {
        let (mut hash, mut at) = (0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, from);
        while at < self.len && at < N {
            hash = (hash ^ self.bytes[at] as u128).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
            at += 1;
        }
        hash
    }
}

const DIGITS: &str = "0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ty: &Type) -> String {
        let text = ConstText::<1000>::new().push_type(ty);
        String::from_utf8(text.bytes[..text.len].to_vec()).unwrap()
    }

    #[test]
    fn types_are_written_with_all_that_is_in_them() {
        const NO: Docs = Docs("");
        const POINT: Type = Type::Struct {
            name: "Point",
            fields: &[
                Field { name: "x", go_name: "", tag: 1, ty: &Type::U32, docs: Docs("To the right.") },
                Field { name: "y", go_name: "Y2", tag: 12, ty: &Type::F64, docs: NO },
            ],
            docs: Docs("A place."),
        };
        const SHAPE: Type = Type::Enum {
            name: "Shape",
            variants: &[
                Variant { name: "Nothing", tag: 1, form: Form::Unit, fields: &[], docs: Docs("No shape.") },
                Variant {
                    name: "Dot",
                    tag: 7,
                    form: Form::Tuple,
                    fields: &[
                        Field { name: "0", go_name: "", tag: 1, ty: &POINT, docs: NO },
                        Field { name: "1", go_name: "Is", tag: 2, ty: &Type::Bool, docs: NO },
                    ],
                    docs: NO,
                },
                Variant {
                    name: "Tag",
                    tag: 3,
                    form: Form::Named,
                    fields: &[Field { name: "text", go_name: "", tag: 1, ty: &Type::Option(&Type::String), docs: NO }],
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
        assert_eq!(text(&Type::Map(&Type::I8, &Type::List(&Type::Bytes))), "Map<i8, Vec<Vec<u8>>>");
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
