//! The parser of a JSON text: <https://www.rfc-editor.org/rfc/rfc8259>.
//!
//! Nothing in it is generic, so that a type of settings brings no parser of its own.
//! `serde_json` is none that could be used: its features are those of the whole build, and
//! `arbitrary_precision` changes how it hands over numbers.

use std::borrow::Cow;

use crate::settings::reader::refused::Refused;
use crate::settings::reader::seen::Seen;

/// How deep tables and lists can be within each other. `serde_json` allows the same.
pub(crate) const MAX_DEPTH: usize = 127;

/// The message about a text that is nested deeper.
pub(crate) fn too_deep() -> String {
    format!("tables and lists are nested deeper than {MAX_DEPTH} levels")
}

/// Whether a byte ends the plain characters of a text. A table is faster than three comparisons.
static IS_END: [bool; 256] = {
    let mut is_end = [false; 256];
    let mut control = 0;
    while control < b' ' as usize {
        is_end[control] = true;
        control += 1;
    }
    is_end[b'"' as usize] = true;
    is_end[b'\\' as usize] = true;
    is_end
};

pub(crate) struct Parser<'t> {
    json: &'t str,
    /// The byte that comes next.
    at: usize,
    /// The number of tables and lists around it.
    depth: usize,
    /// The missing part, if the text is broken. A type may ignore the error.
    expected: Option<&'static str>,
    /// The first byte of the last key, which is its quote.
    key: usize,
}

/// A place in the text, before a value.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    at: usize,
    depth: usize,
}

/// A table or a list that is being read.
pub(crate) struct Level {
    /// That of what is in it.
    depth: usize,
    closing: u8,
    is_first: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Number<'t> {
    Unsigned(u64),
    /// It is less than 0.
    Signed(i64),
    /// An integer that takes more than 64 bits: rounded, and its digits.
    Large(f64, &'t str),
    Float(f64),
}

impl<'t> Parser<'t> {
    pub fn new(json: &'t str) -> Self {
        Self { json, at: 0, depth: 0, expected: None, key: 0 }
    }

    /// The first byte of what comes next, behind white space.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                // The usual case, with one comparison.
                Some(byte @ b'!'..) => return Some(byte),
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    /// What comes next, without its value.
    pub fn kind(&mut self) -> Result<&'static str, Refused> {
        Ok(match self.peek() {
            Some(b'{') => "a table",
            Some(b'[') => "a list",
            Some(b'"') => "a text",
            Some(b'-' | b'0'..=b'9') => "a number",
            Some(b't') => "true",
            Some(b'f') => "false",
            Some(b'n') => "null",
            _ => return Err(self.expected("a value")),
        })
    }

    /// The error that something else comes next. It quotes nothing.
    #[cold]
    pub fn expected(&mut self, what: &'static str) -> Refused {
        self.expected = Some(what);
        let before = String::from_utf8_lossy(&self.json.as_bytes()[..self.at]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Refused::whole(format!("the settings are no JSON: expected {what} at line {line}, column {column}"))
    }

    /// Fails if something follows the value.
    pub fn end(&mut self) -> Result<(), Refused> {
        if self.peek().is_some() { Err(self.expected("the end")) } else { Ok(()) }
    }

    /// Passes this byte, if it is what comes next.
    #[inline]
    pub fn pass(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes the opening bracket of a table or a list, which comes next.
    pub fn enter(&mut self) -> Result<Level, Refused> {
        let closing = if self.byte() == Some(b'{') { b'}' } else { b']' };
        if self.depth == MAX_DEPTH {
            return Err(Refused::whole(too_deep()));
        }
        self.depth += 1;
        self.at += 1;
        Ok(Level { depth: self.depth, closing, is_first: true })
    }

    /// Whether the closing bracket has not been passed.
    /// That of something in it may be missing: then its reader gave up.
    pub fn is_open(&self, level: &Level) -> bool {
        self.depth == level.depth
    }

    /// Goes to the next element, and says whether there is one.
    /// If there is none, it passes the closing bracket.
    #[inline]
    pub fn next(&mut self, level: &mut Level) -> Result<bool, Refused> {
        if !self.is_open(level) {
            return Ok(false);
        }
        if self.pass(level.closing) {
            self.depth -= 1;
            return Ok(false);
        }
        let is_first = std::mem::replace(&mut level.is_first, false);
        if is_first || self.pass(b',') {
            return Ok(true);
        }
        Err(self.expected(if level.closing == b']' { "`,` or `]`" } else { "`,` or `}`" }))
    }

    /// The next key, and its colon.
    pub fn next_key(&mut self, level: &mut Level) -> Result<Option<Cow<'t, str>>, Refused> {
        if !self.next(level)? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key"));
        }
        self.key = self.at;
        let key = self.text()?;
        if self.pass(b':') { Ok(Some(key)) } else { Err(self.expected("`:`")) }
    }

