//! `#[plug(tag = 3, name = "ID")]` on a field, a variant or an argument: its number in protobuf, and
//! its name in Go.

use std::collections::HashSet;

use syn::{Attribute, Error, LitInt, LitStr};

use crate::arguments::{self, Errors};

/// The attributes of one field, variant or argument.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) tag: Option<LitInt>,
    pub(crate) name: Option<LitStr>,
}

/// The owner of the attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Field,
    /// In Go, an enum with data is a struct with a field for each variant, named after it.
    Variant,
    Argument,
}

impl Marks {
    // #[plug(tag = 3, name = "ID")]
    pub(crate) fn read(attributes: &[Attribute], owner: Owner, errors: &mut Errors) -> Self {
        let mut marks = Self::default();
        arguments::each_of(attributes, "tag = 3", errors, |input, errors| {
            let key = arguments::key(input, "tag = 3")?;
            let message = match &key.to_string()[..] {
                "tag" => return arguments::set(&mut marks.tag, &key, "tag = 3", input, errors),
                "name" if owner != Owner::Variant => {
                    return arguments::set(&mut marks.name, &key, "name = \"ID\"", input, errors);
                }
                "crate" if owner != Owner::Argument => "`crate` belongs to the whole type: write it there".to_owned(),
                other if owner == Owner::Variant => format!("unknown key `{other}`: there is `tag`"),
                other => format!("unknown key `{other}`: there are `tag` and `name`"),
            };
            Err(Error::new(key.span(), message))
        });
        marks
    }
}

/// Reports a name that is no name of a field in Go, and a name that two fields have.
pub(crate) fn check_names<'a>(names: impl Iterator<Item = &'a LitStr>, errors: &mut Errors) {
    check_once(names, errors, |name| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let is_name = name.starts_with(char::is_uppercase) && name.chars().all(is_part);
        (!is_name).then_some("the name of a field in Go begins with a capital, and has letters, digits and `_`: `ID`")
    });
}

/// Reports an empty name, and a name that two arguments of a map have.
pub(crate) fn check_keys<'a>(names: impl Iterator<Item = &'a LitStr>, errors: &mut Errors) {
    check_once(names, errors, |name| name.is_empty().then_some("the name of an argument is not empty"));
}

fn check_once<'a>(
    names: impl Iterator<Item = &'a LitStr>,
    errors: &mut Errors,
    fault: impl Fn(&str) -> Option<&'static str>,
) {
    let mut seen = HashSet::new();
    for name in names {
        let text = name.value();
        if let Some(fault) = fault(&text) {
            errors.at(name, fault);
        } else if !seen.insert(text.clone()) {
            errors.at(name, format!("the name `{text}` is given twice"));
        }
    }
}
