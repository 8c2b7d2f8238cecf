//! Types that contain themselves, as constants see them.
//!
//! The derive gives each struct and enum a number.
//! Two of them with one number in one type are the same one.

use crate::portable::const_text::ConstText;
use crate::portable::types::{Field, Type, Variant};

/// The structs and enums around the current type, the innermost first.
pub(crate) struct Enclosing<'o> {
    id: u64,
    outer: Option<&'o Enclosing<'o>>,
}

impl<'o> Enclosing<'o> {
    pub(crate) const fn new(id: u64, outer: Option<&'o Enclosing<'o>>) -> Self {
        Self { id, outer }
    }

    const fn has(mut enclosing: Option<&Enclosing<'_>>, id: u64) -> bool {
        while let Some(one) = enclosing {
            if one.id == id {
                return true;
            }
            enclosing = one.outer;
        }
        false
    }
}

/// The most structs and enums of a signature in which a type contains itself.
const MAX_TYPES: usize = 256;

/// The structs and enums that a signature has named so far.
pub(crate) struct NamedTypes {
    types: [NamedType; MAX_TYPES],
    len: usize,
    is_full: bool,
    /// Whether one of them contains itself.
    is_circular: bool,
}

#[derive(Clone, Copy)]
struct NamedType {
    id: u64,
    name: &'static str,
    /// Which of the types of its name was written out here, counted from 1.
    ordinal: u32,
    /// If it is the first one of its name: how often a type of that name was written out.
    count: u32,
}

/// How a signature writes a struct or an enum.
pub(crate) enum Writing {
    /// With its fields or variants.
    InFull,
    /// By its name, and the number of the type of that name which was written in full.
    ByName(u32),
}

impl NamedTypes {
    pub(crate) const fn new() -> Self {
        let none = NamedType { id: 0, name: "", ordinal: 0, count: 0 };
        Self { types: [none; MAX_TYPES], len: 0, is_full: false, is_circular: false }
    }

    /// How this struct or enum is written here.
    ///
    /// A type is written in full wherever it stands.
    /// Once a type was found to contain itself, those that were written in full are given by name.
    #[track_caller]
    pub(crate) const fn writing(
        &mut self,
        ty: &Type,
        id: u64,
        name: &'static str,
        enclosing: Option<&Enclosing<'_>>,
    ) -> Writing {
        if Enclosing::has(enclosing, id) {
            if always_contains(ty, id, None) {
                refuse_endless(name);
            }
            self.is_circular = true;
        }
        assert!(
            !(self.is_circular && self.is_full),
            "a signature with a type that contains itself has more than 256 structs and enums"
        );
        let known = self.find(id);
        if let Some(at) = known
            && self.is_circular
        {
            return Writing::ByName(self.types[at].ordinal);
        }
        let ordinal = self.count(name);
        if known.is_none() {
            self.add(NamedType { id, name, ordinal, count: ordinal });
        }
        Writing::InFull
    }

    const fn find(&self, id: u64) -> Option<usize> {
        let mut at = 0;
        while at < self.len {
            if self.types[at].id == id {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// Counts one more type of this name that is written out, and returns its number.
    const fn count(&mut self, name: &str) -> u32 {
        let mut at = 0;
        while at < self.len {
            if is_same(self.types[at].name, name) {
                self.types[at].count += 1;
                return self.types[at].count;
            }
            at += 1;
        }
        1
    }

    const fn add(&mut self, ty: NamedType) {
        if self.len == MAX_TYPES {
            self.is_full = true;
        } else {
            self.types[self.len] = ty;
            self.len += 1;
        }
    }
}

#[track_caller]
const fn refuse_endless(name: &str) -> ! {
    let text = ConstText::<1000>::new()
        .push("`")
        .push(name)
        .push("` contains itself without an end: put an `Option`, a list or a map between");
    panic!("{}", text.as_str())
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether every value of the type contains one of the struct with this number.
/// The struct itself is the type of the first call, which has nothing around it.
const fn always_contains(ty: &Type, id: u64, enclosing: Option<&Enclosing<'_>>) -> bool {
    match ty {
        Type::Box(of) | Type::Array(of, _) => always_contains(of.get(), id, enclosing),
        Type::Tuple(fields) => fields_contain(fields, id, enclosing),
        Type::Struct { id: this, .. } if enclosing.is_some() && *this == id => true,
        Type::Struct { id: this, fields, .. } => {
            !Enclosing::has(enclosing, *this) && fields_contain(fields, id, Some(&Enclosing::new(*this, enclosing)))
        }
        _ => false,
    }
}

const fn fields_contain(fields: &[Field], id: u64, enclosing: Option<&Enclosing<'_>>) -> bool {
    let mut at = 0;
    while at < fields.len() {
        if always_contains(fields[at].ty.get(), id, enclosing) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether some values of the type do not cross: it contains itself, or a time or a path.
pub(crate) const fn has_limits(ty: &Type) -> bool {
    find_limit(ty, &mut NamedTypes::new(), None)
}

const fn find_limit(ty: &Type, seen: &mut NamedTypes, enclosing: Option<&Enclosing<'_>>) -> bool {
    match ty {
        Type::Duration | Type::Time | Type::Path => true,
        Type::Box(of) | Type::Option(of) | Type::List(of) | Type::Set(of) | Type::Array(of, _) => {
            find_limit(of.get(), seen, enclosing)
        }
        Type::Map(key, value) => find_limit(key.get(), seen, enclosing) || find_limit(value.get(), seen, enclosing),
        Type::Tuple(fields) => find_in_fields(fields, seen, enclosing),
        Type::Struct { id, .. } | Type::Enum { id, .. } if Enclosing::has(enclosing, *id) => true,
        Type::Struct { id, .. } | Type::Enum { id, .. } if seen.find(*id).is_some() => false,
        Type::Struct { name, id, fields, .. } => {
            seen.add(NamedType { id: *id, name, ordinal: 1, count: 1 });
            seen.is_full || find_in_fields(fields, seen, Some(&Enclosing::new(*id, enclosing)))
        }
        Type::Enum { name, id, variants, .. } => {
            seen.add(NamedType { id: *id, name, ordinal: 1, count: 1 });
            seen.is_full || find_in_variants(variants, seen, Some(&Enclosing::new(*id, enclosing)))
        }
        _ => false,
    }
}

const fn find_in_variants(variants: &[Variant], seen: &mut NamedTypes, enclosing: Option<&Enclosing<'_>>) -> bool {
    let mut at = 0;
    while at < variants.len() {
        if find_in_fields(variants[at].fields, seen, enclosing) {
            return true;
        }
        at += 1;
    }
    false
}

const fn find_in_fields(fields: &[Field], seen: &mut NamedTypes, enclosing: Option<&Enclosing<'_>>) -> bool {
    let mut at = 0;
    while at < fields.len() {
        if find_limit(fields[at].ty.get(), seen, enclosing) {
            return true;
        }
        at += 1;
    }
    false
}
