//! Parses the records of interfaces and plugins of another build, from bytes that may be hostile.
//!
//! The result is safe to print: single lines hold no control characters, and prose only line ends
//! and tabs.

use crate::entry::{FIELDS, SEPARATOR};
use crate::escape;
use crate::plugin::fields::{ALIASES, Fields, NAME, PROSE};
use crate::plugin::name;
#[cfg(feature = "wire")]
use crate::portable::const_text::fingerprint;
#[cfg(feature = "wire")]
use crate::portable::record::ASYNC;
use crate::portable::record::{HEAD, METHOD};

/// The maximum length of an interface's path and version.
/// An interface that this program does not have is leaked.
pub(crate) const MAX_PATH: usize = 4096;

const METHOD_SEPARATOR: u8 = METHOD.as_bytes()[0];
/// Both separators, as bytes.
const SEPARATORS: std::ops::RangeInclusive<u8> = METHOD_SEPARATOR..=SEPARATOR as u8;

/// The parsed record of an interface.
/// It borrows from its source, since most records are compared and dropped.
#[derive(Debug)]
pub(crate) struct ParsedInterface<'t> {
    /// The number by which the plugins of this file refer to it.
    #[cfg_attr(not(feature = "library"), allow(dead_code, reason = "only files refer to each other so"))]
    pub number: &'t str,
    pub path: &'t str,
    pub version: &'t str,
    pub methods: Vec<ParsedMethod<'t>>,
    /// The whole record, if it came as one text.
    pub text: Option<&'t str>,
}

#[cfg(feature = "wire")]
impl ParsedInterface<'_> {
    /// The interface as it is called by message.
    pub(crate) fn by_message(self) -> Self {
        let methods = self.methods.into_iter().map(ParsedMethod::by_message).collect();
        Self { methods, text: None, ..self }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParsedMethod<'t> {
    pub name: &'t str,
    pub has_default: bool,
    pub signature: &'t str,
    pub fingerprint: u128,
}

impl<'t> ParsedInterface<'t> {
    pub(crate) fn read(text: &'t str) -> Result<Self, String> {
        // The record may be long, so one pass over its bytes covers the common case.
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') || SEPARATORS.contains(&byte);
        if !text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
            check_lines(text.split([METHOD_SEPARATOR as char, SEPARATOR]))?;
        }
        let mut parts = split(text, METHOD_SEPARATOR);
        let mut fields = split(parts.next().unwrap_or_default(), SEPARATOR as u8);
        let (Some(number), Some(path), Some(version)) = (fields.next(), fields.next(), fields.next()) else {
            return Err("the record of an interface lacks fields".to_owned());
        };
        if path.len() + version.len() > MAX_PATH {
            return Err("the path of an interface is longer than any can be".to_owned());
        }
        let methods = parts.map(ParsedMethod::read).collect::<Option<Vec<_>>>();
        let methods = methods.ok_or_else(|| format!("a method of `{path}` lacks fields"))?;
        Ok(Self { number, path, version, methods, text: Some(text) })
    }
}

impl<'t> ParsedMethod<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let mut fields = split(text, SEPARATOR as u8);
        let (name, default, signature) = (fields.next()?, fields.next()?, fields.next()?);
        let fingerprint = u128::from_str_radix(fields.next()?, 16).ok()?;
        Some(Self { name, has_default: default == "default", signature, fingerprint })
    }

    /// The method as it is called by message, in which asynchronous methods are like others.
    #[cfg(feature = "wire")]
    pub(crate) fn by_message(self) -> Self {
        match self.signature.strip_prefix(ASYNC) {
            Some(signature) => {
                let fingerprint = fingerprint(signature.as_bytes(), 0, signature.len());
                Self { signature, fingerprint, ..self }
            }
            None => self,
        }
    }
}

/// Splits the text at an ASCII byte.
/// Most pieces are so short that std's search would take longer to begin than to find the byte.
fn split(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == at);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// Parses a record of this program.
pub(crate) fn own_record(record: &[u8]) -> Option<ParsedInterface<'_>> {
    let text = std::str::from_utf8(record.get(HEAD..)?).ok()?;
    ParsedInterface::read(text).ok()
}

/// Checks the fields of a plugin: its names, its lines and its prose.
pub(crate) fn check_fields(fields: &Fields) -> Result<(), String> {
    let aliases = fields.get(ALIASES);
    let aliases = aliases.split(',').filter(|_| !aliases.is_empty());
    if let Some(bad) = [fields.get(NAME)].into_iter().chain(aliases).find(|name| !name::is_valid(name)) {
        return Err(format!("`{}` cannot be the name of a plugin", escape::short(bad)));
    }
    check_lines((0..FIELDS).filter(|at| !PROSE.contains(at)).map(|at| fields.get(at)))?;
    PROSE.iter().try_for_each(|at| check_prose(fields.get(*at)))
}

/// Refuses a line with control characters.
pub(crate) fn check_lines<'t>(mut lines: impl Iterator<Item = &'t str>) -> Result<(), String> {
    lines.find(|line| !escape::is_line(line)).map_or(Ok(()), |line| Err(unfit(line)))
}

/// Refuses a text of several lines with control characters.
fn check_prose(text: &str) -> Result<(), String> {
    if escape::is_prose(text) { Ok(()) } else { Err(unfit(text)) }
}

fn unfit(text: &str) -> String {
    format!("a record has a control character in `{}`", escape::short(text))
}
