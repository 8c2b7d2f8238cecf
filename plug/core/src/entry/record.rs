//! The record of a plugin in the section that a host reads without loading the library.

use crate::entry::submission::Submission;
use crate::entry::{SEPARATOR, TAKES_SETTINGS};
use crate::interface::Interface;
use crate::portable::const_text::ConstText;
use crate::portable::record::{HEAD, NUMBER, PLUGIN_KIND, UNIT, head};

/// The record of a plugin: number and path of its interface, and the text that its entry refers to.
// All fields are bytes, so that there is no padding.
#[repr(C)]
pub struct PluginRecord<const PATH: usize, const TEXT: usize> {
    head: [u8; HEAD],
    number: [u8; NUMBER],
    unit: [u8; 1],
    path: [u8; PATH],
    unit_too: [u8; 1],
    text: [u8; TEXT],
}

impl<const PATH: usize, const TEXT: usize> PluginRecord<PATH, TEXT> {
    pub const fn of<S: Submission>() -> Self {
        let path = S::Interface::DECLARATION.path;
        let Some(path) = path.as_bytes().first_chunk() else { panic!("PATH is the length of the path") };
        assert!(path.len() == S::Interface::DECLARATION.path.len() && TEXT == text_len::<S>());
        let mut text = [SEPARATOR as u8; TEXT];
        copy(S::TEXT.as_bytes(), &mut text, 0);
        if S::TAKES_SETTINGS {
            copy(TAKES_SETTINGS.as_bytes(), &mut text, S::TEXT.len() + SEPARATOR.len_utf8());
        }
        let number = ConstText::<NUMBER>::new()
            .push_hexadecimal(S::Interface::DECLARATION.number() as u128, NUMBER as u32)
            .bytes;
        let (unit, head) = ([UNIT.as_bytes()[0]], head(PLUGIN_KIND, NUMBER + 1 + PATH + 1 + TEXT));
        Self { head, number, unit, path: *path, unit_too: unit, text }
    }

    pub(crate) const fn text(&self) -> &str {
        match std::str::from_utf8(&self.text) {
            Ok(text) => text,
            Err(_) => panic!("`of` copies the bytes of a text"),
        }
    }
}

/// The length of an entry's text: the fields of the submission, and whether it takes settings.
pub const fn text_len<S: Submission>() -> usize {
    S::TEXT.len() + if S::TAKES_SETTINGS { SEPARATOR.len_utf8() + TAKES_SETTINGS.len() } else { 0 }
}

const fn copy(from: &[u8], to: &mut [u8], start: usize) {
    let mut at = 0;
    while at < from.len() {
        to[start + at] = from[at];
        at += 1;
    }
}
