//! The texts of a method's error: its own, and those of its causes.

use std::error::Error as StdError;
use std::fmt::Display;

use crate::error::chain;

/// Collects the texts that `visit` passes.
pub(super) fn texts(visit: impl FnOnce(&mut dyn FnMut(&dyn Display))) -> Vec<String> {
    let mut texts = Vec::new();
    visit(&mut |text| texts.push(text.to_string()));
    texts
}

/// An error whose texts the macros request.
/// A `std::error::Error` has the texts of its chain, and any other type has its `Display` text.
/// The order of method lookup in the compiler chooses between both.
pub struct Chain<'a, E>(pub &'a E);

pub trait ChainTexts {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display));

    fn texts(&self) -> Vec<String> {
        texts(|text| self.tell(text))
    }
}

pub trait DisplayText {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display));
}

impl<E: StdError + 'static> ChainTexts for Chain<'_, E> {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display)) {
        chain(self.0).for_each(|error| text(&error));
    }
}

impl<E: Display> DisplayText for &Chain<'_, E> {
    fn tell(&self, text: &mut dyn FnMut(&dyn Display)) {
        text(self.0);
    }
}

/// The compiler looks here last: for an error without a text it then reports only `Fails`.
pub struct NoText;

impl NoText {
    pub fn tell(&self, _: &mut dyn FnMut(&dyn Display)) {}
}

impl<E> std::ops::Deref for Chain<'_, E> {
    type Target = NoText;

    fn deref(&self) -> &NoText {
        &NoText
    }
}
