//! The numbers of fields, variants and arguments on the wire: the author's, and for the others the next
//! number.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use quote::ToTokens;
use syn::LitInt;

use crate::arguments::Errors;

/// The numbers that protobuf keeps for itself.
const RESERVED: RangeInclusive<u32> = 19_000..=19_999;

/// The numbers of the fields of one message, or of the variants of one enum.
pub(crate) struct Numbers {
    highest: u32,
    has_reserved: bool,
    rule: &'static str,
    last: u32,
    given: HashMap<u32, String>,
}

impl Numbers {
    pub(crate) fn of_fields() -> Self {
        let rule = "the number of a field is 1 to 536870911, and not 19000 to 19999";
        Self { highest: 536_870_911, has_reserved: true, rule, last: 0, given: HashMap::new() }
    }

    pub(super) fn of_variants() -> Self {
        let rule = "the number of a variant is 1 to 536870911, and not 19000 to 19999";
        Self { rule, ..Self::of_fields() }
    }

    /// The variants of an enum without data, which is an enum in protobuf.
    pub(super) fn of_units() -> Self {
        let rule = "the number of a variant is 1 to 2147483647";
        Self { highest: 2_147_483_647, has_reserved: false, rule, ..Self::of_fields() }
    }

    /// The number of the next field, variant or argument: the given one, or else the next one.
    pub(crate) fn give(&mut self, member: &dyn ToTokens, tag: Option<&LitInt>, errors: &mut Errors) -> u32 {
        let number = match tag {
            Some(tag) => tag.base10_parse().ok().filter(|number| self.is_allowed(*number)),
            None => Some(self.next()).filter(|number| self.is_allowed(*number)),
        };
        let place: &dyn ToTokens = tag.map_or(member, |tag| tag as _);
        let Some(number) = number else {
            errors.at(place, self.rule);
            return self.last;
        };
        self.last = number;
        if let Some(other) = self.given.insert(number, member.to_token_stream().to_string()) {
            errors.at(place, format!("`{other}` has the number {number} already: write another, `#[plug(tag = …)]`"));
        }
        number
    }

    fn next(&self) -> u32 {
        let next = self.last.saturating_add(1);
        if self.has_reserved && RESERVED.contains(&next) { RESERVED.end() + 1 } else { next }
    }

    fn is_allowed(&self, number: u32) -> bool {
        (1..=self.highest).contains(&number) && !(self.has_reserved && RESERVED.contains(&number))
    }
}
