//! The record of a plugin in the section that a host reads without loading the library.

use crate::entry::submission::Submission;
use crate::interface::Interface;
use crate::portable::const_text::ConstText;
use crate::portable::record::{HEAD, NUMBER, PLUGIN_KIND, SETTINGS_KIND, UNIT, head};

/// The record of a plugin: number and path of its interface, and the text that its entry refers to.
/// If the plugin takes settings, an empty record of another kind follows, which a host of before
/// skips: it refuses a further field.
// All fields are bytes, so that there is no padding.
#[repr(C)]
pub struct PluginRecord<const PATH: usize, const TEXT: usize, const MARK: usize> {
    head: [u8; HEAD],
    number: [u8; NUMBER],
    unit: [u8; 1],
    path: [u8; PATH],
    unit_too: [u8; 1],
    text: [u8; TEXT],
    mark: [u8; MARK],
}

impl<const PATH: usize, const TEXT: usize, const MARK: usize> PluginRecord<PATH, TEXT, MARK> {
    pub const fn of<S: Submission>() -> Self {
        let path = S::Interface::DECLARATION.path;
        let (Some(path), Some(text)) = (path.as_bytes().first_chunk(), S::TEXT.as_bytes().first_chunk()) else {
            panic!("PATH and TEXT are the lengths of the path and of the text");
        };
        assert!(path.len() == S::Interface::DECLARATION.path.len() && text.len() == S::TEXT.len());
        let Some(mark) = mark::<S>().first_chunk() else { panic!("MARK is the length of the mark") };
        let number = ConstText::<NUMBER>::new()
            .push_hexadecimal(S::Interface::DECLARATION.number() as u128, NUMBER as u32)
            .bytes;
        let (unit, head) = ([UNIT.as_bytes()[0]], head(PLUGIN_KIND, NUMBER + 1 + PATH + 1 + TEXT));
        Self { head, number, unit, path: *path, unit_too: unit, text: *text, mark: *mark }
    }

    pub const fn text(&self) -> &str {
        match std::str::from_utf8(&self.text) {
            Ok(text) => text,
            Err(_) => panic!("`of` copies the bytes of a text"),
        }
    }
}

/// The record that follows the one of a plugin with settings; nothing for another plugin.
pub const fn mark<S: Submission>() -> &'static [u8] {
    const MARK: &[u8] = &head(SETTINGS_KIND, 0);
    if S::TAKES_SETTINGS { MARK } else { &[] }
}