    /// The place of the value that comes next.
    #[inline]
    pub fn start(&mut self) -> Start {
        self.peek();
        Start { at: self.at, depth: self.depth }
    }

    /// Goes behind the value, if what read it did not: it gave up, or never began.
    /// If it ignored a mistake in the text, this finds the mistake again.
    #[inline]
    pub fn finish(&mut self, start: Start) -> Result<(), Refused> {
        if self.at == start.at || self.depth != start.depth || self.expected.is_some() {
            Start { at: self.at, depth: self.depth } = start;
            return self.skip();
        }
        Ok(())
    }

    /// The text of a value, or of a key, without the white space around it.
    #[cfg(feature = "host")]
    pub fn raw(&mut self) -> Result<&'t str, Refused> {
        let start = self.start().at;
        self.skip()?;
        Ok(&self.json[start..self.at])
    }

    /// Skips a value, in which no key is twice.
    #[cold]
    pub fn skip(&mut self) -> Result<(), Refused> {
        match self.peek() {
            Some(b'{') => {
                let (mut level, mut seen) = (self.enter()?, Seen::default());
                while let Some(key) = self.next_key(&mut level)? {
                    seen.insert(key.clone())?;
                    self.skip().map_err(|refused| refused.below(key))?;
                }
            }
            Some(b'[') => {
                let (mut level, mut length) = (self.enter()?, 0_usize);
                while self.next(&mut level)? {
                    self.skip().map_err(|refused| refused.below(length))?;
                    length += 1;
                }
            }
            Some(b'"') => _ = self.text()?,
            Some(b'-' | b'0'..=b'9') => _ = self.number()?,
            _ => _ = self.word()?,
        }
        Ok(())
    }

    /// `null`, `true` or `false`.
    pub fn word(&mut self) -> Result<Option<bool>, Refused> {
        let rest = &self.json.as_bytes()[self.at..];
        let known = [(&b"null"[..], None), (b"true", Some(true)), (b"false", Some(false))];
        match known.into_iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, value)) => {
                self.at += word.len();
                Ok(value)
            }
            None => Err(self.expected("a value")),
        }
    }

    /// A text, which comes next with its quote. It is borrowed if it has no escape.
    pub fn text(&mut self) -> Result<Cow<'t, str>, Refused> {
        self.at += 1;
        let plain = self.plain()?;
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        self.escaped(plain.to_owned()).map(Cow::Owned)
    }

    /// The characters up to a quote or a backslash.
    #[inline]
    fn plain(&mut self) -> Result<&'t str, Refused> {
        let (json, start) = (self.json, self.at);
        let mut end = start;
        while let Some(byte) = json.as_bytes().get(end)
            && !IS_END[usize::from(*byte)]
        {
            end += 1;
        }
        self.at = end;
        match json.as_bytes().get(end) {
            Some(b'"' | b'\\') => Ok(&json[start..end]),
            _ => Err(self.expected("the end of a text")),
        }
    }

    /// The rest of a text, from a backslash on.
    #[cold]
    fn escaped(&mut self, mut text: String) -> Result<String, Refused> {
        while self.byte() == Some(b'\\') {
            self.at += 1;
            let c = match self.byte() {
                Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
                Some(b'b') => '\u{8}',
                Some(b'f') => '\u{c}',
                Some(b'n') => '\n',
                Some(b'r') => '\r',
                Some(b't') => '\t',
                Some(b'u') => self.code_point().ok_or_else(|| self.expected("the digits of a character"))?,
                _ => return Err(self.expected("an escape")),
            };
            self.at += 1;
            text.push(c);
            text.push_str(self.plain()?);
        }
        self.at += 1;
        Ok(text)
    }

    /// The character of an escape, which begins here with its `u` and ends at its last digit.
    fn code_point(&mut self) -> Option<char> {
        let first = self.code_unit()?;
        if !matches!(first, 0xd800..0xdc00) {
            return char::from_u32(first.into());
        }
        // A character of more than 16 bits is two escapes.
        self.json.as_bytes()[self.at + 1..].starts_with(b"\\u").then_some(())?;
        self.at += 2;
        char::decode_utf16([first, self.code_unit()?]).next()?.ok()
    }

    /// The four digits behind a `u`.
    fn code_unit(&mut self) -> Option<u16> {
        let digits = self.json.get(self.at + 1..self.at + 5)?;
        let unit = u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        self.at += 4;
        Some(unit)
    }

    /// A number, which comes next with its sign or first digit.
    pub fn number(&mut self) -> Result<Number<'t>, Refused> {
        let start = self.at;
        let is_negative = self.byte() == Some(b'-');
        self.at += usize::from(is_negative);
        let first = self.at;
        let mut value = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            // It is not used if it wraps.
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        let digits = self.at - first;
        if digits == 0 || (digits > 1 && self.json.as_bytes()[first] == b'0') {
            self.at = first;
            return Err(self.expected("a number"));
        }
        if let Some(b'.' | b'e' | b'E') = self.byte() {
            return self.float(start);
        }
        // No 19 digits are too many for 64 bits.
        if digits > 19 {
            return self.large(start);
        }
        Ok(match (is_negative, 0_i64.checked_sub_unsigned(value)) {
            (false, _) => Number::Unsigned(value),
            // The integers have no minus zero.
            (true, Some(0)) => Number::Float(-0.0),
            (true, Some(value)) => Number::Signed(value),
            (true, None) => return self.large(start),
        })
    }

    /// An integer that takes about 64 bits, or more. Its digits end here.
    #[cold]
    fn large(&mut self, start: usize) -> Result<Number<'t>, Refused> {
        let text = &self.json[start..self.at];
        text.parse().map(Number::Unsigned).or_else(|_| Ok(Number::Large(self.rounded(start)?, text)))
    }

    /// What follows the integer of a number.
    fn float(&mut self, start: usize) -> Result<Number<'t>, Refused> {
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.rounded(start).map(Number::Float)
    }

    fn digits(&mut self) -> Result<(), Refused> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }

    /// The number from a byte up to here.
    fn rounded(&mut self, start: usize) -> Result<f64, Refused> {
        match self.json[start..self.at].parse() {
            Ok(value) if f64::is_finite(value) => Ok(value),
            _ => {
                self.at = start;
                Err(self.expected("a smaller number"))
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }
}

/// A mistake in a text, which has been read up to it.
#[cfg(feature = "host")]
pub(crate) enum Broken {
    /// Something else was expected at this byte.
    Syntax { at: usize, expected: &'static str },
    /// The key at this byte is twice in its table.
    Duplicate { at: usize, pointer: String },
    /// A table or a list at this byte is nested too deeply.
    Depth { at: usize },
}

/// Checks that a text is one value, in which no key is twice.
#[cfg(feature = "host")]
pub(crate) fn check(text: &str) -> Result<(), Broken> {
    let mut parser = Parser::new(text);
    parser.skip().and_then(|()| parser.end()).map_err(|refused| match (parser.expected, refused.pointer()) {
        (Some(expected), _) => Broken::Syntax { at: parser.at, expected },
        (None, Some(pointer)) => Broken::Duplicate { at: parser.key, pointer: pointer.to_owned() },
        (None, None) => Broken::Depth { at: parser.at },
    })
}

/// The number that is a whole text.
pub(crate) fn number(text: &str) -> Option<Number<'_>> {
    let mut parser = Parser::new(text);
    let number = parser.number().ok()?;
    (parser.at == text.len()).then_some(number)
}
